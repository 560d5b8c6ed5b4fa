"""The layout of a picture: its rows and lanes, in pixels from the upper left corner.

The height of a row grows with the number of digits of its size, so that a byte is legible and the address space fits a
page.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import log10

from modalloc_model.addresses import readable
from modalloc_model.report.harmless import visible
from modalloc_model.report.maps.model import AddressMap, Lane, lanes

CHARACTER = 7.25  # width of a character of 12 pixels in the fonts of map.css
LINE = 15
MARGIN = 16
LANE, GAP, PADDING = 180, 10, 7
FITTING = int((LANE - PADDING - 3) / CHARACTER)
"""Characters in a box."""
SYMBOLS, SYMBOL_LINES = 22, 2
"""Characters, and lines, beside a row."""
LEAST, MORE = 36, 3
"""The height of a row of one byte, and the increment for each further digit of the size."""
SCALE = "Low addresses come first. A zigzag marks a stretch that is drawn more than ten times too short."
"""The height of a break of the scale with its text."""


@dataclass(frozen=True)
class Layout:
    """The places of a map's rows and lanes, in pixels, from the map's own upper left corner."""

    shown: AddressMap

    @cached_property
    def lanes(self) -> list[Lane]:
        """From left to right."""
        return lanes(self.shown)

    @cached_property
    def heights(self) -> list[float]:
        """Of the rows, from the lowest address on."""
        return [LEAST + MORE * int(log10(row.size)) for row in self.shown.rows]

    @cached_property
    def tops(self) -> dict[int, float]:
        """Where each address that begins a row, or follows the last one, is drawn."""
        offsets = list(accumulate(self.heights, initial=0.0))
        starts = [row.first for row in self.shown.rows]
        return dict(zip([*starts, self.shown.rows[-1].last + 1] if starts else [], offsets, strict=False))

    @cached_property
    def broken(self) -> list[bool]:
        """Which rows are drawn more than ten times shorter than another one."""
        density = [row.size / height for row, height in zip(self.shown.rows, self.heights, strict=True)]
        return [each > 10 * min(density) for each in density]

    @cached_property
    def axis(self) -> float:
        """The line between addresses, with the sizes beneath them, and the lanes."""
        longest = max(
            (len(text) for row in self.shown.rows for text in (hex(row.first), readable(row.size))), default=0
        )
        return MARGIN + CHARACTER * longest + 14

    def lane(self, number: int) -> float:
        """Where the lane of that number begins."""
        return self.axis + 14 + number * (LANE + GAP)

    @cached_property
    def after(self) -> float:
        """The right end of the lanes, with room for the arrow of a branch."""
        return self.lane(len(self.lanes)) + (34 if self.shown.branch else 0)

    @cached_property
    def width(self) -> float:
        """Of the whole, margins included."""
        names = max((len(line) for row in self.shown.rows for line in self.names(row.first)), default=0)
        return self.after + CHARACTER * names + MARGIN

    def names(self, address: int) -> list[str]:
        """The symbols at an address, on the two lines that every row has room for."""
        lines = textwrap.wrap(visible(", ".join(self.shown.names(address))), SYMBOLS)
        return lines if len(lines) <= SYMBOL_LINES else [lines[0], f"{lines[1]} \N{HORIZONTAL ELLIPSIS}"]
