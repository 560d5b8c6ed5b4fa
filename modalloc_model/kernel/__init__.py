"""Kernel trees: a tree in, parameter sets out.

`import_sets` reads, `documents` writes tables, `problems` lists warnings; `read_tree` reads a tree's tables, and
`is_tree` recognises a tree. A tree is never written, and none of its code runs except, on request, its Makefile.
"""

from __future__ import annotations

from modalloc_model.kernel.document import documents
from modalloc_model.kernel.facts import problems
from modalloc_model.kernel.importing import Imported, Request, definitions, import_sets
from modalloc_model.kernel.tables import as_problem, read_tree
from modalloc_model.kernel.tree import KernelError, is_tree

__all__ = [
    "Imported",
    "KernelError",
    "Request",
    "as_problem",
    "definitions",
    "documents",
    "import_sets",
    "is_tree",
    "problems",
    "read_tree",
]
