"""Sequences of operations: load, rollback, the end of init, unload.

On the symbolic side these are sequences of single operations, and every invariant holds of each, so that a mistake in
the sequence is no mistake there: most changes exist on one side only.
"""

from __future__ import annotations

from proofs.mutants.mutant import Absent, Mutant, in_allocator

SEQUENCE = Absent("a sequence of operations, each of which keeps every invariant; no theorem is about the sequence")

MUTANTS = (
    Mutant(
        "rollback forgets the first",
        "`while (--i > 0)`: the section that was allocated first is never freed.",
        in_allocator("loader.py", "Loader._roll_back", "module.extents[::-1]", "module.extents[:0:-1]"),
        SEQUENCE,
    ),
    Mutant(
        "rollback frees twice",
        "The error path falls through from one label to the next.",
        in_allocator(
            "loader.py",
            "Loader._roll_back",
            "module.extents[::-1]",
            "module.extents[::-1] + module.extents[:1]",
        ),
        SEQUENCE,
    ),
    Mutant(
        "rollback in the order of loading",
        "The labels of the error path stand in the wrong order.",
        in_allocator("loader.py", "Loader._roll_back", "module.extents[::-1]", "module.extents[:]"),
        SEQUENCE,
    ),
    Mutant(
        "INIT sections not freed",
        "The freeing is deferred to a work item that is never queued.",
        in_allocator("loader.py", "Loader.finish_init", "if self._section(extent).init]", "if extent.sealed]"),
        SEQUENCE,
    ),
    Mutant(
        "unload forgets a section",
        "A new type was added to the enumeration, and not to the loop of free_module().",
        in_allocator("loader.py", "Loader.unload", "list(module.extents)", "module.extents[:-1]"),
        SEQUENCE,
    ),
    Mutant(
        "mapto not followed",
        "Every section comes from the first root, whatever it is mapped to.",
        in_allocator(
            "allocator.py",
            "Allocator._alloc",
            "self.pools.get(section.root)",
            "next(iter(self.pools.values()))",
        ),
        Absent("a theorem is about any root; which root a section has is ParamSet.root(), that the rules read too"),
    ),
)
