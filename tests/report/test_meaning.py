"""What `show` and `arch` draw.

Without it, `show` could draw another table than the one that is decided.

Without it we would miss a type, root or graph drawn otherwise than the table means it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from modalloc_model.addresses import term_text
from modalloc_model.params import Assumptions, Kind, Location, Range, Reach, Region, Section
from modalloc_model.report.address_map import Column, address_map, draw
from modalloc_model.report.machines import constant_length, machine_list, machine_text, reach_in_short
from modalloc_model.report.meaning import meaning
from modalloc_model.report.style import Style, excerpt
from modalloc_model.report.telling import section
from modalloc_model.words import choose, ne, truth, ule, variable
from tests.report.handmade import BASE, BOOT, SOURCE, machine, table, word

PLAIN = Style()


def test_the_map_has_a_row_for_each_stretch_and_a_mark_for_each_region() -> None:
    lines = draw([Column("a", 0x1000, 0x2FFF), Column("b", 0x2000, 0x3FFF)], {"START": 0x2000}, PLAIN)
    assert lines == [
        "         size  A B",
        "0x1000  4 KiB  █ .",
        "0x2000  4 KiB  █ █  START",
        "0x3000  4 KiB  . █",
        "",
        "A  a: 0x1000 .. 0x2fff (8 KiB)",
        "B  b: START .. 0x3fff (8 KiB)",
    ]


def test_the_map_reaches_the_top_of_the_address_space() -> None:
    top = (1 << 64) - 1
    assert f"{top - 0xFFF:#x}  4 KiB  █" in draw([Column("top", top - 0xFFF, top)], {}, PLAIN)


def test_a_region_that_holds_nothing_is_not_drawn() -> None:
    plain = table()
    window = plain.machine.windows[0]
    hollow = replace(window, name="hollow", first=window.last, last=window.first)
    changed = replace(plain, machine=replace(plain.machine, windows=(window, hollow)))
    assert not any("hollow" in line for line in address_map(changed, BOOT, PLAIN))


def test_regions_with_the_same_bounds_share_a_column() -> None:
    plain = table()
    assert plain.machine.image
    known = replace(plain, machine=replace(plain.machine, registered=(plain.machine.image,)))
    assert "kernel image; registered: kernel image: 0x" in "\n".join(address_map(known, BOOT, PLAIN))


def test_what_ends_something_names_a_place_only_where_nothing_else_does() -> None:
    shown = [Column("low", 0x1000, 0x1FFF), Column("high", 0x2000, 0x3FFF)]
    ends = {"A_END": 0x2000, "LOW": 0x1000}
    assert draw(shown, ends, PLAIN)[-2:] == ["A  low: LOW .. 0x1fff (4 KiB)", "B  high: A_END .. 0x3fff (8 KiB)"]
    assert draw(shown, {**ends, "HIGH": 0x2000}, PLAIN)[-1] == "B  high: HIGH .. 0x3fff (8 KiB)"
    assert "0x2000  8 KiB  . █  A_END, HIGH" in draw(shown, {**ends, "HIGH": 0x2000}, PLAIN)


def test_a_symbol_with_an_offset_names_only_what_lies_in_a_region_with_it() -> None:
    inside, outside = Column("inside", 0x1800, 0x1FFF), Column("outside", 0x2000, 0x3FFF)
    drawn = draw([Column("all", 0x1000, 0x1FFF), inside, outside], {"LOW": 0x1000}, PLAIN)
    assert drawn[-2:] == ["B  inside: LOW+0x800 .. 0x1fff (2 KiB)", "C  outside: 0x2000 .. 0x3fff (8 KiB)"]


def test_sizes_in_the_map_are_aligned_however_long() -> None:
    drawn = draw([Column("a", 0, 0xFFF), Column("b", 0x100000, (1 << 64) - 0x1001)], {}, PLAIN)
    rows = drawn[: drawn.index("")]
    assert len({row.index(mark) for row, mark in zip(rows, ("A", "█", ".", "."), strict=True)}) == 1
    assert "~" not in drawn[1]


def test_more_regions_than_letters_have_names_of_their_own() -> None:
    shown = [Column(str(n), n, n) for n in range(30)]
    legend = draw(shown, {}, PLAIN)[-30:]
    assert len({line.split()[0] for line in legend}) == 30


def test_the_meaning_of_a_table_names_roots_and_what_is_merged_into_them() -> None:
    merged = replace(table(), types=(table().types[0], replace(table().types[1], mapto=0)))
    text = "\n".join(meaning(merged, BOOT, [], PLAIN))
    assert "INITTEXT  text  from TEXT  until the module is live" in text
    assert "  TEXT\n    <- INITTEXT\n" in text
    assert "used by      TEXT, INITTEXT" in text
    assert "kaslr_offset = 0x1000" in text


def test_pages_are_shown_as_they_are_mapped_and_as_the_loader_leaves_them() -> None:
    by_loader = replace(table(), assumptions=Assumptions(protect="by-loader"))
    assert "as long as the module     r--, r-x once loaded" in "\n".join(meaning(by_loader, BOOT, [], PLAIN))
    late = replace(by_loader.dialect, sections=(Section("LATE", Kind.RODATA_AFTER_INIT, False, "TEXT"),))
    text = "\n".join(meaning(replace(by_loader, dialect=late), BOOT, [], PLAIN))
    assert "r--, rw- once loaded, r-- once live" in text
    assert "after init   as the loader has it" in text


def test_where_types_are_mapped_to_nothing_else_those_that_serve_no_section_are_named() -> None:
    plain = table()
    own = replace(plain.dialect, has_mapto=False, sections=plain.dialect.sections[:1])
    text = "\n".join(meaning(replace(plain, dialect=own), BOOT, [], PLAIN))
    assert "every type is its own root\n  no section's memory comes from INITTEXT\n" in text


def test_a_range_that_holds_nothing_is_shown_with_its_bounds() -> None:
    first, second = table().types
    empty = replace(first, ranges=(Range.from_bounds(word(0x2000), word(0x1000), inclusive=True),))
    text = "\n".join(meaning(replace(table(), types=(empty, second)), BOOT, [], PLAIN))
    assert "empty: start 0x2000, end 0x1000" in text


def test_a_chain_is_shown_as_one_that_nobody_follows() -> None:
    first, second = table().types
    crossed = replace(table(), types=(replace(first, mapto=1), replace(second, mapto=0)))
    assert "itself mapped to INITTEXT, which nobody follows" in "\n".join(meaning(crossed, BOOT, [], PLAIN))


def test_a_type_mapped_to_nothing_is_shown_as_such() -> None:
    first, second = table().types
    lost = replace(table(), types=(first, replace(second, mapto=7)))
    text = "\n".join(meaning(lost, BOOT, [], PLAIN))
    assert "INITTEXT -> 7 no such type" in text
    assert "from no type: fails" in text


def test_a_machine_is_described_with_its_sources() -> None:
    near = Reach("BL", "relative", ("kernel", "text"), -0x2000000, 0x1FFFFFF, source="head.S:1")
    text = machine_text(replace(machine(), reach=(near,)), {"page_size": "page.h:7"}, PLAIN)
    assert "page.h:7" in text
    assert "to kernel, text: -0x2000000 .. +0x1ffffff bytes; refused beyond" in text
    assert "MODULES_VADDR  0xffffffffc0000000 + kaslr_offset" in text


def test_a_machine_takes_a_line_or_two_in_the_list() -> None:
    near = Reach(
        "R_TOY_CALL26 (jump)", "relative", ("kernel", "text"), -0x2000000, 0x1FFFFFF, veneer="a stub, in front"
    )
    assert machine_list([replace(machine(), reach=(near,))], PLAIN) == [
        "machine  bits  page   PMD    window; reach; what the boot decides",
        "toy64    64    4 KiB  2 MiB  modules 0xffffffffc0000000 .. 0xffffffffc0ffffff (16 MiB)",
        "                             CALL26 ±32 MiB, veneer: a stub; boot: kaslr_offset",
    ]


@pytest.mark.parametrize(
    ("lowest", "highest", "told"),
    [
        (-0x8000000, 0x7FFFFFF, "CALL ±128 MiB"),
        (-0x1FFFFF7, 0x2000007, "CALL ±32 MiB"),
        (-0xFFFFF001, 0xFFFFF000, "CALL ±4 GiB"),
        (-0x80008000, 0x7FFF7FFF, "CALL ±2 GiB"),
        (-0x1000, 0x7FFFFFF, "CALL -0x1000 .. +0x7ffffff"),
        (-0x1800000, 0x17FFFFF, "CALL -0x1800000 .. +0x17fffff"),
    ],
)
def test_a_distance_is_told_as_one_power_of_two_where_both_ends_are_nearly_that(
    lowest: int, highest: int, told: str
) -> None:
    assert reach_in_short([Reach("R_TOY_CALL", "relative", ("kernel",), lowest, highest)]) == [[told]]


def test_reach_in_short_says_of_what_is_not_limited_only_what_it_names() -> None:
    wide = Reach("R_TOY_HI16/LO16", "anywhere", ("data",))
    call = Reach("R_TOY_26", "segment", ("kernel",), segment_bits=28)
    assert reach_in_short([wide]) == [["anywhere"]]
    assert reach_in_short([call, wide]) == [["R_TOY_26 256 MiB segment"], ["data anywhere"]]


def test_a_region_that_moves_as_a_whole_has_a_length() -> None:
    start = word(BASE) + variable("offset", 64)
    assert constant_length(Region("moves", start - 0x2000, start - 1)) == 0x2000
    assert constant_length(Region("grows", word(BASE), start)) is None
    assert constant_length(Region("halves", start & ~word(0xFFF), start)) is None


def test_symbols_stand_for_what_they_are_worth_and_the_shortest_of_several_is_taken() -> None:
    start = word(BASE) + variable("offset", 64)
    two = replace(machine(), symbols={"MODULES_VADDR": start, "BASE": start, "MODULES_END": word(BASE + 1)})
    assert term_text(start - 1, two) == "BASE - 1"
    assert term_text(word(BASE + 1), two) == hex(BASE + 1)
    c_truth = truth(ne(choose(ule(start, word(BASE)), word(1), word(0)), 0))
    assert term_text(c_truth, two) == f"BASE <= {BASE:#x}"


def test_the_caret_stands_beneath_its_column_whatever_the_tabs() -> None:
    shown = excerpt(SOURCE, Location("toy.c", 4, 14), PLAIN)
    assert shown == ["4 | .pgprot = PAGE_KERNEL_RO,", "  |           ^"]


def test_a_place_outside_the_text_has_no_excerpt() -> None:
    assert excerpt(SOURCE, Location("toy.c", 99, 1), PLAIN) == []
    assert excerpt("", Location("toy.c", 0, 0), PLAIN) == []


def test_a_section_of_a_page_ends_at_the_next_heading() -> None:
    page = "Title.\n\n## Why it matters\n\nA.\n\n## How to mend it\n\nB.\n\nC.\n\n## See also\n\nD.\n"
    assert section(page, "mend") == "B.\n\nC."
    assert section(page, "nowhere") == ""
