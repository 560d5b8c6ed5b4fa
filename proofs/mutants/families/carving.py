"""Blocks of any number of pages, out of which a cache hands out memory: EXECMEM_ROX_CACHE and its large pages.

What is tried first, and what a large page is aligned to, is the executable allocator's: to the theorems, a carved block
has any number of granules.
"""

from __future__ import annotations

from proofs.mutants.mutant import Absent, Change, Mutant, in_allocator, in_relations

ANY_LENGTH = Absent("a carved block has any number of granules there: whatever is tried, and in whatever order, is one")


def _in_attempts(new: str) -> Change:
    old = "(replace(self, granularity=self.large), self)"
    return Change("modalloc_model/concrete.py", "ConcreteRoot.attempts", old, new)


MUTANTS = (
    Mutant(
        "exact size before large pages",
        "The attempts stand in the wrong order: the cache never gets a large page while there is room.",
        _in_attempts("(self, replace(self, granularity=self.large))"),
        ANY_LENGTH,
    ),
    Mutant(
        "nothing after large pages",
        "Where no large page fits, the load is refused: the second attempt of execmem_cache_populate() is missing.",
        _in_attempts("(replace(self, granularity=self.large),)"),
        ANY_LENGTH,
    ),
    Mutant(
        "mask taken for the size of a large page",
        "PMD_MASK for PMD_SIZE: a block of no whole number of pages.",
        _in_attempts("(replace(self, granularity=self.large - 1), self)"),
        in_relations(
            "designs/mail/operations.py",
            "Rounding._any_length",
            "all_of(is_aligned(self.n, root.granularity), is_aligned(self.n, root.alignment))",
            "is_aligned(self.n, root.alignment)",
        ),
    ),
    Mutant(
        "large page whatever is asked for",
        "A block of one large page for a section that needs more: the length is not rounded up, but set.",
        in_allocator(
            "allocator.py",
            "Allocator._hole",
            "block_length = self._align(",
            "block_length = attempt.granularity if attempt.carved else self._align(",
        ),
        in_relations(
            "designs/mail/operations.py",
            "fresh",
            "ule(words.s, words.n),",
            "any_of(root.carved, ule(words.s, words.n)),",
        ),
    ),
    Mutant(
        "carved block's end not aligned",
        "What is left of the block ends where no allocation of it can.",
        Absent("both are the page there, and rounding to the one rounds to the other"),
        in_relations(
            "designs/mail/operations.py",
            "Rounding._any_length",
            "all_of(is_aligned(self.n, root.granularity), is_aligned(self.n, root.alignment))",
            "is_aligned(self.n, root.granularity)",
        ),
    ),
    Mutant(
        "carved block not aligned",
        "An alignment of 1 in the call of vmalloc, since what is carved is aligned anyway.",
        in_allocator(
            "allocator.py",
            "Allocator._place",
            "alignment = max(root.granularity, root.alignment)",
            "alignment = 1 if root.carved else max(root.granularity, root.alignment)",
        ),
        in_relations(
            "designs/mail/operations.py",
            "fresh",
            "is_aligned(words.p, block_alignment(root)) if rounding else True,",
            "any_of(root.carved, is_aligned(words.p, block_alignment(root))) if rounding else True,",
        ),
    ),
    Mutant(
        "large pages aligned to a page",
        "VM_ALLOW_HUGE_VMAP without its alignment: the block is as long as a large page, and mapped by small ones.",
        in_allocator(
            "allocator.py",
            "Allocator._place",
            "alignment = max(root.granularity, root.alignment)",
            "alignment = root.alignment if root.carved else max(root.granularity, root.alignment)",
        ),
        ANY_LENGTH,
    ),
    Mutant(
        "carved memory never used again",
        "The cache is filled and never looked at: `granularity > alignment` is all that is asked.",
        in_allocator(
            "allocator.py",
            "Allocator._alloc",
            "if pool.root.reuses else None",
            "if pool.root.granularity > pool.root.alignment else None",
        ),
        in_relations("designs/mail/operations.py", "reuse", "root.reuses,", "ult(root.alignment, root.granularity),"),
    ),
    Mutant(
        "rest of a carved block lost",
        "What one allocation leaves of a large page is not put into the tree of free areas.",
        in_allocator(
            "pool.py",
            "Pool.add_block",
            "if self.root.reuses and",
            "if self.root.granularity > self.root.alignment and",
        ),
        in_relations(
            "designs/mail/operations.py",
            "fresh",
            "truth(ult(live.last, block.last))",
            "truth(all_of(negate(root.carved), ult(live.last, block.last)))",
        ),
    ),
    Mutant(
        "carved by what is promised",
        "The table's alignment, which the cache does not look at, for the page by which it carves.",
        in_allocator(
            "allocator.py",
            "Allocator._alloc",
            "self._align(size, pool.root.alignment)",
            "self._align(size, pool.root.wanted)",
        ),
        in_relations(
            "designs/mail/operations.py",
            "fresh_rounding",
            "s = aligned(size, root.alignment)",
            "s = aligned(size, root.wanted)",
        ),
    ),
    Mutant(
        "found by what is promised",
        "The search of the free areas aligns to the table's alignment, and passes over areas that would do.",
        in_allocator(
            "pool.py", "Pool.fits", "alignment, bits = self.root.alignment,", "alignment, bits = self.root.wanted,"
        ),
        in_relations(
            "designs/mail/operations.py",
            "reuse_rounding",
            "aligned(free.lo, root.alignment)",
            "aligned(free.lo, root.wanted)",
        ),
    ),
)
