"""Symbolic runs whose sizes, ranges and regions a solver draws, executed: the same state at each step.

Without it, a run that the search finds at an edge could be one that the allocator does not have.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from modalloc_model.allocator import Scripted
from modalloc_model.concrete import ConcreteRange, ConcreteRoot
from modalloc_model.conformance.adapter import as_terms
from modalloc_model.conformance.machine import DEEP, profile_from_environment
from modalloc_model.conformance.solved import PAGES
from modalloc_model.conformance.symbolic import Asked, Pair
from modalloc_model.designs.mail.runs import Run, finish_init, load, settled, start, unload
from modalloc_model.engine.solvers import ask
from modalloc_model.params import AllocType, Assumptions, ParamSet, Range, Region, Unknown
from modalloc_model.smt.smtlib import Query
from modalloc_model.words import FALSE, Term, evaluate, variable, variables
from tests.allocator.tables import table

RUNS = 100 if profile_from_environment() is DEEP else 12
PROTECT = ("at-map", "after-fill", "by-loader")


def open_table(bits: int, generator: random.Random) -> ParamSet:
    """Two roots in ranges, and beside a region, that the boot decides; the rest is drawn."""
    page = PAGES[bits]
    assumptions = Assumptions(
        generator.choice(PROTECT), generator.choice(("as-is", "restored")), generator.choice(("shared", "private")),
        generator.choice(("none", "page")), ("strict-rwx",),
    )  # fmt: skip
    roots = [_root(name, page, generator) for name in ("DATA", "RODATA_AFTER_INIT")]
    sections = {"INITDATA": "DATA", "TEXT": generator.choice(("DATA", "RODATA_AFTER_INIT"))}
    found = as_terms(table(*roots, sections=sections, assume=assumptions, bits=bits, page=page))
    unknowns = tuple(
        Unknown(name, step, 0, most, name)
        for name, step, most in (("start", page // 4, 64), ("length", page // 4, 48), ("region", page // 2, 16))
    )
    first, last = variable("start", bits), variable("start", bits) + variable("length", bits)
    region = Region("region", variable("region", bits), variable("region", bits) + (page - 1))
    machine = replace(found.machine, unknowns=unknowns, registered=(region,))
    types = tuple(_in(t, Range.from_bounds(first, last, inclusive=True)) for t in found.types)
    return replace(found, machine=machine, types=types)


def _in(t: AllocType, chosen: Range) -> AllocType:
    return replace(t, ranges=(chosen, *t.ranges[1:])) if t.index >= 0 else t


def _root(name: str, page: int, generator: random.Random) -> ConcreteRoot:
    granularity = generator.choice((page, page, 2 * page, 3 * page))
    alignment = generator.choice((page // 4, page // 4, page, 2 * page))
    letters = generator.choice(("rwx", "rw-", "rw-", "r-x", "r--"))
    flags = [generator.choice((False, True)) for _ in range(3)]
    return ConcreteRoot(name, granularity, alignment, (ConcreteRange(0, 0), None), letters, *flags)


def path(params: ParamSet, length: int, generator: random.Random) -> Run | None:
    """Operations and placements, drawn: None where they lead nowhere."""
    run = start(params)
    for number in range(length):
        options = [r for r in _next(run, number, generator) if FALSE not in r.constraints]
        if not options:
            return None
        placed = [r for r in options if r.refused is None]
        run = generator.choice(placed if placed and generator.random() < 0.9 else options)
        if run.refused:
            return run
    return run


def _next(run: Run, number: int, generator: random.Random) -> Iterator[Run]:
    there = {a.module: a.op for a in run.asked}
    able = [module for module, op in there.items() if op != "unload"]
    if not able or generator.random() < 0.6:
        yield from load(run, generator.choice(run.table.sections), f"m{number}")
        return
    module = generator.choice(able)
    yield finish_init(run, module) if there[module] == "load" else unload(run, module)


def model_of(run: Run) -> dict[str, int] | None:
    """Values for all that is open in the run, and in which it can be gone on with."""
    answer = ask(Query("a run", {str(n): term for n, term in enumerate(settled(run).constraints)}))
    assert answer.status in ("sat", "unsat")
    words = [word for a in run.asked for word in (a.size, a.place) if word is not None]
    names = variables(*words, *run.constraints, *(variable(u.name, 1) for u in run.table.machine.unknowns))
    return {**dict.fromkeys(names, 0), **answer.model} if answer.status == "sat" else None


def execute(run: Run, model: dict[str, int]) -> Counter[str]:
    """Perform the run's operations where it says; the pair compares each step."""
    places = [None if a.place is None else evaluate(a.place, model) for a in run.asked if a.op == "load"]
    boot = {u.name: model[u.name] for u in run.table.machine.unknowns}
    pair = Pair(run.table, boot, Scripted(places))
    for asked in run.asked:
        assert pair.do(Asked(asked.op, asked.module, asked.section, _value(asked.size, model)))
    assert [_value(a.place, model) for a in pair.run.asked] == [_value(a.place, model) for a in run.asked]
    return Counter([*(a.op for a in run.asked), *(["refused"] if run.refused else [])])


def _value(word: Term | None, model: dict[str, int]) -> int:
    return 0 if word is None else evaluate(word, model)


@pytest.mark.parametrize("bits", PAGES)
def test_solved_run_is_executed_as_solved(bits: int) -> None:
    generator, met, executed = random.Random(bits), Counter[str](), 0
    while executed < RUNS:
        params = open_table(bits, generator)
        run = path(params, generator.randint(2, 4), generator)
        model = model_of(run) if run else None
        if run and model:
            met += execute(run, model)
            executed += 1
    assert not {op for op in ("load", "finish_init", "unload") if not met[op]}
