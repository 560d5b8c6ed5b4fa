"""What the rules' formulas say, against the addresses themselves: every place of an 8-bit machine is looked at.

Without it, a formula could be off by a byte and refuse, or let through, a table on that edge.

Without it we would miss a formula that differs from the addresses it speaks of by a byte, at an end or a wrap.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest

from modalloc_model.concrete import in_boot
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.engine import verify_table
from modalloc_model.params import PROTECT, AllocType, Assumptions, Kind, ParamSet, Protection, Reach
from modalloc_model.properties import blocks, protection, reach
from modalloc_model.properties.reach import ReachCondition
from modalloc_model.properties.rule import (
    Condition,
    NotApplicable,
    NotJudged,
    Outcome,
    each_allocated,
    each_root,
    each_section,
    each_type,
)
from modalloc_model.verdict import Verdict
from modalloc_model.words import Truth, evaluate, truth
from tests.properties.toy import PAGE, PMD, TOP, alloc_type, holds, outcome, region, subjects, table, word

SIZES = (1, 2, 4, 8, 16, 32, 64)


def ranges(generator: random.Random, count: int) -> Iterator[tuple[int, int]]:
    for _ in range(count):
        first = generator.randrange(TOP + 1)
        yield first, min(TOP, first + generator.choice((-1, 0, 1, 3, 7, 15, 40, 200)))


def every_block(root: AllocType, number: int, guard: int) -> list[tuple[int, int]]:
    """Every block that a range can hold with its guard, by trying all addresses and lengths."""
    g, a = evaluate(root.granularity), evaluate(root.alignment)
    chosen = root.ranges[number]
    first, last = evaluate(chosen.first), evaluate(chosen.last)
    least = -(-(-(-1 // a) * a) // g) * g
    return [
        (lo, lo + length - 1)
        for lo in range(-(-first // max(g, a)) * max(g, a), last + 1, max(g, a))
        for length in range(least, last - lo + 2, max(g, a))
        if lo + length + guard - 1 <= last and first <= last
    ]


def drawn_roots(count: int, **fields: Any) -> Iterator[AllocType]:
    generator = random.Random(3)
    for one, two in zip(ranges(generator, count), ranges(generator, count), strict=True):
        yield alloc_type(
            "r",
            ranges=[one, two],
            granularity=generator.choice(SIZES),
            alignment=generator.choice(SIZES),
            second=generator.random() < 0.7,
            **fields,
        )


def value(term: Truth, **values: int) -> bool:
    return bool(evaluate(truth(term), values))


@pytest.mark.parametrize("guard", ["none", "page"])
def test_what_a_range_holds_is_from_its_lowest_to_its_highest_block(guard: str) -> None:
    empty = 0
    for root in drawn_roots(150):
        params = table(root, assume=Assumptions(guard=guard))
        for number, chosen in enumerate(root.ranges):
            found = every_block(root, number, PAGE if guard == "page" else 0)
            fits, held = blocks.holding(params, root, chosen)
            assert bool(evaluate(fits)) is bool(found)
            if found:
                assert evaluate(held.first) == min(lo for lo, _ in found)
                assert evaluate(held.last) == max(last for _, last in found)
            empty += not found
    assert 20 < empty < 280


def test_what_a_root_holds_is_what_its_usable_ranges_hold() -> None:
    for root in drawn_roots(40):
        params = table(root)
        usable = [number for number in (0, 1) if evaluate(root.usable(number))]
        assert [bool(evaluate(fits)) for fits, _ in blocks.holdings(params, root)] == [
            number in usable and bool(every_block(root, number, 0)) for number in (0, 1)
        ]


@pytest.mark.parametrize("length", [1, 2, 4, 5])
def test_instructions_begin_where_their_last_byte_is_in_the_text(length: int) -> None:
    for root in drawn_roots(40):
        params = table(root)
        for (fits, text), (some, places) in zip(
            blocks.holdings(params, root), reach.instructions(params, root, length), strict=True
        ):
            held = range(evaluate(text.first), evaluate(text.last) + 1) if evaluate(fits) else range(0)
            begin = [x for x in held if x + length - 1 in held]
            assert bool(evaluate(some)) is bool(begin)
            if begin:
                assert (evaluate(places.first), evaluate(places.last)) == (begin[0], begin[-1])


def test_a_granule_is_the_smallest_block_and_its_alignment_the_larger_of_two() -> None:
    for g, a in product(SIZES, SIZES):
        root = alloc_type("r", granularity=g, alignment=a)
        assert evaluate(blocks.granule(root)) == max(g, a)
        assert evaluate(blocks.block_alignment(root)) == max(g, a)


def test_pages_belong_to_one_extent_alone_from_page_alignment_on() -> None:
    for a in SIZES:
        params = table(alloc_type("r", alignment=a))
        assert evaluate(protection.exclusive(params, params.roots[0])) == (a >= PAGE)


FLAGS = list(product((False, True), repeat=2))
LETTERS = ["".join(letters) for letters in product("r-", "w-", "x-")]


def variants() -> Iterator[tuple[Assumptions, dict[str, Any]]]:
    """Every assumption about protection, and every flag of a root."""
    for protect, restored in product(PROTECT, ("as-is", "restored")):
        for (fill, invalidate), pgprot, alignment in product(FLAGS, ("rw-", "r--"), (PAGE, 2)):
            fields = {"fill": fill, "invalidate": invalidate, "protection": pgprot, "alignment": alignment}
            yield Assumptions(protect, restored), fields


def test_pages_are_opened_where_they_are_not_writable_and_no_function_writes() -> None:
    for assume, fields in variants():
        params = table(alloc_type("r", **fields), assume=assume)
        fills = assume.protect == "after-fill" and not fields["fill"]
        erases = assume.free_access == "restored" and not fields["invalidate"]
        expected = "w" not in fields["protection"] and (fills or erases)
        assert evaluate(protection.opens(params, params.roots[0])) == expected


@pytest.mark.parametrize(("kind", "seals", "protect", "expected"), [
    ("TEXT", False, "at-map", False), ("TEXT", True, "at-map", True), ("TEXT", False, "by-loader", False),
    ("RODATA_AFTER_INIT", False, "by-loader", True), ("RODATA_AFTER_INIT", False, "after-fill", False),
    ("RODATA_AFTER_INIT", True, "by-loader", True),
])  # fmt: skip
def test_a_root_is_sealed_by_its_flag_or_by_the_loaders_hand(
    kind: str, seals: bool, protect: str, expected: bool
) -> None:
    for granularity, free_access in product((PAGE, PMD), ("as-is", "restored")):
        root = alloc_type("r", seals=seals, granularity=granularity)
        sections = {"a.DATA": "r", f"a.{kind}": "r"}
        params = table(root, sections=sections, assume=Assumptions(protect, free_access))
        assert evaluate(protection.seals_any(params, root)) == expected
        clean = not expected or free_access == "restored" or granularity == PAGE
        assert evaluate(protection.no_stale_seal(params, root)) == clean
        assert [s.name for s in protection.sealing_roots(params)] == (["r"] if expected else [])


def test_the_loader_disturbs_no_other_where_pages_are_exclusive_or_protections_alike() -> None:
    for protect, alignment, letters in product(PROTECT, (PAGE, 2), LETTERS):
        root = alloc_type("r", alignment=alignment, protection=letters)
        params = table(root, sections={"a.DATA": "r", "a.RODATA_AFTER_INIT": "r"}, assume=Assumptions(protect))
        quiet = protect != "by-loader" or alignment == PAGE or letters == "rw-"
        assert evaluate(protection.quiet_loader(params, root)) == quiet
        mixed = table(root, sections={"a.DATA": "r", "a.TEXT": "r"}, assume=Assumptions(protect))
        assert evaluate(protection.quiet_loader(mixed, root)) == (protect != "by-loader" or alignment == PAGE)


def test_protections_are_compared_and_asked_letter_by_letter() -> None:
    for x, y in product(LETTERS, LETTERS):
        one, two = Protection.of("one", x), Protection.of("two", y)
        assert value(protection.same(one, two)) is (x == y)
        wanted = y.replace("-", "")
        assert value(protection.allows(one, wanted)) is all(letter in x for letter in wanted)


def test_what_sections_need_is_section_4_of_the_semantics() -> None:
    params = table(alloc_type("r"), sections={f"a.{kind.name}": "r" for kind in Kind})
    assert {s.kind.name: protection.needs(s.kind) for s in params.sections} == {
        "TEXT": "x", "DATA": "rw", "RODATA": "r", "RODATA_AFTER_INIT": "rw",
    }  # fmt: skip


def three() -> ParamSet:
    """Text on two roots, data on one of them and on another; a type that is merged; a section without a root."""
    types = (
        alloc_type("t", 0), alloc_type("d", 1, ranges=[(0x80, 0x9F)]),
        alloc_type("u", 2, ranges=[(0xC0, 0xCF)]), alloc_type("m", 3, mapto=1), alloc_type("lost", 4, mapto=9),
    )  # fmt: skip
    sections = {"a.TEXT": "t", "a.DATA": "d", "b.INITTEXT": "u", "b.RODATA": "u", "c.RODATA": "m", "e.DATA": "lost"}
    return table(*types, sections=sections)


def test_roots_are_found_by_the_kinds_of_their_sections() -> None:
    params = three()
    assert [r.name for r in protection.of_kind(params, Kind.TEXT)] == ["t", "u"]
    assert [r.name for r in protection.of_kind(params, Kind.DATA, Kind.RODATA)] == ["d", "u"]
    assert [r.name for r in protection.of_kind(params, Kind.RODATA_AFTER_INIT)] == []
    assert [s.name for s in reach.text_roots(params)] == ["t", "u"]


def test_subjects_name_types_and_the_owner_of_what_is_to_blame() -> None:
    params = three()
    assert [(s.name, s.types, s.owner, s.parts[0].name) for s in each_type(params)] == [
        (name, (name,), name, name) for name in ("t", "d", "u", "m", "lost")
    ]
    assert [(s.name, s.types, s.owner, s.parts[0].name) for s in each_root(params)] == [
        ("t", ("t",), "t", "t"), ("d", ("d", "m"), "d", "d"), ("u", ("u",), "u", "u"),
    ]  # fmt: skip

    assert [(s.name, s.types, s.owner, tuple(p.name for p in s.parts)) for s in each_section(params)] == [
        ("a.TEXT", ("t",), "t", ("a.TEXT", "t")), ("a.DATA", ("d",), "d", ("a.DATA", "d")),
        ("b.INITTEXT", ("u",), "u", ("b.INITTEXT", "u")), ("b.RODATA", ("u",), "u", ("b.RODATA", "u")),
        ("c.RODATA", ("m",), "d", ("c.RODATA", "d")),
    ]  # fmt: skip


@pytest.mark.parametrize(("rule", "kinds"), [
    ("ROI003", {"RODATA_AFTER_INIT"}), ("ROI005", {"INITTEXT", "INITDATA", "INITRODATA"}),
    ("PRT004", {"RODATA", "INITRODATA", "RODATA_AFTER_INIT"}),
    ("PRT005", {"DATA", "INITDATA", "RODATA", "INITRODATA", "RODATA_AFTER_INIT"}),
])  # fmt: skip
def test_a_rule_speaks_of_the_sections_that_it_is_about(rule: str, kinds: set[str]) -> None:
    every = ("TEXT", "DATA", "RODATA", "RODATA_AFTER_INIT", "INITTEXT", "INITDATA", "INITRODATA")
    params = table(alloc_type("r"), sections={f"a.{kind}": "r" for kind in every})
    assert subjects(rule, params).keys() == {f"a.{kind}" for kind in kinds}


# -- reach -----------------------------------------------------------------------------------------------------------

TO = ("kernel", "text", "data")
NEAR = Reach("B", "relative", TO, lowest=-32, highest=28)
TEXT, DATA = alloc_type("t", 0, ranges=[(0x41, 0x52)]), alloc_type("d", 1, ranges=[(0x5C, 0x6B)])
IMAGE = region("image", 0x30, 0x3B)
SEGMENT = Reach("J", "segment", TO, segment_bits=6, instruction=2)


TARGETS = {"RCH001": range(0x30, 0x3C), "RCH002": range(0x44, 0x50), "RCH003": range(0x5C, 0x6C)}
BOUNDS = [-33, -32, -31, -25, -24, -15, -14, -12, -11, -8, -7, 0, 8, 11, 12, 20, 21, 28, 31, 35, 36, 37, 39, 40, 63]


@pytest.mark.parametrize("rule", sorted(TARGETS))
def test_reach_is_asked_of_every_place_and_every_target(rule: str) -> None:
    branches = [Reach("B", "relative", TO, lowest, highest) for lowest, highest in product(BOUNDS, BOUNDS)]
    jumps = [Reach("J", "segment", TO, segment_bits=bits, instruction=2) for bits in range(8)]
    answers = set()
    for rules in [(one,) for one in (*branches, *jumps) if one.lowest <= one.highest] + [(NEAR, SEGMENT)]:
        params = table(TEXT, DATA, sections={"a.TEXT": "t", "a.DATA": "d"}, reach=rules, image=IMAGE)
        found = outcome(rule, params, "t")
        assert isinstance(found, Condition)
        expected = all(
            reaches(one, place, target)
            for one in rules
            for place in range(0x44, 0x50 - one.instruction + 1)
            for target in TARGETS[rule]
        )
        assert evaluate(found.formula) == expected
        answers.add(expected)
    assert answers == {True, False}


def reaches(reach: Reach, place: int, target: int) -> bool:
    if reach.kind == "segment":
        return place >> reach.segment_bits == target >> reach.segment_bits
    return reach.lowest <= target - place <= reach.highest


@pytest.mark.parametrize(("rule", "what"), [("RCH001", "kernel"), ("RCH002", "text"), ("RCH003", "data")])
def test_what_the_profile_does_not_name_is_not_judged(rule: str, what: str) -> None:
    roots = alloc_type("t", 0), alloc_type("d", 1)
    sections, image = {"a.TEXT": "t", "a.DATA": "d"}, region("image", 0, 3)
    others = tuple(sorted({"kernel", "text", "data"} - {what}))

    def found(**machine: Any) -> Outcome:
        return outcome(rule, table(*roots, sections=sections, **machine), "t")

    assert found(image=image) == NotJudged(
        "the profile toy machine names no reach; write `reach: none` with a source if there is none"
    )
    assert found(image=image, reach=(replace(NEAR, targets=others),)) == NotJudged(
        f"the profile toy machine names no reach for {what}; add one, of kind `anywhere` if nothing limits it or of "
        "kind `none` if nothing names it, with a source"
    )
    assert found(image=image, none={f"reach.{what}": "x.c:7"}) == NotApplicable(
        f"toy machine has no reach for {what} (x.c:7)"
    )
    if rule == "RCH001":
        assert found(reach=(NEAR,)) == NotJudged(
            "the profile toy machine names no kernel image; write `image: none` with a source if there is none"
        )
        assert found(reach=(NEAR,), none={"image": "x.c:7"}) == NotApplicable("toy machine has no kernel image (x.c:7)")


@pytest.mark.parametrize(("checked", "told"), [
    ((True, True), "the loader refuses the module"),
    ((True, False), "what is written names another address, unchecked"),
])  # fmt: skip
def test_a_branch_that_nobody_checks_is_told_apart(checked: tuple[bool, bool], told: str) -> None:
    reach = (replace(NEAR, checked=checked[0]), replace(SEGMENT, checked=checked[1]))
    params = table(alloc_type("t"), reach=reach, image=region("image", 0, 3))
    found = outcome("RCH001", params, "t")
    assert isinstance(found, ReachCondition)
    assert [(part.name, part.consequence) for part in found.parts] == [
        ("B", "the loader refuses the module"), ("J", told),
    ]  # fmt: skip


def test_the_message_names_the_branches_that_fail_and_no_other() -> None:
    far = replace(NEAR, name="far", kind="anywhere")
    params = table(alloc_type("t"), reach=(far, NEAR), image=region("image", 0, 3))
    (refuted,) = [r for r in verify_table(params).results if (r.rule, r.verdict) == ("RCH001", Verdict.REFUTED)]
    assert refuted.message.startswith("B at ")


def test_the_distance_that_is_told_has_no_sign_and_is_the_shorter_way_round() -> None:
    params = table(alloc_type("t"), reach=(NEAR,), image=region("image", 0, 3))
    found = outcome("RCH001", params, "t")
    facts = getattr(found, "facts")  # noqa: B009
    words = 1 << params.machine.bits
    for place, target in ((0x40, 2), (2, 0x40), (3, 3), (words - 16, 2), (2, words - 16)):
        values = {"place": place, "target": target}
        told = [(name, evaluate(fact.term, values), fact.unit) for name, fact in facts.items()]
        away = min((place - target) % words, (target - place) % words)
        assert told == [("place", place, "address"), ("target", target, "address"), ("distance", away, "bytes")]


# -- rules of one value ----------------------------------------------------------------------------------------------


def test_alignment_is_a_power_of_two_and_at_most_the_granularity() -> None:
    for a in range(0, 70):
        params = table(alloc_type("r", alignment=a, granularity=16))
        assert holds("ALN001", params, "r") is (a in SIZES)
        assert holds("ALN003", params, "r") is (a <= 16)


def test_granularity_is_that_of_the_flag() -> None:
    for g, flag in product((0, 2, PAGE, 8, PMD, 32), (False, True)):
        params = table(alloc_type("r", granularity=g, shared_pmd=flag))
        assert holds("ALN002", params, "r") is ((g, flag) in ((PAGE, False), (PMD, True)))
        sealing = replace(params.types[0], seals=truth(True))
        assert holds("ROI006", table(sealing), "r") is (g != PMD)
        for large in (PAGE, PMD):  # tried first for what is carved
            tried = replace(sealing, carved=truth(True), large=word(large))
            assert holds("ROI006", table(tried), "r") is (PMD not in (g, large))


def test_space_is_lost_between_a_bound_and_the_next_multiple() -> None:
    for first, last, g, a in product((0x40, 0x42, 0x44), (0x5D, 0x5F, 0x63), (4, 16), (2, 8)):
        params = table(alloc_type("r", ranges=[(first, last)], granularity=g, alignment=a))
        below, above = -first % max(g, a), (last + 1) % g
        assert holds("ALN005", params, "r") is (not below and not above)
        facts = getattr(outcome("ALN005", params, "r"), "facts")  # noqa: B009
        assert {name: evaluate(fact.term) for name, fact in facts.items()} == {"below": below, "above": above}


def test_kasan_asks_for_an_alignment_where_it_is_there() -> None:
    for wanted, a in product((4, 8), SIZES):
        params = table(alloc_type("r", alignment=a), kasan_alignment=word(wanted))
        assert holds("ALN006", params, "r") is (a >= wanted)
    assert outcome("ALN006", table(alloc_type("r")), "r") == NotApplicable(
        "nothing is aligned for KASAN's shadow on toy machine as it is described"
    )


def test_a_mapto_names_a_type_that_is_a_root() -> None:
    for mapto in (-1, 0, 1, 2, 3):
        params = table(alloc_type("a", 0), alloc_type("b", 1, mapto=mapto), alloc_type("c", 2, mapto=0))
        assert holds("MAP001", params, "b") is (0 <= mapto < 3)
        if 0 <= mapto < 3:
            assert holds("MAP002", params, "b") is (mapto in (0, 1))
        else:
            assert outcome("MAP002", params, "b") == NotApplicable("its mapto_type names no type (MAP001)")


@pytest.mark.parametrize(("fields", "missing"), [
    ({}, ""), ({"granularity": 0}, "granularity"), ({"alignment": 0}, "alignment"),
    ({"ranges": [(0, 0)]}, "start[0] and end[0]"), ({"ranges": [(0, 9)]}, ""), ({"ranges": [(9, 0)]}, ""),
    ({"protection": "---"}, "pgprot"), ({"protection": "--x"}, ""), ({"protection": "-w-"}, ""),
    ({"protection": "r--"}, ""), ({"granularity": 0, "alignment": 0}, "granularity, alignment"),
])  # fmt: skip
def test_a_root_leaves_nothing_that_is_needed_at_zero(fields: dict[str, Any], missing: str) -> None:
    params = table(alloc_type("r", **fields))
    assert holds("MAP003", params, "r") is (not missing)
    told = f"r is used as a root, and leaves at zero: {missing or 'a parameter, in some boot'}"
    assert getattr(outcome("MAP003", params, "r"), "message") == told  # noqa: B009


DEAD: dict[str, dict[str, Any]] = {
    "granularity": {"granularity": 8}, "alignment": {"alignment": 8}, "start0": {"ranges": [(0x44, 0x7F)]},
    "end0": {"ranges": [(0x40, 0x6F)]}, "start1": {"ranges": [(0x40, 0x7F), (4, 0)], "second": False},
    "end1": {"ranges": [(0x40, 0x7F), (0, 4)], "second": False}, "pgprot": {"protection": "r--"},
    "fill": {"fill_name": "poke"}, "invalidate": {"invalidate_name": "poke"},
}  # fmt: skip


@pytest.mark.parametrize("field", [*DEAD, "seals", "second", "shared_pmd", "carved"])
def test_a_field_of_a_merged_type_that_differs_is_dead_if_it_was_written(field: str) -> None:
    fields = DEAD.get(field, {field: truth(True) if field == "carved" else True})
    name = field if field in DEAD else "flags"
    for written in ({name}, {"mapto"}, set(DEAD) - {name}):
        merged = alloc_type("m", 1, mapto=0, **fields, written=frozenset(written))
        params = table(alloc_type("r", 0), merged)
        noticed = bool({x.rstrip("01") for x in written} & {name.rstrip("01")})
        assert holds("MAP004", params, "m") is (not noticed)
        found = outcome("MAP004", params, "m")
        if noticed:
            assert getattr(found, "message").endswith(f"are never used: {name}")  # noqa: B009
            assert getattr(found, "blame") == name  # noqa: B009
    told = NotApplicable("the type is not merged into another")
    assert outcome("MAP004", params, "r") == told
    assert outcome("MAP004", table(alloc_type("m", 0, mapto=7)), "m") == told


def test_types_that_are_left_out_are_told_in_one_sentence() -> None:
    first, *others = (alloc_type(name, number, mapto=0) for number, name in enumerate("tabcd"))
    written = replace(others[1], written=frozenset({"mapto"}))
    params = table(replace(first, written=frozenset({"mapto"})), others[0], written, *others[2:])
    told = {getattr(outcome("MAP005", params, name), "message") for name in "acd"}  # noqa: B009
    assert told == {"a, c, d are left out: C's zero merges them into t, whose pages are PAGE_TEST (rw-)"}
    assert [holds("MAP005", params, name) for name in "tabcd"] == [True, False, True, False, False]


def test_a_mapto_left_out_is_noticed() -> None:
    for index, written in product((0, 1), ((), ("",), ("alignment",), ("alignment", "mapto"), ("mapto",))):
        types = [alloc_type("r", 0), alloc_type("s", 1)]
        types[index] = replace(types[index], written=frozenset(written))
        expected = index == 0 or "mapto" in written
        types[1 - index] = replace(types[1 - index], written=frozenset({"mapto"}))
        assert holds("MAP005", table(*types), types[index].name) is expected
    other = table(alloc_type("r", 0))
    own = replace(other, dialect=replace(other.dialect, has_mapto=False))
    assert outcome("MAP005", own, "r") == NotApplicable("in toy each type has memory of its own")


# -- ranges ----------------------------------------------------------------------------------------------------------


def test_a_first_byte_has_room_if_the_allocator_finds_it() -> None:
    generator, seen = random.Random(5), set()
    for root in drawn_roots(150):
        registered = tuple(
            region(f"taken {n}", first, last) for n, (first, last) in enumerate(ranges(generator, 2)) if first <= last
        )
        guard = generator.choice(("none", "page"))
        params = table(root, assume=Assumptions(guard=guard), registered=registered)
        placed = Allocator(in_boot(params, {})).alloc("r.TEXT", 1, "m")
        assert holds("RNG001", params, "r.TEXT") is (placed is not None), root
        seen.add(placed is None)
    assert seen == {False, True}


@pytest.mark.parametrize(("g", "a"), [(0, 4), (4, 0), (0, 0), (128, 1), (1, 128)])
def test_there_is_no_room_for_a_granule_of_zero_or_one_that_wraps(g: int, a: int) -> None:
    for guard in ("none", "page"):
        root = alloc_type("r", ranges=[(0, TOP)], granularity=g, alignment=a)
        params = table(root, assume=Assumptions(guard=guard))
        assert holds("RNG001", params, "r.TEXT") is (Allocator(in_boot(params, {})).alloc("r.TEXT", 1, "m") is not None)


def test_the_end_convention_is_minded_where_an_end_symbol_is_taken_over() -> None:
    symbols = {"MOD_END": word(0x80), "MOD_START": word(0x90)}
    for documented, meant, end in product((True, False), (True, False), (0x7F, 0x80, 0x90)):
        params = table(alloc_type("r", ranges=[(0x40, end)]), symbols=symbols, inclusive_ends=meant)
        params = replace(params, dialect=replace(params.dialect, inclusive_ends=documented))
        assert holds("RNG002", params, "r") is (documented == meant or end != 0x80)
        words = {True: "inclusive", False: "exclusive"}
        many = "many" if documented else "few"
        assert getattr(outcome("RNG002", params, "r"), "message") == (  # noqa: B009
            f"the table's ends are documented as {words[documented]}, and toy machine's symbols are {words[meant]}: "
            f"one byte too {many} at {{end}}; the highest block ends at {{top}}"
        )


def test_ranges_are_in_order_and_clear_of_the_first_and_the_last_page() -> None:
    bounds = [(PAGE - 1, 9), (PAGE, 9), (9, TOP - PAGE), (9, TOP - PAGE + 1), (9, 8), (9, 9)]
    for one, two, second in product(bounds, bounds, (False, True)):
        params = table(alloc_type("r", ranges=[one, two], second=second))
        clear = [first >= PAGE and last <= TOP - PAGE for first, last in (one, two)]
        expected = one[0] <= one[1] and clear[0] and (clear[1] or not second or two[0] > two[1])
        assert holds("RNG003", params, "r") is expected


def test_blocks_lie_in_a_window_and_apart_from_what_is_taken() -> None:
    windows = (region("low", 0x40, 0x5F), region("high", 0x80, 0x9F))
    forbidden = (region("hole", 0x50, 0x53),)
    cases = [(0x40, 0x4F), (0x3C, 0x4F), (0x3D, 0x4F), (0x40, 0x50), (0x40, 0x53), (0x54, 0x5F), (0x54, 0x60),
             (0x54, 0x63), (0x80, 0x9F), (0x54, 0x87), (0x51, 0x53), (9, 8)]  # fmt: skip
    seen = set()
    for (one, two), second in product(pairwise(cases), (False, True)):
        root = alloc_type("r", ranges=[one, two], second=second)
        params = table(root, windows=windows, forbidden=forbidden)
        held = [found for number in range(1 + second) if (found := every_block(root, number, 0))]
        spans = [(min(lo for lo, _ in found), max(last for _, last in found)) for found in held]
        right = all(
            any(w[0] <= lo and last <= w[1] for w in ((0x40, 0x5F), (0x80, 0x9F))) and (last < 0x50 or lo > 0x53)
            for lo, last in spans
        )
        assert holds("RNG005", params, "r") is right
        facts = getattr(outcome("RNG005", params, "r"), "facts")  # noqa: B009
        told = [
            (evaluate(facts[f"low{n}"].term), evaluate(facts[f"high{n}"].term)) for n in (0, 1) if f"low{n}" in facts
        ]
        assert told == spans
        assert {fact.unit for fact in facts.values()} <= {"address"}
        seen.add(right)
    assert seen == {False, True}


def test_of_windows_and_what_is_taken_each_is_judged_alone_and_what_is_not_named_is_said() -> None:
    root, window = alloc_type("r", ranges=[(0x40, 0x4F), (9, 8)]), region("w", 0x40, 0x5F)
    no_window, no_forbidden = (
        f"the profile toy machine names no {noun}; write `{key}: none`{under} with a source if there is none"
        for noun, key, under in (("window", "windows", ""), ("forbidden region", "forbidden", ", under `regions`,"))
    )
    none = {"windows": "w.c:1", "forbidden": "f.c:2"}

    def found(**machine: Any) -> Outcome:
        return outcome("RNG005", table(root, **machine), "r")

    def told(**machine: Any) -> tuple[bool, str]:
        condition = found(**machine)
        assert isinstance(condition, Condition)
        return bool(evaluate(condition.formula)), condition.not_judged

    assert found() == NotJudged(f"{no_window}; {no_forbidden}")
    assert found(none={"windows": "w.c:1"}) == NotJudged(no_forbidden)
    assert found(none=none) == NotApplicable(
        "toy machine has no window (w.c:1); toy machine has no forbidden region (f.c:2)"
    )
    assert told(windows=(window,)) == (True, no_forbidden)
    assert told(windows=(region("w", 0x44, 0x5F),)) == (False, no_forbidden)
    assert told(windows=(window,), none={"forbidden": "f.c:2"}) == (True, "")
    assert told(forbidden=(window,)) == (False, no_window)
    assert told(forbidden=(region("f", 0, 3),)) == (True, no_window)
    assert told(forbidden=(region("f", 0, 3),), none={"windows": "w.c:1"}) == (True, "")


def test_a_cache_s_search_of_two_ranges_is_not_judged() -> None:
    cache = table(alloc_type("r", ranges=[(0x40, 0x7F), (0x80, 0x8F)], carved=truth(True)))
    assert outcome("CMP002", cache, "r") == NotJudged(
        "the cache asks for large pages in both ranges before it asks for less: that is not modelled"
    )


def test_the_field_to_change_is_the_alignment_or_the_end_that_is_documented_otherwise() -> None:
    found = outcome("ALN004", table(alloc_type("r")), "r")
    assert isinstance(found, Condition) and found.blame == "alignment"
    both = [(0x40, 0x7F), (0x90, 0x9F)]
    for end, second, blame in ((0x7F, True, "end0"), (0x9F, True, "end1"), (0x9F, False, "end0"), (0x44, True, "end0")):
        root = alloc_type("r", ranges=both, second=second)
        params = table(root, symbols={"MODULES_END": word(end)}, inclusive_ends=False)
        found = outcome("RNG002", params, "r")
        assert isinstance(found, Condition) and found.blame == blame


def test_the_second_range_and_its_flag_go_together_and_add_something() -> None:
    seconds = [(0, 0), (0x20, 0x2F), (0x40, 0x7F), (0x44, 0x4F), (0x44, 0x80), (0x3F, 0x7F), (9, 8), (0, 5), (5, 0)]
    for second, flag in product(seconds, (False, True)):
        params = table(alloc_type("r", ranges=[(0x40, 0x7F), second], second=flag))
        if not flag and second == (0, 0):
            assert outcome("RNG006", params, "r") == NotApplicable("there is no second range")
            assert outcome("CMP002", params, "r") == NotApplicable("there is no second range")
            continue
        nested = second[0] >= 0x40 and second[1] <= 0x7F
        expected = flag and second != (0, 0) and second[0] <= second[1] and not nested
        assert holds("RNG006", params, "r") is expected
    for written, blame in (({"start1"}, "start1"), ({"end1"}, "flags"), (set(), "flags")):
        params = table(alloc_type("r", second=True, written=frozenset(written)))
        assert getattr(outcome("RNG006", params, "r"), "blame") == blame  # noqa: B009


def test_roots_with_arbiters_of_their_own_need_ranges_that_do_not_meet() -> None:
    cases = [[(0x40, 0x4F)], [(0x50, 0x5F)], [(0x4F, 0x50)], [(0x10, 0x1F), (0x40, 0x40)], [(9, 8), (0x18, 0x18)]]
    for one, two, arbiter in product(cases, cases, ("shared", "private")):
        roots = alloc_type("a", 0, ranges=one), alloc_type("b", 1, ranges=two)
        params = table(*roots, assume=Assumptions(arbiter=arbiter))
        sets = [{x for first, last in some for x in range(first, last + 1)} for some in (one, two)]
        for name in "ab":
            assert holds("OVL002", params, name) is (arbiter == "shared" or not sets[0] & sets[1])
    assert outcome("OVL002", table(roots[0]), "a") == NotApplicable("there is one root")


# -- what others than the loader allocate from -----------------------------------------------------------------------


def test_a_given_type_of_others_is_spoken_of_like_a_root() -> None:
    loaded, given, copied = (alloc_type(name, number) for number, name in enumerate("rkf"))
    given, copied = replace(given, written=frozenset({"start0"})), replace(copied, written=frozenset())
    params = table(loaded, given, copied, sections={"a.TEXT": "r"})
    params = replace(params, dialect=replace(params.dialect, others=("k", "f")))
    found = list(each_allocated(params))
    assert [(s.name, s.types, s.owner, s.parts[0].name) for s in found] == [
        ("r", ("r",), "r", "r"), ("k", ("k",), "k", "k"),
    ]  # fmt: skip
    assert [s.name for s in each_root(params)] == ["r"]
