"""Mistakes with sizes and rounding: alignment, granularity, sums that wrap."""

from __future__ import annotations

from proofs.mutants.mutant import Mutant, in_allocator, in_relations

MUTANTS = (
    Mutant(
        "size not rounded to the alignment",
        "A missing ALIGN(): the next allocation of the block starts at an odd address.",
        in_allocator("allocator.py", "Allocator._alloc", "self._align(size, pool.root.alignment)", "size"),
        in_relations("designs/mail/operations.py", "fresh_rounding", "s = aligned(size, root.alignment)", "s = size"),
    ),
    Mutant(
        "size rounded to the granularity",
        "The wrong one of two fields that look alike: every allocation takes a granule.",
        in_allocator("allocator.py", "Allocator._alloc", "size, pool.root.alignment", "size, pool.root.granularity"),
        in_relations(
            "designs/mail/operations.py",
            "reuse_rounding",
            "aligned(size, root.alignment)",
            "aligned(size, root.granularity)",
        ),
    ),
    Mutant(
        "size rounded down",
        "ALIGN_DOWN() for ALIGN().",
        in_allocator(
            "allocator.py",
            "Allocator._alloc",
            "self._align(size, pool.root.alignment)",
            "size & -pool.root.alignment",
        ),
        in_relations(
            "designs/mail/operations.py",
            "fresh_rounding",
            "s = aligned(size, root.alignment)",
            "s = size & ~(root.alignment - 1)",
        ),
    ),
    Mutant(
        "size 0 accepted",
        "alloc(0) is left to the arithmetic: an extent that ends before it starts.",
        in_allocator("allocator.py", "Allocator._alloc", "pool is None or size == 0", "pool is None"),
        in_relations("designs/mail/operations.py", "asked", "negate(eq(size, 0))", "True"),
    ),
    Mutant(
        "wrapped size accepted",
        "`if (len < 0)` of an unsigned length is never true: ALIGN() of a huge size has become 0.",
        in_allocator("allocator.py", "Allocator._alloc", "if length < size:", "if length < 0:"),
        in_relations("designs/mail/operations.py", "asked", "ule(size, s)", "True"),
    ),
    Mutant(
        "block not rounded to the granularity",
        "The pages behind the allocation are mapped, and belong to no block.",
        in_allocator(
            "allocator.py",
            "Allocator._hole",
            "block_length = self._align(length, attempt.granularity)",
            "block_length = length",
        ),
        in_relations("designs/mail/operations.py", "fresh_rounding", "aligned(s, root.granularity)", "s"),
    ),
    Mutant(
        "wrapped block accepted",
        "A granularity of 0, or a size near the top, rounds to a block of no bytes.",
        in_allocator("allocator.py", "Allocator._hole", "if block_length >= length else", "if True else"),
        in_relations("designs/mail/operations.py", "fresh", "ule(words.s, words.n),", "True,"),
    ),
    Mutant(
        "sum with the guard wraps",
        "`size + guard` is not checked for overflow: a huge block asks for a hole of no bytes.",
        in_allocator(
            "allocator.py",
            "Allocator._hole",
            "block_length + self.params.guard",
            "(block_length + self.params.guard) % (1 << self.params.bits)",
        ),
        in_relations("designs/mail/operations.py", "fresh", "ule(words.n, total),", "True,"),
    ),
    Mutant(
        "table copied by the size of a pointer",
        "`memcpy(&types, params, sizeof(params))`: the fields behind the first word, granularity among them, stay 0.",
        in_allocator(
            "allocator.py",
            "Allocator._hole",
            "self._align(length, attempt.granularity)",
            "self._align(length, 0)",
        ),
        in_relations(
            "designs/mail/operations.py",
            "fresh_rounding",
            "aligned(s, root.granularity)",
            "aligned(s, root.granularity & 0)",
        ),
    ),
)
