"""The report for reading, against texts that a person has read.

Without it, the report could say less than the verdict, or more.

Without it we would miss a change of the report that nobody has read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.params import Assumptions, Location
from modalloc_model.report import FORMATS, render
from modalloc_model.report.story import story_lines
from modalloc_model.report.style import Style
from modalloc_model.report.text import closing
from modalloc_model.trace import Trace
from modalloc_model.verdict import Problem, Report, TableReport, Verdict
from tests.report.handmade import presentation, proved_report, refuted_report, replayed, table, trace

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def _told_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    def story(shown: Trace, style: Style) -> list[str]:
        return story_lines(shown, replayed(), style)

    monkeypatch.setattr("modalloc_model.report.text.story", story)


def golden(name: str, text: str) -> None:
    expected = (GOLDEN / name).read_text(encoding="utf-8")
    assert text.rstrip("\n") == expected.rstrip("\n")


def test_a_table_that_is_proved_takes_a_line_a_group() -> None:
    golden("proved.txt", render("text", presentation(proved_report())))


def test_a_table_that_is_refuted_is_told_in_full() -> None:
    golden("refuted.txt", render("text", presentation(refuted_report())))


def test_without_the_fine_characters_the_report_is_ascii() -> None:
    assert render("text", presentation(refuted_report(), style=Style(unicode=False))).isascii()


def test_without_colour_there_is_no_escape_and_with_it_nothing_else_changes() -> None:
    import re

    plain = render("text", presentation(refuted_report()))
    coloured = render("text", presentation(refuted_report(), style=Style(colour=True)))
    assert "\x1b" not in plain
    assert "\x1b[31;1m" in coloured
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain


def test_the_counters_are_all_there_also_where_they_are_zero() -> None:
    lines = closing(presentation())
    assert lines[0] == "0 tables: 0 proved, 0 refuted, 0 undecided, 0 vacuous, 0 inconsistent"
    for verdict in Verdict:
        assert f"0 {verdict.value}" in lines[1]


def test_with_strict_a_warning_is_told_as_an_error() -> None:
    lax = render("text", presentation(refuted_report()))
    strict = render("text", presentation(refuted_report(), strict=True))
    assert "warning ALN003" in lax
    assert "error ALN003" in strict


def test_warnings_about_the_input_come_first() -> None:
    doubtful = Problem(Location("toy.c", 7, 2), "duplicate-id", "twice", "", "warning")
    text = render("text", presentation(proved_report(), warnings=(doubtful,)))
    assert text.startswith("toy.c:7:2: warning: twice [duplicate-id]\n")


def test_assumptions_that_are_laid_down_are_printed() -> None:
    assumed = table(Assumptions(protect="by-loader", guard="page", claims=("strict-rwx",)))
    text = render("text", presentation(TableReport(assumed, ())))
    assert (
        "protect=by-loader, free-access=as-is, arbiter=shared, arbiter-search=exact, guard=page, claims: strict-rwx"
        in text
    )


def test_a_trace_that_does_not_reproduce_says_so() -> None:
    assert story_lines(trace(), replayed(reproduced=False), Style())[-1] == "does not reproduce: no fault"


def test_every_format_renders_an_empty_call() -> None:
    for name in FORMATS:
        assert render(name, presentation())


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("xml", presentation())


def test_the_report_of_a_call_counts_its_tables() -> None:
    assert presentation(proved_report(), refuted_report()).report == Report((proved_report(), refuted_report()))
