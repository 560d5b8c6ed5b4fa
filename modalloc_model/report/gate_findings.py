"""The results of the gate as findings: a suite for each table and one for the rest, a check for each kind of change.

A forbidden kind that did not happen is a check that passes, so that a report without findings is complete. A change
that is allowed is a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from modalloc_model.gate.findings import Compared, Finding, GateReport
from modalloc_model.gate.policy import KINDS, ChangeKind
from modalloc_model.params import Location
from modalloc_model.report.diagnostic import Diagnostic, Findings, Outcome, RuleNote, Suite
from modalloc_model.report.story import boot_text
from modalloc_model.verdict import Result, Severity, TableReport, Verdict

WHOLE = "gate"
"""The suite of findings that belong to no table."""

_OF_THE_WHOLE = ("weakened-policy", "gone-expectation", "expired-expectation")
_OPEN = (Verdict.UNDECIDED, Verdict.VACUOUS)


def findings(report: GateReport) -> Findings:
    """All that a call of the gate found."""
    tables = [_suite(table, report) for table in report.tables if table.fate != "alike" or table.findings]
    return Findings(
        command="gate",
        suites=(_whole(report), *tables),
        rules={kind.id: _note(kind, report) for kind in KINDS.values()},
        problems=report.warnings,
        status=report.status,
        notes=tuple(_notes(report)),
        solvers=report.solvers,
    )


def _notes(report: GateReport) -> Iterator[str]:
    fates = ", ".join(f"{report.count(fate)} {fate}" for fate in ("changed", "added", "removed", "alike"))
    yield f"{report.base} .. {report.head}"
    yield f"{report.files} files compared, {report.differing} differ; {report.read} read; tables in these: {fates}"
    for hunk in report.hunks:
        values = dict.fromkeys(f"{value.subject}.{value.field}" for value in hunk.values)
        yield f"{hunk.path}:{hunk.where.line} made {', '.join(values) or 'no value that could be followed'}"


def _note(kind: ChangeKind, report: GateReport) -> RuleNote:
    level = Severity.ERROR if kind.id in report.forbidden else Severity.NOTE
    return RuleNote(kind.id, kind.title, kind.page, level)


def _whole(report: GateReport) -> Suite:
    where = Location(report.aside[0].where.path) if report.aside else Location()
    of_tables = any(table.fate != "alike" for table in report.tables)
    kinds = [kind for kind in KINDS if kind in report.forbidden and (not of_tables or kind in _OF_THE_WHOLE)]
    diagnostics = [*_passes(kinds, report.aside), *(_diagnostic(finding, {}) for finding in report.aside)]
    return Suite(WHOLE, where.path, where.line, tuple(diagnostics), tuple(_notes(report)), key=(WHOLE,))


def _suite(table: Compared, report: GateReport) -> Suite:
    params = table.table.params
    kinds = [kind for kind in KINDS if kind in report.forbidden and kind not in _OF_THE_WHOLE]
    runs = _runs(table.after, table.findings) if table.after else {}
    diagnostics = [*_passes(kinds, table.findings), *(_diagnostic(finding, runs) for finding in table.findings)]
    changes = tuple(f"{c.subject}.{c.field}: {c.old or 'nothing'} became {c.new or 'nothing'}" for c in table.changes)
    return Suite(
        name=table.id,
        path=params.path,
        line=params.line,
        diagnostics=tuple(diagnostics),
        notes=(table.fate, *changes),
        key=(params.path, table.id),
    )


def _passes(kinds: Sequence[str], found: Sequence[Finding]) -> Iterator[Diagnostic]:
    """A check that holds, for each forbidden kind that did not happen."""
    happened = {finding.kind for finding in found}
    for kind in kinds:
        if kind not in happened:
            message = "did not happen"
            yield Diagnostic(kind, Outcome.PASS, Severity.ERROR, message, Location(), "did not happen", key=(kind,))


Runs = Mapping[tuple[str, str], Diagnostic]


def _runs(report: TableReport, found: Sequence[Finding]) -> dict[tuple[str, str], Diagnostic]:
    """The diagnostics of the rules' results that findings refer to, with their runs."""
    from modalloc_model.report.findings import findings as told
    from modalloc_model.report.presentation import Decided, Presentation

    wanted = [finding.result for finding in found if finding.result is not None]
    if not wanted:
        return {}
    some = TableReport(report.table, tuple(wanted))
    suite = told(Presentation((Decided(some),))).suites[0]
    return {_key(result): one for result, one in zip(wanted, suite.diagnostics, strict=True)}


def _key(result: Result) -> tuple[str, str]:
    return result.rule, result.subject


def _diagnostic(finding: Finding, runs: Runs) -> Diagnostic:
    run = runs.get(_key(finding.result)) if finding.result else None
    return Diagnostic(
        rule=finding.kind,
        outcome=_outcome(finding),
        level=Severity.ERROR if finding.forbidden else Severity.NOTE,
        message=": ".join(filter(None, (finding.rule, finding.message))),
        where=finding.where,
        word=finding.kind,
        subject=" ".join(filter(None, (finding.rule, finding.subject))),
        types=finding.result.types if finding.result else (),
        details=(*_details(finding), *(run.details if run else ())),
        steps=run.steps if run else (),
        related=run.related if run else (),
        key=(finding.kind, finding.table, finding.rule, finding.subject),
        expected=finding.expected,
    )


def _outcome(finding: Finding) -> Outcome:
    if finding.kind == "inconsistent":
        return Outcome.BROKEN
    still_open = finding.open or (finding.result and finding.result.verdict in _OPEN)
    return Outcome.OPEN if still_open else Outcome.FAIL


def _details(finding: Finding) -> Iterator[str]:
    if finding.open:
        yield f"left open: {finding.open}"
    if finding.witness:
        yield f"at {finding.witness.address:#x} in the boot {boot_text(dict(finding.witness.boot))}"
    for name, measure in (("before", finding.before), ("after" if finding.before else "size", finding.measure)):
        if measure:
            ends = sorted({measure.least, measure.greatest})
            yield f"{name}: {' to '.join(map(str, ends))} {measure.unit}"
