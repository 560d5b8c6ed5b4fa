"""What `show` says of the boot, held against every boot of machines that have few.

Without it, `show` could say that a rule depends on nothing where some boot decides it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest

from modalloc_model.descriptor import Settings, read_path
from modalloc_model.engine.dependence import Dependence, Standing, dependences
from modalloc_model.engine.solvers import Budget
from modalloc_model.params import ParamSet
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition
from modalloc_model.words import Term, evaluate
from tests.cli.running import LEGACY

Boot = Mapping[str, int]

SEPARATE = LEGACY.replace("= MODULES_VADDR", "= MODULES_BASE + first").replace(
    "= MODULES_END", "= MODULES_BASE + first + second - 1"
)

MACHINES = {
    "apart": ("{step: PAGE_SIZE, k: [0, 5]}", "{step: 0x800, k: [0, 9]}", ()),
    "below": ("{step: SZ_256M, k: [0, 5]}", "{step: PAGE_SIZE, k: [1, 3]}", ("second < 0x3000",)),
    "tied": ("{step: SZ_256M, k: [1, 5]}", "{step: SZ_256M, k: [1, 5]}", ("first == second",)),
    "gaps": ("{step: SZ_256M, k: [0, 5]}", "{step: PAGE_SIZE, k: [1, 3]}", ("(first & SZ_256M) == 0",)),
    "crossed": ("{step: SZ_256M, k: [0, 4]}", "{step: SZ_256M, k: [0, 4]}", ("first + second >= 0x40000000",)),
}
"""Two unknowns, and what ties them together."""


def table(folder: Path, name: str) -> ParamSet:
    first, second, constraints = MACHINES[name]
    profile = folder / "toy.yaml"
    unknowns = f"  first: {first[:-1]}, source: a test}}\n  second: {second[:-1]}, source: a test}}\n"
    tied = f"constraints: {list(constraints)}\n"
    profile.write_text(
        f"name: toy\nextends: x86_64\nunknowns:\n  kaslr_offset: null\n{unknowns}{tied}"
        "symbols:\n  MODULES_VADDR: null\n",
        encoding="utf-8",
    )
    source = folder / "separate.c"
    source.write_text(SEPARATE, encoding="utf-8")
    reading = read_path(str(source), Settings(str(profile)))
    assert not [problem for problem in reading.problems if problem.severity == "error"], reading.problems
    return reading.tables[0].params


def boots(params: ParamSet) -> list[Boot]:
    """Every boot there is."""
    unknowns = params.machine.unknowns
    values = product(*([u.step * k for k in range(u.low, u.high + 1)] for u in unknowns))
    every = [dict(zip((u.name for u in unknowns), one, strict=True)) for one in values]
    return [boot for boot in every if evaluate(params.machine.domain, boot)]


def conditions(params: ParamSet) -> Iterator[tuple[str, str, Term]]:
    for rule in RULES.values():
        for subject in rule.each(params):
            outcome = rule.of(params, subject)
            if isinstance(outcome, Condition):
                yield rule.id, subject.name, outcome.formula


def depends(name: str, holding: list[Boot], failing: list[Boot]) -> bool:
    """Whether a boot in which it holds and one in which it fails differ in the unknown alone."""
    others = [{**boot, name: 0} for boot in holding]
    return any({**boot, name: 0} in others for boot in failing)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ParamSet, list[Dependence]]]:
    """The table on each machine, and what is said of it."""
    tables = {name: table(tmp_path_factory.mktemp(name), name) for name in MACHINES}
    return {name: (params, list(dependences(params))) for name, params in tables.items()}


Shown = Mapping[str, tuple[ParamSet, list[Dependence]]]


@pytest.mark.parametrize("name", MACHINES)
def test_what_is_said_to_depend_on_an_unknown_is_what_every_boot_shows_to(shown: Shown, name: str) -> None:
    params, said = shown[name]
    every = boots(params)
    assert [(s.rule, s.subject) for s in said] == [(rule, subject) for rule, subject, _ in conditions(params)]
    for stand, (_, _, formula) in zip(said, conditions(params), strict=True):
        holding = [boot for boot in every if evaluate(formula, boot)]
        failing = [boot for boot in every if boot not in holding]
        expected = Standing.VARIES if holding and failing else Standing.ALWAYS if holding else Standing.NEVER
        assert stand.standing is expected, stand
        turning = {u.name for u in params.machine.unknowns if depends(u.name, holding, failing)}
        assert {turn.unknown for turn in stand.turns} == turning, stand
        assert not stand.open
        _turns_are_the_least(stand, holding, failing, params)


def _turns_are_the_least(stand: Dependence, holding: list[Boot], failing: list[Boot], params: ParamSet) -> None:
    """Of all pairs of boots that differ in the unknown alone: neighbours, if there are any, and the least of them."""
    for turn in stand.turns:
        others = [u.name for u in params.machine.unknowns if u.name != turn.unknown]
        step = next(u.step for u in params.machine.unknowns if u.name == turn.unknown)
        alike = [(h, f) for h in holding for f in failing if all(h[name] == f[name] for name in others)]
        near = [(h, f) for h, f in alike if abs(h[turn.unknown] - f[turn.unknown]) == step]
        pairs = [([h[name] for name in others], h[turn.unknown], f[turn.unknown]) for h, f in near or alike]
        least, holds, fails = min(pairs)
        assert (turn.holds, turn.fails) == (holds, fails), stand
        assert turn.others in ((), tuple(zip(others, least, strict=True))), stand


def test_the_machines_show_every_way_in_which_a_condition_can_stand(shown: Shown) -> None:
    found = [stand for _, said in shown.values() for stand in said]
    assert {stand.standing for stand in found} == {Standing.ALWAYS, Standing.NEVER, Standing.VARIES}
    assert {len(stand.turns) for stand in found if stand.standing is Standing.VARIES} == {0, 1, 2}


def test_a_turn_lies_between_neighbouring_values_where_there_are_such(shown: Shown) -> None:
    params, said = shown["apart"]
    steps = {unknown.name: unknown.step for unknown in params.machine.unknowns}
    turns = [turn for stand in said for turn in stand.turns]
    assert turns
    assert all(abs(turn.holds - turn.fails) == steps[turn.unknown] for turn in turns)


def test_what_the_budget_does_not_settle_is_left_open(shown: Shown) -> None:
    params, said = shown["apart"]
    starved = list(dependences(params, Budget(resources=1)))
    assert any(stand.standing is Standing.OPEN for stand in starved)
    for stand, known in zip(starved, said, strict=True):
        assert stand.standing in (Standing.OPEN, known.standing)
        assert {turn.unknown for turn in known.turns} <= {*stand.open, *(turn.unknown for turn in stand.turns)}
