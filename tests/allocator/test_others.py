"""Others take address space and return it, and the arbiter's search finds what is left, or passes over it.

Without it, blocks could be placed where others are, or `arbiter-search` change nothing.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from modalloc_model.allocator import AnyPlace, Event, Highest, Random
from modalloc_model.concrete import Concrete, ConcreteRange
from modalloc_model.designs.mail.loader import Loader, Request
from modalloc_model.designs.replay import replay
from modalloc_model.params import Assumptions
from modalloc_model.trace import Step, from_json, to_json
from tests.allocator.tables import BASE, PAGE, load, root, table, trace

WIDE = 4 * PAGE  # the alignment of blocks
RANGE = ConcreteRange(BASE, BASE + 16 * WIDE - 1)
AWAY = ConcreteRange(BASE + 64 * WIDE, BASE + 72 * WIDE - 1)
HOLE = (BASE + 2 * WIDE, BASE + 3 * WIDE - 1)  # as long as a block, and no longer


def wide(search: str = "linux", second: ConcreteRange | None = None, **fields: object) -> Concrete:
    wanted = {"alignment": WIDE, "ranges": (RANGE, second), **fields}
    return table(root("DATA", **wanted), assume=Assumptions(arbiter_search=search))  # type: ignore[arg-type]


def take(first: int, last: int, root: str = "") -> Step:
    return Step("take", first=first, last=last, root=root)


BESIDE = (take(RANGE.first, HOLE[0] - 1), take(HOLE[1] + 1, RANGE.last))


def test_what_others_have_is_nobody_elses_until_they_return_it() -> None:
    events: list[Event] = []
    loader = Loader(table(root("DATA")), events=events)
    loader.allocator.take(BASE, BASE + PAGE - 1)
    loader.load("a", [Request("DATA", 1)])
    assert [extent.lo for extent in loader.allocator.live()] == [BASE + PAGE]
    loader.allocator.restore(BASE, BASE + PAGE - 1)
    loader.load("b", [Request("DATA", 1)])
    assert [extent.lo for extent in loader.allocator.live()] == [BASE, BASE + PAGE]
    assert [e.kind.value for e in events if e.kind.value in ("take", "return")] == ["take", "return"]


def test_others_take_what_is_free_and_return_what_they_have() -> None:
    allocator = Loader(table(root("DATA"))).allocator
    allocator.take(BASE, BASE + 9)
    with pytest.raises(ValueError, match="no interval holds all of"):
        allocator.take(BASE + 9, BASE + 20)
    for lo, last in ((BASE, BASE + 8), (BASE + 1, BASE + 9), (BASE + 10, BASE + 20)):
        with pytest.raises(ValueError, match="is no area that others have taken"):
            allocator.restore(lo, last)
    allocator.restore(BASE, BASE + 9)
    assert list(allocator.arbiters["DATA"].holes()) == [(0, 0xFFFF_FFFF)]


def test_an_area_is_one_arbiters_where_each_root_has_its_own() -> None:
    private = Assumptions(arbiter="private")
    allocator = Loader(table(root("TEXT", "rwx"), root("DATA"), assume=private)).allocator
    allocator.take(BASE, BASE + PAGE - 1, "DATA")
    assert [len(list(allocator.arbiters[name].holes())) for name in ("TEXT", "DATA")] == [1, 2]
    with pytest.raises(KeyError):
        allocator.take(BASE + PAGE, BASE + PAGE)
    with pytest.raises(KeyError):
        Loader(table(root("DATA"))).allocator.take(BASE, BASE, "DATA")


@pytest.mark.parametrize(
    ("params", "reproduced"),
    [
        (wide(), True),
        (wide("exact"), False),
        (wide(alignment=PAGE, granularity=PAGE), False),
        (wide(ranges=(ConcreteRange(*HOLE), None)), False),
    ],
    ids=["linux", "exact", "a page", "as long as the range"],
)
def test_a_hole_that_fits_exactly_is_refused_by_linux_above_a_page_alone(params: Concrete, reproduced: bool) -> None:
    size = HOLE[1] - HOLE[0] + 1
    found = replay(trace("CMP001", "DATA", params, *BESIDE, load("a", ("DATA", size, None))))
    assert found.reproduced is reproduced
    assert reproduced or f"the script says refused, but {HOLE[0]:#x} is open" in found.problem


def test_a_hole_that_has_room_for_any_place_of_the_block_is_found() -> None:
    for more, problem in ((WIDE - 2, ""), (WIDE - 1, f"the script says refused, but {HOLE[0]:#x} is open")):
        steps = (BESIDE[0], take(HOLE[1] + 1 + more, RANGE.last), load("a", ("DATA", 1, None)))
        found = replay(trace("CMP001", "DATA", wide(), *steps))
        assert problem in found.problem and found.reproduced is (not problem)


def test_the_second_range_is_used_although_a_hole_of_the_first_fits() -> None:
    step = load("a", ("DATA", 1, AWAY.first))
    found = replay(trace("CMP002", "DATA", wide(second=AWAY), *BESIDE, step))
    assert found.reproduced, found.problem
    other = replay(trace("CMP002", "DATA", wide("exact", AWAY), *BESIDE, step))
    assert f"the script says {AWAY.first:#x}, which is not open; {HOLE[0]:#x} is" in other.problem


def test_a_script_may_name_any_aligned_place_of_a_hole() -> None:
    for place, closed in ((RANGE.first + 5 * WIDE, False), (RANGE.first + PAGE, True), (RANGE.last + 1, True)):
        found = replay(trace("CMP001", "DATA", wide(), load("a", ("DATA", 1, place))))
        assert ("which is not open" in found.problem) is closed


def test_any_place_is_drawn_and_nothing_where_all_may_be_passed_over() -> None:
    places: set[int] = set()
    refused = 0
    for seed in range(60):
        loader = Loader(wide(), AnyPlace(random.Random(seed)))
        loader.load("a", [Request("DATA", 1)])
        places |= {extent.lo for extent in loader.allocator.live()}
        loader = Loader(wide(), Random(random.Random(seed)))
        for step in BESIDE:
            loader.allocator.take(step.first, step.last)
        refused += not loader.load("a", [Request("DATA", 1)])
    assert len(places) > 8 and {RANGE.first, RANGE.last + 1 - WIDE} <= places
    assert 0 < refused < 60


def test_steps_of_others_are_written_and_read_again() -> None:
    steps = (take(BASE, BASE + 1), Step("return", first=BASE, last=BASE + 1), take(BASE, BASE, "DATA"))
    written = to_json(trace("CMP001", "DATA", wide(), *steps))
    assert written["steps"][0] == {"op": "take", "first": hex(BASE), "last": hex(BASE + 1)}
    assert written["steps"][2]["root"] == "DATA"
    assert from_json(written).steps == steps
    assert from_json(written).params == wide()
    for missing in ("first", "last"):
        with pytest.raises(KeyError, match=missing):
            from_json({**written, "steps": [{k: v for k, v in written["steps"][0].items() if k != missing}]})


def test_a_trace_that_was_written_before_searches_were_named_is_exact() -> None:
    written = to_json(trace("CMP001", "DATA", wide("exact")))
    del written["params"]["assumptions"]["arbiter_search"]
    for described in written["params"]["roots"]:
        del described["carved"], described["large"], described["promised"]
    assert from_json(written).params == wide("exact")


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([take(BASE, BASE, "DATA")], "step 1, take of others: there is no arbiter of DATA"),
        ([Step("return", first=BASE, last=BASE)], "step 1, return of others: [0x80000000, 0x80000000] is no area"),
        ([take(BASE, BASE), take(BASE, BASE)], "step 2, take of others: no interval holds all of"),
        ([take(5, 4)], "step 1, take of others: no interval holds all of"),
    ],
)
def test_what_others_cannot_do_is_no_run(steps: list[Step], problem: str) -> None:
    assert problem in replay(trace("CMP001", "DATA", wide(), *steps)).problem


def test_blocks_of_two_roots_meet_and_the_run_ends_there() -> None:
    roots = (root("TEXT", "rwx", ranges=(RANGE, None)), root("DATA", ranges=(RANGE, None)))
    params = table(*roots, assume=Assumptions(arbiter="private"))
    steps = (load("a", ("TEXT", 1, BASE)), load("b", ("DATA", 1, BASE)))
    for subject in ("TEXT", "DATA"):
        assert replay(trace("OVL002", subject, params, *steps)).reproduced
    said = replay(trace("OVL003", "DATA", params, *steps))
    assert {v.rule for record in said.steps for v in record.violations} == {"OVL002"}
    later = replay(trace("OVL002", "DATA", params, *steps, take(RANGE.last, RANGE.last, "DATA")))
    assert "step 3, take of others: the run has ended" in later.problem
    apart = replace(params, roots=(params.roots[0], replace(params.roots[1], ranges=(AWAY, None))))
    assert not replay(trace("OVL002", "DATA", apart, steps[0], load("b", ("DATA", 1, AWAY.first)))).reproduced


def test_the_highest_hole_is_one_of_the_fits_whatever_others_have() -> None:
    loader = Loader(wide(), Highest())
    loader.allocator.take(RANGE.first + WIDE, RANGE.last)
    assert loader.load("a", [Request("DATA", 1)])
    assert [extent.lo for extent in loader.allocator.live()] == [RANGE.first]
