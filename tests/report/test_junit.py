"""JUnit's XML, read by junitparser.

Without it, a CI server could miscount failures.

Without it we would miss a result that a reader of JUnit counts wrongly.
"""

from __future__ import annotations

from typing import Any

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from tests.report.calls import CALLS, written


def read(call: str) -> Any:
    return JUnitXml.fromstring(written("junit", call).encode("utf-8"))


def cases(call: str) -> dict[str, Any]:
    return {f"{suite.name} / {case.name}": case for suite in read(call) for case in suite}


def kind(case: Any) -> Any:
    return type(case.result[0]) if case.result else None


@pytest.mark.parametrize("call", CALLS)
def test_a_reader_counts_what_the_document_says(call: str) -> None:
    said = read(call)
    before = [(s.tests, s.failures, s.errors, s.skipped) for s in said] + [(said.tests, said.failures, said.errors)]
    said.update_statistics()
    for suite in said:
        suite.update_statistics()
    assert [(s.tests, s.failures, s.errors, s.skipped) for s in said] + [
        (said.tests, said.failures, said.errors)
    ] == before


@pytest.mark.parametrize("call", CALLS)
def test_something_fails_exactly_where_the_call_does(call: str) -> None:
    failed = [case for case in cases(call).values() if kind(case) in (Failure, Error)]
    assert bool(failed) is not CALLS[call]().passed


@pytest.mark.parametrize("call", CALLS)
def test_every_check_is_a_case_with_a_name_of_its_own(call: str) -> None:
    found = CALLS[call]()
    checks = sum(len(suite.diagnostics) for suite in found.suites) + len(found.problems)
    assert len(cases(call)) == checks
    assert read(call).tests == checks


def test_each_outcome_is_told_in_the_words_of_the_format() -> None:
    found = cases("refuted")
    assert kind(found["toy:toy / MAP001 TEXT"]) is None
    assert kind(found["toy:toy (2) / PRT001 TEXT"]) is Failure
    assert kind(found["toy:toy (2) / PRT002 TEXT"]) is Error
    assert kind(found["toy:toy (2) / RNG001 TEXT"]) is Error
    assert kind(found["toy:toy / RCH001 TEXT"]) is Skipped
    assert found["toy:toy (2) / RNG001 TEXT"].result[0].type == "vacuous"


def test_a_failure_tells_the_run() -> None:
    failure = cases("refuted")["toy:toy (2) / PRT001 TEXT"].result[0]
    assert failure.message == "PRT001 fill can write (TEXT): PRT001 says so."
    assert "2. load a: TEXT 1 byte" in failure.text
    assert failure.text.startswith("toy.c:4:4: refuted:")


def test_a_warning_passes_and_says_so() -> None:
    case = cases("refuted")["toy:toy (2) / ALN003 TEXT"]
    assert kind(case) is None
    assert case.system_out.startswith("warning: ALN003 granularity is not below alignment (TEXT)")
    assert kind(cases("strict")["toy:toy / ALN003 TEXT"]) is Failure


def test_what_fails_as_expected_is_skipped_with_its_reason() -> None:
    known = cases("expected")["toy:toy / PRT001 TEXT"].result[0]
    assert isinstance(known, Skipped)
    assert known.message == "fails as expected: the mail says so"
    assert kind(cases("expected")["toy:toy (2) / PRT001 TEXT"]) is Failure
    assert kind(cases("expected")["toy:toy (2) / expectation"]) is Failure


def test_assumptions_are_properties_of_the_suite() -> None:
    values = [p.value for suite in read("proved") for p in suite.properties()]
    assert any(value.startswith("assuming design=mail, protect=at-map") for value in values)


def test_problems_with_the_input_are_cases_of_their_own() -> None:
    found = cases("wrong input")
    assert kind(found["input / 1 duplicate-id"]) is None
    assert kind(found["input / 2 x"]) is Error
    assert found["input / 2 x"].result[0].text == "a b.c:3:4: no"


def test_a_case_points_at_its_line() -> None:
    document = written("junit", "gate")
    assert '<testcase classname="toy:toy" name="GATE001 PRT001 TEXT" file="toy.c" line="4">' in document
    assert '<testcase classname="old:old" name="GATE002">' in document
