"""Findings as Markdown for a comment: a table of the tables, and the findings folded beneath.

Source: GitHub Flavored Markdown. Text from tables stands in code only, where no markup, mention or link begins: code
spans, `<code>` in HTML blocks, fenced blocks. Checks that pass have no rows. Findings beyond GitHub's limit for a
comment are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from modalloc_model.report.diagnostic import STANDINGS, Diagnostic, Findings, Outcome, Suite
from modalloc_model.report.problems import place
from modalloc_model.report.telling import body_lines, conclusion, headline
from modalloc_model.verdict import Problem

LONGEST = 65536
"""Characters of the longest comment."""

_MARKS = {True: "❌", False: "✅"}


def render(findings: Findings) -> str:
    """The verdict, the summary, and as many findings as fit."""
    head = [f"### {_mark(findings)} modalloc {findings.command}", "", f"{conclusion(findings)}.", ""]
    head += [*_problems(findings.problems), *_summary(findings.suites)]
    foot = ["", "<details><summary>What this rests on</summary>", "", *_fenced(_rests_on(findings)), "", "</details>"]
    room = LONGEST - sum(len(line) + 1 for line in (*head, *foot))
    return "\n".join([*head, *_details(findings, room), *foot])


def _mark(findings: Findings) -> str:
    return _MARKS[not findings.passed]


def _summary(suites: Sequence[Suite]) -> list[str]:
    """A row a table."""
    if not suites:
        return []
    columns = [standing.replace("-", " ") for standing in STANDINGS]
    rows = [f"| | table | {' | '.join(columns)} |", f"|---|---|{'---:|' * len(columns)}"]
    for suite in suites:
        numbers = " | ".join(str(suite.count[standing]) for standing in STANDINGS)
        rows.append(f"| {_MARKS[suite.bad]} | {_cell(suite.name)} | {numbers} |")
    return rows


def _problems(problems: Sequence[Problem]) -> list[str]:
    lines = [
        line
        for problem in problems
        for line in (f"{place(problem.where)}: {problem.severity}: {problem.message} [{problem.code}]", problem.hint)
    ]
    return [*_fenced(filter(None, lines)), ""] if lines else []


def _rests_on(findings: Findings) -> Iterator[str]:
    solvers = (f"{name} {version}" for name, version in sorted(findings.solvers.items()))
    yield ", ".join([f"modalloc {findings.version}", *solvers])
    yield from findings.notes
    for suite in findings.suites:
        yield from ("", suite.name, *(f"  {note}" for note in (*suite.notes, suite.basis)))


# -- findings --------------------------------------------------------------------------------------------------------


def _details(findings: Findings, room: int) -> list[str]:
    """As many findings as fit, failures first, and the number of the others."""
    order = sorted(((d, s) for s, d in findings.diagnostics if d.is_finding), key=lambda found: not found[0].bad)
    lines: list[str] = []
    left = room - 100  # characters, for the line with the number of the others
    for number, (diagnostic, suite) in enumerate(order):
        block = _folded(diagnostic, suite, findings)
        left -= sum(len(line) + 1 for line in block)
        if left < 0:
            return [*lines, "", f"{len(order) - number} more findings do not fit into a comment."]
        lines += block
    return lines


def _folded(diagnostic: Diagnostic, suite: Suite, findings: Findings) -> list[str]:
    known = f"as expected: {diagnostic.expected}" if diagnostic.expected is not None else ""
    word = known or (diagnostic.level.value if diagnostic.outcome is Outcome.FAIL else diagnostic.word)
    summary = f"{word}: {headline(diagnostic, findings)}, {suite.name}"
    return [
        "",
        f"<details><summary>{_MARKS[True] if diagnostic.bad else '➖'} <code>{escape(summary)}</code></summary>",
        "",
        *_fenced(body_lines(diagnostic, suite)),
        "",
        "</details>",
    ]


# -- text from elsewhere ---------------------------------------------------------------------------------------------


def _cell(text: str) -> str:
    r"""A code span that stays in its cell: a bar is spelt `\x7c`."""
    return _code(text.replace("|", "\\x7c"))


def _code(text: str) -> str:
    fence = "`" * (_longest_run(text) + 1)
    return f"{fence} {text} {fence}"


def _fenced(lines: Iterable[str]) -> list[str]:
    body = list(lines)
    fence = "`" * max(3, _longest_run("\n".join(body)) + 1)
    return [f"{fence}text", *body, fence]


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
