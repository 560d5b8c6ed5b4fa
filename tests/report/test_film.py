"""Films: the memory after each step of a run, and what the step changed.

Without it, a step of a run could be drawn with the memory of another.

Without it we would miss a step of a run whose picture shows another memory.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.params import Assumptions, Kind, Reach
from modalloc_model.report.film import Frame, film
from modalloc_model.report.maps.model import ColumnMark, Role
from modalloc_model.report.maps.pictures import trace_picture
from modalloc_model.trace import Placement, Step, Trace
from tests.cli.running import ROOT, modalloc

LO = 0x10000000


def params(protection: str = "rw-", **others: object) -> Concrete:
    roots = (
        ConcreteRoot("DATA", 0x1000, 0x1000, (ConcreteRange(LO, LO + 0xFFFF), None), protection, True, False, False),
    )
    sections = (
        ConcreteSection("LATE", Kind.RODATA_AFTER_INIT, False, "DATA"),
        ConcreteSection("TEXT", Kind.TEXT, False, "DATA"),
    )
    plain = {"bits": 32, "page": 0x1000, "guard": 0, "assumptions": Assumptions(), "roots": roots, "sections": sections}
    return Concrete(**{**plain, **others})  # type: ignore[arg-type]


def load(*sections: Placement, module: str = "A") -> Step:
    return Step("load", module, sections)


def trace(rule: str, *steps: Step, table: Concrete | None = None) -> Trace:
    return Trace("toy", rule, "DATA", {}, table or params(), steps, "it went wrong")


def marks(frame: Frame) -> dict[tuple[Role, str], tuple[str, ColumnMark]]:
    return {(c.role, c.title): (c.detail, c.mark) for c in frame.shown.columns if c.role is not Role.RANGE}


SEALED = trace("ROI004", load(Placement("LATE", 1, LO)), Step("finish_init", "A"), Step("unload", "A"))
"""Data that is sealed, and then cleared with memset()."""


def test_a_film_has_a_frame_before_the_run_and_one_after_each_step() -> None:
    shown = film(SEALED)
    assert [frame.title for frame in shown.frames] == [
        "before the first step",
        "load A: LATE 1 byte",
        "finish_init of A",
        "unload of A",
    ]
    assert not marks(shown.frames[0])
    assert shown.violation == "it went wrong"


def test_what_a_step_brings_is_new_and_what_it_turns_is_changed() -> None:
    _, loaded, live, _ = film(SEALED).frames
    assert marks(loaded) == {
        (Role.BLOCK, "block of DATA"): ("", ColumnMark.NEW),
        (Role.EXTENT, "LATE of A"): ("init", ColumnMark.NEW),
        (Role.PAGES, "pages"): ("rw-", ColumnMark.NEW),
    }
    assert marks(live) == {
        (Role.BLOCK, "block of DATA"): ("", ColumnMark.SAME),
        (Role.EXTENT, "LATE of A"): ("live, sealed", ColumnMark.CHANGED),
        (Role.PAGES, "pages"): ("r--", ColumnMark.CHANGED),
    }


def test_what_is_gone_is_seen_once_more_and_where_a_write_faulted_is_marked() -> None:
    last = film(SEALED).frames[-1]
    assert marks(last)[(Role.EXTENT, "LATE of A")] == ("live, sealed", ColumnMark.GONE)
    assert marks(last)[(Role.PAGES, "pages")] == ("r--", ColumnMark.FAULT)


def test_what_came_and_went_within_one_step_is_seen_as_gone() -> None:
    refused = load(Placement("LATE", 1, LO), Placement("LATE", 0x20000, None))
    last = film(trace("PRT002", refused)).frames[-1]
    assert marks(last) == {
        (Role.BLOCK, "block of DATA"): ("", ColumnMark.GONE),
        (Role.EXTENT, "LATE of A"): ("loading", ColumnMark.GONE),
        (Role.PAGES, "pages"): ("rw-", ColumnMark.GONE),
    }


def test_the_frames_of_a_film_have_the_same_rows() -> None:
    assert len({tuple(frame.shown.rows) for frame in film(SEALED).frames}) == 1


def test_pages_that_change_in_part_are_told_apart_from_those_that_do_not() -> None:
    """Both sections lie in one block of four pages, which begins as one run of pages."""
    large = replace(params().roots[0], granularity=0x4000)
    sections = (Placement("LATE", 1, LO), Placement("TEXT", 1, LO + 0x1000))
    run = trace("ROI004", load(*sections[:1]), load(*sections[1:], module="B"), Step("finish_init", "A"))
    last = film(replace(run, params=replace(run.params, roots=(large,)))).frames[-1]
    pages = [(c.first, c.detail, c.mark) for c in last.shown.columns if c.role is Role.PAGES]
    assert pages == [(LO, "r--", ColumnMark.CHANGED), (LO + 0x1000, "rw-", ColumnMark.SAME)]


def test_guard_pages_and_what_the_arbiter_keeps_clear_of_are_shown() -> None:
    table = params(guard=0x1000, registered=(ConcreteRange(LO + 0x8000, LO + 0x8FFF),))
    shown = film(trace("ROI004", load(Placement("LATE", 1, LO)), table=table)).frames[-1]
    assert (Role.BLOCK, "guard page") in marks(shown)
    assert (Role.REGISTERED, "registered") in marks(shown)


def test_a_branch_is_shown_with_the_kernel_that_it_names() -> None:
    reach = (Reach("CALL", "relative", ("kernel",), -0x1000, 0x1000),)
    table = params("rwx", image=ConcreteRange(0x20000000, 0x20000FFF), reach=reach)
    branch = Step("branch", "A", reach="CALL", place=LO, target=0x20000000)
    last = film(trace("RCH001", load(Placement("TEXT", 4, LO)), branch, table=table)).frames[-1]
    assert last.shown.branch is not None
    assert (last.shown.branch.place, last.shown.branch.target) == (LO, 0x20000000)
    assert (Role.IMAGE, "kernel image") in marks(last)


def test_a_trace_that_does_not_reproduce_says_so_in_the_picture() -> None:
    wrong = trace("ROI004", load(Placement("LATE", 1, LO + 0x800)))
    assert film(wrong).problem
    assert "does not reproduce: step 1" in trace_picture(wrong)


def test_the_picture_of_a_run_tells_each_step_and_last_what_is_violated() -> None:
    said = [e.text for e in ET.fromstring(trace_picture(SEALED)).iter() if e.tag.endswith("text")]
    steps = [text for text in said if text and text.startswith("step ")]
    assert steps == ["step 1: load A: LATE 1 byte", "step 2: finish_init of A", "step 3: unload of A"]
    assert said[-1] == "violated: it went wrong"


# -- the commands ----------------------------------------------------------------------------------------------------

STRICT = "spec/params/mail-strict-separation.c"


@pytest.mark.parametrize(
    ("words", "picture"),
    [(("show", STRICT), "strict-separation.svg"), (("trace", STRICT, "--rule", "ROI004"), "roi004.svg")],
)
def test_the_pictures_of_the_readme_are_current(words: tuple[str, ...], picture: str) -> None:
    """Written by `make pictures`."""
    made = modalloc(*words, "--format", "svg").stdout
    assert made == (ROOT / "spec" / "pictures" / picture).read_text(encoding="utf-8")
    assert f"](spec/pictures/{picture})" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_rule_without_a_run_is_drawn_as_a_map_with_what_is_wrong(tmp_path: Path) -> None:
    target = tmp_path / "map.svg"
    assert modalloc("trace", STRICT, "--rule", "RNG002", "--format", "svg", "--output", target).returncode == 1
    text = target.read_text(encoding="utf-8")
    assert "one byte too many at MODULES_END" in text
    assert "m-range" in text


def test_a_rule_that_is_proved_is_said_to_have_no_run() -> None:
    finished = modalloc("trace", STRICT, "--rule", "OVL001", "--format", "svg")
    assert finished.returncode == 0
    assert "OVL001 TEXT, INITTEXT is proved" in finished.stdout
    ET.fromstring(finished.stdout)
