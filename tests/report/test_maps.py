"""Address maps as pictures: what is shown, where, and that it is the same each time.

Without it, a picture could put a section where it is not.

Without it we would miss a picture in which a region is missing or misplaced.
"""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from modalloc_model.report.address_map import map_lines
from modalloc_model.report.harmless import visible
from modalloc_model.report.maps.model import (
    AddressMap,
    BranchArrow,
    Column,
    ColumnMark,
    Role,
    lanes,
    legend,
    map_of,
    rows,
)
from modalloc_model.report.maps.pictures import tables_picture
from modalloc_model.report.maps.svg import Words, inline, picture, stylesheet
from modalloc_model.report.style import Style
from tests.report.handmade import BOOT, table, word

SVG = "{http://www.w3.org/2000/svg}"
ZIGZAG = "l10 4l-10 4"
HOSTILE = "</text><script>x</script>\x1b[31m\u202egnp.\x00\ud800]]>&amp;"
TOP = (1 << 64) - 1


def column(title: str, first: int, last: int, role: Role = Role.RANGE, **others: str) -> Column:
    return replace(Column(title, first, last, role), **others)  # type: ignore[arg-type]


def texts(document: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(document).iter() if element.tag.endswith("text")]


def boxes(document: str) -> list[ET.Element]:
    return [e for e in ET.fromstring(document).iter() if e.tag.endswith("rect") and "m-box" in e.get("class", "")]


def number(element: ET.Element, name: str) -> float:
    return float(element.get(name, "nan"))


# -- the model -------------------------------------------------------------------------------------------------------


def test_a_map_shows_the_window_the_ranges_the_image_and_what_is_taken_each_as_what_it_is() -> None:
    shown = map_of(table(), BOOT)
    assert [(c.role.value, c.title) for c in shown.columns] == [
        ("window", "window: modules"),
        ("range", "range of TEXT[0]"),
        ("image", "kernel image"),
    ]


def test_both_drawers_tell_of_the_same_regions_in_the_same_words() -> None:
    shown = map_of(table(), BOOT)
    characters = map_lines(shown, Style())
    legend = characters[characters.index("") + 1 :]
    assert len(legend) == len(shown.columns)
    assert set(legend) <= set(texts(picture([shown], "map")))


def test_rows_begin_where_something_does_and_at_the_bounds_that_are_asked_for() -> None:
    shown = [column("a", 0x1000, 0x1FFF)]
    assert [(r.first, r.last) for r in rows(shown)] == [(0x1000, 0x1FFF)]
    assert [(r.first, r.last) for r in rows(shown, {0x1800})] == [(0x1000, 0x17FF), (0x1800, 0x1FFF)]


def test_regions_of_one_sort_share_a_lane_unless_they_meet() -> None:
    apart, next_to, across = column("a", 0, 9), column("b", 10, 19), column("c", 5, 14)
    assert [[c.title for c in lane.columns] for lane in lanes(AddressMap((apart, next_to, across)))] == [
        ["a", "b"],
        ["c"],
    ]
    other = replace(next_to, role=Role.IMAGE)
    assert len(lanes(AddressMap((apart, other)))) == 2


def test_a_lane_that_is_always_there_is_there_without_regions() -> None:
    assert [lane.title for lane in lanes(AddressMap((), always=(Role.PAGES, Role.BLOCK)))] == ["blocks", "pages"]


# -- the picture -----------------------------------------------------------------------------------------------------


def test_a_picture_has_the_same_bytes_each_time() -> None:
    assert tables_picture([(table(), BOOT)]) == tables_picture([(table(), dict(BOOT))])


def test_every_region_is_labelled_with_its_symbol_its_address_and_its_size() -> None:
    said = texts(tables_picture([(table(), BOOT)]))
    assert "B  range of TEXT[0]: MODULES_VADDR .. 0xffffffffc0ffffff (16 MiB - 4 KiB)" in said
    assert "0xffffffffc0001000" in said
    assert "MODULES_VADDR" in said


def test_a_box_stands_where_its_rows_are_and_one_that_is_longer_is_taller() -> None:
    small, large = column("small", 0x1000, 0x1FFF), column("large", 0x2000, TOP, Role.TAKEN)
    low, high = boxes(inline(AddressMap((small, large)), "map"))
    assert number(low, "y") + number(low, "height") < number(high, "y")
    assert number(low, "height") < number(high, "height") < 3 * number(low, "height")


def test_a_stretch_drawn_far_too_short_is_marked_and_one_on_scale_is_not() -> None:
    even = inline(AddressMap((column("a", 0, 0xFFF), column("b", 0x1000, 0x1FFF))), "map")
    odd = inline(AddressMap((column("a", 0, 0xFFF), column("b", 0x1000, 0xFFFFFF))), "map")
    assert (even.count(ZIGZAG), odd.count(ZIGZAG)) == (0, 1)


def test_a_broken_scale_is_said_to_be_broken() -> None:
    even, odd = ([column("a", 0, 0xFFF), column("b", 0x1000, last)] for last in (0x1FFF, 0xFFFFFF))
    assert "zigzag" not in picture([AddressMap(tuple(even))], "map")
    assert "zigzag" in picture([AddressMap(tuple(odd))], "map")


@pytest.mark.parametrize("length", [1, 4096, 1 << 40])
def test_no_label_leaves_its_box_and_no_two_lines_of_one_share_a_place(length: int) -> None:
    long = column("a name that has no end and then some more of it " * 3, 0, length - 1, Role.EXTENT, detail="live")
    document = inline(AddressMap((long, column("b", length, 2 * length))), "map")
    box = boxes(document)[0]
    left, top = number(box, "x"), number(box, "y")
    inside = [e for e in ET.fromstring(document).iter() if e.get("class") == "m-in" and number(e, "x") < left + 20]
    of_box = [e for e in inside if top <= number(e, "y") <= top + number(box, "height")]
    assert of_box
    assert all(len(e.text or "") * 7.25 + 7 <= number(box, "width") for e in of_box)
    assert len({number(e, "y") for e in of_box}) == len(of_box)


def test_kinds_differ_by_pattern_and_changes_by_sign_not_by_colour_alone() -> None:
    roles = [replace(column(role.value, n * 16, n * 16 + 15, role), detail="rw-") for n, role in enumerate(Role)]
    fills = [box.get("fill") for box in boxes(inline(AddressMap(tuple(roles)), "map"))]
    assert len(set(fills)) == len(Role)
    marks = [replace(roles[6], mark=mark) for mark in ColumnMark]
    assert len({"".join(texts(inline(AddressMap((c,)), "map"))) for c in marks}) == len(ColumnMark)
    assert len({"".join(legend(AddressMap((c,)))) for c in marks}) == len(ColumnMark)


def test_every_pattern_that_a_box_is_filled_with_is_in_the_picture() -> None:
    protections = [
        column("pages", n, n, Role.PAGES, detail=d) for n, d in enumerate(("---", "r--", "rwx", "-wx", "r-x"))
    ]
    fault = replace(column("pages", 9, 9, Role.PAGES, detail="r--"), mark=ColumnMark.FAULT)
    roles = [column("a", n, n, role) for n, role in enumerate(Role, 20)]
    document = picture([AddressMap((*protections, fault, *roles))], "map")
    defined = {e.get("id") for e in ET.fromstring(document).iter() if e.tag.endswith("pattern")}
    assert set(re.findall(r"url\(#([^)]*)\)", document)) <= defined


def test_a_branch_is_drawn_from_its_place_to_its_target_and_told() -> None:
    text, image = column("text", 0x1000, 0x1FFF, Role.EXTENT), column("image", 0x9000, 0x9FFF, Role.IMAGE)
    shown = AddressMap((text, image), {"IMAGE": 0x9000}, branch=BranchArrow(0x1000, 0x9000, "CALL26"))
    assert "m-arrow" in inline(shown, "map")
    assert "→  CALL26: from 0x1000 to IMAGE" in legend(shown)


def test_a_picture_is_told_to_those_who_do_not_see_it() -> None:
    root = ET.fromstring(tables_picture([(table(), BOOT)]))
    assert root.get("role") == "img"
    identifiers = {e.get("id") for e in root.iter()}
    assert set(root.get("aria-labelledby", "").split()) <= identifiers
    desc = root.find(f"{SVG}desc")
    assert desc is not None
    assert "range of TEXT[0]: MODULES_VADDR" in (desc.text or "")


def test_hostile_names_are_text_and_nothing_in_them_is_unseen() -> None:
    bad = AddressMap((column(HOSTILE, 0, 0xFFF, detail=HOSTILE),), {HOSTILE: 0, "\u2066": 0xFFF}, branch=None)
    document = picture([Words(HOSTILE, "m-title"), bad], HOSTILE)
    root = ET.fromstring(document)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert not [c for c in document if visible(c) != c and c != "\n"]
    assert r"\x1b[31m\u202egnp.\x00\ud800" in document


def test_text_that_can_be_seen_is_left_alone() -> None:
    assert visible("größe\tMODULES_VADDR") == "größe    MODULES_VADDR"
    assert visible("\x1b\u202e\U000e0001\n") == r"\x1b\u202e\U000e0001\x0a"


def test_a_map_of_nothing_is_a_picture_too() -> None:
    nothing = replace(table(), machine=replace(table().machine, windows=(), image=None), types=())
    assert (
        ET.fromstring(tables_picture([(replace(nothing, dialect=replace(nothing.dialect, sections=())), BOOT)]))
        is not None
    )


def test_light_and_dark_have_the_same_colours_to_name() -> None:
    light, dark = re.findall(r":root \{(.*?)\}", stylesheet(), re.DOTALL)
    assert re.findall(r"--[\w-]+(?=:)", light) == re.findall(r"--[\w-]+(?=:)", dark)


@pytest.mark.parametrize("theme", [0, 1])
def test_text_and_lines_stand_out_from_the_ground(theme: int) -> None:
    """WCAG 2: 4.5 to 1 for text, which every one of these colours may be."""
    block = re.findall(r":root \{(.*?)\}", stylesheet(), re.DOTALL)[theme]
    colours = dict(re.findall(r"--m-([\w-]+): (#[0-9a-f]{6})", block))
    ground = colours.pop("ground")
    colours.pop("line")
    assert {name for name, colour in colours.items() if contrast(colour, ground) < 4.5} == set()


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_map_is_drawn_at_the_top_of_the_address_space() -> None:
    full = replace(table().machine.windows[0], first=word(0), last=word(TOP))
    whole = replace(table(), machine=replace(table().machine, windows=(full,)))
    assert "A  window: modules: 0x0 .. 0xffffffffffffffff (16 EiB)" in texts(tables_picture([(whole, BOOT)]))
