"""The JSON documents, against their schema and against the promises made of them.

Without it, a document could break whoever reads it by its schema.

Without it we would miss a JSON document that breaks its schema.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from modalloc_model.params import Location
from modalloc_model.report import render
from modalloc_model.report.presentation import Decided, Expectation
from modalloc_model.report.problems import problems_document, problems_text
from modalloc_model.report.style import Style
from modalloc_model.verdict import Problem
from tests.report.handmade import SOURCE, presentation, proved_report, refuted_report


@pytest.fixture(scope="module")
def schema(root: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads((root / "spec/schema/verdict.schema.json").read_text(encoding="utf-8")))


def document(**others: Any) -> Any:
    return json.loads(render("json", presentation(proved_report(), refuted_report(), **others)))


def test_verdicts_fit_the_schema(schema: Draft202012Validator) -> None:
    schema.validate(document(solvers={"z3": "1"}))


def test_problems_fit_the_schema(schema: Draft202012Validator) -> None:
    doubtful = Problem(Location("b.c", 1, 1), "duplicate-id", "twice", "", "warning")
    found = json.loads(problems_document([Problem(Location("a.c", 3, 4), "unknown-field", "no such field"), doubtful]))
    schema.validate(found)
    assert [error["path"] for error in found["errors"]] == ["a.c"]
    assert [warning["path"] for warning in found["warnings"]] == ["b.c"]


def test_timings_and_expectations_fit_the_schema(schema: Draft202012Validator) -> None:
    expectation = Expectation("proved", (), "it is right", ("the verdict is refuted, not proved",))
    decided = Decided(refuted_report(), SOURCE, 0.25, expectation)
    found = json.loads(render("json", replace(presentation(), decided=(decided,))))
    schema.validate(found)
    assert found["tables"][0]["seconds"] == 0.25
    assert found["tables"][0]["expectation"]["differences"] == ["the verdict is refuted, not proved"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("summary"),
        lambda d: d["tables"][0].update(verdict="fine"),
        lambda d: d["tables"][1]["results"][3]["counterexample"]["unknowns"].update(kaslr_offset=4096),
        lambda d: d["tables"][1]["results"][3].pop("counterexample"),
        lambda d: d["tables"][0].update(extra=1),
        lambda d: d.update(errors=[]),
    ],
)
def test_the_schema_refuses_what_is_spoilt(schema: Draft202012Validator, spoil: Callable[[Any], Any]) -> None:
    spoilt = copy.deepcopy(document())
    spoil(spoilt)
    with pytest.raises(ValidationError):
        schema.validate(spoilt)


def test_results_keep_their_order() -> None:
    order = [result["rule"] for result in document()["tables"][1]["results"]]
    assert order == [result.rule for result in refuted_report().results]


def test_addresses_are_hexadecimal_strings_and_sizes_are_integers() -> None:
    counterexample = document()["tables"][1]["results"][3]["counterexample"]
    assert counterexample["unknowns"] == {"kaslr_offset": "0x1000"}
    assert counterexample["steps"][0]["sections"] == [{"section": "TEXT", "size": 1, "at": "0xffffffffc0001000"}]
    assert counterexample["replayed"] is True


def test_a_rule_without_behaviour_has_the_boot_alone() -> None:
    counterexample = document()["tables"][1]["results"][2]["counterexample"]
    assert counterexample["steps"] == []
    assert counterexample["unknowns"] == {"kaslr_offset": "0x2000"}


def test_what_is_proved_has_no_counterexample() -> None:
    assert {result["counterexample"] for result in document()["tables"][0]["results"]} == {None}


def test_the_summary_counts() -> None:
    counted = document()["summary"]
    assert (counted["tables"], counted["proved"], counted["refuted"], counted["results"]) == (2, 1, 1, 12)


def test_no_times_unless_asked_for() -> None:
    assert all("seconds" not in shown for shown in document()["tables"])


def test_a_problem_is_a_line_with_its_place_its_code_and_its_hint() -> None:
    text = problems_text(
        [Problem(Location("a.c", 3, 4), "unknown-field", "no such field", "did you mean it?")], Style()
    )
    assert text == "a.c:3:4: error: no such field [unknown-field]\n    did you mean it?\n"
