"""Linux's parameter sets: each is read without a complaint, and comes out as its expectation says.

Without it, a verdict on one of Linux's sets could change unnoticed.

Which conditions fail is asked of Bitwuzla too, in questions of one rule each.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from modalloc_model.cli.tables import cases_of, compare
from modalloc_model.descriptor import Case, Settings, Table, read_path
from modalloc_model.engine import verify_table
from modalloc_model.engine.solvers import Budget, ask
from modalloc_model.params import ParamSet
from modalloc_model.paths import spec_root
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition
from modalloc_model.report.presentation import Decided
from modalloc_model.smt.smtlib import Query
from modalloc_model.verdict import Severity
from modalloc_model.words import TRUE, negate, truth

FOLDER = spec_root() / "params" / "linux"
SETS = sorted(file for file in FOLDER.iterdir() if file.is_file())
SLOW = re.compile(r"arm64-.*-kaslr-")  # four unknowns in 64 bits: half a minute for Bitwuzla
FILES = [*SETS, *sorted((FOLDER / "variants").iterdir())]


@cache
def _table(file: Path) -> Table:
    reading = read_path(str(file), Settings())
    assert [p for p in reading.problems if p.code != "length"] == []
    (table,) = reading.tables
    return table


def _failing(table: ParamSet) -> set[str]:
    """Rules of severity error whose condition fails for a subject in some boot."""
    errors = [rule for rule in RULES.values() if rule.severity is Severity.ERROR]
    outcomes = [(rule.id, rule.of(table, subject)) for rule in errors for subject in rule.each(table)]
    return {rule for rule, outcome in outcomes if isinstance(outcome, Condition) and not _holds(table, outcome)}


def _holds(table: ParamSet, outcome: Condition) -> bool:
    if outcome.formula == TRUE:
        return True
    query = Query("condition", {"boot": table.machine.domain, "fails": truth(negate(outcome.formula))})
    return ask(query, "bitwuzla", Budget()).status == "unsat"


def _domain(table: ParamSet) -> str:
    return ask(Query("domain", {"boot": table.machine.domain}), "z3", Budget()).status


def _expected(table: Table) -> list[tuple[ParamSet, Case]]:
    pairs = [(params, case) for params, case in cases_of(table, expect=True) if case is not None]
    assert pairs, "no expectation"
    return pairs


def test_there_are_as_many_as_the_survey_has() -> None:
    assert len({file.stem for file in SETS}) == len(SETS) == 78
    assert len(FILES) == len(SETS) + 6  # what the survey speaks of and Linux's defaults do not show


@pytest.mark.parametrize("file", [f for f in FILES if not SLOW.match(f.name)], ids=lambda file: file.stem)
def test_what_fails_is_what_is_expected_to(file: Path) -> None:
    for params, case in _expected(_table(file)):
        assert _domain(params) == "sat"
        assert _failing(params) == set(case.rules)
        assert case.verdict == ("refuted" if case.rules else "proved")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_expectation_names_its_reason_and_a_source(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for _, case in _expected(_table(file)):
        assert len(case.why) > 40
        assert not case.rules or re.search(r"(6\.\d+|mainline@\w+):\w+/|toolchain", case.why)
    assert re.search(r"Source: \S+:\S+", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_tool_says_what_is_expected(file: Path) -> None:
    for params, case in _expected(_table(file)):
        expectation = compare(case, Decided(verify_table(params))).expectation
        assert expectation is not None
        assert expectation.differences == ()
