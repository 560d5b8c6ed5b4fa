"""The mapto graph as SVG: each type to the left, what it is mapped to at the right, one hop, as the kernel follows it.

Leaves out: what a type maps to where nobody follows it; a word says so.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.report.visible import visible

_ROW, _BOX, _WIDTH, _SPAN = 34, 26, 190, 120


def mapto(table: ParamSet) -> str:
    """The graph as an element of a page that has map.css; "" where the dialect has no mapto."""
    if not table.dialect.has_mapto:
        return ""
    targets = list(dict.fromkeys(t.mapto for t in table.types))
    rows = {index: _middle(table, index, place, len(targets)) for place, index in enumerate(targets)}
    width, height = 2 * _WIDTH + _SPAN + 260, _ROW * len(table.types) + 8
    label = f"mapto of {visible(table.id)}; the table below says the same"
    size = {"viewBox": f"0 0 {width} {height}", "width": str(width)}
    root = ET.Element("svg", {"class": "m", "role": "img", "aria-label": label, **size})
    for row, alloc_type in enumerate(table.types):
        _box(root, 2, row * _ROW, alloc_type.name, "m-block")
        _edge(root, row * _ROW, rows[alloc_type.mapto])
    for index, y in rows.items():
        _target(root, table, index, y)
    return ET.tostring(root, encoding="unicode")


def _middle(table: ParamSet, index: int, place: int, count: int) -> int:
    """Where a target stands: the rows shared out evenly, in the order in which the types name them."""
    return int((place + 0.5) * _ROW * len(table.types) / count - _ROW / 2)


def _box(root: ET.Element, x: int, y: int, text: str, style: str, width: int = _WIDTH) -> None:
    place = {"x": str(x), "y": str(y + 4), "width": str(width), "height": str(_BOX), "rx": "3", "fill": "none"}
    ET.SubElement(root, "rect", {"class": f"m-box {style}", **place})
    label = ET.SubElement(root, "text", {"x": str(x + 8), "y": str(y + 21)})
    label.text = visible(text)


def _edge(root: ET.Element, source: int, target: int) -> None:
    """An arrow from a type to its target."""
    start, end, bend = _WIDTH + 4, _WIDTH + _SPAN, _SPAN // 2
    y, to = source + 17, target + 17
    curve = f"M{start} {y}C{start + bend} {y} {end - bend} {to} {end - 4} {to}m-7 -4l7 4l-7 4"
    ET.SubElement(root, "path", {"class": "m-axis", "d": curve})


def _target(root: ET.Element, table: ParamSet, index: int, y: int) -> None:
    known = 0 <= index < len(table.types)
    target = table.types[index] if known else None
    astray = _astray(table, target) if target else "\N{BALLOT X} no such type"
    x = _WIDTH + _SPAN
    _box(root, x, y, target.name if target else str(index), "m-fault" if astray else "m-extent")
    note = ET.SubElement(
        root,
        "text",
        {"class": "m-bad" if astray else "m-faint", "x": str(x + _WIDTH + 10), "y": str(y + 21)},
    )
    note.text = visible(astray or "root")


def _astray(table: ParamSet, target: AllocType) -> str:
    onward = table.root(target)
    if target.mapto == target.index:
        return ""
    return f"\N{BALLOT X} itself mapped to {onward.name if onward else target.mapto}"
