"""A diagnostic in lines of plain text, as the bodies of several formats have it, and sections of a rule's page.

Headings, marks and escapes are left to each format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from modalloc_model.report.diagnostic import STANDINGS, Diagnostic, Findings, Suite
from modalloc_model.report.problems import place


def headline(diagnostic: Diagnostic, findings: Findings) -> str:
    """The rule with its title and subject."""
    title = findings.title(diagnostic.rule)
    named = diagnostic.rule if title == diagnostic.rule else f"{diagnostic.rule} {title}"
    return f"{named} ({diagnostic.subject})" if diagnostic.subject else named


def body_lines(diagnostic: Diagnostic, suite: Suite) -> Iterator[str]:
    """The place, the message, the quantities, the run step by step, the related places."""
    yield f"{place(suite.place(diagnostic))}: {diagnostic.word or diagnostic.outcome.value}: {diagnostic.message}"
    yield from (f"  {line}" for line in diagnostic.details)
    yield from step_lines(diagnostic)
    yield from (f"{place(related.where)}: {related.message}" for related in diagnostic.related)


def step_lines(diagnostic: Diagnostic) -> Iterator[str]:
    """The counterexample: numbered operations, with their changes beneath."""
    number = 0
    for step in diagnostic.steps:
        number += step.depth == 0
        yield f"  {'':>2}    {step.text}" if step.depth else f"  {number:>2}. {step.text}"


def standing_counts(count: Counter[str]) -> str:
    """The number of each standing, including zeros."""
    return ", ".join(f"{standing.replace('-', ' ')} {count[standing]}" for standing in STANDINGS)


def conclusion(findings: Findings) -> str:
    """One sentence: whether the whole is passed, and out of how much."""
    said = f"{'passed' if findings.passed else 'failed'} with exit status {findings.status.value}"
    if findings.problems and not findings.suites:
        return f"{said}, nothing checked: {_number(len(findings.problems), 'problem')}"
    count = findings.count
    checked = f"{_number(len(findings.suites), 'table')}, {_number(count.total(), 'check')}"
    return f"{said}: {checked}: {standing_counts(count)}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# -- sections of a rule's page, which is Markdown --------------------------------------------------------------------


_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)


def section(page: str, word: str) -> str:
    """The text beneath the first heading that contains `word`, up to the next heading; "" if there is none."""
    headings = list(_HEADING.finditer(page))
    for number, heading in enumerate(headings):
        if word.lower() in heading[1].lower():
            end = headings[number + 1].start() if number + 1 < len(headings) else len(page)
            return page[heading.end() : end].strip()
    return ""
