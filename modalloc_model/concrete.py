"""A table in one boot, as plain integers, for the executable allocator.

The caller chooses one of the machine's boots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from modalloc_model.params import AllocType, Assumptions, Kind, ParamSet, Protection, Reach, Region, Section
from modalloc_model.words import evaluate


@dataclass(frozen=True, slots=True)
class ConcreteRange:
    """[first, last], never empty."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ConcreteRoot:
    """A root in one boot. `ranges` holds None for a range that is empty or not usable."""

    name: str
    granularity: int
    alignment: int
    ranges: tuple[ConcreteRange | None, ...]
    protection: str  # "rw-"
    seals: bool
    fill: bool
    invalidate: bool
    carved: bool = False  # a block has any number of granules, and its free space is reused
    large: int = 0  # the size of a carved block is rounded up to this if it fits
    promised: int = 0  # the alignment that the table requests, if carving uses another

    @property
    def reuses(self) -> bool:
        """Free space in mapped pages is reused."""
        return self.carved or self.granularity > self.alignment

    @property
    def wanted(self) -> int:
        """The alignment that a caller may rely on."""
        return self.promised or self.alignment

    def attempts(self) -> tuple[ConcreteRoot, ...]:
        """The attempts for a fresh block in one range, in order: large pages, then the root's own granularity."""
        return (replace(self, granularity=self.large), self) if self.large else (self,)


@dataclass(frozen=True, slots=True)
class ConcreteSection:
    """A section in one boot, and the name of its root ("" if mapto names no type)."""

    name: str
    kind: Kind
    init: bool
    root: str


@dataclass(frozen=True, slots=True)
class Concrete:
    """A table in one boot: everything that the executable allocator needs. Empty ranges are left out."""

    bits: int
    page: int
    guard: int
    assumptions: Assumptions
    roots: tuple[ConcreteRoot, ...]
    sections: tuple[ConcreteSection, ...]
    registered: tuple[ConcreteRange, ...] = ()
    image: ConcreteRange | None = None
    reach: tuple[Reach, ...] = ()
    targets: Mapping[str, ConcreteRange] = field(default_factory=dict)
    symbols: Mapping[str, int] = field(default_factory=dict)
    design: str = "mail"

    def root(self, name: str) -> ConcreteRoot:
        """The root of that name."""
        return next(root for root in self.roots if root.name == name)

    def section(self, name: str) -> ConcreteSection:
        """The section of that name."""
        return next(section for section in self.sections if section.name == name)


def letters(protection: Protection, boot: Mapping[str, int]) -> str:
    """The protection as `rwx` letters in one boot."""
    triple = ((protection.read, "r"), (protection.write, "w"), (protection.execute, "x"))
    return "".join(letter if evaluate(term, boot) else "-" for term, letter in triple)


def in_boot(table: ParamSet, boot: Mapping[str, int]) -> Concrete:
    """The table with values for its unknowns (a mapping of name to word)."""
    machine = table.machine
    return Concrete(
        bits=machine.bits,
        page=evaluate(machine.page, boot),
        guard=evaluate(table.guard, boot),
        assumptions=table.assumptions,
        roots=tuple(_root_in_boot(root, boot) for root in table.roots),
        sections=tuple(_section_in_boot(table, section) for section in table.sections),
        registered=tuple(found for region in machine.registered if (found := _region_in_boot(region, boot))),
        image=_region_in_boot(machine.image, boot) if machine.image else None,
        reach=machine.reach,
        targets={region.name: found for region in machine.targets if (found := _region_in_boot(region, boot))},
        symbols={name: evaluate(value, boot) for name, value in sorted(machine.symbols.items())},
        design=table.dialect.design,
    )


def _root_in_boot(root: AllocType, boot: Mapping[str, int]) -> ConcreteRoot:
    return ConcreteRoot(
        name=root.name,
        granularity=evaluate(root.granularity, boot),
        alignment=evaluate(root.alignment, boot),
        ranges=tuple(_range_in_boot(root, number, boot) for number in range(len(root.ranges))),
        protection=letters(root.protection, boot),
        seals=bool(evaluate(root.seals, boot)),
        fill=bool(evaluate(root.fill, boot)),
        invalidate=bool(evaluate(root.invalidate, boot)),
        carved=bool(evaluate(root.carved, boot)),
        large=evaluate(root.large, boot) if root.large is not None else 0,
        promised=evaluate(root.promised, boot) if root.promised is not None else 0,
    )


def _range_in_boot(root: AllocType, number: int, boot: Mapping[str, int]) -> ConcreteRange | None:
    if not evaluate(root.usable(number), boot):
        return None
    chosen = root.ranges[number]
    return ConcreteRange(evaluate(chosen.first, boot), evaluate(chosen.last, boot))


def _section_in_boot(table: ParamSet, section: Section) -> ConcreteSection:
    root = table.section_root(section)
    return ConcreteSection(section.name, section.kind, section.init, root.name if root else "")


def _region_in_boot(region: Region, boot: Mapping[str, int]) -> ConcreteRange | None:
    """The region; None if it is empty in the boot."""
    if not evaluate(region.nonempty, boot):
        return None
    return ConcreteRange(evaluate(region.first, boot), evaluate(region.last, boot))
