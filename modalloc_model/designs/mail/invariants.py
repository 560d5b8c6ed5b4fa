"""What is always true of the allocator's state, one clause a function (spec/semantics.md, sections 2 and 7).

A clause speaks of one element or of a pair, and its invariant is that it holds of all. Elements are extents (each with
the block it lies in) and those of the arbiter. Alignment is said with a mask, as the code has it; that a mask and a
multiple are the same for powers of two is a lemma of its own (`smt/induction.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.designs.arbiter.symbolic import (
    FOREIGN_HOLES_APART,
    FOREIGN_ORDERED,
    FOREIGNS_APART,
    HOLE_ORDERED,
    HOLES_APART,
    Foreign,
    Hole,
)
from modalloc_model.designs.mail.operations import block_alignment
from modalloc_model.params import AllocType
from modalloc_model.smt.spans import Span, optional_span, touches
from modalloc_model.smt.transitions import Clause, Element
from modalloc_model.words import FALSE, TRUE, Term, Truth, all_of, any_of, is_aligned, negate, truth, ule


@dataclass(frozen=True, slots=True)
class Extent(Element):
    """A part of a block of the pool. `free` is whether it may be allocated; it is live or padding otherwise."""

    name: str
    pool: AllocType
    span: Span
    block: Span
    guard: Term
    free: Term

    @property
    def area(self) -> Span:
        """What the arbiter keeps busy for its block."""
        return Span(self.block.lo, self.block.last + self.guard)

    @property
    def owned(self) -> Truth:
        """Not free, or padding, which stays so too."""
        return negate(self.free)

    def admits(self, other: Element) -> bool:
        """An extent of the same pool, which is free if this one is."""
        if not isinstance(other, Extent) or other.pool is not self.pool:
            return False
        return self.free.op == "var" or (self.free == FALSE) == (other.free == FALSE)

    def neighbour(self, name: str) -> Extent:
        """A free extent of its block, if there is one."""
        return Extent(name, self.pool, optional_span(name, self.guard.bits), self.block, self.guard, TRUE)

    def may_join(self, other: Element) -> bool:
        """A free extent of the same block."""
        if not isinstance(other, Extent) or other.pool is not self.pool:
            return False
        return other.block == self.block and other.free != FALSE

    def merges_with(self, other: Element) -> Truth:
        """A free extent of the same block, on either side."""
        if not isinstance(other, Extent):
            return False
        touching = any_of(touches(other.span, self.span), touches(self.span, other.span))
        return all_of(other.exists, other.free, other.block.same(self.block), touching)

    def takes_along(self, other: Element) -> Truth:
        """Every extent of its block."""
        return isinstance(other, Extent) and other.block.same(self.block)


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
    return TRUE if e.pool is o.pool else e.area.apart(o.area)


def _mapped_apart(e: Extent, o: Extent) -> Term:
    return TRUE if e.pool is o.pool else e.block.apart(o.block)


def _hole_apart(h: Hole, e: Extent) -> Term:
    return h.span.apart(e.area)


def _foreign_apart(f: Foreign, e: Extent) -> Term:
    return f.span.apart(e.area)


def _in_range(e: Extent) -> Term:
    options = [
        all_of(
            e.pool.usable(number),
            ule(chosen.first, e.block.lo),
            ule(e.area.last, chosen.last),  # with the guard, which lies inside the range
        )
        for number, chosen in enumerate(e.pool.ranges)
    ]
    return truth(any_of(*options))


def _block_aligned(e: Extent) -> Term:
    conjuncts = all_of(
        is_aligned(e.block.lo, block_alignment(e.pool)),
        is_aligned(e.block.last + 1, e.pool.granularity),
    )
    return truth(conjuncts)


def _aligned(e: Extent) -> Term:
    conjuncts = all_of(
        is_aligned(e.span.lo, e.pool.alignment),
        is_aligned(e.span.last + 1, e.pool.alignment),
    )
    return truth(conjuncts)


def _free_apart(e: Extent, o: Extent) -> Term:
    touching = any_of(
        touches(e.span, o.span),
        touches(o.span, e.span),
    )
    return truth(negate(all_of(e.free, o.free, e.block.same(o.block), touching)))


IN_BLOCK = Clause("extents lie in their block", (Extent,), _in_block)
APART = Clause("extents are apart", (Extent, Extent), _apart)
ROOTS_APART = Clause("blocks of different roots are apart", (Extent, Extent), _roots_apart)  # with one arbiter
MAPPED_APART = Clause("blocks of different roots are not mapped over each other", (Extent, Extent), _mapped_apart)
HOLE_APART = Clause("holes are apart from areas", (Hole, Extent), _hole_apart)
FOREIGN_APART = Clause("areas of others are apart from areas of blocks", (Foreign, Extent), _foreign_apart)
IN_RANGE = Clause("areas lie in a range", (Extent,), _in_range)
BLOCK_ALIGNED = Clause("blocks are aligned", (Extent,), _block_aligned)
ALIGNED = Clause("extents are aligned", (Extent,), _aligned)
FREE_APART = Clause("free extents do not touch", (Extent, Extent), _free_apart)

OF_OTHERS = (FOREIGN_ORDERED, FOREIGN_APART, FOREIGN_HOLES_APART, FOREIGNS_APART)
"""What others have and nobody else."""

SEPARATION = (IN_BLOCK, APART, HOLE_ORDERED, HOLE_APART, HOLES_APART, *OF_OTHERS)
"""Nothing overlaps: the part of the invariant that every other part leans on."""
