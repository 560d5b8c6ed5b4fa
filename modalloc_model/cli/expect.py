"""Expectations written beside the tables: which tables they make, and whether they came true.

Models nothing. Leaves out: how the differences look in a report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from modalloc_model.params import ParamSet
from modalloc_model.report.expected import not_judged_rules, refuted_rules
from modalloc_model.report.presentation import Decided, Expectation
from modalloc_model.verdict import NOT_JUDGED, Severity, TableReport, Verdict

if TYPE_CHECKING:
    from modalloc_model.descriptor import Case, Table


def cases_of(table: Table, expect: bool) -> Iterator[tuple[ParamSet, Case | None]]:
    """The table under each case's assumptions; as it stands, where nothing is expected or nothing asked."""
    if not expect or not table.cases:
        yield table.params, None
        return
    for case in table.cases:
        yield replace(table.params, assumptions=case.assumptions), case


def compared(case: Case | None, decided: Decided) -> Decided:
    """The decision beside what was expected of it; a table of which nothing is expected is a difference."""
    if case is None:
        nothing = Expectation("", (), "", ("no expectation is written beside this table",))
        return replace(decided, expectation=nothing)
    differences = tuple(_differences(case, decided.report))
    expectation = Expectation(case.verdict or "", case.rules, case.why, differences, case.not_judged)
    return replace(decided, expectation=expectation)


def _differences(case: Case, report: TableReport) -> Iterator[str]:
    at = f"expected at {case.location.path}:{case.location.line}"
    if case.verdict is not None and report.verdict.value != case.verdict:
        yield f"the verdict is {report.verdict.value}, not {case.verdict} ({at})"
    found, expected = set(refuted_rules(report)), set(case.rules)
    for rule in sorted(found - expected):
        yield f"{rule} is refuted, and is not expected to be: {_message(report, rule)} ({at})"
    for rule in sorted(expected - found):
        yield f"{rule} is not refuted, and is expected to be ({at})"
    left = set(not_judged_rules(report))
    for rule in sorted(set(case.not_judged) - left):
        yield f"{rule} is judged, and is expected not to be ({at})"
    for result in report.results:
        known = result.reason == NOT_JUDGED and result.rule in case.not_judged
        open_ = result.verdict in (Verdict.UNDECIDED, Verdict.INCONSISTENT) and not known
        if open_ and result.severity is Severity.ERROR:
            yield f"{result.rule} {', '.join(result.types)} is {result.word}: {result.message}"


def _message(report: TableReport, rule: str) -> str:
    return next(r.message for r in report.results if r.rule == rule and r.verdict is Verdict.REFUTED)
