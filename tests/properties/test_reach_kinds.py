"""Reach by pages and absolute words, from tables and from what others allocate: every place, and every target.

Without it, a branch by pages, or from what others allocate, could be held to reach what it does not.

Without it we would miss a kind of reach, or an allocation of others, of which the condition is not exact.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from modalloc_model.allocator.oracles.reach import reaches
from modalloc_model.params import AllocType, ParamSet, Reach
from modalloc_model.properties.rule import Condition, NotApplicable, NotJudged
from modalloc_model.words import constant, evaluate, truth
from tests.properties.toy import BITS, alloc_type, holds, outcome, region, subjects, table

TO = ("kernel", "text", "data")
TEXT = alloc_type("t", 0, ranges=[(0x41, 0x52)])
DATA = alloc_type("d", 1, ranges=[(0x5C, 0x6B)])
IMAGE, AREA = region("image", 0x30, 0x3B), region("per-CPU area", 0x90, 0x9A)
HELD = {"t": range(0x44, 0x50), "d": range(0x5C, 0x6C)}
BOUNDS = (-40, -33, -32, -16, -8, 0, 8, 16, 24, 28, 32, 40)


def machine(*reach: Reach, **fields: Any) -> ParamSet:
    sections = fields.pop("sections", {"a.TEXT": "t", "a.INITTEXT": "d", "a.DATA": "d"})
    return table(TEXT, DATA, sections=sections, reach=reach, image=IMAGE, targets=(AREA,), **fields)


def all_reach(reach: Reach, places: range, targets: range) -> bool:
    starts = places[: len(places) - reach.instruction + 1]
    return all(reaches(reach, place, target, BITS) for place, target in product(starts, targets))


ALL = [
    *(Reach("P", "page", TO, low, high, page_bits=bits) for low, high in product(BOUNDS, BOUNDS) for bits in (2, 3, 4)),
    *(Reach("A", "absolute", TO, low, high) for low, high in product((-128, 0, 0x2F, 0x31), (0x3A, 0x4F, 0x6B, 0x7F))),
    *(Reach("R", "relative", TO, low, high, instruction=5) for low, high in product(BOUNDS, BOUNDS)),
]
KINDS = [reach for reach in ALL if reach.lowest <= reach.highest]


@pytest.mark.parametrize(("rule", "targets"), [
    ("RCH001", range(0x30, 0x3C)), ("RCH002", HELD["t"]), ("RCH003", HELD["d"]),
])  # fmt: skip
def test_a_condition_is_that_every_place_reaches_every_target(rule: str, targets: range) -> None:
    seen = set()
    for reach in KINDS:
        params = machine(reach, sections={"a.TEXT": "t", "a.DATA": "d"})
        expected = all_reach(reach, HELD["t"], targets)
        assert holds(rule, params, "t") is expected, reach
        seen.add((reach.kind, expected))
    assert {kind for kind, found in seen if found} >= {"page", "absolute"}
    assert {kind for kind, found in seen if not found} >= {"page", "relative"}


def test_what_is_named_is_what_is_in_reach_as_the_executable_reading_has_it() -> None:
    for reach in KINDS[::7]:
        for place, target in product((0x41, 0x4F, 0xF0), (0, 0x30, 0x52, 0x80, 0xFF)):
            named = reach.names(constant(place, BITS), constant(target, BITS), BITS)
            plain = reach.names(place, target, BITS)
            assert bool(evaluate(truth(named))) is bool(plain) is reaches(reach, place, target, BITS)


def test_each_reach_rule_has_places_of_its_own_length() -> None:
    long = Reach("long", "anywhere", ("kernel",), instruction=8)
    short = Reach("short", "relative", ("kernel",), lowest=-(0x4D - 0x30), highest=28, instruction=2)
    assert not holds("RCH001", machine(long, short), "t")  # from 0x4e, where no long one begins
    assert holds("RCH001", machine(long, replace(short, lowest=-(0x4E - 0x30))), "t")


def test_tables_name_things_from_data_and_init_text_from_its_own_root() -> None:
    word = Reach("PREL32", "relative", ("kernel",), lowest=-0x20, highest=28)
    assert subjects("RCH001", machine(word)).keys() == {"t", "d"}  # init text lies on d
    assert holds("RCH001", machine(word, sections={"a.TEXT": "t", "a.DATA": "d"}), "t")
    in_data = replace(word, places=("data",))
    assert isinstance(outcome("RCH001", machine(in_data, sections={"a.TEXT": "t", "a.DATA": "d"}), "t"), NotJudged)
    assert not holds("RCH001", machine(in_data, sections={"a.TEXT": "t", "a.DATA": "d"}), "d")
    assert holds("RCH001", machine(replace(in_data, lowest=-0x3C), sections={"a.TEXT": "t", "a.DATA": "d"}), "d")
    in_init = replace(word, places=("init-text",))
    assert isinstance(outcome("RCH001", machine(in_init), "t"), NotJudged)
    assert not holds("RCH001", machine(in_init), "d")


def test_regions_that_the_machine_names_are_targets_where_they_are_not_empty() -> None:
    call = Reach("CALL", "relative", ("per-CPU area",), lowest=-8, highest=0x56)
    assert holds("RCH001", machine(call), "t")
    short = replace(call, highest=0x55)
    assert not holds("RCH001", machine(short), "t")
    empty = replace(AREA, nonempty=truth(False))
    params = machine(short)
    assert holds("RCH001", replace(params, machine=replace(params.machine, targets=(empty,))), "t")
    nothing = replace(IMAGE, nonempty=truth(False))
    kernel = machine(replace(short, targets=("kernel",), lowest=0))
    assert not holds("RCH001", kernel, "t")
    assert holds("RCH001", replace(kernel, machine=replace(kernel.machine, image=nothing)), "t")


def test_a_displacement_within_a_module_says_nothing_of_where_modules_lie() -> None:
    near = Reach("near", "relative", ("text",), lowest=-2, highest=2, within_module=True)
    assert outcome("RCH002", machine(near), "t") == NotApplicable("toy machine names no reach for text")


# -- what others allocate --------------------------------------------------------------------------------------------


def with_slots(reach: Reach, slots: AllocType, **fields: Any) -> ParamSet:
    fields = {"image": IMAGE, **fields}
    params = table(TEXT, slots, sections={"a.TEXT": "t", "a.DATA": "t"}, reach=(reach,), **fields)
    return replace(params, dialect=replace(params.dialect, others=("KPROBES",)))


def slots(first: int, last: int, **fields: Any) -> AllocType:
    return alloc_type("KPROBES", 1, ranges=[(first, last)], **fields)


FROM_SLOTS = Reach("fixup", "relative", TO, lowest=-0x2F, highest=0x1F, places=("KPROBES",))


@pytest.mark.parametrize(("rule", "targets"), [
    ("RCH001", range(0x30, 0x3C)), ("RCH002", HELD["t"]), ("RCH003", HELD["t"]),
])  # fmt: skip
def test_from_what_others_allocate_every_place_reaches_every_target(rule: str, targets: range) -> None:
    seen = set()
    for low in range(0x20, 0x80, 8):
        params = with_slots(FROM_SLOTS, slots(low, low + 0xF))
        expected = all_reach(FROM_SLOTS, range(low, low + 0x10), targets)
        assert holds(rule, params, "KPROBES") is expected
        found = outcome(rule, params, "KPROBES")
        assert isinstance(found, Condition)
        assert not subjects(rule, params)["KPROBES"].of_loader  # and so the condition is exact
        seen.add(expected)
    assert seen == {True, False}


def test_places_of_others_are_where_the_arbiter_can_put_a_block() -> None:
    image = region("taken", 0x60, 0x7F)
    far = with_slots(FROM_SLOTS, slots(0x40, 0x7F))
    assert not holds("RCH001", far, "KPROBES")
    assert holds("RCH001", with_slots(FROM_SLOTS, slots(0x40, 0x7F), registered=(image,)), "KPROBES")


def test_text_reaches_the_trampolines_that_others_allocate() -> None:
    patched = Reach("patched call", "relative", ("KPROBES",), lowest=-0x20, highest=0x20)
    for first, right in ((0x58, True), (0x5C, True), (0x60, False)):
        params = with_slots(patched, slots(first, first + 8))
        assert holds("RCH002", params, "KPROBES") is right is all_reach(patched, HELD["t"], range(first, first + 8))
    assert subjects("RCH001", with_slots(patched, slots(0x58, 0x5F))).keys() == {"t"}
    assert isinstance(outcome("RCH002", with_slots(patched, slots(0x58, 0x5F)), "t"), NotJudged)


# -- the veneers of a module -----------------------------------------------------------------------------------------

VENEER = Reach("CALL", "relative", ("kernel",), -4, 4, veneer="plt", veneer_lowest=-12, veneer_highest=15)


@pytest.mark.parametrize("reach", [
    VENEER, Reach("near", "relative", ("text",), lowest=-12, highest=15, within_module=True),
])  # fmt: skip
def test_a_section_is_no_longer_than_what_a_branch_inside_it_reaches(reach: Reach) -> None:
    """From its first byte to its last, and from the last place of an instruction to its first byte."""
    for size in range(4, 40, 4):
        params = machine(reach)
        params = replace(params, types=(alloc_type("t", 0, ranges=[(0x40, 0x40 + size - 1)]), params.types[1]))
        expected = size - 1 <= 15 and size - reach.instruction <= 12
        assert holds("RCH004", params, "t") is expected
    found = outcome("RCH004", machine(reach), "t")
    assert isinstance(found, Condition)
    assert evaluate(found.facts["smallest"].term) == min(15 + 2, 12 + reach.instruction + 1)


def test_walls_bound_a_section_as_ranges_do() -> None:
    wide = alloc_type("t", 0, ranges=[(0x40, 0x5F)])
    for taken, right in (((), False), ((region("wall", 0x4C, 0x50),), True), ((region("wall", 0x58, 0x5F),), False)):
        params = machine(VENEER, registered=taken)
        assert holds("RCH004", replace(params, types=(wide, params.types[1])), "t") is right


def test_where_nobody_says_how_far_a_veneer_may_be_nothing_is_said() -> None:
    plain = replace(VENEER, veneer_lowest=0, veneer_highest=0)
    reason = "toy machine names no branch that the size of a module bounds"
    assert outcome("RCH004", machine(plain), "t") == NotApplicable(reason)


def test_a_branch_that_goes_round_the_word_reaches_everything() -> None:
    """Displacements are words: 2^W of them are all there are, however far places and targets lie apart."""
    apart = alloc_type("t", 0, ranges=[(0x08, 0xF7)])
    params = table(apart, sections={"a.TEXT": "t"}, reach=(Reach("all", "relative", ("text",), -128, 127),))
    assert holds("RCH002", params, "t")
    less = table(apart, sections={"a.TEXT": "t"}, reach=(Reach("less", "relative", ("text",), -128, 126),))
    assert not holds("RCH002", less, "t")


@pytest.mark.parametrize(("lowest", "highest", "right"), [
    (-128, 120, True), (-128, 127, True), (-128, 119, False), (-127, 127, False), (1, 7, False),
])  # fmt: skip
def test_pages_lie_whole_pages_apart(lowest: int, highest: int, right: bool) -> None:
    """Of pages of 8 bytes there are 32: displacements from -128 to 120 are all that there can be."""
    apart = alloc_type("t", 0, ranges=[(0x08, 0xF7)])
    page = Reach("page", "page", ("text",), lowest, highest, page_bits=3)
    assert holds("RCH002", table(apart, sections={"a.TEXT": "t"}, reach=(page,)), "t") is right
    assert all_reach(page, range(0x08, 0xF8), range(0x08, 0xF8)) is right


@pytest.mark.parametrize(("lowest", "highest"), [(-128, -1), (1, 127)])
def test_a_branch_that_does_not_reach_itself_does_not_reach_its_section(lowest: int, highest: int) -> None:
    own = Reach("own", "relative", ("text",), lowest, highest, instruction=2, within_module=True)
    assert not holds("RCH004", machine(own), "t")
    assert holds("RCH004", machine(replace(own, lowest=-128, highest=127)), "t")


def test_a_section_that_is_shorter_than_an_instruction_holds_none() -> None:
    long = Reach("long", "relative", ("text",), -1, 1, instruction=32, within_module=True)
    assert holds("RCH004", machine(long), "t")
