"""The oracles of what no table violates, on doctored runs; and what the bystander says, and when.

Without it, those oracles could be blind: no right allocator ever sets them off.
"""

from __future__ import annotations

import pytest

from modalloc_model.allocator import Event, EventKind, Watcher, oracles
from modalloc_model.allocator.events import Tile, Use
from modalloc_model.allocator.oracles.reach import reaches
from modalloc_model.concrete import Concrete
from modalloc_model.params import Reach
from tests.allocator.tables import BASE, PAGE, root, table


def data_table() -> Concrete:
    return table(root("DATA"))


def mapped(lo: int, pages: int = 1) -> Event:
    return Event(EventKind.MAP, lo, lo + pages * PAGE - 1, "DATA", after="rw-")


def allocated(lo: int, module: str = "a") -> Event:
    return Event(EventKind.ALLOC, lo, lo + PAGE - 1, "DATA", "DATA", module, size=PAGE)


def phase(module: str, note: str) -> Event:
    return Event(EventKind.PHASE, module=module, note=note)


def live(lo: int, last: int) -> Tile:
    return Tile("DATA", lo, last, Use.LIVE)


def rules(*events: Event, tiles: list[Tile]) -> list[str]:
    found = Watcher(data_table()).step([phase("a", "loading"), *events], tiles)
    return [violation.rule for violation in found]


def test_two_live_extents_in_one_place_violate_ovl001() -> None:
    twice = [mapped(BASE, 2), allocated(BASE), allocated(BASE + PAGE - 1)]
    assert "OVL001" in rules(*twice, tiles=[live(BASE, BASE + 2 * PAGE - 1)])


def test_touching_extents_do_not_overlap() -> None:
    apart = [mapped(BASE, 2), allocated(BASE), allocated(BASE + PAGE)]
    assert rules(*apart, tiles=[live(BASE, BASE + PAGE - 1), live(BASE + PAGE, BASE + 2 * PAGE - 1)]) == []


def test_an_extent_outside_all_ranges_violates_rng004() -> None:
    below = BASE - PAGE
    assert rules(mapped(below), allocated(below), tiles=[live(below, BASE - 1)]) == ["RNG004"]


@pytest.mark.parametrize(
    "tiles",
    [
        [],
        [live(BASE, BASE + PAGE - 2)],
        [live(BASE + 1, BASE + PAGE - 1)],
        [live(BASE, BASE + PAGE)],
        [live(BASE, BASE + 99), live(BASE + 101, BASE + PAGE - 1)],
        [live(BASE, BASE + 100), live(BASE + 100, BASE + PAGE - 1)],
        [live(BASE, BASE + PAGE - 1), live(BASE + 5, BASE + 6)],
    ],
)
def test_bytes_lost_or_held_twice_violate_ovl004(tiles: list[Tile]) -> None:
    assert set(rules(mapped(BASE), allocated(BASE), tiles=tiles)) == {"OVL004"}


@pytest.mark.parametrize(
    ("tiles", "lo", "last"),
    [
        ([], 0, PAGE - 1),
        ([live(BASE, BASE + PAGE - 2)], PAGE - 1, PAGE - 1),
        ([live(BASE + 2, BASE + PAGE - 1)], 0, 1),
        ([live(BASE, BASE + PAGE)], PAGE, PAGE),
        ([live(BASE, BASE + 99), live(BASE + 110, BASE + PAGE - 1)], 100, 109),
        ([live(BASE, BASE + 109), live(BASE + 100, BASE + PAGE - 1)], 100, 109),
    ],
)
def test_ovl004_says_which_bytes_are_lost_or_held_twice(tiles: list[Tile], lo: int, last: int) -> None:
    found = Watcher(data_table()).step([phase("a", "loading"), mapped(BASE), allocated(BASE)], tiles)
    assert [(v.subject, v.lo, v.last) for v in found] == [("DATA", BASE + lo, BASE + last)]


def test_extents_of_two_roots_in_one_place_violate_ovl002_of_both() -> None:
    watcher = Watcher(table(root("TEXT"), root("DATA"), sections={"TEXT": "TEXT", "DATA": "DATA"}))
    events = [phase("a", "loading")]
    for name in ("TEXT", "DATA"):
        events += [
            Event(EventKind.MAP, BASE, BASE + PAGE - 1, name, after="rw-"),
            Event(EventKind.ALLOC, BASE, BASE + PAGE - 1, name, name, "a", size=PAGE),
        ]
    tiles = [Tile(name, BASE, BASE + PAGE - 1, Use.LIVE) for name in ("TEXT", "DATA")]
    found = [v for v in watcher.step(events, tiles) if v.rule == "OVL002"]
    assert sorted(v.subject for v in found) == ["DATA", "TEXT"]


def test_a_word_holds_any_address_from_its_lowest_to_its_highest_and_no_other() -> None:
    unsigned = Reach("word", "absolute", (), lowest=16, highest=20)
    assert [target for target in range(256) if reaches(unsigned, 0, target, 8)] == [16, 17, 18, 19, 20]
    signed = Reach("word", "absolute", (), lowest=-2, highest=1)
    assert [target for target in range(256) if reaches(signed, 0, target, 8)] == [0, 1, 254, 255]


def test_a_jump_reaches_its_own_segment() -> None:
    jump = Reach("jump", "segment", (), segment_bits=2)
    assert [target for target in range(16) if reaches(jump, 6, target, 8)] == [4, 5, 6, 7]


def test_what_a_failed_load_leaves_behind_violates_ovl004() -> None:
    left = rules(mapped(BASE), allocated(BASE), phase("a", "gone"), tiles=[live(BASE, BASE + PAGE - 1)])
    assert left == ["OVL004"]


def test_a_violation_that_goes_on_is_said_once() -> None:
    watcher, below = Watcher(data_table()), BASE - PAGE
    tiles = [live(below, BASE - 1)]
    first = watcher.step([phase("a", "loading"), mapped(below), allocated(below)], tiles)
    assert [v.rule for v in first] == ["RNG004"]
    assert watcher.step([phase("a", "init")], tiles) == ()


def test_an_init_extent_left_when_its_module_is_live_violates_roi005() -> None:
    watcher = Watcher(table(root("DATA"), sections={"INITDATA": "DATA"}))
    extent = Event(EventKind.ALLOC, BASE, BASE + PAGE - 1, "DATA", "INITDATA", "a", size=1)
    found = watcher.step([phase("a", "init"), mapped(BASE), extent, phase("a", "live")], [live(BASE, BASE + PAGE - 1)])
    assert [(v.rule, v.subject) for v in found] == [("ROI005", "INITDATA")]


def test_oracles_are_in_the_order_of_their_rules() -> None:
    assert list(oracles()) == sorted(oracles())
    assert all(rule in (oracle.__doc__ or "") for rule, oracle in oracles().items())
