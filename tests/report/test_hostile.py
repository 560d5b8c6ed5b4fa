"""What a table, a profile or a path says is harmless to look at, in every format there is.

Without it, a name could break out of its place in some format.

Without it we would miss a name out of a table that moves a terminal, or becomes markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial

import pytest

from modalloc_model.params import Location
from modalloc_model.report import FORMATS, FOUND, render, write
from modalloc_model.report.harmless import harmless, json_text, sanitize, visible
from modalloc_model.report.machines import machine_text
from modalloc_model.report.problems import problems_document, problems_text
from modalloc_model.report.style import Style, excerpt
from modalloc_model.verdict import Problem
from tests.report.handmade import presentation as handmade
from tests.report.handmade import proved_report, refuted_report
from tests.report.hostile import HARM, LONG, PATH, presentation, problems

WRITERS: dict[str, Callable[[], str]] = {
    **{f"{name} of verdicts": partial(lambda n: render(n, presentation()), name) for name in FORMATS},
    **{f"{name} with expectations": partial(lambda n: render(n, presentation(True)), name) for name in FORMATS},
    **{f"{name} of problems": partial(lambda n: write(n, problems()), name) for name in FOUND},
    "text of a machine": lambda: machine_text(presentation().decided[0].report.table.machine, {"page": HARM}, Style()),
    "text of problems": lambda: problems_text(problems().problems, Style()),
    "json of problems": lambda: problems_document(problems().problems),
}


@pytest.fixture(scope="module", params=WRITERS)
def written(request: pytest.FixtureRequest) -> str:
    return WRITERS[request.param]()


def unseen(text: str) -> set[str]:
    return {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}


def test_nothing_unseen_is_written(written: str) -> None:
    assert unseen(written) == set()


def test_what_is_written_can_be_encoded(written: str) -> None:
    assert written.encode("utf-8")


def test_no_line_is_forged(written: str) -> None:
    starts = ("ok 1 forged", "not ok 2 forged", "1..99", "# Subtest", "::error::forged", "# heading", "- item")
    assert [line for line in written.split("\n") if line.startswith(starts)] == []


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "json"])
def test_no_name_goes_on_for_ever(name: str) -> None:
    assert LONG[:200] not in render(name, presentation())


def test_json_says_what_was_written_to_the_letter() -> None:
    import json

    document = json.loads(render("json", presentation()))
    assert document["tables"][0]["id"] == f"toy:{HARM}"
    assert document["tables"][0]["path"] == PATH


@pytest.mark.parametrize("name", FORMATS)
def test_a_table_that_means_no_harm_is_shown_as_it_is(name: str) -> None:
    reports = (proved_report(), refuted_report())
    assert harmless(reports) is reports
    assert "\\x" not in render(name, handmade(*reports))


def test_a_long_word_keeps_its_beginning_and_its_end() -> None:
    found = sanitize(f"from {'a' * 300}z on")
    assert found.startswith("from aaaa")
    assert found.endswith("aaaz on")
    assert len(found) < 130


def test_words_as_long_as_a_word_may_be_are_left_alone() -> None:
    assert sanitize("a" * 128) == "a" * 128
    assert sanitize("a" * 129) != "a" * 129


def test_json_escapes_mean_what_they_stand_for() -> None:
    import json

    text = json_text({"\u202e": "\x7f\U000e0041é✓"})
    assert json.loads(text) == {"\u202e": "\x7f\U000e0041é✓"}
    assert unseen(text) == set()
    assert "é✓" in text


def test_the_line_of_the_source_is_shown_without_what_is_unseen_in_it() -> None:
    number_and_line, caret = excerpt("\tx\u202e\x1b[31m\ty = 1;", Location("t.c", 1, 10), Style())
    assert number_and_line == "1 | x\\u202e\\x1b[31m y = 1;"
    assert caret.index("^") == number_and_line.index("y")


def test_of_a_long_line_what_is_around_the_place_is_shown() -> None:
    line, caret = excerpt(f"{'a' * 5000}HERE{'b' * 5000}", Location("t.c", 1, 5001), Style())
    assert len(line) < 400
    assert line[caret.index("^") :].startswith("HERE")


def test_a_path_is_shown_without_what_is_unseen_in_it() -> None:
    said = problems_text([Problem(Location("a\x1b[31m\nb", 3, 4), "code", "message")], Style())
    assert said == "a\\x1b[31m\\x0ab:3:4: error: message [code]\n"
    assert visible("plain ✓") == "plain ✓"
