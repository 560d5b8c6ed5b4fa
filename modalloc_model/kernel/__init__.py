"""Kernel trees: a tree in, parameter sets out.

`import_sets` reads, `documents` writes tables, `problems` says what is doubtful; `read_tree` reads a tree's tables,
and `is_tree` tells a tree from other folders. Nothing is written to a tree, and nothing of it runs but, where the
caller asks for it, its Makefile.
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
