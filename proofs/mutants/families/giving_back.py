"""Free space that is merged, and blocks that go back to the arbiter."""

from __future__ import annotations

from proofs.mutants.mutant import Absent, Mutant, in_allocator, in_relations

MUTANTS = (
    Mutant(
        "free neighbours not merged",
        "The free list falls apart, and what would fit finds no place.",
        in_allocator(
            "pool.py",
            "Pool.vacate",
            "extent.last, block.lo, block.last",
            "extent.last, extent.lo, extent.last",
        ),
        in_relations(
            "designs/mail/transitions.py",
            "_free",
            "merged = joined(below.span, live.span, above.span)",
            "merged = live.span",
        ),
    ),
    Mutant(
        "merge across a gap",
        "The free extent below is merged whether it touches or not, with what is live between.",
        in_allocator("address_tree.py", "AddressTree.give", "below[1] + 1 == lo", "below[1] + 1 <= lo"),
        in_relations(
            "designs/mail/transitions.py", "_free", "implies(below.exists, touches(below.span, live.span)),", "TRUE,"
        ),
    ),
    Mutant(
        "merge across blocks",
        "Two blocks lie side by side, and a free extent of one is merged with one of the other.",
        in_allocator("pool.py", "Pool.vacate", "block.lo, block.last", "0, (1 << self._bits) - 1"),
        in_relations(
            "designs/mail/invariants.py",
            "Extent.neighbour",
            "self.block,",
            'optional_span(f"{name}.block", self.guard.bits),',
        ),
    ),
    Mutant(
        "merge with a live neighbour",
        "free() gives back all that follows in the block, in use or not.",
        in_allocator("pool.py", "Pool.vacate", "give(extent.lo, extent.last,", "give(extent.lo, block.last,"),
        in_relations("designs/mail/invariants.py", "Extent.neighbour", "self.guard, TRUE)", "self.guard, self.free)"),
    ),
    Mutant(
        "cleaner takes whole granules for blocks",
        "Any free part that is a multiple of PMD_SIZE is unmapped as if it were a block.",
        in_allocator(
            "allocator.py",
            "Allocator.free",
            "(lo, last) == (block.lo, block.last)",
            "(last + 1 - lo) % pool.root.granularity == 0",
        ),
        in_relations(
            "designs/mail/transitions.py",
            "_give_back",
            "whole.span.same(whole.block)",
            "whole.span.same(Span(whole.span.lo, whole.span.last | (scene.pool.granularity - 1)))",
        ),
    ),
    Mutant(
        "guard not given back",
        "Each block that comes and goes leaves a page that nobody can use.",
        in_allocator("allocator.py", "Allocator._unmap", "block.last + self.params.guard)", "block.last)"),
        in_relations(
            "designs/mail/transitions.py",
            "_give_back",
            "joined(below.span, area, above.span)",
            "joined(below.span, whole.block, above.span)",
        ),
    ),
    Mutant(
        "holes not merged",
        "The address space falls apart, and what would fit finds no place.",
        in_allocator(
            "arbiter.py",
            "Arbiter.give_back",
            "self._holes.give(lo, last, 0, self._top)",
            "self._holes.add(lo, last)",
        ),
        in_relations(
            "designs/mail/transitions.py",
            "_give_back",
            "merged = joined(below.span, area, above.span)",
            "merged = area",
        ),
    ),
    Mutant(
        "pages left mapped",
        "The address space goes back to the arbiter before the mapping is gone.",
        in_allocator("allocator.py", "Allocator._unmap", "self.pages.unmap(block.lo, block.last)", "pass"),
        Absent("a page is followed from one mapping to the next, and a new block maps its pages whatever was there"),
    ),
    Mutant(
        "block never given back",
        "A leak: free() of memory that is not used again forgets to unmap it.",
        in_allocator("allocator.py", "Allocator.free", "self._unmap(pool, extent.block)", "pass"),
        Absent("a transition may happen or not; no invariant over single operations says that one must"),
    ),
)
