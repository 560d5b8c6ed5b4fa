"""KTAP, read by the kernel's own tools/testing/kunit/kunit_parser.py out of Debian's linux-source package.

Without it, the kernel's own reader could refuse the report, or read a failure as a pass.

Without it we would miss a result that the kernel's own parser counts wrongly.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modalloc_model.report import write
from modalloc_model.report.diagnostic import Outcome
from tests.report.calls import CALLS, written

SOURCE = Path("/usr/src/linux-source-6.12.tar.xz")
PARTS = [f"linux-source-6.12/tools/testing/kunit/{name}.py" for name in ("kunit_parser", "kunit_printer")]


@pytest.fixture(scope="session")
def parser(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The module kunit_parser. Unpacking takes half a minute, so it is kept among pytest's files."""
    if not SOURCE.is_file():
        pytest.skip(f"{SOURCE} is not there: apt-get install linux-source-6.12")
    assert request.config.cache
    kept = request.config.cache.mkdir("linux-source-6.12")
    folder = kept / Path(PARTS[0]).parent
    if not all((kept / part).is_file() for part in PARTS):
        subprocess.run(["tar", "xf", SOURCE, "-C", kept, *PARTS], check=True)
    sys.path.insert(0, str(folder))
    yield importlib.import_module("kunit_parser")
    sys.path.remove(str(folder))


def parsed(parser: Any, text: str) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        return parser.parse_run_tests(text.splitlines())


def statuses(test: Any) -> list[tuple[str, str]]:
    return [(test.name, test.status.name), *(pair for sub in test.subtests for pair in statuses(sub))]


@pytest.mark.deep
@pytest.mark.parametrize("call", [call for call in CALLS if call != "nothing at all"])
def test_the_kernels_parser_finds_every_check_and_no_error(parser: Any, call: str) -> None:
    found = CALLS[call]()
    read = parsed(parser, write("ktap", found))
    assert read.counts.errors == 0
    count = found.count
    errors = sum(problem.severity == "error" for problem in found.problems)
    empty = sum(not suite.diagnostics for suite in found.suites)
    assert read.counts.failed == count["fail"] + count["open"] + count["broken"] + errors
    assert read.counts.skipped == count["not-applicable"] + empty
    assert read.counts.total() == count.total() + len(found.problems) + empty


@pytest.mark.deep
@pytest.mark.parametrize("call", [call for call in CALLS if call != "nothing at all"])
def test_the_kernels_parser_agrees_whether_the_call_passed(parser: Any, call: str) -> None:
    found = CALLS[call]()
    status = parsed(parser, write("ktap", found)).status.name
    assert (status in ("SUCCESS", "SKIPPED")) is found.passed


@pytest.mark.deep
def test_each_outcome_is_told_in_the_words_of_the_format(parser: Any) -> None:
    found = statuses(parsed(parser, written("ktap", "refuted")))
    assert ("toy:toy", "SUCCESS") in found
    assert ("toy:toy (2)", "FAILURE") in found
    assert ("PRT001 TEXT", "FAILURE") in found
    assert ("PRT002 TEXT", "FAILURE") in found
    assert ("RCH001 TEXT", "SKIPPED") in found
    assert ("ALN003 TEXT", "SUCCESS") in found
    assert ("input", "SUCCESS") in found


@pytest.mark.deep
def test_what_fails_as_expected_is_no_failure(parser: Any) -> None:
    found = statuses(parsed(parser, written("ktap", "expected")))
    assert [pair for pair in found if pair[0] == "PRT001 TEXT"] == [
        ("PRT001 TEXT", "SUCCESS"),
        ("PRT001 TEXT", "FAILURE"),
    ]
    assert "ok 2 PRT001 TEXT # XFAIL the mail says so" in written("ktap", "expected")


# -- and without the kernel ------------------------------------------------------------------------------------------

RESULT = re.compile(r"^( *)(ok|not ok) (\d+) ([^#]*)( # .*)?$")


@pytest.mark.parametrize("call", CALLS)
def test_every_line_is_a_version_a_plan_a_result_or_an_explanation(call: str) -> None:
    known = re.compile(r"^ *(KTAP version 1|1\.\.\d+|1\.\.0 # SKIP .*|# Subtest: [^#]+|#( {3}.*)?)$")
    for line in written("ktap", call).splitlines():
        assert known.match(line) or RESULT.match(line), line


@pytest.mark.parametrize("call", CALLS)
def test_results_are_counted_from_one_and_as_many_as_planned(call: str) -> None:
    found = CALLS[call]()
    lines = write("ktap", found).splitlines()
    results = [match for line in lines if (match := RESULT.match(line))]
    for indent in ("", "  "):
        numbers = [int(m[3]) for m in results if m[1] == indent]
        plans = [int(line.strip()[3:].split()[0]) for line in lines if re.match(f"^{indent}1\\.\\.", line)]
        assert numbers == [n for plan in plans for n in range(1, plan + 1)]


def test_a_failure_is_explained_before_its_result() -> None:
    lines = written("ktap", "refuted").splitlines()
    end = lines.index("  not ok 4 PRT001 TEXT")
    start = lines.index("  #   error: PRT001 fill can write (TEXT)")
    assert "  #      2. load a: TEXT 1 byte" in lines[start:end]


def test_the_last_lines_say_what_came_of_it_all() -> None:
    for call, make in CALLS.items():
        last = [line for line in written("ktap", call).splitlines() if line.startswith("#")]
        assert ("passed with" if make().passed else "failed with") in last[0], call


def test_outcomes_that_are_not_decided_are_errors() -> None:
    text = written("ktap", "refuted")
    assert "not ok 6 PRT002 TEXT # ERROR undecided: the budget ran out" in text
    assert Outcome.OPEN in {d.outcome for _, d in CALLS["refuted"]().diagnostics}
