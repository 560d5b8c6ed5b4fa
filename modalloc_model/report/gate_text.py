"""The gate's report as text: the changes of each table, their effects, and last what fails.

Unchanged results are not listed; the JSON document has their numbers.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from modalloc_model.exit_status import ExitStatus
from modalloc_model.gate.findings import Compared, Finding, GateReport, Hunk, Made
from modalloc_model.report.harmless import visible
from modalloc_model.report.machines import aligned
from modalloc_model.report.problems import place
from modalloc_model.report.story import boot_text, story
from modalloc_model.report.style import Style, excerpt
from modalloc_model.verdict import Result

_WIDTH = 100
_SHOWN = 24
"""The most changes of a table that are listed."""


def render(report: GateReport, style: Style) -> str:
    """The whole report."""
    lines = [*_head(report, style), *_hunks(report.hunks, style)]
    for table in report.tables:
        if table.fate != "alike" or table.findings:
            lines += ["", *_table(table, style)]
    lines += ["", *(line for finding in report.aside for line in _finding([finding], None, style))]
    return "\n".join(line.rstrip() for line in [*lines, *([""] if report.aside else []), *_closing(report, style)])


def _head(report: GateReport, style: Style) -> list[str]:
    lines = [f"{style.strong('gate')}  {visible(report.base)} .. {visible(report.head)}"]
    lines.append(f"  {_number(report.files, 'file')} compared, {report.files - report.differing} alike at both ends")
    if report.profiles:
        lines.append(f"  profiles that changed: {', '.join(map(visible, report.profiles))}")
    return lines


def _hunks(hunks: Sequence[Hunk], style: Style) -> Iterator[str]:
    """The changed lines of the source, and the values that changed with them."""
    for hunk in hunks:
        at = f"{visible(hunk.path)}:{hunk.new if hunk.added else hunk.old}{'' if hunk.added else ' at the base'}"
        yield from ["", f"  {style.strong(at)}", *(f"    {line}" for line in _lines(hunk, style))]
        told = f"made {_values(hunk.values)}" if hunk.values else "is behind no value that could be followed"
        yield from (f"    {line}" for line in textwrap.wrap(told, _WIDTH))


def _lines(hunk: Hunk, style: Style) -> Iterator[str]:
    whole = [line.expandtabs(4).rstrip() for line in (*hunk.removed, *hunk.added)]
    margin = min((len(line) - len(line.lstrip()) for line in whole if line), default=0)
    parts = whole[: len(hunk.removed)], whole[len(hunk.removed) :]
    for mark, lines, paint in zip("-+", parts, (style.bad, style.good), strict=True):
        yield from (paint(f"{mark} {visible(line[margin:])}".rstrip()) for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"{mark} and {len(lines) - _SHOWN} lines more"


def _values(values: Sequence[Made]) -> str:
    """Each value once, and how many tables have it where it is several."""
    names = Counter(visible(f"{value.subject}.{value.field}") for value in values)
    return ", ".join(f"{name} ({number} tables)" if number > 1 else name for name, number in names.items())


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _table(table: Compared, style: Style) -> list[str]:
    params = table.table.params
    paint = style.bad if any(finding.fails for finding in table.findings) else style.strong
    where = f"({visible(params.path)}:{params.line})"
    lines = [f"{style.strong(visible(table.id))}  {paint(table.fate)}  {where}"]
    if table.fate == "changed":
        lines += ["", "  what changed", *(f"    {line}" for line in _changes(table))]
    lines += ["", *(f"  {line}" for line in _coverage(table))] if table.after else []
    for same in _alike(table.findings):
        lines += ["", *(f"  {line}" for line in _finding(same, table, style))]
    return lines


def _changes(table: Compared) -> Iterator[str]:
    """A line for each change. A change that several types share is printed once, with their names beneath."""
    same: dict[tuple[str, str, str], list[str]] = {}
    for change in table.changes:
        same.setdefault((visible(change.field), change.old, change.new), []).append(visible(change.subject))
    shown = list(same.items())[:_SHOWN]
    rows = [
        (
            visible(field if len(of) > 1 else f"{of[0]}.{field}"),
            visible(old) or "nothing",
            "->",
            visible(new) or "nothing",
        )
        for (field, old, new), of in shown
    ]
    for row, (_, of) in zip(aligned(rows), shown, strict=True):
        yield row
        if len(of) > 1:
            yield from (f"  {line}" for line in textwrap.wrap(f"of {', '.join(of)}", _WIDTH))
    if len(same) > _SHOWN:
        yield f"and {len(same) - _SHOWN} more"


def _coverage(table: Compared) -> Iterator[str]:
    """How much was decided at each end: fewer is a loss."""
    if table.after is None:
        return
    if table.fate == "alike":
        yield f"looked at again: {len(table.after.results)} results of rules that are expected to fail"
        return
    for name, report in (("base", table.before), ("head", table.after)):
        if report:
            yield f"decided at the {name}  {_counts(report.results)}"


def _counts(results: Sequence[Result]) -> str:
    count = Counter(result.verdict.value for result in results)
    return f"{len(results)} results: {', '.join(f'{number} {word}' for word, number in sorted(count.items()))}"


def _alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of the same kind and rule, grouped; those that fail come first."""
    found: dict[tuple[bool, str, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda one: not one.fails):
        found.setdefault((finding.fails, finding.kind, finding.rule or finding.message), []).append(finding)
    return list(found.values())


def _finding(same: Sequence[Finding], table: Compared | None, style: Style) -> list[str]:
    first = same[0]
    title = " ".join(filter(None, (_mark(first, style), first.kind, style.strong(first.rule), f"({_subjects(same)})")))
    lines = [f"{title}  {style.faint(place(first.where))}"]
    lines += [f"  {line}" for line in textwrap.wrap(visible(first.message), _WIDTH)]
    if first.open:
        lines += [f"  {line}" for line in textwrap.wrap(f"left open: {visible(first.open)}", _WIDTH)]
    if first.fails and table:
        lines += [f"  {line}" for line in _evidence(first, table, style)]
    if first.expected is not None:
        lines.append(f"  expected: {visible(first.expected)}")
    return lines


def _subjects(same: Sequence[Finding]) -> str:
    return ", ".join(dict.fromkeys(visible(finding.subject) or "the table" for finding in same))


def _mark(finding: Finding, style: Style) -> str:
    if not finding.fails:
        return style.blank
    return style.question if finding.status in (ExitStatus.UNDECIDED, ExitStatus.VACUOUS) else style.cross


def _evidence(finding: Finding, table: Compared, style: Style) -> list[str]:
    """The line of the table, and the run."""
    lines = excerpt(table.table.text, finding.where, style)
    result = finding.result
    if result is None:
        return lines
    if result.trace is None:
        return [*lines, *([f"in the boot  {boot_text(dict(result.boot))}"] if result.boot else [])]
    how = "replayed on the executable allocator" if result.replayed else "not replayed"
    run = [f"  {line}" for line in story(result.trace, style)]
    violation = textwrap.wrap(result.trace.violation or result.message, _WIDTH - 12)
    violated = [f"  {'violated' if n == 0 else '':<8}  {line}" for n, line in enumerate(violation)]
    return [*lines, f"the run ({how})", *run, *violated]


def _closing(report: GateReport, style: Style) -> list[str]:
    """All counters, and the result."""
    fates = ", ".join(f"{report.count(fate)} {fate}" for fate in ("changed", "added", "removed", "alike"))
    findings = list(report.findings)
    fails = Counter(finding.kind for finding in findings if finding.fails)
    known = sum(finding.expected is not None for finding in findings)
    noted = len(findings) - fails.total() - known
    lines = [
        f"{_number(report.read, 'file')} read, {_number(len(report.tables), 'table')} in them: {fates}",
        f"{_number(len(findings), 'finding')}: {fails.total()} forbidden, {known} expected, {noted} noted",
    ]
    if not fails:
        return [*lines, f"{style.good('passed')}: nothing forbidden happened"]
    return [*lines, f"{style.bad('failed')}: {', '.join(f'{number} {kind}' for kind, number in sorted(fails.items()))}"]
