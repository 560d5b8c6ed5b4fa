"""A state as elements of the symbolic side: extents in their blocks, holes, areas of others.

It is made from the observed events (allocator/observation.py), never from the allocator's data structures. A state is a
set of plain tuples, so that the elements an operation consumes and produces are set differences; `term_of` makes the
constant element of designs/mail/invariants.py. pages.py has the protections of pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from modalloc_model.allocator.observation import Observation
from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot
from modalloc_model.designs.arbiter.symbolic import HOLE_ORDERED, HOLES_APART, HOLES_SEPARATE, Foreign, Hole
from modalloc_model.designs.mail.invariants import (
    ALIGNED,
    APART,
    BLOCK_ALIGNED,
    FREE_APART,
    HOLE_APART,
    IN_BLOCK,
    IN_RANGE,
    MAPPED_APART,
    OF_OTHERS,
    Extent,
)
from modalloc_model.params import ParamSet
from modalloc_model.smt.spans import Span
from modalloc_model.smt.transitions import Clause, Element
from modalloc_model.words import constant, evaluate, truth

CLAUSES = (IN_BLOCK, APART, HOLE_ORDERED, HOLE_APART, HOLES_APART, *OF_OTHERS, IN_RANGE, FREE_APART, HOLES_SEPARATE)
"""The clauses that hold for every table."""
OF_POWERS = (BLOCK_ALIGNED, ALIGNED)
"""The clauses that hold if granularity and alignment are powers of two."""
OTHERS = 8
"""Elements that a changed one is paired with, nearest first."""


class ExtentPart(NamedTuple):
    """An extent [lo, last] in the block [block_lo, block_last]; live and padding are both not free."""

    root: str
    lo: int
    last: int
    block_lo: int
    block_last: int
    free: bool


class Gap(NamedTuple):
    """A hole [lo, last] of the root's arbiter ("" for the shared arbiter)."""

    arbiter: str
    lo: int
    last: int


class Theirs(NamedTuple):
    """An area [lo, last] that others have taken from the root's arbiter."""

    arbiter: str
    lo: int
    last: int
    whose: str = "others"  # makes it different from every hole


Plain = ExtentPart | Gap | Theirs
State = frozenset[Plain]


class Elements:
    """Reads states of one table."""

    def __init__(self, params: Concrete, table: ParamSet) -> None:
        self.params = params
        self.private = params.assumptions.arbiter == "private"
        self.roots = {root.name: root for root in table.types}
        self.guard = table.guard
        self.powers = {root.name for root in params.roots if is_power(root.granularity) and is_power(root.alignment)}

    def of(self, state: Observation) -> State:
        """Every extent, every hole and every area of others."""
        others = [Theirs(area.root, area.lo, area.last) for area in state.foreign]
        return frozenset((*self._extents(state), *self._holes(state), *others))

    def _extents(self, state: Observation) -> Iterator[ExtentPart]:
        for root in self.params.roots:
            blocks = [b for b in state.blocks if b.root == root.name]
            tiles = [(e.lo, e.last, False) for e in state.live if e.root == root.name]
            tiles += [(lo, last, root.reuses) for lo, last in state.free_space(root.name)]
            for lo, last, free in tiles:
                home = [b for b in blocks if b.lo <= lo and last <= b.last]
                assert len(home) == 1, f"[{lo:#x}, {last:#x}] of {root.name} lies in {len(home)} blocks"
                yield ExtentPart(root.name, lo, last, home[0].lo, home[0].last, free)

    def _holes(self, state: Observation) -> Iterator[Gap]:
        everywhere = ConcreteRange(0, (1 << self.params.bits) - 1)
        for root in self.params.roots if self.private else self.params.roots[:1]:
            for lo, last in state.holes(root.name, everywhere):
                yield Gap(self.arbiter(root), lo, last)

    def arbiter(self, root: ConcreteRoot) -> str:
        """The name of the root's arbiter."""
        return root.name if self.private else ""

    def term_of(self, plain: Plain) -> Element:
        """The element as constant terms."""
        if isinstance(plain, Gap):
            return Hole("hole", self.span(plain.lo, plain.last))
        if isinstance(plain, Theirs):
            return Foreign("others", self.span(plain.lo, plain.last))
        block = self.span(plain.block_lo, plain.block_last)
        root = self.roots[plain.root]
        return Extent("extent", root, self.span(plain.lo, plain.last), block, self.guard, truth(plain.free))

    def span(self, lo: int, last: int) -> Span:
        """The interval as constant terms."""
        return Span(constant(lo, self.params.bits), constant(last, self.params.bits))

    # -- the invariant ----------------------------------------------------------------------------------------------

    def check(self, changed: Iterable[Plain], state: State) -> None:
        """Every clause holds of the changed elements, of their pairs, and of each with others near it."""
        new = sorted(changed)
        for plain in new:
            self._holds(self._clauses(plain), plain)
        for x, y in combinations(new, 2):
            self._pair(x, y)
        for plain in new:
            for other in self._near(plain, state.difference(new)):
                self._pair(plain, other)

    def _near(self, plain: Plain, others: Iterable[Plain]) -> list[Plain]:
        return sorted(others, key=lambda o: (min(abs(o.lo - plain.last), abs(plain.lo - o.last)), o))[:OTHERS]

    def _clauses(self, plain: Plain) -> tuple[Clause, ...]:
        return (*CLAUSES, *OF_POWERS) if isinstance(plain, ExtentPart) and plain.root in self.powers else CLAUSES

    def _pair(self, x: Plain, y: Plain) -> None:
        if self._meet(x, y):
            self._holds(CLAUSES, x, y)
            self._holds(CLAUSES, y, x)
        elif isinstance(x, ExtentPart) and isinstance(y, ExtentPart):
            self._holds((MAPPED_APART,), x, y)

    def _meet(self, x: Plain, y: Plain) -> bool:
        """Whether one arbiter looks after both."""
        return not self.private or x[0] == y[0]

    def _holds(self, clauses: Iterable[Clause], *plain: Plain) -> None:
        elements = [self.term_of(p) for p in plain]
        for clause in clauses:
            assert evaluate(clause.of(*elements)), f"not so that {clause.name}: {plain}"


def is_power(x: int) -> bool:
    """x is 1, 2, 4, ..."""
    return x > 0 and x & (x - 1) == 0
