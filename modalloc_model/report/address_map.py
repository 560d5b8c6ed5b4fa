"""An address map in text: regions as columns, on a scale that is broken where nothing changes.

Each stretch between two neighbouring bounds is one row, whatever its size, which is written beside it. Low addresses
come first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modalloc_model.addresses import readable
from modalloc_model.params import ParamSet
from modalloc_model.report.maps.model import AddressMap, Boot, legend, letters, map_of
from modalloc_model.report.maps.model import Column as Column
from modalloc_model.report.style import Style


def address_map(table: ParamSet, boot: Boot, style: Style) -> list[str]:
    """The window, the ranges, the image and the occupied regions, in one boot of the machine."""
    return map_lines(map_of(table, boot), style)


def draw(shown: Sequence[Column], symbols: Mapping[str, int], style: Style) -> list[str]:
    """A map of these regions only."""
    return map_lines(AddressMap(tuple(shown), symbols), style)


def map_lines(shown: AddressMap, style: Style) -> list[str]:
    """The rows, then the legend."""
    names = letters(len(shown.columns))
    starts = [(hex(row.first), readable(row.size), row.first) for row in shown.rows]
    width = max((len(address) for address, _, _ in starts), default=0)
    sizes = max((len(size) for _, size, _ in starts), default=4)
    lines = [f"{'':{width}}  {'size':>{sizes}}  {' '.join(names)}"]
    for _, size, first in starts:
        lined = zip(shown.columns, names, strict=True)
        marks = " ".join(f"{style.block if column.covers(first) else '.':<{len(name)}}" for column, name in lined)
        symbols = ", ".join(shown.names(first))
        lines.append(f"{first:#0{width}x}  {size:>{sizes}}  {marks}  {symbols}".rstrip())
    return [*lines, "", *legend(shown)]
