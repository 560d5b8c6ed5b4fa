"""What is always true of the allocator's state, one clause a function (spec/semantics.md, sections 2 and 7).

A clause speaks of one element or of a pair, and its invariant is that it holds of all. Elements are extents (each with
the block it lies in), holes of the arbiter, and areas of others. Alignment is said with a mask, as the code has it;
that a mask and a multiple are the same for powers of two is a lemma of its own (`smt/induction.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modalloc_model.params import AllocType
from modalloc_model.smt.operations import Span, block_alignment, touches
from modalloc_model.words import TRUE, Term, all_of, any_of, implies, is_aligned, negate, truth, ule


@dataclass(frozen=True, slots=True)
class Extent:
    """A part of a block. `free` is whether it may be allocated; it is live or padding otherwise."""

    name: str
    root: AllocType
    span: Span
    block: Span
    guard: Term
    free: Term

    @property
    def area(self) -> Span:
        """What the arbiter keeps busy for its block."""
        return Span(self.block.lo, self.block.last + self.guard)

    @property
    def exists(self) -> Term:
        """Whether there is such an extent."""
        return self.span.exists


@dataclass(frozen=True, slots=True)
class Hole:
    """A maximal interval of addresses that are in no area."""

    name: str
    span: Span

    @property
    def exists(self) -> Term:
        """Whether there is such a hole."""
        return self.span.exists


@dataclass(frozen=True, slots=True)
class Foreign:
    """An area of the arbiter that is nobody's block: taken by others, registered at boot, or not yet purged."""

    name: str
    span: Span

    @property
    def exists(self) -> Term:
        """Whether there is such an area."""
        return self.span.exists


Element = Extent | Hole | Foreign


@dataclass(frozen=True, slots=True)
class Clause:
    """A named formula about one or two elements of the given kinds."""

    name: str
    kinds: tuple[type[Element], ...]
    formula: Callable[..., Term]

    def of(self, *elements: Element) -> Term:
        """The clause for these elements, where they exist; nothing is said where the kinds do not match."""
        matching = len(elements) == len(self.kinds) and all(map(isinstance, elements, self.kinds))
        if not matching:
            return TRUE
        return truth(implies(all_of(*(e.exists for e in elements)), self.formula(*elements)))


def _in_block(e: Extent) -> Term:
    conjuncts = all_of(
        e.span.ordered,
        e.block.ordered,
        e.span.inside(e.block),
        ule(e.block.last, e.area.last),  # the guard does not wrap
    )
    return truth(conjuncts)


def _apart(e: Extent, o: Extent) -> Term:
    same_block = all_of(
        e.block.same(o.block),
        e.span.apart(o.span),
    )
    return truth(any_of(same_block, e.area.apart(o.area)))


def _roots_apart(e: Extent, o: Extent) -> Term:
    return TRUE if e.root is o.root else e.area.apart(o.area)


def _mapped_apart(e: Extent, o: Extent) -> Term:
    return TRUE if e.root is o.root else e.block.apart(o.block)


def _hole_ordered(h: Hole) -> Term:
    return h.span.ordered


def _hole_apart(h: Hole, e: Extent) -> Term:
    return h.span.apart(e.area)


def _holes_apart(h: Hole, k: Hole) -> Term:
    return h.span.apart(k.span)


def _foreign_ordered(f: Foreign) -> Term:
    return f.span.ordered


def _foreign_apart(f: Foreign, e: Extent) -> Term:
    return f.span.apart(e.area)


def _foreign_holes_apart(f: Foreign, h: Hole) -> Term:
    return f.span.apart(h.span)


def _foreigns_apart(f: Foreign, g: Foreign) -> Term:
    return f.span.apart(g.span)


def _in_range(e: Extent) -> Term:
    options = [
        all_of(
            e.root.usable(number),
            ule(chosen.first, e.block.lo),
            ule(e.area.last, chosen.last),  # with the guard, which lies inside the range
        )
        for number, chosen in enumerate(e.root.ranges)
    ]
    return truth(any_of(*options))


def _block_aligned(e: Extent) -> Term:
    conjuncts = all_of(
        is_aligned(e.block.lo, block_alignment(e.root)),
        is_aligned(e.block.last + 1, e.root.granularity),
    )
    return truth(conjuncts)


def _aligned(e: Extent) -> Term:
    conjuncts = all_of(
        is_aligned(e.span.lo, e.root.alignment),
        is_aligned(e.span.last + 1, e.root.alignment),
    )
    return truth(conjuncts)


def _free_apart(e: Extent, o: Extent) -> Term:
    touching = any_of(
        touches(e.span, o.span),
        touches(o.span, e.span),
    )
    return truth(negate(all_of(e.free, o.free, e.block.same(o.block), touching)))


def _holes_separate(h: Hole, k: Hole) -> Term:
    return truth(negate(any_of(touches(h.span, k.span), touches(k.span, h.span))))


IN_BLOCK = Clause("extents lie in their block", (Extent,), _in_block)
APART = Clause("extents are apart", (Extent, Extent), _apart)
ROOTS_APART = Clause("blocks of different roots are apart", (Extent, Extent), _roots_apart)  # with one arbiter
MAPPED_APART = Clause("blocks of different roots are not mapped over each other", (Extent, Extent), _mapped_apart)
HOLE_ORDERED = Clause("holes are not empty", (Hole,), _hole_ordered)
HOLE_APART = Clause("holes are apart from areas", (Hole, Extent), _hole_apart)
HOLES_APART = Clause("holes are apart", (Hole, Hole), _holes_apart)
FOREIGN_ORDERED = Clause("areas of others are not empty", (Foreign,), _foreign_ordered)
FOREIGN_APART = Clause("areas of others are apart from areas of blocks", (Foreign, Extent), _foreign_apart)
FOREIGN_HOLES_APART = Clause("areas of others are apart from holes", (Foreign, Hole), _foreign_holes_apart)
FOREIGNS_APART = Clause("areas of others are apart", (Foreign, Foreign), _foreigns_apart)
IN_RANGE = Clause("areas lie in a range", (Extent,), _in_range)
BLOCK_ALIGNED = Clause("blocks are aligned", (Extent,), _block_aligned)
ALIGNED = Clause("extents are aligned", (Extent,), _aligned)
FREE_APART = Clause("free extents do not touch", (Extent, Extent), _free_apart)
HOLES_SEPARATE = Clause("holes do not touch", (Hole, Hole), _holes_separate)

OF_OTHERS = (FOREIGN_ORDERED, FOREIGN_APART, FOREIGN_HOLES_APART, FOREIGNS_APART)
"""What others have and nobody else."""

SEPARATION = (IN_BLOCK, APART, HOLE_ORDERED, HOLE_APART, HOLES_APART, *OF_OTHERS)
"""Nothing overlaps: the part of the invariant that every other part leans on."""
