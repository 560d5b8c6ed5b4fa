"""Findings as JUnit XML: a suite for each table, a case for each rule and subject.

Source: the format of Ant's JUnit task, as Jenkins and GitLab read it. A failure is a `failure`, an undecided result an
`error`; a result that does not apply or fails as expected is `skipped`; a warning passes, with a `system-out`. There
are no times unless requested, so that the same input gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as xml

from modalloc_model.report.diagnostic import Diagnostic, Findings, Outcome, Suite
from modalloc_model.report.harmless import visible
from modalloc_model.report.problems import place
from modalloc_model.report.telling import body_lines, conclusion, headline
from modalloc_model.verdict import Problem


def render(findings: Findings) -> str:
    """One document; where the input is wrong, a suite for its problems."""
    top = xml.Element("testsuites", {"name": f"modalloc {findings.command}"})
    suites = [_suite(suite, findings) for suite in findings.suites]
    if findings.problems:
        suites.insert(0, _input(findings.problems))
    top.extend(suites)
    for name in ("tests", "failures", "errors", "skipped"):
        top.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    _properties(top, [conclusion(findings), *findings.notes])
    xml.indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml.tostring(top, encoding="unicode")}\n'


def _suite(suite: Suite, findings: Findings) -> xml.Element:
    names = Counter[str]()
    cases = [_case(diagnostic, suite, findings, names) for diagnostic in suite.diagnostics]
    element = _suite_of(suite.name, cases)
    if suite.seconds is not None:
        element.set("time", f"{suite.seconds:.3f}")
    _properties(element, [*suite.notes, suite.basis])
    return element


def _suite_of(name: str, cases: Sequence[xml.Element]) -> xml.Element:
    """A suite of these cases, which are of four kinds."""
    count = Counter(child.tag for case in cases for child in case)
    numbers = {"failures": count["failure"], "errors": count["error"], "skipped": count["skipped"]}
    element = xml.Element("testsuite", {"name": name, "tests": str(len(cases))})
    element.attrib |= {key: str(value) for key, value in numbers.items()}
    element.extend(cases)
    return element


def _properties(element: xml.Element, notes: Iterable[str]) -> None:
    """The basis of the outcomes, where readers of the format expect properties: before the cases."""
    properties = xml.Element("properties")
    for note in filter(None, notes):
        xml.SubElement(properties, "property", {"name": "note", "value": note})
    if len(properties):
        element.insert(0, properties)


def _case(diagnostic: Diagnostic, suite: Suite, findings: Findings, names: Counter[str]) -> xml.Element:
    names[diagnostic.name] += 1
    number = names[diagnostic.name]
    name = diagnostic.name if number == 1 else f"{diagnostic.name} ({number})"
    where = suite.place(diagnostic)
    element = xml.Element("testcase", {"classname": suite.name, "name": name})
    element.attrib |= {"file": visible(where.path), "line": str(where.line)} if where.path and where.line else {}
    element.extend(_body(diagnostic, suite, findings))
    return element


def _body(diagnostic: Diagnostic, suite: Suite, findings: Findings) -> Iterator[xml.Element]:
    """The text of a case that did not simply pass."""
    lines = list(body_lines(diagnostic, suite)) if diagnostic.is_finding else []
    if sort := _sort(diagnostic):
        said = xml.Element(sort, {"message": _message(diagnostic, findings), "type": diagnostic.word or sort})
        said.text = "\n".join(lines) or None
        yield said
    elif lines:
        aside = xml.Element("system-out")
        aside.text = "\n".join([f"{diagnostic.level.value}: {headline(diagnostic, findings)}", *lines])
        yield aside


def _sort(diagnostic: Diagnostic) -> str:
    """The element for the outcome of a case; None if it passes."""
    if diagnostic.outcome is Outcome.NOT_APPLICABLE or (diagnostic.is_finding and diagnostic.expected is not None):
        return "skipped"
    if not diagnostic.bad:
        return ""
    return "failure" if diagnostic.outcome is Outcome.FAIL else "error"


def _message(diagnostic: Diagnostic, findings: Findings) -> str:
    if diagnostic.expected is not None:
        return f"fails as expected: {diagnostic.expected}"
    if diagnostic.outcome is Outcome.NOT_APPLICABLE:
        return diagnostic.message
    return f"{headline(diagnostic, findings)}: {diagnostic.message}"


def _input(problems: Iterable[Problem]) -> xml.Element:
    """A case a problem."""
    return _suite_of("input", [_problem(number, problem) for number, problem in enumerate(problems, 1)])


def _problem(number: int, problem: Problem) -> xml.Element:
    element = xml.Element("testcase", {"classname": "input", "name": f"{number} {problem.code}"})
    lines = "\n".join(filter(None, (f"{place(problem.where)}: {problem.message}", problem.hint)))
    if problem.severity == "error":
        xml.SubElement(element, "error", {"message": problem.message, "type": problem.code}).text = lines
    else:
        xml.SubElement(element, "system-out").text = f"{problem.severity}: {lines}"
    return element
