"""What `verify` found, in the record that formats are written from.

Without it, a finding could be lost before any format writes it.

Without it we would miss a finding with the wrong level, place or outcome, in all formats at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modalloc_model.params import Assumptions, Location
from modalloc_model.report.diagnostic import STANDINGS, Diagnostic, Findings, Outcome, Suite
from modalloc_model.report.findings import EXPECTED, findings
from modalloc_model.report.presentation import Decided, Expectation, Presentation
from modalloc_model.report.telling import conclusion
from modalloc_model.verdict import ExitStatus, Severity, TableReport, Verdict
from tests.report.handmade import PAGES, presentation, proved_report, refuted_report, result, table

STATUS = {
    Verdict.PROVED: ExitStatus.PROVED,
    Verdict.REFUTED: ExitStatus.REFUTED,
    Verdict.UNDECIDED: ExitStatus.UNDECIDED,
    Verdict.VACUOUS: ExitStatus.VACUOUS,
    Verdict.INCONSISTENT: ExitStatus.INCONSISTENT,
    Verdict.NOT_CLAIMED: ExitStatus.PROVED,
    Verdict.NOT_APPLICABLE: ExitStatus.PROVED,
}


def diagnostics(found: Findings) -> list[Diagnostic]:
    return [diagnostic for _, diagnostic in found.diagnostics]


def of(verdict: Verdict, severity: Severity = Severity.ERROR, **others: Any) -> Findings:
    """One result of that verdict."""
    report = TableReport(table(), (result("MAP001", verdict, severity=severity),))
    return findings(presentation(report, **others))


def expecting(
    report: TableReport, *rules: str, differences: tuple[str, ...] = (), verdict: str = "refuted"
) -> Findings:
    """One table of which these rules are expected to be refuted."""
    expectation = Expectation(verdict, rules, "the mail\n  says so", differences)
    return findings(Presentation((Decided(report, expectation=expectation),), rules=PAGES))


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("strict", [False, True])
def test_something_is_bad_exactly_where_the_exit_status_says_so(
    verdict: Verdict, severity: Severity, strict: bool
) -> None:
    found = of(verdict, severity, strict=strict)
    counts = severity is Severity.ERROR or (strict and severity is Severity.WARNING)
    assert found.status is (STATUS[verdict] if counts else ExitStatus.PROVED)
    assert found.passed is not any(diagnostic.bad for diagnostic in diagnostics(found))


def test_each_result_is_a_diagnostic_under_its_own_words() -> None:
    report = refuted_report()
    found = diagnostics(findings(presentation(report)))
    assert [(d.rule, d.word, d.message, d.where) for d in found] == [
        (r.rule, r.verdict.value, r.message, r.location) for r in report.results
    ]


def test_a_run_is_told_from_the_boot_to_the_violation_each_step_at_its_type() -> None:
    (run,) = [d.steps for d in diagnostics(findings(presentation(refuted_report()))) if d.name == "PRT001 TEXT"]
    assert [(step.depth, step.text.split()[0]) for step in run] == [
        (0, "boot:"),
        (0, "load"),
        (1, "map"),
        (1, "alloc"),
        (1, "fault"),
        (0, "violated:"),
    ]
    assert "MODULES_VADDR .. 0xffffffffc0001fff (4 KiB)" in run[2].text
    assert run[0].where == Location("toy.c", 1)
    assert {step.where for step in run[1:-1]} == {Location("toy.c", 3, 3)}
    assert run[-1].where == Location("toy.c", 4, 4)


def test_a_rule_without_a_run_says_in_which_boot() -> None:
    (said,) = [d for d in diagnostics(findings(presentation(refuted_report()))) if d.name == "MAP002 TEXT"]
    assert said.steps == ()
    assert said.details == ("in the boot kaslr_offset = 0x2000",)


def test_every_rule_that_was_asked_is_named_also_where_nothing_is_found() -> None:
    found = findings(presentation(proved_report()))
    assert list(found.rules) == ["MAP001", "MAP002", "PRT003", "RCH001"]
    found = findings(presentation(refuted_report()))
    assert found.rules["PRT001"].title == "fill can write"
    assert found.rules["ALN003"].level is Severity.WARNING


def test_what_the_outcomes_hold_under_goes_along() -> None:
    assumed = table(Assumptions(protect="by-loader", claims=("strict-rwx",)))
    (suite,) = findings(presentation(TableReport(assumed, ()))).suites
    assert any("protect=by-loader" in note and "strict-rwx" in note for note in suite.notes)
    assert any("kaslr_offset" in note for note in suite.notes)


def test_cases_of_one_table_have_names_of_their_own() -> None:
    reports = [TableReport(table(a), ()) for a in (Assumptions(), Assumptions(guard="page"), Assumptions())]
    names = [suite.name for suite in findings(presentation(*reports)).suites]
    assert names == ["toy:toy", "toy:toy guard=page", "toy:toy (2)"]


# -- expectations ----------------------------------------------------------------------------------------------------


def test_a_refutation_that_was_expected_is_no_failure() -> None:
    report = TableReport(table(), (result("PRT001", Verdict.REFUTED), result("MAP001", Verdict.PROVED)))
    found = expecting(report, "PRT001")
    assert found.passed
    assert found.status is ExitStatus.PROVED
    assert found.count == {"pass": 2, "expected": 1}
    (known,) = [d for d in diagnostics(found) if d.rule == "PRT001"]
    assert known.expected == "the mail says so"
    assert known.outcome is Outcome.FAIL
    assert not known.bad
    assert not found.suites[0].bad


def test_a_disappointment_is_one_with_every_difference() -> None:
    report = TableReport(table(), (result("MAP001", Verdict.PROVED),))
    found = expecting(report, "PRT001", differences=("PRT001 is not refuted", "the verdict is proved, not refuted"))
    assert found.status is ExitStatus.REFUTED
    bad = [d for d in diagnostics(found) if d.bad]
    assert [d.message for d in bad] == ["PRT001 is not refuted", "the verdict is proved, not refuted"]
    assert {d.rule for d in bad} == {EXPECTED.id}
    assert len({d.name for d in bad}) == 2


def test_a_refutation_that_nobody_expected_fails_with_its_run() -> None:
    found = expecting(refuted_report(), "MAP002", differences=("PRT001 is refuted, but not expected to be",))
    standing = {d.name: d.standing for d in diagnostics(found)}
    assert standing["PRT001 TEXT"] == "fail"
    assert standing["MAP002 TEXT"] == "expected"
    assert next(d for d in diagnostics(found) if d.name == "PRT001 TEXT").steps


def test_what_is_not_decided_is_never_expected() -> None:
    report = TableReport(table(), (result("PRT001", Verdict.UNDECIDED),))
    found = expecting(report, "PRT001", differences=("PRT001 TEXT is undecided",))
    assert [d.standing for d in diagnostics(found)] == ["fail", "open"]


def test_what_is_vacuous_as_expected_is_no_failure_and_else_is_one() -> None:
    report = TableReport(table(), (result("RNG001", Verdict.VACUOUS),))
    assert expecting(report, verdict="vacuous").count == {"pass": 1, "expected": 1}
    missed = expecting(report, verdict="proved", differences=("the verdict is vacuous, not proved",))
    assert missed.count == {"fail": 1, "open": 1}


# -- fingerprints ----------------------------------------------------------------------------------------------------


def fingerprints(*reports: TableReport) -> list[str]:
    found = findings(presentation(*reports))
    return [suite.fingerprint(diagnostic) for suite, diagnostic in found.diagnostics]


def test_a_fingerprint_stays_when_lines_values_and_verdicts_change() -> None:
    report = refuted_report()
    later = tuple(
        replace(r, location=Location("toy.c", 90, 7), message="other", facts=(), boot=(), trace=None)
        for r in report.results
    )
    moved = TableReport(replace(report.table, line=80), later)
    assert fingerprints(report) == fingerprints(moved)


def test_findings_of_one_run_have_fingerprints_of_their_own() -> None:
    reports = [refuted_report(), TableReport(table(Assumptions(guard="page")), refuted_report().results)]
    reports.append(TableReport(replace(table(), path="other.c"), refuted_report().results))
    found = fingerprints(*reports)
    assert len(set(found)) == len(found)


# -- counting --------------------------------------------------------------------------------------------------------


def test_every_diagnostic_is_counted_once() -> None:
    found = findings(presentation(proved_report(), refuted_report()))
    assert found.count.total() == 12
    assert set(found.count) <= set(STANDINGS)
    assert found.count == {"pass": 4, "fail": 3, "open": 2, "warning": 1, "not-applicable": 2}


def test_the_conclusion_counts_also_what_is_not_there() -> None:
    said = conclusion(findings(presentation(proved_report())))
    assert said.startswith("passed with exit status 0: 1 table, 5 checks: pass 3, fail 0, open 0, broken 0")


def test_a_diagnostic_without_a_place_is_shown_at_its_table() -> None:
    lost = Diagnostic("GATE001", Outcome.FAIL, Severity.ERROR, "gone", Location())
    assert Suite("t:t", "t.c", 3, (lost,)).place(lost) == Location("t.c", 3)
