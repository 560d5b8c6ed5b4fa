"""Findings as annotations of GitHub Actions: workflow commands that attach a message to a line of a file.

Source: GitHub's reference of workflow commands, for the escapes. GitHub shows ten annotations of a level for a step, so
the worst come first, the tenth gives the number of the rest, and these follow as plain lines. Checks that pass are
counted in one notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modalloc_model.params import Location
from modalloc_model.report.diagnostic import Diagnostic, Findings, Suite
from modalloc_model.report.harmless import visible
from modalloc_model.report.problems import place
from modalloc_model.report.telling import body_lines, conclusion, headline
from modalloc_model.verdict import Problem, Severity

SHOWN = 10
"""How many annotations of a level GitHub shows of one step."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A message at a place. The plain form has the first of the `lines` only."""

    command: str
    where: Location
    title: str
    lines: tuple[str, ...]


def render(findings: Findings) -> str:
    """The annotations by level, with the conclusion among the notices; those beyond GitHub's limit as plain lines."""
    found = [*map(_problem, findings.problems), *_annotations(findings)]
    said = (conclusion(findings), *findings.notes)
    last = Annotation("notice", Location(), f"modalloc {findings.command}", said)
    lines: list[str] = []
    for command in _COMMANDS.values():
        kept = [last] if command == "notice" else []
        lines += _limited([one for one in found if one.command == command], SHOWN - len(kept))
        lines += map(_command, kept)
    return "\n".join(lines)


def _annotations(findings: Findings) -> Iterator[Annotation]:
    """The unexpected findings."""
    for suite, diagnostic in findings.diagnostics:
        if diagnostic.is_finding and diagnostic.expected is None:
            yield _annotation(diagnostic, suite, findings)


def _annotation(diagnostic: Diagnostic, suite: Suite, findings: Findings) -> Annotation:
    return Annotation(
        _COMMANDS[diagnostic.level],
        suite.place(diagnostic),
        headline(diagnostic, findings),
        (*body_lines(diagnostic, suite), f"in {suite.name}", *suite.notes),
    )


def _problem(problem: Problem) -> Annotation:
    command = "error" if problem.severity == "error" else "warning"
    return Annotation(command, problem.where, problem.code, tuple(filter(None, (problem.message, problem.hint))))


def _limited(found: Sequence[Annotation], limit: int) -> list[str]:
    """The annotations up to the limit; beyond it, one with the number of the rest, and the rest as plain lines."""
    if len(found) <= limit:
        return list(map(_command, found))
    shown, rest = found[: limit - 1], found[limit - 1 :]
    more = Annotation(found[0].command, Location(), f"{len(rest)} more", ("The log of this step has them all.",))
    return [*map(_command, shown), _command(more), *map(_plain, rest)]


def _command(one: Annotation) -> str:
    properties = {"title": _property(one.title)}
    if one.where.path:
        numbers = {"line": one.where.line, "col": one.where.column}
        at = {"file": _property(visible(one.where.path))} | {k: str(v) for k, v in numbers.items() if v}
        properties = at | properties
    return f"::{one.command} {','.join(f'{k}={v}' for k, v in properties.items())}::{_data(chr(10).join(one.lines))}"


def _plain(one: Annotation) -> str:
    """A line of the log, in which no command can begin: neither of today's form nor of the old one."""
    said = one.lines[0] if one.lines[0].startswith(place(one.where)) else f"{place(one.where)}: {one.lines[0]}"
    return f"{one.command}: {one.title}: {said}".replace("##[", "##\\x5b")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
