"""How much of a window is out of reach: the places in text from which some target cannot be named.

Derived from the terms that the rules of reach are made of, in one boot: where instructions can begin, where targets
lie, and the bounds of the machine's instructions. Intervals are [first, last] within the words of the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from modalloc_model.params import AllocType, ParamSet, Reach, Region
from modalloc_model.properties.reach import instructions, stands_on, target_regions
from modalloc_model.words import Term, evaluate

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Unreached:
    """Of the bytes at which an instruction can begin, those from which not every target can be named."""

    places: tuple[Interval, ...]
    beyond: tuple[Interval, ...]

    @property
    def total(self) -> int:
        """How many bytes there are."""
        return _length(self.places)

    @property
    def count(self) -> int:
        """How many of them do not reach."""
        return _length(self.beyond)


def find_unreached(table: ParamSet, root: AllocType, what: str, boot: Mapping[str, int]) -> Unreached:
    """For text on the root and targets of that kind, in the boot."""
    rules = [reach for reach in table.machine.reach if what in reach.targets and stands_on(table, root, reach)]
    places = {reach: merge(_intervals(instructions(table, root, reach.instruction), boot)) for reach in rules}
    targets = list(_intervals(target_regions(table, what), boot))
    beyond = (
        gap
        for reach in rules
        for region in targets
        for place in places[reach]
        for gap in without(place, naming(reach, region, table.machine.bits))
    )
    return Unreached(tuple(merge(chain.from_iterable(places.values()))), tuple(merge(beyond)))


def _intervals(regions: Iterable[tuple[Term, Region]], boot: Mapping[str, int]) -> Iterator[Interval]:
    for fits, region in regions:
        if evaluate(fits, boot):
            yield evaluate(region.first, boot), evaluate(region.last, boot)


def naming(reach: Reach, targets: Interval, bits: int) -> list[Interval]:
    """The places from which the instruction names every one of the targets."""
    first, last = targets
    width, top = reach.highest - reach.lowest, (1 << bits) - 1
    if reach.veneer or reach.kind == "anywhere" or (reach.kind == "relative" and width >= top):
        return [(0, top)]
    if reach.kind == "segment":
        segment = first >> reach.segment_bits << reach.segment_bits
        alike = first >> reach.segment_bits == last >> reach.segment_bits
        return [(segment, segment | (1 << reach.segment_bits) - 1)] if alike else []
    if reach.kind == "absolute":
        inside = not without((first, last), _arc(reach.lowest, width, top))
        return [(0, top)] if inside else []
    if reach.kind == "page":
        return [_whole_pages(part, reach.page_bits) for part in _by_pages(reach, targets, top)]
    spare = width - (last - first)
    return _arc(last - reach.highest, spare, top) if spare >= 0 else []


def _by_pages(reach: Reach, targets: Interval, top: int) -> list[Interval]:
    """The addresses of the pages from which the pages of all targets can be named."""
    first, last = (end >> reach.page_bits << reach.page_bits for end in targets)
    spare = reach.highest - reach.lowest - (last - first)
    return _arc(last - reach.highest, spare, top) if spare >= 0 else []


def _whole_pages(interval: Interval, page_bits: int) -> Interval:
    """From the first byte of the first page that begins in the interval to the last of the last."""
    below = (1 << page_bits) - 1
    return (interval[0] + below) & ~below, interval[1] | below


def _arc(first: int, length: int, top: int) -> list[Interval]:
    """From `first` on, `length` steps forward, words wrapping: one interval, or two."""
    begin = first & top
    end = begin + length
    return [(begin, end)] if end <= top else [(0, end & top), (begin, top)]


def without(interval: Interval, others: Iterable[Interval]) -> list[Interval]:
    """The rest of the interval."""
    left, (first, last) = [], interval
    for low, high in merge(others):
        if first <= min(last, low - 1):
            left.append((first, min(last, low - 1)))
        first = max(first, high + 1)
    return [*left, (first, last)] if first <= last else left


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same words as intervals that are apart and in order."""
    found: list[Interval] = []
    for first, last in sorted(intervals):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _length(intervals: Iterable[Interval]) -> int:
    return sum(last - first + 1 for first, last in intervals)
