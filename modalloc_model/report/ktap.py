"""Findings as KTAP version 1, the kernel's format of test results: a test for each table, a subtest for each rule.

Source: Documentation/dev-tools/ktap.rst of Linux 6.12, and its reader tools/testing/kunit/kunit_parser.py. Lines of
explanation begin with `#` and three blanks, so that none is read as a `# Subtest:` header.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modalloc_model.report.diagnostic import Diagnostic, Findings, Outcome, Suite
from modalloc_model.report.problems import place
from modalloc_model.report.telling import body_lines, conclusion, headline
from modalloc_model.verdict import Problem


def render(findings: Findings) -> str:
    """A plan, every table with its subtests, and the conclusion."""
    tests = [_suite(number, suite, findings) for number, suite in enumerate(findings.suites, 1)]
    if findings.problems:
        tests.append(_input(len(tests) + 1, findings.problems))
    plan = f"1..{len(tests)}" if tests else "1..0 # SKIP nothing to check"
    lines = ["KTAP version 1", plan, *(line for test in tests for line in test)]
    return "\n".join([*lines, *_comments([conclusion(findings), *findings.notes])])


def _suite(number: int, suite: Suite, findings: Findings) -> list[str]:
    if not suite.diagnostics:
        return [f"ok {number} {_name(suite.name)} # SKIP nothing is asked of it"]
    cases = [_case(n, diagnostic, suite, findings) for n, diagnostic in enumerate(suite.diagnostics, 1)]
    return _subtests(number, suite.name, [*suite.notes, *filter(None, [suite.basis])], cases, not suite.bad)


def _subtests(number: int, name: str, notes: Sequence[str], cases: Sequence[list[str]], passed: bool) -> list[str]:
    """A test made of subtests, indented by two blanks, and its own result after them."""
    inner = [
        "KTAP version 1",
        f"# Subtest: {_name(name)}",
        f"1..{len(cases)}",
        *_comments(notes),
        *(line for case in cases for line in case),
    ]
    return [*(f"  {line}" for line in inner), f"{'ok' if passed else 'not ok'} {number} {_name(name)}"]


def _case(number: int, diagnostic: Diagnostic, suite: Suite, findings: Findings) -> list[str]:
    lines = [f"{diagnostic.level.value}: {headline(diagnostic, findings)}", *body_lines(diagnostic, suite)]
    result = f"{'not ok' if diagnostic.bad else 'ok'} {number} {_name(diagnostic.name)}{_directive(diagnostic)}"
    return [*(_comments(lines) if diagnostic.is_finding else ()), result]


def _directive(diagnostic: Diagnostic) -> str:
    """Why it is neither passed nor failed."""
    if diagnostic.outcome is Outcome.NOT_APPLICABLE:
        return f" # SKIP {_name(diagnostic.message)}"
    if diagnostic.is_finding and diagnostic.expected is not None:
        return f" # XFAIL {_name(diagnostic.expected)}"
    if diagnostic.bad and diagnostic.outcome is not Outcome.FAIL:
        return f" # ERROR {_name(f'{diagnostic.word}: {diagnostic.message}')}"
    return ""


def _comments(lines: Sequence[str]) -> Iterator[str]:
    return (f"#   {line}".rstrip() for line in lines)


def _name(text: str) -> str:
    r"""The text without the character that ends a name, which is written as `\x23`."""
    return text.replace("#", "\\x23").strip()


def _input(number: int, problems: Sequence[Problem]) -> list[str]:
    """The problems of the input, a subtest each."""
    cases = [_problem(n, problem) for n, problem in enumerate(problems, 1)]
    return _subtests(number, "input", (), cases, all(problem.severity != "error" for problem in problems))


def _problem(number: int, problem: Problem) -> list[str]:
    lines = [f"{place(problem.where)}: {problem.severity}: {problem.message}", *filter(None, [problem.hint])]
    failed = problem.severity == "error"
    said = f" # ERROR {_name(problem.message)}" if failed else ""
    return [*_comments(lines), f"{'not ok' if failed else 'ok'} {number} {_name(problem.code)}{said}"]
