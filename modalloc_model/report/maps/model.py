"""The model of an address map: regions as columns, and the stretches between their bounds as rows.

All drawers share it: text, pictures, pages. Every row has the same weight, so the scale is broken wherever nothing
changes. Drawers decide the looks; the legend is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from string import ascii_uppercase

from modalloc_model import addresses
from modalloc_model.addresses import readable_span
from modalloc_model.concrete import Concrete, in_boot
from modalloc_model.params import ParamSet, Region
from modalloc_model.words import evaluate

Boot = Mapping[str, int]


class Role(StrEnum):
    """The role of a region for the allocator."""

    WINDOW = "window"
    """Where the machine wants module memory."""
    RANGE = "range"
    """A range of a root."""
    IMAGE = "image"
    """The kernel."""
    REGISTERED = "registered"
    """Taken, and the arbiter knows."""
    TAKEN = "taken"
    """Taken, and the arbiter does not know."""
    BLOCK = "block"
    """Address space that the arbiter has given to a root."""
    EXTENT = "extent"
    """Live memory of a section."""
    FREE = "free"
    """Free space of a block."""
    PAGES = "pages"
    """Mapped pages of one protection."""


class ColumnMark(StrEnum):
    """The change of a region by a step."""

    SAME = ""
    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Column:
    """A region [first, last] of the map. `detail` may change while the region stays the same."""

    title: str
    first: int
    last: int
    role: Role = Role.RANGE
    detail: str = ""
    mark: ColumnMark = ColumnMark.SAME

    def covers(self, address: int) -> bool:
        """Whether the address lies in it."""
        return self.first <= address <= self.last

    def meets(self, other: Column) -> bool:
        """Whether they have an address in common."""
        return self.first <= other.last and other.first <= self.last

    @property
    def key(self) -> tuple[str, int, int, str]:
        """The identity of a region across a step."""
        return (self.role.value, self.first, self.last, self.title)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch [first, last] in which nothing begins or ends."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class BranchArrow:
    """An instruction at `place` that names `target`."""

    place: int
    target: int
    title: str


@dataclass(frozen=True)
class AddressMap:
    """The regions in order, and the symbols that name addresses.

    `bounds` are addresses at which a row begins even if no region does: maps with equal bounds have equal rows.
    `always` are roles that have a lane even without a region: maps with equal roles have equal lanes.
    """

    columns: tuple[Column, ...]
    symbols: Mapping[str, int] = field(default_factory=dict)
    bounds: frozenset[int] = frozenset()
    branch: BranchArrow | None = None
    always: tuple[Role, ...] = ()

    @cached_property
    def rows(self) -> list[Stretch]:
        """The rows from the lowest to the highest address of the map."""
        return rows(self.columns, self.bounds)

    def names(self, address: int) -> list[str]:
        """The symbols with this address as value; none for 0."""
        return sorted(name for name, value in self.symbols.items() if value == address and value)

    def span(self, column: Column) -> str:
        """Where a region lies, and how long it is."""
        return readable_span(column.first, column.last, near(column.first, self.columns, self.symbols))

    def place(self, address: int) -> str:
        """The address against a symbol that may name it."""
        return addresses.place(address, near(address, self.columns, self.symbols))


def bounds_of(columns: Iterable[Column]) -> frozenset[int]:
    """The starts of the regions, and the addresses after their ends."""
    return frozenset(bound for column in columns for bound in (column.first, column.last + 1))


def rows(columns: Iterable[Column], bounds: Iterable[int] = ()) -> list[Stretch]:
    """The stretches between neighbouring bounds."""
    return [Stretch(low, high - 1) for low, high in pairwise(sorted({*bounds_of(columns), *bounds}))]


def near(address: int, shown: Iterable[Column], symbols: Mapping[str, int]) -> dict[str, int]:
    """The symbols at the address; if there is none, those inside the same region.

    An end symbol is used only if there is no other.
    """
    starts = {name: value for name, value in symbols.items() if not name.lower().endswith("end")}
    for known in (starts, symbols):
        if address in known.values():
            return {name: value for name, value in known.items() if value == address}
    around = [column for column in shown if column.covers(address)]
    return {name: value for name, value in starts.items() if any(column.covers(value) for column in around)}


# -- the map of a table ----------------------------------------------------------------------------------------------


def map_of(table: ParamSet, boot: Boot) -> AddressMap:
    """The windows, the ranges, the image and the occupied regions, in one boot of the machine."""
    concrete = in_boot(table, boot)
    return AddressMap(tuple(_columns(table, concrete, boot)), concrete.symbols)


def _columns(table: ParamSet, concrete: Concrete, boot: Boot) -> Iterator[Column]:
    """The machine's windows, the table's ranges, and the regions around them; empty ranges are omitted."""
    machine = table.machine
    image = (machine.image,) if machine.image else ()
    windows = _regions(Role.WINDOW, machine.windows, boot)
    regions = _regions(Role.IMAGE, image, boot) + _regions(Role.REGISTERED, machine.registered, boot)
    regions += _regions(Role.TAKEN, machine.forbidden, boot)
    shown = (*windows, *ranges_of(concrete), *_merged(regions))
    return (column for column in shown if column.first <= column.last)


_PREFIXES = {Role.WINDOW: "window: ", Role.REGISTERED: "registered: ", Role.TAKEN: "taken: "}


def _regions(role: Role, regions: Iterable[Region], boot: Boot) -> list[Column]:
    return [_region(role, region, boot) for region in regions if evaluate(region.nonempty, boot)]


def _region(role: Role, region: Region, boot: Boot) -> Column:
    title = f"{_PREFIXES.get(role, '')}{region.name}"
    return Column(title, evaluate(region.first, boot), evaluate(region.last, boot), role)


def _merged(regions: Iterable[Column]) -> Iterator[Column]:
    """Regions with equal bounds share a column: the image may be one of the registered regions."""
    alike: dict[tuple[int, int], list[Column]] = {}
    for region in regions:
        alike.setdefault((region.first, region.last), []).append(region)
    return (replace(same[0], title="; ".join(region.title for region in same)) for same in alike.values())


def ranges_of(concrete: Concrete, roots: Iterable[str] | None = None) -> list[Column]:
    """The ranges of the roots with these names, or of all; equal ranges share a column."""
    wanted = None if roots is None else set(roots)
    users: dict[tuple[int, int], list[str]] = {}
    for root in concrete.roots:
        for number, chosen in enumerate(root.ranges):
            if chosen and (wanted is None or root.name in wanted):
                users.setdefault((chosen.first, chosen.last), []).append(f"{root.name}[{number}]")
    return [Column(f"range of {', '.join(names)}", first, last) for (first, last), names in users.items()]


# -- side by side ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lane:
    """Regions of one sort that do not meet, one above the other."""

    title: str
    columns: tuple[Column, ...]


_TITLES = {
    Role.WINDOW: "window",
    Role.RANGE: "ranges",
    **dict.fromkeys((Role.IMAGE, Role.REGISTERED, Role.TAKEN), "what lies around"),
    Role.BLOCK: "blocks",
    **dict.fromkeys((Role.EXTENT, Role.FREE), "extents"),
    Role.PAGES: "pages",
}
"""The headings of the lanes, in order."""


def lanes(shown: AddressMap) -> list[Lane]:
    """As few lanes as their regions need, each sort together; in each, low addresses come first."""
    always = {_TITLES[role] for role in shown.always}
    found = []
    for title in dict.fromkeys(_TITLES.values()):
        sort = [column for column in shown.columns if _TITLES[column.role] == title]
        stacks = _stacks(sort) or ([[]] if title in always else [])
        found += [Lane(title, tuple(sorted(stack, key=lambda c: c.first))) for stack in stacks]
    return found


def _stacks(columns: Iterable[Column]) -> list[list[Column]]:
    stacks: list[list[Column]] = []
    for column in columns:
        roomy = (stack for stack in stacks if not any(column.meets(other) for other in stack))
        stack = next(roomy, None)
        if stack is None:
            stacks.append([column])
        else:
            stack.append(column)
    return stacks


# -- the legend beneath a map -----------------------------------------------------------------------------------------


SIGNS = {
    ColumnMark.SAME: "",
    ColumnMark.NEW: "+ ",
    ColumnMark.CHANGED: "~ ",
    ColumnMark.GONE: "\N{MINUS SIGN} ",
    ColumnMark.FAULT: "\N{BALLOT X} ",
}
"""The sign of a region's change, before its name."""
_SAID = {
    ColumnMark.NEW: "new",
    ColumnMark.CHANGED: "changed",
    ColumnMark.GONE: "gone",
    ColumnMark.FAULT: "written, and not writable",
}


def letters(count: int) -> list[str]:
    """A, B, ... Z, A1, B1, ..."""
    return [f"{ascii_uppercase[n % 26]}{n // 26 or ''}" for n in range(count)]


def legend(shown: AddressMap) -> list[str]:
    """Every region in turn, and last the branch, if there is one."""
    named = zip(letters(len(shown.columns)), shown.columns, strict=True)
    lines = [f"{letter}  {SIGNS[c.mark]}{called(c)}: {shown.span(c)}{_note_text(c)}" for letter, c in named]
    branch = shown.branch
    if branch:
        places = f"from {shown.place(branch.place)} to {shown.place(branch.target)}"
        lines.append(f"\N{RIGHTWARDS ARROW}  {branch.title}: {places}")
    return lines


def called(column: Column) -> str:
    """The role and the state of a region."""
    return f"{column.title}, {column.detail}" if column.detail else column.title


def _note_text(column: Column) -> str:
    return f", {_SAID[column.mark]}" if column.mark is not ColumnMark.SAME else ""
