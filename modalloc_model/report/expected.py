"""Verdicts compared with the expectations beside the tables: one line for each case, then its differences.

The command computes the differences. Counterexamples of expected verdicts are not printed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import fields

from modalloc_model.params import Assumptions
from modalloc_model.report.harmless import sanitize
from modalloc_model.report.presentation import Decided
from modalloc_model.report.style import Style
from modalloc_model.verdict import NOT_JUDGED, Severity, TableReport, Verdict


def expected_lines(decided: Sequence[Decided], style: Style) -> list[str]:
    """Every case; last, how many are as expected."""
    width = max((len(sanitize(d.report.table.id)) for d in decided), default=0)
    lines = [line for one in decided for line in _case(one, width, style)]
    wrong = sum(bool(one.expectation and one.expectation.differences) for one in decided)
    return [*lines, "", f"{len(decided)} cases: {len(decided) - wrong} as expected, {wrong} not"]


def _case(decided: Decided, width: int, style: Style) -> list[str]:
    report, expectation = decided.report, decided.expectation
    differences = expectation.differences if expectation else ()
    mark = style.cross if differences else style.tick
    said = f"{mark} {sanitize(report.table.id):<{width}}  {_verdict(report)}"
    time = f"  {decided.seconds:.3f} s" if decided.seconds is not None else ""
    lines = [f"{said}  {style.faint(unusual_assumptions(report.table.assumptions))}".rstrip() + time]
    return lines + [f"    {line}" for text in differences for line in textwrap.wrap(sanitize(text), 110)]


def _verdict(report: TableReport) -> str:
    rules = ", ".join(refuted_rules(report))
    left = ", ".join(not_judged_rules(report))
    return f"{report.verdict.value} {rules}".rstrip() + (f", not judged {left}" if left else "")


def refuted_rules(report: TableReport) -> tuple[str, ...]:
    """The rules of severity error that the table was refuted by, in order."""
    refuted = {r.rule for r in report.results if r.verdict is Verdict.REFUTED and r.severity is Severity.ERROR}
    return tuple(sorted(refuted))


def not_judged_rules(report: TableReport) -> tuple[str, ...]:
    """The rules of severity error for which the profile gives nothing, in order."""
    found = {r.rule for r in report.results if r.reason == NOT_JUDGED and r.severity is Severity.ERROR}
    return tuple(sorted(found))


def unusual_assumptions(assumptions: Assumptions) -> str:
    """The assumptions that differ from the defaults."""
    usual = Assumptions()
    found = []
    for field in fields(Assumptions):
        value = getattr(assumptions, field.name)
        if value != getattr(usual, field.name):
            found.append(f"{field.name.replace('_', '-')}={','.join(value) if isinstance(value, tuple) else value}")
    return " ".join(found)
