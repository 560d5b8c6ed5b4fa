"""The allocator's operations as relations between terms (spec/semantics.md, section 3).

Each function takes the elements that an operation consumes and gives those that it produces, with the condition under
which it may happen. Nothing is executed: the same formulas are proved about with every parameter open, searched with
a table's values, and evaluated on concrete steps.

Models: __module_alloc_type() as the mail's kernel-doc describes it, alloc_vmap_area() and find_vmap_lowest_match() of
mm/vmalloc.c for the arbiter. Leaves out: which of several fitting extents or holes is taken, and at which aligned place
of the hole (any), and everything section 8 of the semantics names.
"""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.params import AllocType, ParamSet, Range
from modalloc_model.words import (
    TRUE,
    Term,
    Truth,
    align_down,
    align_up,
    all_of,
    any_of,
    choose,
    constant,
    eq,
    implies,
    is_aligned,
    largest,
    negate,
    smallest,
    truth,
    ule,
    ult,
    within,
)


@dataclass(frozen=True, slots=True)
class Span:
    """The addresses [lo, last]; where `exists` fails there are none."""

    lo: Term
    last: Term
    exists: Term = TRUE

    def holds(self, address: Term) -> Term:
        """The address is one of them."""
        return truth(all_of(self.exists, within(address, self.lo, self.last)))

    @property
    def ordered(self) -> Term:
        """It is an interval, and holds at least one address."""
        return truth(ule(self.lo, self.last))

    def inside(self, other: Span) -> Term:
        """Every address of it is one of the other's."""
        return truth(all_of(ule(other.lo, self.lo), ule(self.last, other.last)))

    def apart(self, other: Span) -> Term:
        """No address of it is one of the other's."""
        return truth(negate(all_of(self.exists, other.exists, ule(self.lo, other.last), ule(other.lo, self.last))))

    def same(self, other: Span) -> Term:
        """The same addresses."""
        return truth(all_of(eq(self.lo, other.lo), eq(self.last, other.last)))


def as_word(term: object) -> Term:
    """The term itself: for type checkers, where a function of `words` may give an integer for integers."""
    assert isinstance(term, Term)
    return term


def aligned(x: Term, alignment: Term) -> Term:
    """ALIGN(x, alignment)."""
    return as_word(align_up(x, alignment, x.bits))


def pages_of(span: Span, page: Term) -> Span:
    """The whole pages of which the span holds a byte."""
    lo = as_word(align_down(span.lo, page, span.lo.bits))
    return Span(lo, span.last | (page - 1), span.exists)


# -- allocation ------------------------------------------------------------------------------------------------------


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
    """The arbiter's search for a fresh block in the root's range `number` surely comes upon the hole, and it fits.

    Linux looks for holes of `total + alignment - 1` bytes, and passes over shorter ones unless they lie on its way
    down the tree (6.12:mm/vmalloc.c:1548-1621).
    """
    total = fresh_rounding(root, hole, number, size).n + table.guard
    chosen, alignment = root.ranges[number], block_alignment(root)
    seen = any_of(
        table.assumptions.exact_search,
        ule(alignment, table.machine.page),  # it looks for `total` bytes then, which every hole that fits has
        eq(chosen.last - chosen.first, total - 1),  # so too where the range is as long as what is asked for
        ule(total - 1 + (alignment - 1), hole.last - hole.lo),  # a sum that wraps here wraps there
    )
    return truth(all_of(fresh(root, table.guard, hole, number, size).enabled, seen))


def fits_hole(hole: Span, chosen: Range, p: Term, total: Term) -> Term:
    """`total` bytes at `p` fit into the part of the hole that lies in the range."""
    lowest = as_word(largest(hole.lo, chosen.first))
    highest = as_word(smallest(hole.last, chosen.last))
    conjuncts = all_of(
        hole.exists,
        ule(lowest, highest),  # they meet
        ule(lowest, p),  # the rounding did not wrap
        ule(p, highest),
        ule(total - 1, highest - p),  # it fits, and no sum can overflow
    )
    return truth(conjuncts)


# -- others ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """A hole of the arbiter split around an area of somebody else's."""

    enabled: Term
    before: Span
    after: Span


def taken(hole: Span, area: Span) -> Taken:
    """Someone else takes the area: any part of the hole, or all of it."""
    return Taken(
        truth(all_of(hole.exists, area.ordered, area.inside(hole))),
        before=Span(hole.lo, area.lo - 1, truth(ult(hole.lo, area.lo))),
        after=Span(area.last + 1, hole.last, truth(ult(area.last, hole.last))),
    )


# -- giving back -----------------------------------------------------------------------------------------------------


def touches(lower: Span, upper: Span) -> Term:
    """The upper one starts where the lower one ends, and no address lies between."""
    return truth(all_of(lower.exists, upper.exists, ult(lower.last, upper.lo), eq(lower.last + 1, upper.lo)))


def joined(below: Span, middle: Span, above: Span) -> Span:
    """The middle with those of its two neighbours that exist, as one."""
    lo = _pick(below.exists, below.lo, middle.lo)
    return Span(lo, _pick(above.exists, above.last, middle.last))


def _pick(condition: Truth, x: Term, y: Term) -> Term:
    return as_word(choose(condition, x, y))


def whole_space(bits: int) -> Span:
    """Every address there is."""
    return Span(constant(0, bits), constant(-1, bits))
