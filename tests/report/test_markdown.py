"""Markdown for a comment, read by markdown-it: what is ours is markup, and what comes from elsewhere is code.

Without it, a comment could show markup that comes from a table.

Without it we would miss a comment in which a table's text becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from modalloc_model.params import Location
from modalloc_model.report import write
from modalloc_model.report.diagnostic import STANDINGS, Diagnostic, Findings, Outcome, Suite
from modalloc_model.report.markdown import LONGEST
from modalloc_model.verdict import ExitStatus, Severity
from tests.report import hostile
from tests.report.calls import CALLS, written

OURS = re.compile(r"</details>|<details><summary>(What this rests on|(❌|➖) <code>[^<>]*</code>)</summary>")


def tokens(text: str) -> Iterator[Any]:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in reader.parse(text):
        yield token
        yield from token.children or ()


def of(call: str, *types: str) -> list[Any]:
    return [token for token in tokens(written("markdown", call)) if token.type in types]


@pytest.mark.parametrize("call", CALLS)
def test_nothing_is_markup_but_what_is_ours(call: str) -> None:
    text = written("markdown", call)
    known = {
        "heading_open",
        "heading_close",
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "fence",
        "softbreak",
    }
    known |= {
        "html_block",
        "code_inline",
        *(f"{p}_{e}" for p in ("table", "thead", "tbody", "tr", "th", "td") for e in ("open", "close")),
    }
    assert {token.type for token in tokens(text)} <= known
    assert all(OURS.fullmatch(token.content.strip()) for token in of(call, "html_block"))


@pytest.mark.parametrize("call", CALLS)
def test_what_opens_is_closed(call: str) -> None:
    blocks = [token.content for token in of(call, "html_block")]
    assert blocks[0::2] == [b for b in blocks if b.startswith("<details>")]
    assert blocks[1::2] == [b for b in blocks if b.startswith("</details>")]
    assert len(blocks) % 2 == 0


@pytest.mark.parametrize("call", CALLS)
def test_the_table_has_a_row_for_each_and_every_row_all_columns(call: str) -> None:
    suites = CALLS[call]().suites
    assert len(of(call, "tr_open")) == (len(suites) + 1 if suites else 0)
    assert len(of(call, "td_open")) == len(suites) * (len(STANDINGS) + 2)


@pytest.mark.parametrize("call", CALLS)
def test_plain_text_holds_no_word_from_elsewhere(call: str) -> None:
    said = " ".join(token.content for token in of(call, "text"))
    assert re.fullmatch(r"[\w\s,.:✅❌-]*", said), said
    assert "@" not in said


def test_the_heading_says_what_came_of_it() -> None:
    assert written("markdown", "proved").startswith("### ✅ modalloc verify\n\npassed with exit status 0: 1 table, ")
    assert written("markdown", "gate").startswith("### ❌ modalloc gate\n\nfailed with exit status 1: 2 tables, ")


def test_findings_are_folded_with_their_run_the_failures_first() -> None:
    marks = [token.content[18] for token in of("refuted", "html_block") if "<code>" in token.content]
    assert marks == ["❌"] * 5 + ["➖"]
    assert any("2. load a: TEXT 1 byte" in fence.content for fence in of("refuted", "fence"))


def test_what_was_expected_is_said_to_be() -> None:
    assert "<code>as expected: the mail says so: PRT001 fill can write (TEXT), toy:toy</code>" in written(
        "markdown", "expected"
    )


def test_what_it_rests_on_is_there_also_when_all_is_well() -> None:
    (fence,) = of("proved", "fence")
    assert "modalloc" in fence.content
    assert "z3 1" in fence.content
    assert "assuming design=mail, protect=at-map" in fence.content


def test_problems_with_the_input_are_told() -> None:
    assert of("wrong input", "fence")[0].content == (
        "toy.c:7:2: warning: twice [duplicate-id]\nname it otherwise\na b.c:3:4: error: no [x]\n"
    )


def _long(count: int) -> Findings:
    found = tuple(
        Diagnostic("R1", Outcome.FAIL, Severity.ERROR, "word " * 100, Location("t.c", n), subject=str(n))
        for n in range(count)
    )
    return Findings("verify", (Suite("t:t", "t.c", 1, found),), status=ExitStatus.REFUTED)


def test_a_comment_is_never_longer_than_github_takes_and_says_what_is_left_out() -> None:
    text = write("markdown", _long(1000))
    told = text.count("<details>") - 1
    assert LONGEST - 2000 < len(text) <= LONGEST
    assert f"{1000 - told} more findings do not fit into a comment." in text
    assert len(write("markdown", _long(50))) < LONGEST
    assert "do not fit" not in write("markdown", _long(50))


def test_a_fence_is_longer_than_what_is_in_it() -> None:
    suite = replace(_long(1).suites[0], notes=("`" * 9,))
    text = write("markdown", replace(_long(1), suites=(suite,)))
    assert f"{'`' * 10}text" in text


def test_hostile_names_are_code_to_the_letter() -> None:
    code = "".join(token.content for token in of("hostile", "fence", "code_inline"))
    assert "<script>alert(1)</script>" in code
    assert "@everyone" in code
    assert hostile.MARKDOWN.split()[0] in code
