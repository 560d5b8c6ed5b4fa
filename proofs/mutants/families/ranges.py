"""Whether a place lies in a hole, in a range, and clear of guards: ends, sums, and which range comes first."""

from __future__ import annotations

from proofs.mutants.mutant import Absent, Mutant, in_allocator, in_relations

MUTANTS = (
    Mutant(
        "sum that may overflow",
        "`addr + size - 1 <= end` without the overflow check of alloc_vmap_area().",
        in_allocator(
            "arbiter.py",
            "Arbiter.fits",
            "length - 1 <= end - place",
            "(place + length - 1) & self._top <= end",
        ),
        in_relations(
            "designs/arbiter/symbolic.py", "fits_hole", "ule(total - 1, highest - p),", "ule(p + (total - 1), highest),"
        ),
    ),
    Mutant(
        "exact fit refused",
        "`<` for `<=`: the last granule of a range is never used.",
        in_allocator("arbiter.py", "Arbiter.fits", "length - 1 <= end - place", "length - 1 < end - place"),
        in_relations(
            "designs/arbiter/symbolic.py", "fits_hole", "ule(total - 1, highest - p)", "ult(total - 1, highest - p)"
        ),
    ),
    Mutant(
        "one byte too many",
        "`size <= end - addr + 1` written as `size - 2 <= end - addr`: an off-by-one in the other direction.",
        in_allocator("arbiter.py", "Arbiter.fits", "length - 1 <= end - place", "length - 2 <= end - place"),
        in_relations(
            "designs/arbiter/symbolic.py", "fits_hole", "ule(total - 1, highest - p)", "ule(total - 2, highest - p)"
        ),
    ),
    Mutant(
        "exclusive end taken as inclusive",
        "MODULES_END is the first byte behind; the kernel-doc of `end` says that it is the last.",
        in_allocator("arbiter.py", "Arbiter.fits", "min(last, chosen.last)", "min(last, chosen.last + 1)"),
        in_relations(
            "designs/arbiter/symbolic.py",
            "fits_hole",
            "smallest(hole.last, chosen.last)",
            "smallest(hole.last, chosen.last + 1)",
        ),
    ),
    Mutant(
        "range's end not looked at",
        "The hole has room, the range has not.",
        in_allocator("arbiter.py", "Arbiter.fits", "min(last, chosen.last)", "last"),
        in_relations("designs/arbiter/symbolic.py", "fits_hole", "smallest(hole.last, chosen.last)", "hole.last"),
    ),
    Mutant(
        "range's start not looked at",
        "The search begins at the start of the hole.",
        in_allocator("arbiter.py", "Arbiter.fits", "max(lo, chosen.first)", "lo"),
        in_relations("designs/arbiter/symbolic.py", "fits_hole", "largest(hole.lo, chosen.first)", "hole.lo"),
    ),
    Mutant(
        "guard not counted in the range",
        "The range has room for the block, and not for the guard page behind it.",
        in_allocator("allocator.py", "Allocator._hole", "block_length + self.params.guard", "block_length"),
        in_relations("designs/mail/operations.py", "fresh", "words.p, total)", "words.p, words.n)"),
    ),
    Mutant(
        "no guard behind a block",
        "VM_NO_GUARD where the table counts on guards.",
        in_allocator("allocator.py", "Allocator._fresh", "block.last + self.params.guard)", "block.last)"),
        in_relations("designs/mail/operations.py", "fresh", "words.p + (total - 1)", "words.p + (words.n - 1)"),
    ),
    Mutant(
        "second range without its flag",
        "FLAG_SECOND_ADDRESS_SPACE is not looked at.",
        Absent("params/ reads the flag, for both sides: a range that is not enabled is None before the allocator runs"),
        in_relations("designs/mail/operations.py", "fresh", "root.usable(number)", "root.ranges[number].nonempty"),
    ),
    Mutant(
        "second range first",
        "The ranges are walked from the wrong end.",
        in_allocator("allocator.py", "Allocator._hole", "in root.ranges if", "in root.ranges[::-1] if"),
        Absent(
            "each range is a transition of its own, and an invariant holds of either; no theorem is about their order"
        ),
    ),
    Mutant(
        "registered region forgotten",
        "A region that was registered at boot is handed out.",
        in_allocator(
            "arbiter.py",
            "Arbiter.__init__",
            "for region in registered:",
            "for region in registered[1:]:",
        ),
        Absent(
            "the machine of the theorems registers no region: a transition starts from any hole, wherever it comes from"
        ),
    ),
    Mutant(
        "one arbiter each",
        "vmalloc is shared, and every root hands out addresses as if it were alone.",
        in_allocator("arbiter.py", "arbiters", 'arbiter == "private"', 'arbiter == "shared"'),
        in_relations(
            "designs/mail/theorems.py", "apart_across_roots", "implies(matter.table.assumptions.shared", "implies(FALSE"
        ),
    ),
)
