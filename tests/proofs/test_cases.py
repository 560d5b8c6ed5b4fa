"""The reported cases come out as they must. Without this file a mistake that was mended once could come back unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofs import cases

EVERY = {case.id: case for case in cases.load()}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, cases.CaseOutcome]:
    return {}


def _outcome(name: str, outcomes: dict[str, cases.CaseOutcome]) -> cases.CaseOutcome:
    if name not in outcomes:
        outcomes[name] = cases.decide(EVERY[name])
    return outcomes[name]


@pytest.mark.parametrize("name", EVERY)
def test_a_case_comes_out_as_it_must(name: str, outcomes: dict[str, cases.CaseOutcome]) -> None:
    assert list(cases.problems(_outcome(name, outcomes))) == []


@pytest.mark.parametrize("name", EVERY)
def test_its_section_of_the_page_is_current(name: str, outcomes: dict[str, cases.CaseOutcome]) -> None:
    assert cases.section(_outcome(name, outcomes)) in cases.PAGE.read_text(encoding="utf-8")


def test_the_page_has_no_other_section() -> None:
    assert cases.PAGE.read_text(encoding="utf-8").count("\n## ") == len(EVERY)


def test_a_case_that_comes_out_otherwise_is_a_problem(outcomes: dict[str, cases.CaseOutcome]) -> None:
    outcome = _outcome("window-tail", outcomes)
    expect = {"status": 1, "refuted": ["RNG005"], "errors": ["no-such-code"]}
    wrong = replace(outcome, case=replace(outcome.case, expect=expect, says=("no such words",)))
    assert len(list(cases.problems(wrong))) == 4


def test_every_input_belongs_to_a_case() -> None:
    named = {name for case in EVERY.values() for name in (case.table, case.gate, case.tree, case.trees)}
    inputs = [p.name for p in (cases.INPUTS / "verify").iterdir() if ".machine." not in p.name]
    inputs += [p.stem.removesuffix("-base") for p in (cases.INPUTS / "gate").glob("*-base.*")]
    inputs += [p.name.removesuffix("-base").removesuffix("-head") for p in (cases.INPUTS / "trees").iterdir()]
    assert set(inputs) - {"since-6.10", "before-6.10"} == named - {""}
