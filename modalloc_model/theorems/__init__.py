"""The theorems on the symbolic table: `modalloc prove` decides their obligations."""
