"""A table in one boot, in integers, independent of the tool.

A table that depends on the boot is a tuple of these, one for each boot; only addresses, sizes and alignments differ
between them. Intervals are (first, last), the last byte included; an interval with last before first is empty. Values
are words of `bits` bits. Source: sections 1 and 5 of spec/semantics.md, and the fields of struct mod_alloc_type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modalloc_model.params import Assumptions, Kind

Interval = tuple[int, int]
PLAIN = Assumptions()


@dataclass(frozen=True, slots=True)
class Fields:
    """One type of the table, as written. `starts` and `ends` are in the dialect's convention."""

    name: str
    mapto: int
    granularity: int
    alignment: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    second: bool = False
    letters: str = "rw-"
    seals: bool = False
    shared_pmd: bool = False
    fill: str = ""  # the function's name
    invalidate: str = ""
    written: frozenset[str] = frozenset({"mapto", "granularity", "alignment", "start0", "end0"})
    carved: bool = False  # blocks have any number of granules, and are used again
    large: int = 0  # what a carved block's size is rounded up to where that fits; 0: it is not tried
    promised: int = 0  # the alignment that a carved type asks for, whatever it gets

    @property
    def wanted(self) -> int:
        """The alignment that callers may rely on."""
        return self.promised if self.carved else self.alignment


@dataclass(frozen=True, slots=True)
class Part:
    """A section that modules have, and the type that it asks with."""

    name: str
    kind: Kind
    init: bool
    type: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One reach rule. `at` are its places, `to` its targets: kinds of sections, types, regions."""

    name: str
    kind: str  # "relative", "page", "absolute", "segment", "anywhere"
    to: tuple[str, ...]
    lowest: int = 0
    highest: int = 0
    segment_bits: int = 0
    instruction: int = 1
    veneer: str = ""
    at: tuple[str, ...] = ("text",)
    page_bits: int = 0
    inside: bool = False  # it names bytes of its own section alone
    near: tuple[int, int] = (0, 0)  # how far back and on its veneer may stand; nobody says, where both are 0


@dataclass(frozen=True)
class World:
    """The table on its machine, in one boot."""

    bits: int
    page: int
    pmd: int
    types: tuple[Fields, ...]
    parts: tuple[Part, ...]
    others: tuple[str, ...] = ()  # types that others than the loader allocate from
    assumptions: Assumptions = PLAIN
    prunes: bool = False  # the arbiter's search passes over holes, as Linux's does
    documented: bool = True  # the dialect calls ends inclusive
    meant: bool = True  # the machine's own *_END symbols are inclusive
    windows: tuple[Interval, ...] = ()
    allows: tuple[str, ...] = ()  # the most that pages in each window may allow; everything, where it is not said
    forbidden: tuple[Interval, ...] = ()
    registered: tuple[Interval, ...] = ()
    image: Interval | None = None
    named: tuple[tuple[str, Interval], ...] = ()  # what branches name beyond the image
    branches: tuple[Branch, ...] = ()
    kasan: int | None = None
    symbols: tuple[tuple[str, int], ...] = ()
    unknown: int = 0  # what the boot's unknown is

    @property
    def size(self) -> int:
        """Of the address space, in bytes."""
        return 1 << self.bits

    @property
    def guard(self) -> int:
        """Bytes kept free after each block."""
        return self.page if self.assumptions.guard == "page" else 0

    def up(self, x: int, alignment: int) -> int:
        """ALIGN(x, alignment), wrapping."""
        return (x + alignment - 1) & ~(alignment - 1) & (self.size - 1)

    def target(self, t: Fields) -> Fields | None:
        """The type whose parameters `t` uses; None outside the table."""
        return self.types[t.mapto] if 0 <= t.mapto < len(self.types) else None

    def root(self, part: Part) -> Fields | None:
        """The type whose parameters the section's memory has."""
        return self.target(next(t for t in self.types if t.name == part.type))

    def roots(self) -> tuple[Fields, ...]:
        """The types that some section's memory comes from, in the table's order."""
        used = [self.root(part) for part in self.parts]
        return tuple(t for t in self.types if any(t is root for root in used))

    def of_others(self) -> tuple[Fields, ...]:
        """The types that others allocate from, where each is its own root and no section's."""
        own = [t for t in self.types if t.name in self.others and self.target(t) is t]
        return tuple(t for t in own if not any(t is root for root in self.roots()))

    def allocated(self) -> tuple[Fields, ...]:
        """The roots, and the types that others allocate from, in the table's order."""
        own = (*self.roots(), *(t for t in self.of_others() if t.written))
        return tuple(t for t in self.types if any(t is one for one in own))

    def written_range(self, t: Fields, number: int) -> Interval:
        """Range `number` as an interval: empty where it holds nothing."""
        start, end = t.starts[number], t.ends[number]
        if not self.documented:
            return (start, end - 1) if start < end else (1, 0)
        return (start, end) if start <= end else (1, 0)

    def ranges(self, t: Fields) -> Iterator[tuple[int, int, int]]:
        """(number, first, last) of the ranges that may be allocated from."""
        for number in range(len(t.starts)):
            first, last = self.written_range(t, number)
            if first <= last and (number == 0 or t.second):
                yield number, first, last

    def regions(self) -> Iterator[Interval]:
        """Every region that the profile names."""
        yield from (*self.windows, *self.forbidden, *self.registered)
        yield from (region for _, region in self.named)
        if self.image:
            yield self.image


def wraps(region: Interval) -> bool:
    """The region's end lies before its start by more than the one byte that makes it empty."""
    return region[1] < region[0] - 1


def sorts(kind: Kind, init: bool) -> tuple[str, ...]:
    """The kinds of a section as place or target."""
    if kind is not Kind.TEXT:
        return ("data",)
    return ("text", "init-text") if init else ("text",)
