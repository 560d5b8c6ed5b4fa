"""What boxes are filled with: a pattern for each kind of region, and for pages one for each set of permissions.

Leaves out: colours, which map.css has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from modalloc_model.report.maps.model import Column, Mark, Role

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
    if column.mark is Mark.FAULT:
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
