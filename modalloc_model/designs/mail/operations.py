"""The mail's operations as relations between terms (spec/semantics.md, section 3).

Each function takes the elements that an operation consumes and gives those that it produces, with the condition under
which it may happen. Nothing is executed: the same formulas are proved about with every parameter open, searched with
a table's values, and evaluated on concrete steps.

Models: __module_alloc_type() as the mail's kernel-doc describes it. Leaves out: which of several fitting extents or
holes is taken, and at which aligned place of the hole (any), and everything section 8 of the semantics names.
"""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.designs.arbiter.symbolic import fits_hole, linux_comes_upon
from modalloc_model.params import AllocType, ParamSet
from modalloc_model.smt.spans import Span, aligned, as_word
from modalloc_model.words import (
    Term,
    Truth,
    all_of,
    any_of,
    eq,
    implies,
    is_aligned,
    largest,
    negate,
    truth,
    ule,
    ult,
)


@dataclass(frozen=True, slots=True)
class Rounding:
    """The words of an allocation: the size rounded to `s`, that to a block of `n` bytes, and the place `p`.

    Interval reasoning never looks into ALIGN: it takes these three as they come, with what `facts` says of them. The
    place of a fresh block is nobody's computation: any that `fresh` allows.
    """

    s: Term
    n: Term
    p: Term
    of_block: bool = True  # a block is made; by reuse none is, and `n` is `s`

    def facts(self, root: AllocType) -> Term:
        """What ALIGN gives, whatever it is given: no bit below the alignment, and what has none is not changed."""
        s = is_aligned(self.s, root.alignment)
        if not self.of_block:
            return truth(all_of(s, is_aligned(self.p, root.alignment)))
        whole = implies(all_of(negate(root.carved), is_aligned(self.s, root.granularity)), eq(self.n, self.s))
        carved = implies(root.carved, self._any_length(root))
        return truth(all_of(s, is_aligned(self.n, root.granularity), whole, carved))

    def same(self, other: Rounding, root: AllocType) -> Term:
        """The same words, as far as they are computed: the place of a fresh block is not, nor a carved one's length."""
        if not self.of_block:
            return truth(all_of(eq(self.s, other.s), eq(self.n, other.n), eq(self.p, other.p)))
        carved = all_of(root.carved, self._any_length(root))
        computed = all_of(negate(root.carved), eq(self.n, other.n))
        return truth(all_of(eq(self.s, other.s), any_of(carved, computed)))

    def _any_length(self, root: AllocType) -> Truth:
        """What a carved block's length is: any number of granules, where these are what the root aligns to: pages."""
        return all_of(is_aligned(self.n, root.granularity), is_aligned(self.n, root.alignment))


def reuse_rounding(root: AllocType, free: Span, size: Term) -> Rounding:
    """What the code computes for reuse of a free extent; no block is made."""
    s = aligned(size, root.alignment)
    return Rounding(s, s, aligned(free.lo, root.alignment), of_block=False)


def fresh_rounding(root: AllocType, hole: Span, number: int, size: Term) -> Rounding:
    """What the code computes for a fresh block in the root's range `number`, and the place that its search tries."""
    s = aligned(size, root.alignment)
    lowest = as_word(largest(hole.lo, root.ranges[number].first))
    return Rounding(s, aligned(s, root.granularity), aligned(lowest, block_alignment(root)))


def asked(size: Term, s: Term) -> Term:
    """Step 1 of alloc: something is asked for, and rounding it did not wrap (nor is the alignment 0)."""
    return truth(all_of(negate(eq(size, 0)), ule(size, s)))


@dataclass(frozen=True, slots=True)
class Reuse:
    """A free extent split into what is left before, the allocation, and what is left after."""

    enabled: Term
    left: Span
    live: Span
    right: Span


def reuse(root: AllocType, free: Span, size: Term, rounding: Rounding | None = None) -> Reuse:
    """Step 2 of alloc: from a free extent of the root."""
    words = rounding or reuse_rounding(root, free, size)
    enabled = all_of(
        root.reuses,
        asked(size, words.s),
        free.exists,
        ule(free.lo, words.p),  # the rounding of the address did not wrap
        ule(words.p, free.last),
        ule(words.s - 1, free.last - words.p),  # it fits, and no sum can overflow
    )
    live = Span(words.p, words.p + (words.s - 1))
    return Reuse(
        truth(enabled),
        left=Span(free.lo, words.p - 1, truth(ult(free.lo, words.p))),
        live=live,
        right=Span(live.last + 1, free.last, truth(ult(live.last, free.last))),
    )


@dataclass(frozen=True, slots=True)
class Fresh:
    """A hole of the arbiter split around a new area, and the new block inside it."""

    enabled: Term
    before: Span  # what is left of the hole below the area
    area: Span  # the block and its guard
    after: Span  # what is left of the hole above it
    block: Span
    live: Span
    tail: Span  # free where the root reuses, padding where it does not


def fresh(root: AllocType, guard: Term, hole: Span, number: int, size: Term, rounding: Rounding | None = None) -> Fresh:
    """Step 3 of alloc: a new block from a hole of the arbiter, in the root's range `number`.

    At any aligned place of it; without `rounding`, at the one that the search tries. A carved block has any number of
    granules that is enough.
    """
    words = rounding or fresh_rounding(root, hole, number, size)
    total = words.n + guard
    enabled = all_of(
        asked(size, words.s),
        ule(words.s, words.n),  # the rounding to the granularity wrapped, or it is 0
        ule(words.n, total),  # the guard did not wrap it
        root.usable(number),
        is_aligned(words.p, block_alignment(root)) if rounding else True,  # what ALIGN gives is
        fits_hole(hole, root.ranges[number], words.p, total),
    )
    live = Span(words.p, words.p + (words.s - 1))
    block = Span(words.p, words.p + (words.n - 1))
    area = Span(words.p, words.p + (total - 1))
    return Fresh(
        truth(enabled),
        before=Span(hole.lo, words.p - 1, truth(ult(hole.lo, words.p))),
        area=area,
        after=Span(area.last + 1, hole.last, truth(ult(area.last, hole.last))),
        block=block,
        live=live,
        tail=Span(live.last + 1, block.last, truth(ult(live.last, block.last))),
    )


def block_alignment(root: AllocType) -> Term:
    """What a block's address is a multiple of: the larger of granularity and alignment."""
    return as_word(largest(root.granularity, root.alignment))


def found(table: ParamSet, root: AllocType, hole: Span, number: int, size: Term) -> Term:
    """The arbiter's search for a fresh block in the root's range `number` surely comes upon the hole, and it fits."""
    total = fresh_rounding(root, hole, number, size).n + table.guard
    upon = linux_comes_upon(hole, root.ranges[number], total, block_alignment(root), table.machine.page)
    fits = fresh(root, table.guard, hole, number, size).enabled
    return truth(all_of(fits, any_of(table.assumptions.exact_search, *upon)))
