"""C as the kernel writes it: tokens, macros, conditions, expressions, declarations, statements, integer arithmetic.

The reader of tables and the reader of kernel trees use the same modules. Nothing here knows a table or a tree.
"""
