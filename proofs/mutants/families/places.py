"""The address that a free extent or a hole is rounded up to."""

from __future__ import annotations

from proofs.mutants.mutant import Mutant, in_allocator, in_relations

MUTANTS = (
    Mutant(
        "reused address not aligned",
        "A missing ALIGN() on the path that is seldom taken.",
        in_allocator("pool.py", "Pool.fits", "place = align_up(lo, alignment, bits)", "place = lo"),
        in_relations("designs/mail/operations.py", "reuse_rounding", "aligned(free.lo, root.alignment)", "free.lo"),
    ),
    Mutant(
        "fresh address not aligned",
        "A missing ALIGN(): the start of the hole is taken as it is.",
        in_allocator("arbiter.py", "Arbiter.fits", "_aligned(first, alignment, self._bits)", "first"),
        in_relations(
            "designs/mail/operations.py", "fresh_rounding", "aligned(lowest, block_alignment(root))", "lowest"
        ),
    ),
    Mutant(
        "fresh address rounded down",
        "ALIGN_DOWN() for ALIGN(): the address lies before the hole, and is refused.",
        in_allocator(
            "arbiter.py",
            "Arbiter.fits",
            "_aligned(first, alignment, self._bits)",
            "first & -alignment",
        ),
        in_relations(
            "designs/mail/operations.py",
            "fresh_rounding",
            "aligned(lowest, block_alignment(root))",
            "lowest & ~(block_alignment(root) - 1)",
        ),
    ),
    Mutant(
        "blocks aligned to the smaller",
        "min() for max() of granularity and alignment.",
        in_allocator("allocator.py", "Allocator._place", "max(root.granularity", "min(root.granularity"),
        in_relations(
            "designs/mail/operations.py",
            "block_alignment",
            "largest(",
            "root.granularity + root.alignment - largest(",
        ),
    ),
    Mutant(
        "blocks aligned to the alignment alone",
        "A large page that starts in the middle of one.",
        in_allocator("allocator.py", "Allocator._place", "max(root.granularity, root.alignment)", "root.alignment"),
        in_relations(
            "designs/mail/operations.py",
            "block_alignment",
            "as_word(largest(root.granularity, root.alignment))",
            "root.alignment",
        ),
    ),
    Mutant(
        "blocks aligned to the granularity alone",
        "Enough as long as the granularity is the larger; the kernel-doc does not say that it is.",
        in_allocator("allocator.py", "Allocator._place", "max(root.granularity, root.alignment)", "root.granularity"),
        in_relations(
            "designs/mail/operations.py",
            "block_alignment",
            "as_word(largest(root.granularity, root.alignment))",
            "root.granularity",
        ),
    ),
    Mutant(
        "wrapped address accepted for a block",
        "ALIGN() near the top of the address space has become 0, and `addr <= end` holds.",
        in_allocator("arbiter.py", "Arbiter.fits", "first <= place <= end", "place <= end"),
        in_relations("designs/arbiter/symbolic.py", "fits_hole", "ule(lowest, p),", "TRUE,"),
    ),
    Mutant(
        "wrapped address accepted for reuse",
        "The same in a free extent that ends at the top.",
        in_allocator("pool.py", "Pool.fits", "lo <= place <= last", "place <= last"),
        in_relations("designs/mail/operations.py", "reuse", "ule(free.lo, words.p),", "True,"),
    ),
    Mutant(
        "unsigned int granularity",
        "`addr & ~(granularity - 1)` with a 32-bit granularity: the mask is zero-extended and clears the upper half.",
        in_allocator(
            "arbiter.py",
            "Arbiter.fits",
            "_aligned(first, alignment, self._bits)",
            "_aligned(first, alignment, self._bits) & 0xFFFFFFFF",
        ),
        in_relations(
            "designs/mail/operations.py",
            "fresh_rounding",
            "aligned(lowest, block_alignment(root))",
            "aligned(lowest, block_alignment(root)) & 0xFFFFFFFF",
        ),
    ),
)
