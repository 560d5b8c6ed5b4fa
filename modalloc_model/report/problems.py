"""Problems with the input: a line each for people, and one document for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from modalloc_model.params import Location
from modalloc_model.report.harmless import harmless, json_text, visible
from modalloc_model.report.style import Style
from modalloc_model.verdict import Problem

SCHEMA = "modalloc.verdict/1"


def place(where: Location) -> str:
    """`path:line:column`, as far as known."""
    numbers = [str(number) for number in (where.line, where.column) if number]
    return ":".join([visible(where.path), *numbers]) if where.path else "modalloc"


def problems_text(problems: Iterable[Problem], style: Style) -> str:
    """`path:line:column: error: message [code]`, the output of another program, and the hint beneath."""
    lines = []
    for problem in map(harmless, problems):
        word = style.bad("error") if problem.severity == "error" else style.doubtful(problem.severity)
        lines.append(f"{style.strong(place(problem.where))}: {word}: {problem.message} [{problem.code}]")
        lines += [f"    | {line}" for line in problem.said]
        if problem.hint:
            lines.append(f"    {problem.hint}")
    return "".join(f"{line}\n" for line in lines)


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """One problem; a line or column of 0 is unknown."""
    return {
        "path": problem.where.path,
        "line": problem.where.line,
        "column": problem.where.column,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
    }


def problems_document(problems: Sequence[Problem]) -> str:
    """The document of a call without a verdict; warnings are separate from errors."""
    errors = [problem_to_json(p) for p in problems if p.severity == "error"]
    warnings = [problem_to_json(p) for p in problems if p.severity != "error"]
    document: dict[str, Any] = {"schema": SCHEMA, "errors": errors}
    if warnings:
        document["warnings"] = warnings
    return json_text(document)
