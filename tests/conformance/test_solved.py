"""States and steps that a solver draws from the relations, executed: the allocator takes the same step.

Without it, the relations could allow a step that the allocator never takes, at edges that random draws miss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest

from modalloc_model.allocator.events import Use
from modalloc_model.allocator.placement import Scripted
from modalloc_model.conformance.machine import DEEP, profile_from_environment
from modalloc_model.conformance.solved import PAGES, Model, StepQuery, existing, interval, prepare
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.designs.mail.invariants import Extent
from modalloc_model.designs.mail.operations import fresh
from modalloc_model.smt.spans import Span
from modalloc_model.smt.transitions import Element, Transition
from modalloc_model.words import TRUE, constant, eq, evaluate, implies, negate, truth, variable

MODELS = 60 if profile_from_environment() is DEEP else 5
QUESTIONS = [StepQuery(bits, guard) for bits, page in PAGES.items() for guard in (0, page)]
NAMES = [f"{q.bits} bits, {'guard' if q.guard else 'no guard'}" for q in QUESTIONS]

RANGES = pytest.mark.parametrize(
    ("question", "number"), list(product(QUESTIONS, (0, 1))), ids=[f"{n}, range {i}" for n in NAMES for i in (0, 1)]
)


def span_of(elements: tuple[Element, ...], name: str) -> Span:
    return next(e.span for e in elements if e.name == name)


def block_of(relation: Transition, name: str, model: Model) -> tuple[int, int]:
    block = next(e.block for e in relation.consumed if e.name == name and isinstance(e, Extent))
    return interval(block, model)


def outside(block: tuple[int, int], free: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of the block."""
    found, lo = [], block[0]
    for first, last in sorted(free):
        found += [(lo, first - 1)] if lo < first else []
        lo = last + 1
    return found + ([(lo, block[1])] if lo <= block[1] else [])


def tiles(allocator: Allocator, use: Use) -> list[tuple[int, int]]:
    return [(t.lo, t.last) for t in allocator.tiles() if t.use is use]


def holes(allocator: Allocator) -> list[tuple[int, int]]:
    return list(allocator.arbiters["DATA"].holes())


# -- by reuse ----------------------------------------------------------------------------------------------------------


def in_a_free_extent(question: StepQuery, happens: bool) -> Iterator[tuple[Transition, Model, Allocator, int]]:
    relation = question.relation("alloc by reuse")
    extra = () if happens else (question.root.reuses,)
    for model in question.models(relation, happens, extra, seed=1, number=MODELS):
        block, free = block_of(relation, "free", model), interval(span_of(relation.consumed, "free"), model)
        allocator = prepare(question.table(model, (False, False)), block, outside(block, [free]), release=True)
        assert tiles(allocator, Use.FREE) == [free]
        yield relation, model, allocator, model["size"]


@pytest.mark.parametrize("question", QUESTIONS, ids=NAMES)
def test_alloc_by_reuse_is_executed_as_solved(question: StepQuery) -> None:
    for relation, model, allocator, size in in_a_free_extent(question, happens=True):
        left, live, right = (span_of(relation.produced, name) for name in ("left", "live", "right"))
        extent = allocator.alloc("DATA", size, "m")
        assert extent is not None
        assert (extent.lo, extent.last) == interval(live, model)
        assert tiles(allocator, Use.FREE) == existing(model, left, right)
        allocator.check()


@pytest.mark.parametrize("question", QUESTIONS, ids=NAMES)
def test_what_fits_no_free_extent_is_refused(question: StepQuery) -> None:
    for relation, model, allocator, size in in_a_free_extent(question, happens=False):
        assert allocator.alloc("DATA", size, "m") is None
        assert tiles(allocator, Use.FREE) == existing(model, span_of(relation.consumed, "free"))


# -- from a range ------------------------------------------------------------------------------------------------------


def in_a_hole(question: StepQuery, number: int, happens: bool) -> Iterator[tuple[Transition, Model, Allocator]]:
    """Where the second range is asked for, nothing fits in the first."""
    relation = question.relation(f"alloc from range {number}")
    hole, size = span_of(relation.consumed, "hole"), variable("size", question.bits)
    guard = constant(question.guard, question.bits)
    first = fresh(question.root, guard, hole, 0, size).enabled
    tried = fresh(question.root, guard, hole, number, size).enabled  # else the executable search does not find the hole
    extra = (*((truth(negate(first)),) if number else ()), *((tried,) if happens else ()))
    for model in question.models(relation, happens, extra, seed=2 + number, number=MODELS):
        table = question.table(model, (True, number == 1), [interval(hole, model)])
        place = evaluate(span_of(relation.produced, "live").lo, model)
        yield relation, model, Allocator(table, Scripted([place if happens else None]))


@RANGES
def test_alloc_from_a_range_is_executed_as_solved(question: StepQuery, number: int) -> None:
    for relation, model, allocator in in_a_hole(question, number, happens=True):
        extent = allocator.alloc("DATA", model["size"], "m")
        assert extent is not None
        assert (extent.lo, extent.last) == interval(span_of(relation.produced, "live"), model)
        live = next(e for e in relation.produced if e.name == "live" and isinstance(e, Extent))
        assert (extent.block.lo, extent.block.last) == interval(live.block, model)
        rest = existing(model, span_of(relation.produced, "tail"))
        assert tiles(allocator, Use.FREE if allocator.pools["DATA"].root.reuses else Use.PADDING) == rest
        assert holes(allocator) == existing(model, *(span_of(relation.produced, n) for n in ("before", "after")))


@RANGES
def test_what_fits_no_hole_is_refused(question: StepQuery, number: int) -> None:
    for relation, model, allocator in in_a_hole(question, number, happens=False):
        assert allocator.alloc("DATA", model["size"], "m") is None
        assert holes(allocator) == existing(model, span_of(relation.consumed, "hole"))


# -- giving back -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS, ids=NAMES)
def test_free_is_executed_as_solved(question: StepQuery) -> None:
    relation = question.relation("free")
    below, freed, above = (span_of(relation.consumed, name) for name in ("below", "freed", "above"))
    merges: Counter[int] = Counter()
    for model in question.models(relation, True, (), seed=4, number=MODELS):
        block, free = block_of(relation, "freed", model), existing(model, below, above)
        live = sorted([*outside(block, [*free, interval(freed, model)]), interval(freed, model)])
        allocator = prepare(question.table(model, (False, False)), block, live, release=False)
        assert tiles(allocator, Use.FREE) == free
        allocator.free(next(e for e in allocator.live() if (e.lo, e.last) == interval(freed, model)))
        assert tiles(allocator, Use.FREE) == existing(model, *(e.span for e in relation.produced))
        allocator.check()
        merges[len(free)] += 1
    assert len(merges) > 1


@pytest.mark.parametrize("question", QUESTIONS, ids=NAMES)
def test_a_block_is_given_back_as_solved(question: StepQuery) -> None:
    relation = question.relation("give back")
    below, whole, above = (span_of(relation.consumed, name) for name in ("below", "whole", "above"))
    block = next(e.block for e in relation.consumed if e.name == "whole" and isinstance(e, Extent))
    starts = truth(implies(negate(question.root.reuses), eq(whole.lo, block.lo)))  # as alloc makes them
    for model in question.models(relation, True, (starts,), seed=5, number=MODELS):
        area = (evaluate(block.lo, model), evaluate(block.last, model) + question.guard)
        free = existing(model, below, above)
        table = question.table(model, (False, False), [*free, area])
        allocator = prepare(table, interval(block, model), [interval(whole, model)], release=True)
        assert holes(allocator) == free
        allocator.free(allocator.live()[0])
        assert holes(allocator) == existing(model, *(e.span for e in relation.produced))
        assert not allocator.blocks()
        assert not allocator.tiles()


def test_the_solver_is_asked_about_open_tables() -> None:
    root = QUESTIONS[0].root
    assert not {root.granularity.op, root.alignment.op, root.ranges[1].first.op} - {"var"}
    assert root.second == TRUE
