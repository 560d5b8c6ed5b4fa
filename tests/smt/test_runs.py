"""Symbolic runs beside executable ones, on drawn tables of 8-bit words: the same places, pages, faults, violations.

Without it, a kind of violation could never be found by the search.

`tests/conformance/test_symbolic_runs.py` does it on tables of every size, and for longer. Here each rule is met, and
each operation, within seconds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from modalloc_model.allocator import BestFit, Highest, Lowest
from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.conformance.adapter import as_terms
from modalloc_model.conformance.symbolic import OF_REACH, Asked, Incomparable, Pair, fix_values, holds, value
from modalloc_model.conformance.tables import SECTIONS
from modalloc_model.designs.mail.runs import load_both, settled
from modalloc_model.designs.mail.violations import VIOLATIONS
from modalloc_model.params import ARBITER, CLAIMS, FREE_ACCESS, GUARD, PROTECT, Assumptions

BITS, PAGE = 8, 4
POLICIES = (Lowest, Highest, BestFit)
TOO_LARGE = 252  # bytes, of 256


class Taken(Pair):
    """A pair that loads two sections at once as well.

    Of such a module the symbolic run looks at fewer moments than the executable one: what is done to it is compared by
    the states that follow, and not by the violations.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.told: set[str] = set()  # rules that the symbolic run says are violated

    def do(self, asked: Asked) -> bool:
        """Perform it on both sides and compare; whether the run goes on."""
        self.several = len({a.section for a in self.run.asked if a.module == asked.module}) > 1
        return self.both(asked) if asked.op == "load both" else super().do(asked)

    def both(self, asked: Asked) -> bool:
        """Load both sections; whether the run goes on."""
        self.several = True
        faulted = self._perform(asked)
        placed = [e.lo for e in self.events if e.kind == "alloc"]
        if len(placed) < 2:
            raise Incomparable
        sections = (self.sections[asked.section], self.sections[asked.second])
        options = [fix_values(run, self._sizes(asked)) for run in load_both(self.run, sections, asked.module)]
        chosen = [o for o in options if holds(*o.constraints) and [value(e.span.lo) for e in o.placed] == placed]
        assert len(chosen) == 1, f"{asked}: at {placed}"
        self.run = chosen[0]
        self._compare(faulted, set())
        return not faulted

    def _compare(self, faulted: bool, alone: set[tuple[str, str]]) -> None:
        if not self.several:
            before = set(self.said)
            super()._compare(faulted, alone)
            self.told |= {rule for rule, _ in self.said - before}
            return
        seen = {(rule, subject) for rule, subject in self.seen if rule in VIOLATIONS}
        claimed = set(self._violations(self.run))  # of several sections it need not say all: shorter runs show it
        assert claimed <= seen, f"the symbolic run alone: {claimed - seen}"
        self.said |= seen
        assert holds(*settled(self.run).constraints) is not faulted
        if not faulted:
            self._same_state()


@dataclass(frozen=True)
class Theme:
    """What the drawn roots are like: (granularity, alignment), protections; and the rules that their runs violate."""

    steps: tuple[tuple[int, int], ...]
    letters: tuple[str, ...]
    rules: frozenset[str]
    assume: tuple[tuple[str, ...], ...] = (PROTECT, FREE_ACCESS, ARBITER, GUARD)
    roots: tuple[int, ...] = (1, 1, 2)
    places: tuple[int, ...] = (0x40, 0x40, 0, 0x42, 0xE0)
    seconds: tuple[ConcreteRange | None, ...] = (None, None, ConcreteRange(0x80, 0x8F), ConcreteRange(0x48, 0x57))
    sections: tuple[str, ...] = tuple(SECTIONS)
    sizes: tuple[int, ...] = (1, 1, 2, 3, 4, 5, 9)
    seeds: range = range(20)


EASY = frozenset(("MAP006", "PRT001", "PRT002", "PRT003", "PRT005"))
THEMES = {
    "whole pages": Theme(
        ((4, 4), (4, 4), (8, 4), (16, 8)), ("rwx", "rw-", "r-x", "r--"),
        EASY | {"ROI003", "ROI004", "ROI005", "PRT004"},
        seeds=range(2, 22),
    ),
    "parts of pages": Theme(
        ((4, 1), (8, 2), (4, 2)), ("rwx", "rw-", "rw-"), frozenset(("OVL003", "ROI002", "MAP007")),
        assume=(PROTECT, FREE_ACCESS, ("shared",), GUARD), places=(0x40,), seeds=range(18),
        sections=("DATA", "RODATA_AFTER_INIT", "TEXT", "INITDATA"), sizes=(1, 1, 2),
    ),
    "parts of restored pages": Theme(
        ((4, 1), (8, 2)), ("rw-",), frozenset(("ROI001", "ROI002")),
        assume=(("by-loader",), ("restored",), ("shared",), ("none",)), roots=(1,), places=(0x40,), seeds=range(23, 37),
        sections=("DATA", "RODATA_AFTER_INIT"), sizes=(1,),
    ),
    "odd steps": Theme(
        ((12, 4), (4, 3), (6, 2), (4, 6), (0, 4), (4, 0), (12, 12), (10, 2)), ("rwx",),
        frozenset(("ALN004", "CMP001", "CMP002")), places=(0x42, 0x41, 0x40, 0x45),
        seconds=(ConcreteRange(0x80, 0x8F), ConcreteRange(0xA0, 0xC0)), seeds=range(13, 36),
    ),
    "two arbiters": Theme(
        ((8, 4), (8, 2), (16, 4)), ("rwx", "rw-"), frozenset(("OVL002",)),
        assume=(PROTECT, FREE_ACCESS, ("private",), GUARD), roots=(2,), places=(0x40, 0x44),
    ),
    "little room": Theme(
        ((4, 4), (8, 4), (16, 4), (8, 8)), ("rw-", "rwx"), frozenset(("RNG001",)),
        roots=(1, 2), places=(0x3E, 0x4E, 0x44, 0), seeds=range(8, 28),
    ),
}  # fmt: skip


def a_root(g: random.Random, name: str, theme: Theme) -> ConcreteRoot:
    """Where it does not reuse, its pages are unmapped: then no other root may have its own mapped over them."""
    granularity, alignment = g.choice(theme.steps)
    alone = 0x20 if name == "B" and granularity <= alignment else 0
    lo, size = alone or g.choice(theme.places), g.choice((32, 32, 16, 8))
    second = None if alone else g.choice(theme.seconds)
    flags = (g.random() < 0.4, g.random() < 0.3, g.random() < 0.3)
    ranges = (ConcreteRange(lo, lo + size - 1), second)
    return ConcreteRoot(name, granularity, alignment, ranges, g.choice(theme.letters), *flags)


def a_table(g: random.Random, theme: Theme) -> Concrete:
    protect, access, arbiter, guard = (g.choice(options) for options in theme.assume)
    assume = Assumptions(protect, access, arbiter, guard, g.choice(((), CLAIMS)))
    names = ["A", "B"][: g.choice(theme.roots)]
    roots = tuple(a_root(g, name, theme) for name in names)
    sections = tuple(ConcreteSection(s, *SECTIONS[s], root=g.choice(names)) for s in theme.sections)
    registered = g.choice(((), (), (ConcreteRange(0x44, 0x47),)))
    return Concrete(BITS, PAGE, PAGE if assume.guard == "page" else 0, assume, roots, sections, registered)


def operations(g: random.Random, theme: Theme) -> Iterator[Asked]:
    """Modules come, finish their init and go; sizes of a few bytes or a few pages."""
    phases: dict[str, str] = {}
    for number in range(7):
        there = [m for m in phases if phases[m] != "gone"]
        if not there or g.random() < 0.55:
            module, op = f"m{number}", g.choice(("load", "load", "load", "load both", "failed load"))
            one, two = g.sample(theme.sections, 2)
            yield Asked(op, module, one, g.choice(theme.sizes), *_second(g, op, two))
            phases[module] = "gone" if op == "failed load" else "init"
        else:
            module = g.choice(there)
            op = "finish_init" if phases[module] == "init" and g.random() < 0.7 else "unload"
            yield Asked(op, module)
            phases[module] = {"finish_init": "live", "unload": "gone"}[op]


def _second(g: random.Random, op: str, section: str) -> tuple[str, int]:
    if op == "load":
        return "", 0
    return section, TOO_LARGE if op == "failed load" else g.choice((1, 2, 4))


def taken_along(g: random.Random, theme: Theme, met: Counter[str]) -> None:
    params = a_table(g, theme)
    pair, gone = Taken(as_terms(params), {}, g.choice(POLICIES)()), set[str]()
    for asked in operations(g, theme):
        if asked.module in gone:
            continue
        try:
            goes_on = pair.do(asked)
        except Incomparable:
            break
        met[asked.op] += 1
        if pair.run.refused:
            gone.add(asked.module)
            met["refused"] += 1
        if not goes_on:
            met["fault"] += 1
            break
    met.update(pair.told)


@pytest.mark.parametrize("name", THEMES)
def test_a_drawn_table_is_run_alike(name: str) -> None:
    theme, met = THEMES[name], Counter[str]()
    for seed in theme.seeds:
        taken_along(random.Random(seed), theme, met)
    assert {"load", "load both", "failed load", "finish_init", "unload", "refused"} <= met.keys()
    assert theme.rules <= met.keys()


def test_every_rule_that_a_run_can_violate_is_met() -> None:
    assert frozenset().union(*(theme.rules for theme in THEMES.values())) == VIOLATIONS.keys() - set(OF_REACH)
