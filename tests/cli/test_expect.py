"""Expectations against verdicts, on hand-made reports.

Without it, a verdict that differs from what is expected could end with status 0.
"""

from __future__ import annotations

from modalloc_model.cli.tables import cases_of, compare
from modalloc_model.descriptor import Case, Table
from modalloc_model.params import Assumptions, Location
from modalloc_model.report import render
from modalloc_model.report.presentation import Decided, Presentation
from modalloc_model.verdict import TableReport
from tests.report.handmade import proved_report, refuted_report, table

AT_MAP = Assumptions()
STRICT = Assumptions(claims=("strict-rwx",))


def case(verdict: str | None, *rules: str, assumptions: Assumptions = AT_MAP) -> Case:
    return Case(assumptions, verdict, rules, "it is so", Location("toy.c", 2, 1))


def differences(expected: Case | None, report: TableReport) -> tuple[str, ...]:
    expectation = compare(expected, Decided(report)).expectation
    assert expectation is not None
    return expectation.differences


def test_what_comes_true_differs_in_nothing() -> None:
    assert differences(case("proved"), proved_report()) == ()


def test_the_verdict_and_each_rule_that_differs_are_named() -> None:
    found = differences(case("proved", "MAP002", "RNG005"), refuted_report())
    assert found[0] == "the verdict is refuted, not proved (expected at toy.c:2)"
    assert any(text.startswith("PRT001 is refuted, but not expected to be: PRT001 says so.") for text in found)
    assert any(text.startswith("RNG005 is not refuted, but expected to be") for text in found)
    assert not any(text.startswith("MAP002") for text in found)


def test_a_warning_that_is_refuted_is_no_difference() -> None:
    assert not any("ALN003" in text for text in differences(case("refuted"), refuted_report()))


def test_a_rule_that_is_undecided_beside_refuted_ones_is_a_difference() -> None:
    found = differences(case("refuted", "MAP002", "PRT001"), refuted_report())
    assert found == ("PRT002 TEXT, INITTEXT is undecided: the budget ran out",)


def test_where_the_rules_alone_are_expected_the_verdict_is_free() -> None:
    assert differences(case(None), proved_report()) == ()


def test_a_table_of_which_nothing_is_expected_differs() -> None:
    assert differences(None, proved_report()) == ("no expectation is written beside this table",)


def test_each_case_is_decided_under_its_own_assumptions() -> None:
    given = Table(table(), (case("proved"), case("refuted", assumptions=STRICT)))
    assert [params.assumptions for params, _ in cases_of(given, expect=True)] == [AT_MAP, STRICT]


def test_without_expect_a_table_is_decided_as_it_stands() -> None:
    given = Table(table(STRICT), (case("proved"),))
    assert [(params.assumptions, found) for params, found in cases_of(given, expect=False)] == [(STRICT, None)]


def test_the_report_has_a_line_a_case_and_the_differences_beneath() -> None:
    right = compare(case("proved"), Decided(proved_report()))
    wrong = compare(case("proved"), Decided(TableReport(table(STRICT), refuted_report().results)))
    lines = render("text", Presentation((right, wrong))).splitlines()
    assert lines[0] == "✓ toy:toy  proved"
    assert lines[1] == "✗ toy:toy  refuted MAP002, PRT001  claims=strict-rwx"
    assert lines[2].startswith("    the verdict is refuted, not proved")
    assert "2 cases: 1 as expected, 1 not" in lines
