"""An address map as SVG text; the same input gives the same bytes.

Low addresses come first; a zigzag on the axis marks a break of the scale (`layout`). Roles of regions differ in pattern
and in words, changes in outline and in a sign, so that colour is never the only difference. All text goes through
`visible` and is escaped by xml.etree.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from xml.etree import ElementTree as ET

from modalloc_model.addresses import readable
from modalloc_model.report.harmless import visible
from modalloc_model.report.maps.layout import CHARACTER, FITTING, GAP, LANE, LINE, MARGIN, PADDING, SCALE, Layout
from modalloc_model.report.maps.model import SIGNS, AddressMap, Column, ColumnMark, Role, called, legend, letters


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text between the maps; `style` is a class of map.css: "m-title", "m-faint", "m-bad" or ""."""

    text: str
    style: str = ""


Part = Words | AddressMap


def picture(parts: Sequence[Part], title: str) -> str:
    """A whole SVG document: the parts below each other, on a ground that is light or dark as the reader has it."""
    pen = _Pen(ET.Element("svg", {"class": "m", "xmlns": "http://www.w3.org/2000/svg"}))
    width = max([720.0, *(Layout(part).width for part in parts if isinstance(part, AddressMap))])
    _described(pen.root, title, [line for part in parts for line in _description(part)], "picture")
    style = ET.SubElement(pen.root, "style")
    style.text = stylesheet()
    pen.root.append(patterns())
    ground = pen.add("rect", "m-ground", x=0, y=0)
    y = float(MARGIN)
    for part in parts:
        y = _whole(pen, Layout(part), y) if isinstance(part, AddressMap) else _words(pen, part, y, width)
    for element in (pen.root, ground):
        element.attrib |= {"width": _number(width), "height": _number(y + MARGIN)}
    pen.root.set("viewBox", f"0 0 {_number(width)} {_number(y + MARGIN)}")
    return _number_text(pen.root)


def inline(shown: AddressMap, title: str) -> str:
    """One map without its legend, for a page that has `stylesheet`, `patterns` and the legend."""
    pen, layout = _Pen(ET.Element("svg", {"class": "m", "role": "img", "aria-label": visible(title)})), Layout(shown)
    height = _map(pen, layout, 4)
    pen.root.attrib |= {"viewBox": f"0 0 {_number(layout.width)} {_number(height)}", "width": _number(layout.width)}
    return _number_text(pen.root)


def stylesheet() -> str:
    """The colours, light and dark, and the strokes."""
    return files(__package__).joinpath("map.css").read_text(encoding="utf-8")


def _number_text(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode", short_empty_elements=True) + "\n"


def _description(part: Part) -> list[str]:
    return [part.text] if isinstance(part, Words) else legend(part)


def _described(element: ET.Element, title: str, lines: Iterable[str], name: str) -> None:
    """The picture's text for a screen reader."""
    element.attrib |= {"role": "img", "aria-labelledby": f"{name}-title {name}-text"}
    for tag, part, text in (("title", "title", title), ("desc", "text", "; ".join(lines))):
        ET.SubElement(element, tag, id=f"{name}-{part}").text = visible(text)


# -- drawing ---------------------------------------------------------------------------------------------------------


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@dataclass(frozen=True)
class _Pen:
    root: ET.Element

    def add(self, tag: str, style: str, **place: float | str) -> ET.Element:
        """An element of a class, at a place; numbers have one decimal at most."""
        attributes = {name: value if isinstance(value, str) else _number(value) for name, value in place.items()}
        return ET.SubElement(self.root, tag, {**({"class": style} if style else {}), **attributes})

    def text(self, x: float, y: float, text: str, style: str = "") -> None:
        """A line that begins at x and has its baseline at y."""
        self.add("text", style, x=x, y=y).text = visible(text)


def _words(pen: _Pen, words: Words, y: float, width: float) -> float:
    fitting = int((width - 2 * MARGIN) / (CHARACTER * (1.35 if words.style == "m-title" else 1)))
    for line in _wrapped(words.text, fitting) or [""]:
        pen.text(MARGIN, y + 14, line, words.style)
        y += 22 if words.style == "m-title" else LINE + 2
    return y


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(visible(text), width, subsequent_indent=" " * (len(text) - len(text.lstrip())))


def _whole(pen: _Pen, layout: Layout, y: float) -> float:
    """The map with its legend; gives where it ends."""
    y = _map(pen, layout, y) + 10
    fitting = int((layout.width - 2 * MARGIN) / CHARACTER)
    for line in legend(layout.shown):
        for part in textwrap.wrap(line, fitting, subsequent_indent=" " * 5):
            pen.text(MARGIN, y + 12, part)
            y += LINE
    if any(layout.broken):
        pen.text(MARGIN, y + 12, SCALE, "m-faint")
        y += LINE
    return y + 6


def _map(pen: _Pen, layout: Layout, y: float) -> float:
    """The map from y downwards; gives where it ends."""
    for number, lane in enumerate(layout.lanes):
        pen.text(layout.lane(number), y + 12, lane.title, "m-head")
    top = y + 22
    _grid(pen, layout, top)
    _rows(pen, layout, top)
    named = dict(zip(map(id, layout.shown.columns), letters(len(layout.shown.columns)), strict=True))
    for number, lane in enumerate(layout.lanes):
        for column in lane.columns:
            _box(pen, layout, column, named[id(column)], (layout.lane(number), top))
    _arrow(pen, layout, top)
    return top + sum(layout.heights) + 1


def _grid(pen: _Pen, layout: Layout, top: float) -> None:
    """The lines between the rows, and the axis, bent where a row is too short."""
    end = _number(layout.after - GAP)
    lines = (f"M{MARGIN} {_number(top + y)}H{end}" for y in layout.tops.values())
    pen.add("path", "m-line", d="".join(lines))
    strokes = (
        _zigzag(h) if broken else f"v{_number(h)}" for h, broken in zip(layout.heights, layout.broken, strict=True)
    )
    pen.add("path", "m-axis", d=f"M{_number(layout.axis)} {_number(top)}{''.join(strokes)}")


def _zigzag(height: float) -> str:
    half = _number((height - 12) / 2)
    return f"v{half}l-5 2l10 4l-10 4l5 2v{half}"


def _rows(pen: _Pen, layout: Layout, top: float) -> None:
    """Addresses and sizes to the left, symbols to the right."""
    for row in layout.shown.rows:
        y = top + layout.tops[row.first]
        pen.text(MARGIN, y + 14, hex(row.first))
        pen.text(MARGIN, y + 29, readable(row.size), "m-faint")
        for line, names in enumerate(layout.names(row.first)):
            pen.text(layout.after, y + 14 + line * LINE, names)


def _box(pen: _Pen, layout: Layout, column: Column, letter: str, corner: tuple[float, float]) -> None:
    x, top = corner
    y, end = top + layout.tops[column.first], top + layout.tops[column.last + 1]
    mark = f" m-{column.mark}" if column.mark is not ColumnMark.SAME else ""
    fill = "none" if column.mark is ColumnMark.GONE else f"url(#{pattern(column)})"
    style = f"m-box m-{column.role}{mark}"
    pen.add("rect", style, x=x, y=y + 2, width=LANE, height=end - y - 4, rx=3, fill=fill)
    for number, line in enumerate(_fitting(column, letter, int((end - y - 6) / LINE))):
        pen.text(x + PADDING, y + 18 + number * LINE, line, "m-in")


def _fitting(column: Column, letter: str, room: int) -> list[str]:
    """As many lines as fit into the box; the last marks an omission of more than the size."""
    told = textwrap.wrap(f"{letter}  {SIGNS[column.mark]}{visible(called(column))}", FITTING, subsequent_indent="   ")
    size = textwrap.wrap(f"   {readable(column.last - column.first + 1)}", FITTING, subsequent_indent="   ")
    if len(told) <= room:
        return [*told, *size] if len(told) + len(size) <= room else told
    return [*told[: room - 1], f"{told[room - 1][: FITTING - 1]}\N{HORIZONTAL ELLIPSIS}"]


def _arrow(pen: _Pen, layout: Layout, top: float) -> None:
    """A branch, to the right of the lanes, from its place to its target."""
    if layout.shown.branch is None:
        return
    place, target = (top + layout.tops[at] + 8 for at in (layout.shown.branch.place, layout.shown.branch.target))
    x = layout.lane(len(layout.lanes)) - 4
    path = f"M{_number(x)} {_number(place)}h16V{_number(target)}h-14m5 -4l-5 4l5 4"
    pen.add("path", "m-arrow", d=path)


# -- patterns of boxes: one for each role of a region, and for pages one for each protection --------------------------


_HATCHES: Mapping[str, tuple[int, str]] = {
    "range": (9, "M0 9L9 0"),
    "image": (9, "M0 0L9 9M0 9L9 0"),
    "registered": (7, "M0 3.5H7"),
    "taken": (9, "M0 0L9 9"),
    "extent": (6, "M0 6L6 0"),
    "fault": (7, "M0 0L7 7M0 7L7 0"),
    "r": (9, "M0 4.5H9"),
    "w": (9, "M4.5 0V9"),
    "x": (9, "M0 0L9 9"),
}
"""Side of the tile in pixels, and the strokes in it."""


def pattern(column: Column) -> str:
    """The pattern's identifier; pages have one for each set of permissions."""
    if column.mark is ColumnMark.FAULT:
        return "p-fault"
    if column.role is Role.PAGES:
        return f"p-pages-{''.join(letter for letter in column.detail if letter in 'rwx')}"
    return f"p-{column.role}"


def patterns() -> ET.Element:
    """Every pattern that boxes are filled with."""
    defs = ET.Element("defs")
    for name, size, strokes, role in _patterns():
        tile = {"id": name, "width": str(size), "height": str(size), "patternUnits": "userSpaceOnUse"}
        pattern = ET.SubElement(defs, "pattern", tile)
        for stroke in strokes:
            ET.SubElement(pattern, "path", {"class": f"m-hatch m-{role}", "d": stroke})
        if role == "block":
            ET.SubElement(pattern, "circle", {"class": "m-dot m-block", "cx": "3.5", "cy": "3.5", "r": "1"})
    return defs


def _patterns() -> Iterator[tuple[str, int, list[str], str]]:
    for role in Role:
        if role is not Role.PAGES:
            size, stroke = _HATCHES.get(role.value, (7, ""))
            yield f"p-{role}", size, [stroke] if stroke else [], role.value
    yield "p-fault", 7, [_HATCHES["fault"][1]], "fault"
    for number in range(8):
        allowed = [letter for bit, letter in enumerate("rwx") if number >> bit & 1]
        yield f"p-pages-{''.join(allowed)}", 9, [_HATCHES[letter][1] for letter in allowed], "pages"
