"""GitHub's annotations, read as its runner reads a line of the log.

Without it, an annotation could end in the log, or on the wrong line of the change.

Without it we would miss an annotation that GitHub's runner reads as something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

from modalloc_model.params import Location
from modalloc_model.report import write
from modalloc_model.report.diagnostic import Diagnostic, Findings, Outcome, Suite
from modalloc_model.report.github import SHOWN
from modalloc_model.report.telling import conclusion
from modalloc_model.verdict import ExitStatus, Severity
from tests.report.calls import CALLS


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    message: str


def _undone(text: str, *codes: str) -> str:
    for code in codes:
        text = text.replace(code, chr(int(code[1:], 16)))
    return text.replace("%25", "%")


def command(line: str) -> Command | None:
    """What the runner takes the line for: a command of either form, or none (ActionCommand.cs of actions/runner)."""
    if line.strip().startswith("::"):
        head, _, message = line.strip()[2:].partition("::")
        name, _, given = head.partition(" ")
        pairs = (part.partition("=") for part in given.split(",") if part)
        properties = {key: _undone(value, "%0D", "%0A", "%3A", "%2C") for key, _, value in pairs}
        return Command(name, properties, _undone(message, "%0D", "%0A"))
    old = re.search(r"##\[(\w+)[^\]]*\](.*)", line)
    return Command(old[1], {}, old[2]) if old else None


def commands(found: Findings) -> list[Command]:
    return [one for line in write("github", found).splitlines() if (one := command(line))]


def many(count: int, level: Severity = Severity.ERROR) -> Findings:
    """So many findings of one level."""
    found = tuple(
        Diagnostic("R1", Outcome.FAIL, level, f"number {n}", Location("t.c", n), subject=str(n))
        for n in range(1, count + 1)
    )
    return Findings("verify", (Suite("t:t", "t.c", 1, found),), status=ExitStatus.REFUTED)


@pytest.mark.parametrize("call", CALLS)
def test_the_runner_sees_as_many_commands_as_there_are_findings(call: str) -> None:
    found = CALLS[call]()
    told = [d.level for _, d in found.diagnostics if d.is_finding and d.expected is None]
    errors = told.count(Severity.ERROR) + sum(p.severity == "error" for p in found.problems)
    warnings = told.count(Severity.WARNING) + sum(p.severity != "error" for p in found.problems)
    seen = [one.name for one in commands(found)]
    assert seen.count("error") == min(errors, SHOWN)
    assert seen.count("warning") == min(warnings, SHOWN)
    assert seen.count("notice") == min(told.count(Severity.NOTE), SHOWN - 1) + 1


@pytest.mark.parametrize("call", CALLS)
def test_the_last_command_is_the_conclusion(call: str) -> None:
    found = CALLS[call]()
    last = [
        one for one in commands(found) if "title" in one.properties and one.properties["title"].startswith("modalloc ")
    ]
    assert len(last) == 1
    assert last[0].name == "notice"
    assert last[0].message.startswith(conclusion(found))


def test_a_finding_stands_at_its_line_with_the_run_in_it() -> None:
    (one,) = [c for c in commands(CALLS["refuted"]()) if "PRT001 fill can write (TEXT)" in c.properties["title"]]
    assert one.name == "error"
    assert one.properties == {"file": "toy.c", "line": "4", "col": "4", "title": "PRT001 fill can write (TEXT)"}
    assert "\n   2. load a: TEXT 1 byte\n" in one.message
    assert "assuming design=mail, protect=at-map" in one.message


def test_what_was_expected_is_no_annotation() -> None:
    assert [one.message for one in commands(CALLS["expected"]()) if one.name == "error"] == [
        one.message for one in commands(CALLS["expected"]()) if one.name == "error" and "toy:toy (2)" in one.message
    ]


@pytest.mark.parametrize(
    ("count", "level"), [(SHOWN, Severity.ERROR), (SHOWN, Severity.WARNING), (SHOWN - 1, Severity.NOTE)]
)
def test_as_many_as_github_shows_are_annotations(count: int, level: Severity) -> None:
    found = many(count, level)
    assert len(commands(found)) == count + 1
    assert len(write("github", found).splitlines()) == count + 1


@pytest.mark.parametrize("level", Severity)
def test_beyond_that_one_says_how_many_more_and_the_log_has_them(level: Severity) -> None:
    found = many(25, level)
    shown = SHOWN - 2 if level is Severity.NOTE else SHOWN - 1
    more = [one for one in commands(found) if one.properties["title"] == f"{25 - shown} more"]
    assert len(more) == 1
    text = write("github", found)
    assert all(f"number {n}" in text for n in range(1, 26))
    assert len([line for line in text.splitlines() if command(line) is None]) == 25 - shown


def test_a_path_and_a_title_survive_their_escapes() -> None:
    found = many(1)
    (diagnostic,) = found.suites[0].diagnostics
    odd = replace(diagnostic, where=Location("a,b:c%2C d.c", 3, 9), subject="x, y: 50%25", message="100%0A\nof it")
    found = replace(found, suites=(replace(found.suites[0], diagnostics=(odd,)),))
    one = commands(found)[0]
    assert one.properties["file"] == "a,b:c%2C d.c"
    assert one.properties["title"] == "R1 (x, y: 50%25)"
    assert "100%0A\\x0aof it" in one.message


def test_a_hostile_name_begins_no_command_where_it_is_told_plainly() -> None:
    found = many(25)
    harm = "::error::x ##[error]y"
    suite = found.suites[0]
    spoilt = tuple(replace(d, message=harm, subject=harm, where=Location(harm, 1)) for d in suite.diagnostics)
    found = replace(found, suites=(replace(suite, diagnostics=spoilt),))
    assert len(commands(found)) == SHOWN + 1
