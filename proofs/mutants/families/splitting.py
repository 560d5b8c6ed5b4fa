"""Cutting an allocation out of a free extent or a block, without losing or doubling a byte."""

from __future__ import annotations

from proofs.mutants.mutant import Mutant, in_allocator, in_relations

MUTANTS = (
    Mutant(
        "lost right remainder",
        "The free extent is taken whole, and its end is forgotten.",
        in_allocator(
            "pool.py",
            "Pool.carve",
            "self._free.take(fit.place, last)",
            "self._free.take(fit.place, fit.last)",
        ),
        in_relations("designs/mail/operations.py", "reuse", "truth(ult(live.last, free.last))", "truth(False)"),
    ),
    Mutant(
        "lost left remainder",
        "What alignment leaves before the allocation is forgotten.",
        in_allocator("pool.py", "Pool.carve", "self._free.take(fit.place, last)", "self._free.take(fit.lo, last)"),
        in_relations("designs/mail/operations.py", "reuse", "truth(ult(free.lo, words.p))", "truth(False)"),
    ),
    Mutant(
        "remainder overlaps the allocation",
        "The remainder starts at the last byte that was handed out.",
        in_allocator(
            "pool.py",
            "Pool.carve",
            "self._free.take(fit.place, last)",
            "self._free.take(fit.place, last - 1)",
        ),
        in_relations("designs/mail/operations.py", "reuse", "right=Span(live.last + 1", "right=Span(live.last"),
    ),
    Mutant(
        "tail lost",
        "What a block has behind its first allocation is never used.",
        in_allocator("allocator.py", "Allocator._fresh", "block.lo + length)", "block.lo + block_length)"),
        in_relations("designs/mail/operations.py", "fresh", "truth(ult(live.last, block.last))", "truth(False)"),
    ),
    Mutant(
        "tail starts a byte late",
        "An off-by-one: the byte between allocation and tail belongs to nobody.",
        in_allocator("allocator.py", "Allocator._fresh", "block.lo + length)", "block.lo + length + 1)"),
        in_relations("designs/mail/operations.py", "fresh", "tail=Span(live.last + 1", "tail=Span(live.last + 2"),
    ),
    Mutant(
        "reused extent a byte too long",
        "`addr + size` is taken for the last byte.",
        in_allocator(
            "allocator.py",
            "Allocator._alloc",
            "last = fit.place + length - 1",
            "last = fit.place + length",
        ),
        in_relations("designs/mail/operations.py", "reuse", "words.p + (words.s - 1)", "words.p + words.s"),
    ),
    Mutant(
        "fresh extent a byte too long",
        "`addr + size` is taken for the last byte.",
        in_allocator("allocator.py", "Allocator._alloc", "block.lo + length - 1", "block.lo + length"),
        in_relations(
            "designs/mail/operations.py",
            "fresh",
            "live = Span(words.p, words.p + (words.s - 1))",
            "live = Span(words.p, words.p + words.s)",
        ),
    ),
    Mutant(
        "fit tested before aligning",
        "The extent is long enough from its start, and not from its first aligned address.",
        in_allocator("pool.py", "Pool.fits", "length - 1 <= last - place", "length - 1 <= last - lo"),
        in_relations(
            "designs/mail/operations.py",
            "reuse",
            "ule(words.s - 1, free.last - words.p)",
            "ule(words.s - 1, free.last - free.lo)",
        ),
    ),
    Mutant(
        "exact reuse refused",
        "`<` for `<=`: a free extent of just the right size is passed over.",
        in_allocator("pool.py", "Pool.fits", "length - 1 <= last - place", "length - 1 < last - place"),
        in_relations(
            "designs/mail/operations.py",
            "reuse",
            "ule(words.s - 1, free.last - words.p)",
            "ult(words.s - 1, free.last - words.p)",
        ),
    ),
)
