"""Where blocks can lie, byte for byte, against every block of an 8-bit machine; regions that are empty or adjoin.

Without it, a rule could look at places where no block lies, or miss one that can be taken.

Without it we would miss a condition on places that forgets an empty or adjoining region.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from modalloc_model.concrete import in_boot
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.params import EVERYTHING, AllocType, Assumptions, ParamSet, Reach, Region
from modalloc_model.properties import blocks
from modalloc_model.properties.rule import Condition, NotApplicable, NotClaimed
from modalloc_model.words import evaluate, truth, variable, variables
from tests.properties.toy import BITS, TOP, alloc_type, holds, outcome, region, table, word

ODD_SIZES = (2, 8, 3, 6, 12, 24)


def taken_blocks(params: ParamSet, root: AllocType) -> Iterator[tuple[int, int]]:
    """Every block that some request is given somewhere, by trying all sizes and addresses with the kernel's ALIGN."""
    g, a, guard = evaluate(root.granularity), evaluate(root.alignment), evaluate(params.guard)
    walls = [(evaluate(r.first), evaluate(r.last)) for r in params.machine.registered if evaluate(r.nonempty)]
    lengths = {n for size in range(1, TOP + 1) if (n := length(size, g, a)) is not None and n + guard <= TOP}
    for number, chosen in enumerate(root.ranges):
        if not evaluate(root.usable(number)):
            continue
        first, last = evaluate(chosen.first), evaluate(chosen.last)
        places = {p for lo in range(first, last + 1) if (p := up(lo, max(g, a))) >= lo}
        for place, n in product(sorted(places), sorted(lengths)):
            end = place + n + guard - 1
            if end <= last and all(end < low or high < place for low, high in walls):
                yield place, place + n - 1


def length(size: int, g: int, a: int) -> int | None:
    """The block of a request; None where rounding wraps."""
    s = up(size, a)
    n = up(s, g)
    return n if size <= s <= n else None


def up(x: int, alignment: int) -> int:
    """ALIGN() in 8 bits: right for powers of two, and a mask for any other number."""
    return (x + alignment - 1) & ~(alignment - 1) & TOP


def drawn(count: int, sizes: tuple[int, ...]) -> Iterator[tuple[AllocType, dict[str, Any]]]:
    generator = random.Random(11)
    for _ in range(count):
        bounds = [drawn_region(generator) for _ in range(2)]
        root = alloc_type(
            "r", ranges=bounds, second=generator.random() < 0.5,
            granularity=generator.choice(sizes), alignment=generator.choice(sizes),
        )  # fmt: skip
        taken = [region(f"taken {n}", *drawn_region(generator)) for n in range(generator.randrange(3))]
        windows = [region(f"window {n}", *drawn_region(generator, 150)) for n in range(1, 4)]
        forbidden = [region(f"forbidden {n}", *drawn_region(generator, 30)) for n in range(generator.randrange(2))]
        guard = generator.choice(("none", "page"))
        yield root, {
            "registered": tuple(map(maybe_empty, taken)), "windows": tuple(windows), "forbidden": tuple(forbidden),
            "assume": Assumptions(guard=guard),
        }  # fmt: skip


def drawn_region(generator: random.Random, longest: int = 90) -> tuple[int, int]:
    first = generator.randrange(TOP + 1)
    return first, min(TOP, first + generator.randrange(longest))


def maybe_empty(taken: Region) -> Region:
    """Every third is empty, whatever its bounds say."""
    return taken if evaluate(taken.first) % 3 else replace(taken, nonempty=truth(False))


@pytest.mark.parametrize(("sizes", "count"), [((1, 2, 4, 8, 16, 32), 100), (ODD_SIZES, 16)])
def test_a_root_is_clear_if_every_byte_of_every_block_is(sizes: tuple[int, ...], count: int) -> None:
    seen: list[tuple[bool, bool]] = []
    for root, fields in drawn(count, sizes):
        params = table(root, **fields)
        found = set(taken_blocks(params, root))
        good = {x for x in range(TOP + 1) if held(params.machine.windows, x) and not held(params.machine.forbidden, x)}
        expected = all(x in good for lo, last in found for x in range(lo, last + 1))
        assert valid("RNG005", params, "r") is expected, (root, fields, sorted(found))
        seen.append((expected, bool(found)))
    assert {(True, True), (False, True)} <= set(seen)


def held(regions: tuple[Region, ...], address: int) -> bool:
    return any(evaluate(r.first) <= address <= evaluate(r.last) for r in regions if evaluate(r.nonempty))


def valid(rule: str, params: ParamSet, name: str) -> bool:
    """Whether the condition holds, for every block where it speaks of one: by trying those that can be."""
    found = outcome(rule, params, name)
    assert isinstance(found, Condition), found
    if not variables(found.formula):
        return bool(evaluate(found.formula))
    root = params.type(name)
    g, a = evaluate(root.granularity), evaluate(root.alignment)
    ends = {n: size for size in range(1, TOP + 1) if (n := length(size, g, a)) is not None}
    return all(
        evaluate(found.formula, {"block": lo, "block's end": (lo + n - 1) & TOP, "block's size": size})
        for lo in range(TOP + 1)
        for n, size in ends.items()
    )


@pytest.mark.parametrize("alignment", [2, 6, 12])
def test_reach_of_others_is_that_of_every_block_whatever_their_alignment(alignment: int) -> None:
    """Also where that is no power of two: RCH001, and RCH004 of text."""
    seen = set()
    for last in (0x4D, 0x52, 0x58):
        slots = alloc_type("KPROBES", 1, ranges=[(0x40, last)], alignment=alignment)
        found = list(taken_blocks(table(slots), slots))
        for reach in (24, 30):
            branch = Reach("fixup", "relative", ("kernel",), -reach, 0, instruction=2, places=("KPROBES",))
            params = table(
                alloc_type("t"), slots, sections={"a.TEXT": "t"}, reach=(branch,), image=region("image", 0x38, 0x3B)
            )
            params = replace(params, dialect=replace(params.dialect, others=("KPROBES",)))
            expected = all(last - 1 - 0x38 <= reach for lo, last in found if last > lo)
            assert valid("RCH001", params, "KPROBES") is expected, (last, reach, found)
            seen.add(expected)
    assert seen == {True, False}


@pytest.mark.parametrize("alignment", [8, 6, 12])
def test_the_longest_section_is_the_longest_block_whatever_its_alignment(alignment: int) -> None:
    seen = set()
    for last in (0x47, 0x50, 0x58):
        root = alloc_type("t", ranges=[(0x41, last)], alignment=alignment)
        near = Reach("near", "relative", ("text",), -14, 14, instruction=1, within_module=True)
        params = table(root, sections={"a.TEXT": "t"}, reach=(near,))
        expected = all(last - lo <= 14 for lo, last in taken_blocks(params, root))
        assert valid("RCH004", params, "t") is expected, (last, list(taken_blocks(params, root)))
        seen.add(expected)
    assert seen == {True, False}


def test_a_block_is_aligned_to_the_larger_of_granularity_and_alignment() -> None:
    """Blocks of 16 in [0x40, 0x58]: the byte at 0x54 is in none of them, that at 0x4f is."""
    root = alloc_type("r", granularity=4, alignment=16, ranges=[(0x40, 0x58)])
    for byte, right in ((0x54, True), (0x50, True), (0x4F, False), (0x40, False)):
        params = table(root, windows=(region("w", 0, TOP),), forbidden=(region("f", byte, byte),))
        assert holds("RNG005", params, "r") is right
    low = outcome("RNG005", params, "r")
    assert isinstance(low, Condition)
    assert evaluate(low.facts["high0"].term) == 0x4F


def test_what_is_forbidden_inside_what_is_registered_hurts_nobody() -> None:
    root = alloc_type("r", ranges=[(0x40, 0x7F)])
    image, kernel = region("image", 0x50, 0x5F), region("kernel", 0x54, 0x57)
    clear = table(root, windows=(region("w", 0, TOP),), registered=(image,), forbidden=(kernel,))
    assert holds("RNG005", clear, "r")
    beside = table(root, windows=(region("w", 0, TOP),), registered=(image,), forbidden=(region("k", 0x5C, 0x60),))
    assert not holds("RNG005", beside, "r")
    assert not holds("RNG005", table(root, windows=(region("w", 0, TOP),), forbidden=(kernel,)), "r")


def test_a_block_may_lie_across_windows_that_adjoin_and_not_across_a_gap() -> None:
    root = alloc_type("r", ranges=[(0x40, 0x7F)])
    for last, right in ((0x5F, True), (0x5E, False)):
        windows = (region("high", 0x60, 0x7F), region("low", 0x40, last))
        assert holds("RNG005", table(root, windows=windows), "r") is right


def test_a_region_that_is_empty_holds_nothing_and_one_that_wraps_is_refused() -> None:
    size = variable("size of it", BITS)
    first = word(0x50)
    taken = Region.before("taken", first, first + size)
    for n, nonempty, last in ((0, 0, 0x4F), (4, 1, 0x53), (0xB0, 1, 0xFF)):
        boot = {"size of it": n}
        assert [evaluate(x, boot) for x in (taken.nonempty, taken.last, taken.ordered)] == [nonempty, last, 1]
        assert bool(evaluate(truth(taken.holds(word(0x50))), boot)) is bool(nonempty)
        assert bool(evaluate(truth(taken.apart(word(0x40), word(0x50))), boot)) is not bool(nonempty)
    assert evaluate(taken.ordered, {"size of it": 0xB1}) == 0
    assert evaluate(Region("r", word(4), word(3)).ordered) == 0
    root = alloc_type("r", ranges=[(0x40, 0x7F)])
    everywhere = (region("w", 0, TOP),)
    params = table(root, windows=everywhere, forbidden=(taken,))
    assert [holds("RNG005", params, "r", **{"size of it": n}) for n in (0, 4, 0xB1)] == [True, False, False]


def test_an_empty_region_is_no_wall_for_the_first_byte_nor_in_the_allocator() -> None:
    root = alloc_type("r", granularity=16, alignment=16, ranges=[(0x40, 0x4F)])
    for nonempty in (False, True):
        wall = replace(region("wall", 0x48, 0x4B), nonempty=truth(nonempty))
        params = table(root, registered=(wall,))
        placed = Allocator(in_boot(params, {})).alloc("r.TEXT", 1, "m")
        assert holds("RNG001", params, "r.TEXT") is (placed is not None) is not nonempty


def test_a_first_byte_has_room_beside_any_number_of_regions() -> None:
    generator, seen = random.Random(2), set()
    for root, fields in drawn(60, (1, 2, 4, 8)):
        taken = tuple(maybe_empty(region(f"t{n}", *drawn_region(generator, 20))) for n in range(4))
        params = table(root, **{**fields, "registered": taken})
        placed = Allocator(in_boot(params, {})).alloc("r.TEXT", 1, "m")
        assert holds("RNG001", params, "r.TEXT") is (placed is not None), root
        seen.add(placed is None)
    assert seen == {False, True}


def test_the_end_convention_is_minded_of_the_second_range_too() -> None:
    symbols = {"MOD_END": word(0xA0)}
    for second, end, right in ((True, 0xA0, False), (False, 0xA0, True), (True, 0x9F, True)):
        root = alloc_type("r", ranges=[(0x40, 0x7F), (0x80, end)], second=second)
        params = table(root, symbols=symbols, inclusive_ends=False)
        assert holds("RNG002", params, "r") is right
    root = alloc_type("r", ranges=[(0x40, 0x7F), (0x80, 0xA0)])
    found = outcome("RNG002", table(root, symbols=symbols, inclusive_ends=False), "r")
    assert isinstance(found, Condition)
    assert (found.blame, evaluate(found.facts["end"].term), evaluate(found.facts["top"].term)) == ("end1", 0xA0, 0x9F)


# -- windows that allow less -----------------------------------------------------------------------------------------


def limited(name: str, first: int, last: int, allows: str) -> Region:
    return replace(region(name, first, last), allows=allows)


@pytest.mark.parametrize(("kind", "allows", "right"), [
    ("TEXT", "rw-", False), ("TEXT", "--x", True), ("DATA", "rw-", True), ("DATA", "r-x", False),
    ("RODATA", "--x", False), ("RODATA", "r--", True), ("RODATA_AFTER_INIT", "r--", False),
])  # fmt: skip
def test_blocks_need_a_window_whose_pages_may_allow_what_their_sections_need(
    kind: str, allows: str, right: bool
) -> None:
    root = alloc_type("r", ranges=[(0x40, 0x7F)])
    windows = (limited("low", 0x40, 0x5F, EVERYTHING), limited("high", 0x60, 0x7F, allows))
    assert holds("PRT007", table(root, sections={f"a.{kind}": "r"}, windows=windows), "r") is right


def test_a_window_that_no_block_reaches_may_allow_what_it_likes() -> None:
    windows = (limited("low", 0x40, 0x5F, EVERYTHING), limited("high", 0x60, 0x7F, "rw-"))
    for last, right in ((0x5F, True), (0x62, True), (0x63, False)):
        params = table(alloc_type("r", ranges=[(0x40, last)]), windows=windows)
        assert holds("PRT007", params, "r") is right
    registered = (region("image", 0x60, 0x7F),)
    assert holds("PRT007", table(alloc_type("r", ranges=[(0x40, 0x7F)]), windows=windows, registered=registered), "r")


def test_where_windows_allow_everything_nothing_is_said() -> None:
    params = table(alloc_type("r"), windows=(limited("w", 0, TOP, EVERYTHING),))
    assert outcome("PRT007", params, "r") == NotApplicable("no window of toy machine limits what its pages allow")


# -- what others allocate --------------------------------------------------------------------------------------------


def with_others(*types: AllocType, claims: tuple[str, ...] = ("strict-rwx",), **fields: Any) -> ParamSet:
    params = table(*types, sections={"a.TEXT": types[0].name}, assume=Assumptions(claims=claims), **fields)
    return replace(params, dialect=replace(params.dialect, others=tuple(t.name for t in types[1:])))


def slots(protection: str, **fields: Any) -> AllocType:
    return alloc_type("KPROBES", 1, protection=protection, written=frozenset({"start0"}), **fields)


@pytest.mark.parametrize(("protection", "right"), [("rwx", False), ("r-x", True), ("rw-", True), ("-wx", False)])
def test_what_others_allocate_is_not_writable_and_executable_at_once(protection: str, right: bool) -> None:
    assert holds("PRT006", with_others(alloc_type("t"), slots(protection)), "KPROBES") is right


def test_others_are_held_to_strict_rwx_where_it_is_claimed_and_code_of_theirs_needs_to_execute() -> None:
    unclaimed = with_others(alloc_type("t"), slots("rwx"), claims=())
    assert outcome("PRT006", unclaimed, "KPROBES") == NotClaimed("strict-rwx is not claimed (--claim strict-rwx)")
    windows = (limited("w", 0, TOP, "rw-"),)
    params = with_others(alloc_type("t"), slots("rw-"), windows=windows)
    assert [holds("PRT007", params, name) for name in ("t", "KPROBES")] == [False, False]
    enough = with_others(alloc_type("t"), slots("rw-"), windows=(limited("w", 0, TOP, "--x"),))
    assert holds("PRT007", enough, "KPROBES"), "others need no more than that"


def test_pieces_lie_between_walls_and_hold_whole_blocks() -> None:
    root = alloc_type("r", granularity=4, alignment=8, ranges=[(0x41, 0x7E)])
    params = table(root, registered=(region("wall", 0x58, 0x5A), region("below", 0, 0x44)))
    found = [(evaluate(p.first), evaluate(p.last)) for fits, p in blocks.pieces(params, root) if evaluate(fits)]
    assert sorted(set(found)) == [(0x48, 0x57), (0x60, 0x77)]
