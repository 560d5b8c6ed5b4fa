"""An address map drawn with characters: what lies where, on a scale that is broken wherever nothing changes.

One row for each stretch between two neighbouring bounds, however long it is; one column for each region. Low addresses
come first. Leaves out: proportions; the sizes are written beside the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase

from modalloc_model.concrete import Concrete, in_boot
from modalloc_model.params import ParamSet, Region
from modalloc_model.report.sizes import readable, span
from modalloc_model.report.style import Style
from modalloc_model.words import evaluate

Boot = Mapping[str, int]


@dataclass(frozen=True)
class Column:
    """A region [first, last] of the map, and what it is."""

    title: str
    first: int
    last: int

    def covers(self, address: int) -> bool:
        """Whether the address lies in it."""
        return self.first <= address <= self.last


def address_map(table: ParamSet, boot: Boot, style: Style) -> list[str]:
    """The window, the ranges, the image and what is taken, in one boot of the machine."""
    concrete = in_boot(table, boot)
    return draw(columns(table, concrete, boot), concrete.symbols, style)


def columns(table: ParamSet, concrete: Concrete, boot: Boot) -> list[Column]:
    """What the map shows, in the order of its columns: the machine's regions, then the table's ranges."""
    machine = table.machine
    found = [_region("window: ", region, boot) for region in machine.windows]
    found += _ranges(concrete)
    regions = [_region("", machine.image, boot)] if machine.image else []
    regions += [_region("registered: ", region, boot) for region in machine.registered]
    regions += [_region("taken: ", region, boot) for region in machine.forbidden]
    return [column for column in (*found, *_merged(regions)) if column.first <= column.last]


def _merged(regions: Iterable[Column]) -> Iterator[Column]:
    """Regions with the same bounds share a column: the image is one of those that are taken."""
    titles: dict[tuple[int, int], list[str]] = {}
    for region in regions:
        titles.setdefault((region.first, region.last), []).append(region.title)
    return (Column("; ".join(names), first, last) for (first, last), names in titles.items())


def _region(prefix: str, region: Region, boot: Boot) -> Column:
    return Column(f"{prefix}{region.name}", evaluate(region.first, boot), evaluate(region.last, boot))


def _ranges(concrete: Concrete) -> list[Column]:
    """Ranges that are alike share a column."""
    users: dict[tuple[int, int], list[str]] = {}
    for root in concrete.roots:
        for number, chosen in enumerate(root.ranges):
            if chosen:
                users.setdefault((chosen.first, chosen.last), []).append(f"{root.name}[{number}]")
    return [Column(f"range of {', '.join(names)}", first, last) for (first, last), names in users.items()]


def draw(shown: Sequence[Column], symbols: Mapping[str, int], style: Style) -> list[str]:
    """The rows, then the legend."""
    letters = _letters(len(shown))
    rows = [(hex(first), readable(last - first + 1), first) for first, last in _rows(shown)]
    width = max((len(address) for address, _, _ in rows), default=0)
    sizes = max((len(size) for _, size, _ in rows), default=4)
    lines = [f"{'':{width}}  {'size':>{sizes}}  {' '.join(letters)}"]
    for _, size, first in rows:
        marks = [f"{style.block if c.covers(first) else '.':<{len(n)}}" for c, n in zip(shown, letters, strict=True)]
        names = ", ".join(sorted(name for name, value in symbols.items() if value == first and value))
        lines.append(f"{first:#0{width}x}  {size:>{sizes}}  {' '.join(marks)}  {names}".rstrip())
    return [*lines, "", *(_legend(letter, c, shown, symbols) for letter, c in zip(letters, shown, strict=True))]


def _letters(count: int) -> list[str]:
    """A, B, ... Z, A1, B1, ..."""
    return [f"{ascii_uppercase[n % 26]}{n // 26 or ''}" for n in range(count)]


def _rows(shown: Iterable[Column]) -> list[tuple[int, int]]:
    """The stretches between neighbouring bounds, from the lowest to the highest address shown."""
    shown = list(shown)
    bounds = sorted({c.first for c in shown} | {c.last + 1 for c in shown})
    return [(low, high - 1) for low, high in pairwise(bounds)]


def _legend(letter: str, column: Column, shown: Iterable[Column], symbols: Mapping[str, int]) -> str:
    return f"{letter}  {column.title}: {span(column.first, column.last, _near(column.first, shown, symbols))}"


def _near(address: int, shown: Iterable[Column], symbols: Mapping[str, int]) -> dict[str, int]:
    """The symbols that may name what begins at an address: those at it, or else those in one region with it.

    What ends something names a place only where nothing else does.
    """
    starts = {name: value for name, value in symbols.items() if not name.lower().endswith("end")}
    for known in (starts, symbols):
        if address in known.values():
            return {name: value for name, value in known.items() if value == address}
    around = [column for column in shown if column.covers(address)]
    return {name: value for name, value in starts.items() if any(column.covers(value) for column in around)}
