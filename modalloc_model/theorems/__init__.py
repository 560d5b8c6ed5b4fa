"""What `modalloc prove` decides: the theorems on the symbolic table, their obligations."""
