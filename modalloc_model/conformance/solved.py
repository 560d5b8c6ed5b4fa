"""States and steps that a solver draws from the relations of mail/transitions.py, for the executable allocator.

Granularity, alignment and ranges are symbolic; the invariant of the consumed elements is assumed; random wishes (no
power of two, at the top of the address space, no remainder, ...) make the models differ. The allocator is then put into
that state through its own interfaces: regions registered at boot, areas claimed, blocks added to pools and split.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modalloc_model.allocator.placement import Fit, Lowest
from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.designs.arbiter.symbolic import HOLE_ORDERED
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.designs.mail.invariants import IN_BLOCK
from modalloc_model.designs.mail.invariants import Extent as ExtentTerm
from modalloc_model.designs.mail.pool import Block, Extent
from modalloc_model.designs.mail.transitions import Scene, transitions
from modalloc_model.engine.solvers import ask
from modalloc_model.params import AllocType, Assumptions, Kind, Protection, Range
from modalloc_model.smt.induction import invariant_of
from modalloc_model.smt.smtlib import Query
from modalloc_model.smt.spans import Span
from modalloc_model.smt.transitions import Element, Transition
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    all_of,
    constant,
    eq,
    evaluate,
    is_power_of_two,
    negate,
    truth,
    ule,
    variable,
    variables,
)

PAGES = {16: 16, 32: 4096, 64: 4096}
LONGEST = 64
"""Bits at which the exact edges are not asked for: models of them take a solver half a minute."""
Model = Mapping[str, int]


def open_root(bits: int) -> AllocType:
    """A root with granularity, alignment and two ranges left open, that is written and erased by functions."""
    words = {name: variable(name, bits) for name in ("granularity", "alignment")}
    bounds = [(variable(f"first{n}", bits), variable(f"end{n}", bits)) for n in range(2)]
    return AllocType(
        "DATA", 0, 0, words["granularity"], words["alignment"],
        ranges=tuple(Range.from_bounds(first, last, inclusive=True) for first, last in bounds),
        second=TRUE, protection=Protection.of("rw-", "rw-"),
        seals=FALSE, shared_pmd=FALSE, fill=TRUE, invalidate=TRUE,
    )  # fmt: skip


@dataclass(frozen=True)
class StepQuery:
    """A machine, and the relations of a root on it."""

    bits: int
    guard: int

    @property
    def page(self) -> int:
        """Bytes of a page."""
        return PAGES[self.bits]

    @property
    def root(self) -> AllocType:
        """The root that is asked about."""
        return open_root(self.bits)

    def relation(self, name: str) -> Transition:
        """The transition of that name."""
        page, guard = constant(self.page, self.bits), constant(self.guard, self.bits)
        return next(t for t in transitions(Scene(self.root, page, guard, self.bits)) if t.name == name)

    # -- models -------------------------------------------------------------------------------------------------------

    def models(
        self, relation: Transition, happens: bool, extra: tuple[Term, ...], seed: int, number: int
    ) -> Iterator[Model]:
        """Some states in which the relation is enabled, or is not; as many as were wished for and found."""
        known = {**invariant_of((IN_BLOCK, HOLE_ORDERED), *relation.consumed)}
        if relation.rounding:
            known["rounding"] = relation.rounding.same
            *_, (place, tried) = relation.rounding.values
            known |= {} if happens else {"tried": truth(eq(place, tried))}
        known["step"] = relation.enabled if happens else truth(negate(relation.enabled))
        known |= {f"extra {n}": term for n, term in enumerate(extra)}
        generator = random.Random(seed)
        edges = list(self._edges(relation))
        for count in range(number):
            wishes = generator.sample(list(self._wishes(relation)), 3)
            yield self._model(known, [*edges[count : count + 1], *wishes], relation)

    def _edges(self, relation: Transition) -> Iterator[Term]:
        """An allocation that fills its source to the last byte, and one that needs a byte more."""
        if not relation.rounding or self.bits == LONGEST:
            return
        rest, source = relation.produced[-1].span, relation.consumed[0].span
        s, n, p = (word for word, _ in relation.rounding.values)
        nothing_wraps = all_of(
            ule(1, variable("size", self.bits)),
            ule(variable("size", self.bits), s),
            ule(s, n),
            ule(n, n + self.guard),
            ule(source.lo, p),
            ule(p, source.last),
            ule(source.last, constant(-3, self.bits)),
        )
        for beyond in (1, 2):
            yield truth(all_of(nothing_wraps, self._in_range(relation, source), eq(rest.lo, source.last + beyond)))

    def _in_range(self, relation: Transition, hole: Span) -> Term:
        """The whole hole is in the range that is allocated from."""
        number = relation.name.removeprefix("alloc from range ")
        if not number.isdigit():
            return TRUE
        chosen = self.root.ranges[int(number)]
        return truth(all_of(chosen.nonempty, ule(chosen.first, hole.lo), ule(hole.last, chosen.last)))

    def _model(self, known: Mapping[str, Term], wishes: list[Term], relation: Transition) -> Model:
        """With as many of the wishes as come true together."""
        for kept in range(len(wishes), -1, -1):
            query = Query("a step", {**known, **{f"wish {n}": w for n, w in enumerate(wishes[:kept])}})
            answer = ask(query)
            if answer.status == "sat":
                words = [w for e in (*relation.consumed, *relation.produced) for w in _words(e)]
                words += [w for r in self.root.ranges for w in (r.first, r.last)]
                words += [self.root.granularity, self.root.alignment]
                return {**dict.fromkeys(variables(*words, *known.values()), 0), **answer.model}
        raise AssertionError(f"{relation.name} can never happen")

    def _wishes(self, relation: Transition) -> Iterator[Term]:
        root, top = self.root, constant(-1, self.bits)
        for element in relation.produced:
            yield element.exists
            yield truth(negate(element.exists))
        for element in relation.consumed:
            yield truth(eq(element.span.last, top))
            yield truth(eq(element.span.lo, 0))
        for value in (1, 8, 48, self.page, 2 * self.page, 3 * self.page):
            yield truth(eq(root.alignment, value))
            yield truth(eq(root.granularity, value))
        yield truth(negate(is_power_of_two(root.granularity)))
        yield truth(negate(is_power_of_two(root.alignment)))
        yield root.reuses
        yield truth(ule(self.page, variable("size", self.bits)))
        yield truth(ule(variable("size", self.bits), 9))
        yield truth(eq(root.ranges[0].last, top))

    # -- the allocator in that state ----------------------------------------------------------------------------------

    def table(self, model: Model, ranges: tuple[bool, bool], holes: list[tuple[int, int]] | None = None) -> Concrete:
        """The table of the model, with the ranges that are asked for; all but the holes is registered."""
        root, chosen = self.root, []
        for wanted, found in zip(ranges, root.ranges, strict=True):
            first, last = evaluate(found.first, model), evaluate(found.last, model)
            chosen.append(ConcreteRange(first, last) if wanted and first <= last else None)
        g, a = evaluate(root.granularity, model), evaluate(root.alignment, model)
        concrete = ConcreteRoot("DATA", g, a, tuple(chosen), "rw-", False, True, True)
        sections = (ConcreteSection("DATA", Kind.DATA, False, "DATA"),)
        assumptions = Assumptions(guard="page" if self.guard else "none")
        regions = self._between(holes) if holes is not None else ()
        return Concrete(self.bits, self.page, self.guard, assumptions, (concrete,), sections, tuple(regions))

    def _between(self, holes: list[tuple[int, int]]) -> Iterator[ConcreteRange]:
        lo, top = 0, (1 << self.bits) - 1
        for first, last in sorted(holes):
            if lo < first:
                yield ConcreteRange(lo, first - 1)
            lo = last + 1
        if lo <= top:
            yield ConcreteRange(lo, top)


def prepare(table: Concrete, block: tuple[int, int], live: list[tuple[int, int]], release: bool) -> Allocator:
    """An allocator with one block in which these extents are live, in address order."""
    allocator = Allocator(table, Lowest(release))
    pool, made = allocator.pools["DATA"], Block("DATA", *block)
    allocator.arbiters["DATA"].claim(block[0], block[1] + table.guard)
    allocator.pages.map(*block, "rw-")
    reuses = table.roots[0].reuses
    pool.add_block(made, block[0] if reuses else block[1] + 1)
    free_from = block[0]
    for lo, last in live:
        if reuses:
            pool.carve(Fit(lo, free_from if free_from <= lo else lo, block[1]), last)
        pool.live[Extent(made, lo, last, "DATA", "m", 1, filled=True)] = None
        free_from = last + 1
    return allocator


def interval(span: Span, model: Model) -> tuple[int, int]:
    """The span's bounds."""
    return evaluate(span.lo, model), evaluate(span.last, model)


def existing(model: Model, *spans: Span) -> list[tuple[int, int]]:
    """The elements that exist, by address."""
    return sorted(interval(span, model) for span in spans if evaluate(span.exists, model))


def _words(element: Element) -> Iterator[Term]:
    yield from (element.span.lo, element.span.last, element.span.exists)
    if isinstance(element, ExtentTerm):
        yield from (element.block.lo, element.block.last, element.free)
