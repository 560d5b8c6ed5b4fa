"""The arbiter as relations between terms: holes, areas of others, and its search (spec/semantics.md, section 3).

Models: alloc_vmap_area() and find_vmap_lowest_match() of mm/vmalloc.c. Leaves out: which of several fitting holes is
taken, and at which aligned place of the hole (any); the tree that Linux searches, but for how long a hole must be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modalloc_model.params import AllocType, Range
from modalloc_model.smt.spans import Span, as_word, joined, optional_span, touches, whole_space
from modalloc_model.smt.transitions import Clause, Element, Operation, Scene, Tiling, Transition
from modalloc_model.words import (
    TRUE,
    Term,
    Truth,
    all_of,
    any_of,
    choose,
    eq,
    implies,
    largest,
    negate,
    smallest,
    truth,
    ule,
    ult,
)


@dataclass(frozen=True, slots=True)
class Hole(Element):
    """A maximal interval of addresses that are in no area."""

    name: str
    span: Span

    def neighbour(self, name: str) -> Hole:
        """A hole, if there is one."""
        return Hole(name, optional_span(name, self.span.lo.bits))

    def may_join(self, other: Element) -> bool:
        """A hole."""
        return isinstance(other, Hole)

    def merges_with(self, other: Element) -> Truth:
        """A hole on either side."""
        if not isinstance(other, Hole):
            return False
        return all_of(other.exists, any_of(touches(other.span, self.span), touches(self.span, other.span)))


@dataclass(frozen=True, slots=True)
class Foreign(Element):
    """An area of the arbiter that is nobody's block: taken by others, registered at boot, or not yet purged.

    `arbiter` is the type whose arbiter it is; None for the one that all share.
    """

    name: str
    span: Span
    arbiter: AllocType | None = None


def _ordered(x: Element) -> Term:
    return x.span.ordered


def _apart(x: Element, y: Element) -> Term:
    return x.span.apart(y.span)


def _holes_separate(h: Hole, k: Hole) -> Term:
    return truth(negate(any_of(touches(h.span, k.span), touches(k.span, h.span))))


HOLE_ORDERED = Clause("holes are not empty", (Hole,), _ordered)
HOLES_APART = Clause("holes are apart", (Hole, Hole), _apart)
HOLES_SEPARATE = Clause("holes do not touch", (Hole, Hole), _holes_separate)
FOREIGN_ORDERED = Clause("areas of others are not empty", (Foreign,), _ordered)
FOREIGN_HOLES_APART = Clause("areas of others are apart from holes", (Foreign, Hole), _apart)
FOREIGNS_APART = Clause("areas of others are apart", (Foreign, Foreign), _apart)

CLAUSES = (HOLE_ORDERED, HOLES_APART, HOLES_SEPARATE, FOREIGN_ORDERED, FOREIGN_HOLES_APART, FOREIGNS_APART)
"""Holes and areas of others tile the address space."""


# -- the search ------------------------------------------------------------------------------------------------------


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


def linux_comes_upon(hole: Span, chosen: Range, total: Term, alignment: Term, page: Term) -> tuple[Truth, ...]:
    """Any of these is enough for the search to come upon a hole that fits.

    Linux looks for holes of `total + alignment - 1` bytes, and passes over shorter ones unless they lie on its way
    down the tree (6.12:mm/vmalloc.c:1548-1621).
    """
    return (
        ule(alignment, page),  # it looks for `total` bytes then, which every hole that fits has
        eq(chosen.last - chosen.first, total - 1),  # so too where the range is as long as what is asked for
        ule(total - 1 + (alignment - 1), hole.last - hole.lo),  # a sum that wraps here wraps there
    )


def holes(areas: list[Span], bits: int) -> Iterator[Span]:
    """What lies above the start of the address space, and above each area, up to the next area."""
    space = whole_space(bits)
    for below in (None, *areas):
        lo = space.lo if below is None else below.last + 1
        room = TRUE if below is None else all_of(below.exists, ult(below.last, space.last))
        taken = any_of(*(area.holds(lo) for area in areas))
        yield Span(lo, _next_start(lo, areas, space.last), truth(all_of(room, negate(taken))))


def _next_start(lo: Term, areas: list[Span], top: Term) -> Term:
    last = top
    for area in areas:
        nearer = all_of(area.exists, ult(lo, area.lo), ult(area.lo - 1, last))
        last = as_word(choose(nearer, area.lo - 1, last))
    return last


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


def start(scene: Scene) -> tuple[Element, ...]:
    """Nobody has anything: there is one hole."""
    return (Hole("hole", whole_space(scene.bits)),)


def others(scene: Scene) -> tuple[Element, ...]:
    """One arbitrary other hole and area of others."""
    return Hole("other hole", scene.span("other hole")), Foreign("other area", scene.span("other area"))


def operations(scene: Scene) -> tuple[Operation, ...]:
    """What others do: every other user of vmalloc, and areas that are freed and not purged."""
    area = scene.span("area")
    return (
        Operation("others take", (Hole("hole", scene.span("hole")),), _take, asks=(area.lo, area.last)),
        Operation("others return", (Foreign("returned", area),), _return, gives=lambda area: Hole("area", area.span)),
    )


def _take(hole: Hole, lo: Term, last: Term) -> Transition:
    """Someone else takes address space: any part of a hole."""
    area = Span(lo, last)
    part = taken(hole.span, area)
    produced = (Hole("before", part.before), Foreign("taken", area), Hole("after", part.after))
    tiling = Tiling("the hole", (hole.span,), (part.before, area, part.after))
    return Transition("others take", part.enabled, (hole,), produced, (tiling,))


def _return(area: Foreign, below: Hole, above: Hole) -> Transition:
    """Someone else returns address space: it is a hole from then on, with the holes beside it."""
    merged = joined(below.span, area.span, above.span)
    joins = (
        implies(below.exists, touches(below.span, area.span)),
        implies(above.exists, touches(area.span, above.span)),
    )
    tiling = Tiling("the address space", (below.span, area.span, above.span), (merged,))
    consumed, produced = (below, area, above), (Hole("merged", merged),)
    return Transition("others return", TRUE, consumed, produced, (tiling,), (Hole("area", area.span),), joins)
