"""What `show` and `arch` draw."""

from __future__ import annotations

from dataclasses import replace

from modalloc_model.params import Location, Reach
from modalloc_model.report.address_map import Column, address_map, draw
from modalloc_model.report.machines import machine_line, machine_text
from modalloc_model.report.meaning import meaning
from modalloc_model.report.pages import section
from modalloc_model.report.source import excerpt
from modalloc_model.report.style import Style
from tests.report.handmade import BOOT, SOURCE, machine, table

PLAIN = Style()


def test_the_map_has_a_row_for_each_stretch_and_a_mark_for_each_region() -> None:
    lines = draw([Column("a", 0x1000, 0x2FFF), Column("b", 0x2000, 0x3FFF)], {"START": 0x2000}, PLAIN)
    assert lines == [
        "                  size  A B",
        "0x1000           4 KiB  █ .",
        "0x2000           4 KiB  █ █  START",
        "0x3000           4 KiB  . █",
        "",
        "A  a: 0x1000 .. 0x2fff (8 KiB)",
        "B  b: START .. 0x3fff (8 KiB)",
    ]


def test_the_map_reaches_the_top_of_the_address_space() -> None:
    top = (1 << 64) - 1
    assert f"{top - 0xFFF:#x}           4 KiB  █" in draw([Column("top", top - 0xFFF, top)], {}, PLAIN)


def test_a_region_that_holds_nothing_is_not_drawn() -> None:
    plain = table()
    window = plain.machine.windows[0]
    hollow = replace(window, name="hollow", first=window.last, last=window.first)
    changed = replace(plain, machine=replace(plain.machine, windows=(window, hollow)))
    assert not any("hollow" in line for line in address_map(changed, BOOT, PLAIN))


def test_more_regions_than_letters_have_names_of_their_own() -> None:
    shown = [Column(str(n), n, n) for n in range(30)]
    legend = draw(shown, {}, PLAIN)[-30:]
    assert len({line.split()[0] for line in legend}) == 30


def test_the_meaning_of_a_table_names_roots_and_what_is_merged_into_them() -> None:
    merged = replace(table(), types=(table().types[0], replace(table().types[1], mapto=0)))
    text = "\n".join(meaning(merged, BOOT, PLAIN))
    assert "INITTEXT  text  from TEXT  until the module is live" in text
    assert "  TEXT\n    <- INITTEXT\n" in text
    assert "used by      TEXT, INITTEXT" in text
    assert "kaslr_offset = 0x1000" in text


def test_a_chain_is_shown_as_one_that_nobody_follows() -> None:
    first, second = table().types
    crossed = replace(table(), types=(replace(first, mapto=1), replace(second, mapto=0)))
    assert "itself mapped to INITTEXT, which nobody follows" in "\n".join(meaning(crossed, BOOT, PLAIN))


def test_a_type_mapped_to_nothing_is_shown_as_such() -> None:
    first, second = table().types
    lost = replace(table(), types=(first, replace(second, mapto=7)))
    text = "\n".join(meaning(lost, BOOT, PLAIN))
    assert "INITTEXT -> 7 no such type" in text
    assert "from no type: fails" in text


def test_a_machine_is_described_with_its_sources() -> None:
    near = Reach("BL", "relative", ("kernel", "text"), -0x2000000, 0x1FFFFFF, source="head.S:1")
    text = machine_text(replace(machine(), reach=(near,)), {"page_size": "page.h:7"}, PLAIN)
    assert "page.h:7" in text
    assert "to kernel, text: -0x2000000 .. +0x1ffffff bytes; refused beyond" in text
    assert "MODULES_VADDR  0xffffffffc0000000 + kaslr_offset" in text


def test_a_machine_takes_a_line_in_the_list() -> None:
    assert machine_line(machine())[:4] == ["toy64", "64 bits", "page 4 KiB", "PMD 2 MiB"]


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
