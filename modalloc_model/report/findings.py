"""The results of `verify` as findings: a suite for each table, a diagnostic for each result, with its counterexample.

If there are expectations they decide: an expected refutation is a known failure, and each difference is a finding of
its own. No other module maps verdicts to findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from modalloc_model.exit_status import ExitStatus
from modalloc_model.params import Location, ParamSet
from modalloc_model.report.diagnostic import Diagnostic, Findings, Outcome, Related, RuleNote, Step, Suite
from modalloc_model.report.expected import unusual_assumptions
from modalloc_model.report.presentation import Decided, Expectation, Presentation
from modalloc_model.report.story import boot_text, event_text, step_text
from modalloc_model.report.text import assuming_text, assumptions_text, bounds_lines, closing, rests_on, unknowns_lines
from modalloc_model.trace import Trace
from modalloc_model.verdict import NOT_JUDGED, Problem, Result, Severity, Verdict

if TYPE_CHECKING:
    from modalloc_model.allocator.events import Event

EXPECTED = RuleNote(
    "expectation",
    "Verdict and refuted rules are those written beside the table",
    "# expectation\n\nThe verdict, and the rules of severity error that are refuted, are those that are expected.\n",
)
"""The pseudo-rule of `--expect`, which every table has."""

_OUTCOME = {
    Verdict.PROVED: Outcome.PASS,
    Verdict.REFUTED: Outcome.FAIL,
    Verdict.UNDECIDED: Outcome.OPEN,
    Verdict.VACUOUS: Outcome.OPEN,
    Verdict.INCONSISTENT: Outcome.BROKEN,
    Verdict.NOT_CLAIMED: Outcome.NOT_APPLICABLE,
    Verdict.NOT_APPLICABLE: Outcome.NOT_APPLICABLE,
}


def findings(presentation: Presentation) -> Findings:
    """All that a call of `verify` found."""
    names = _names(presentation.decided)
    return Findings(
        command="verify",
        suites=tuple(_suite(name, d, presentation) for name, d in zip(names, presentation.decided, strict=True)),
        rules=_rules(presentation),
        problems=presentation.warnings,
        status=presentation.status,
        notes=tuple(closing(presentation)),
        solvers=presentation.solvers,
    )


def _names(decided: Sequence[Decided]) -> Iterator[str]:
    """A name for each: the table's id, and of a table with several cases the assumptions, and at last a number."""
    ids = Counter(one.report.table.id for one in decided)
    seen: Counter[str] = Counter()
    for one in decided:
        table = one.report.table
        case = unusual_assumptions(table.assumptions) if ids[table.id] > 1 else ""
        name = f"{table.id} {case}".rstrip()
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _rules(presentation: Presentation) -> dict[str, RuleNote]:
    """The rules that have a result, in order; and the pseudo-rule of expectations if there are any."""
    levels = {r.rule: r.severity for d in presentation.decided for r in d.report.results}
    pages = presentation.rules
    order = [*(rule for rule in pages if rule in levels), *(rule for rule in levels if rule not in pages)]
    notes = {
        rule: RuleNote(rule, pages[rule].title, pages[rule].page, levels[rule])
        if rule in pages
        else RuleNote(rule, rule, level=levels[rule])
        for rule in order
    }
    return {EXPECTED.id: EXPECTED} | notes if presentation.expecting else notes


def _suite(name: str, decided: Decided, presentation: Presentation) -> Suite:
    report = decided.report
    table = report.table
    results = [_diagnostic(table, r, decided.expectation, presentation.strict) for r in report.results]
    return Suite(
        name=name,
        path=table.path,
        line=table.line,
        diagnostics=(*_expectation(table, decided.expectation), *results),
        notes=tuple(_notes(decided)),
        basis=rests_on(report),
        key=(table.path, table.id, assumptions_text(table.assumptions)),
        seconds=decided.seconds,
    )


def _notes(decided: Decided) -> Iterator[str]:
    table = decided.report.table
    yield f"{decided.report.verdict.value}: {table.dialect.name} on {table.machine.name}, {table.machine.bits} bits"
    yield f"assuming {assuming_text(table)}"
    for line in unknowns_lines(table):
        yield f"for every {line}"
    for line in bounds_lines(table.machine):
        yield f"within the bound {line}"


# -- results ---------------------------------------------------------------------------------------------------------


def _diagnostic(table: ParamSet, result: Result, expectation: Expectation | None, strict: bool) -> Diagnostic:
    raised = strict and result.severity is Severity.WARNING
    failed = result.verdict in (Verdict.REFUTED, Verdict.INCONSISTENT)
    return Diagnostic(
        rule=result.rule,
        outcome=_OUTCOME[result.verdict],
        level=Severity.ERROR if raised else result.severity,
        message=result.message,
        where=result.location,
        word=result.word,
        subject=result.subject or ", ".join(result.types),
        types=result.types,
        details=tuple(_details(result)),
        steps=tuple(_steps(table, result, result.trace)) if failed and result.trace else (),
        related=tuple(_related(table, result)) if failed else (),
        key=(result.rule, result.subject, *result.types),
        expected=_accepted(result, expectation),
    )


def _details(result: Result) -> Iterator[str]:
    """The quantities behind the message; and the boot, unless a run shows it."""
    yield from (f"{fact.name} = {fact.value}" for fact in result.facts)
    if result.boot and result.trace is None:
        yield f"in the boot {boot_text(dict(result.boot))}"


def _related(table: ParamSet, result: Result) -> Iterator[Related]:
    """The descriptions of the result's types; without the result's own place."""
    for name in result.types:
        where = _type_place(table, name)
        if where != Location() and (where.path, where.line) != (result.location.path, result.location.line):
            yield Related(where, f"{name} is described here")


def _type_place(table: ParamSet, name: str) -> Location:
    return table.location(name) if any(t.name == name for t in table.types) else Location()


def _accepted(result: Result, expectation: Expectation | None) -> str | None:
    """The reason why it was expected to fail; None if it was not expected."""
    if expectation is None:
        return None
    known = result.verdict is Verdict.REFUTED and result.rule in expectation.rules
    vacuous = result.verdict is Verdict.VACUOUS and not expectation.differences
    left = result.reason == NOT_JUDGED and result.rule in expectation.not_judged
    return (" ".join(expectation.why.split()) or "expected of this table") if known or vacuous or left else None


# -- the run ---------------------------------------------------------------------------------------------------------


def _steps(table: ParamSet, result: Result, trace: Trace) -> Iterator[Step]:
    """The boot, each operation with its changes, and the violation; each with the place of its type."""
    from modalloc_model.designs.replay import replay

    replayed, symbols = replay(trace), trace.params.symbols
    yield Step(f"boot: {boot_text(trace.boot)}", where=Location(table.path, table.line))
    for record in replayed.steps:
        first = record.step.sections[0].section if record.step.sections else ""
        yield Step(step_text(record.step, symbols), where=_section_place(table, first))
        for event in record.events:
            if text := event_text(event, symbols):
                yield Step(text, 1, _event_place(table, event))
    if not replayed.reproduced:
        yield Step(f"does not reproduce: {replayed.problem}")
    yield Step(f"violated: {trace.violation or result.message}", where=result.location)


def _event_place(table: ParamSet, event: Event) -> Location:
    return _type_place(table, event.root) if event.root else _section_place(table, event.section)


def _section_place(table: ParamSet, name: str) -> Location:
    """Where the type that the section is asked with was written."""
    found = next((section.type for section in table.sections if section.name == name), "")
    return _type_place(table, found)


# -- expectations ----------------------------------------------------------------------------------------------------


def _expectation(table: ParamSet, expectation: Expectation | None) -> Iterable[Diagnostic]:
    """One diagnostic that passes, or one for each difference."""
    if expectation is None:
        return []
    where = Location(table.path, table.line, 1)
    if not expectation.differences:
        said = f"as expected: {' '.join((expectation.verdict, ', '.join(expectation.rules))).strip()}"
        return [Diagnostic(EXPECTED.id, Outcome.PASS, Severity.ERROR, said, where, "as expected", key=(EXPECTED.id,))]
    return [
        Diagnostic(
            EXPECTED.id,
            Outcome.FAIL,
            Severity.ERROR,
            difference,
            where,
            "not as expected",
            subject=str(number) if len(expectation.differences) > 1 else "",
            key=(EXPECTED.id, str(number)),
        )
        for number, difference in enumerate(expectation.differences, 1)
    ]


# -- no verdict ------------------------------------------------------------------------------------------------------


def refused(command: str, problems: Sequence[Problem], status: ExitStatus) -> Findings:
    """A call that came to no verdict, and why."""
    return Findings(command, problems=tuple(problems), status=status)
