"""Profiles: what one machine is, as it is written. Every value carries its source.

Leaves out: how they are read (:mod:`.loading`), and what the values come to under -D (:mod:`.machine`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.descriptor.context import WrittenUnknown
from modalloc_model.descriptor.source import Text
from modalloc_model.params import EVERYTHING, Location, Machine, Protection, Reach


@dataclass(frozen=True)
class Sourced:
    """A value as written, and where it comes from."""

    text: Text
    source: str


@dataclass(frozen=True)
class WrittenRegion:
    """A part of the address space: [first, last], or [first, last) where `exclusive`."""

    name: str
    first: Text
    last: Text
    exclusive: bool
    source: str
    where: Location
    allows: str = EVERYTHING
    bound: str = ""  # what is assumed of it


@dataclass(frozen=True)
class WrittenConstraint:
    """What holds between unknowns. With a name it is assumed, for the reason `why`, and may be lifted."""

    text: Text
    name: str = ""
    why: str = ""


@dataclass(frozen=True)
class Profile:
    """A machine as written. `symbols` are addresses, `sizes` other numbers; both may stand in expressions."""

    name: str
    path: str
    where: Location
    bits: int = 0
    inclusive_ends: bool = False
    page: Sourced | None = None
    pmd: Sourced | None = None
    kasan_alignment: Sourced | None = None
    symbols: Mapping[str, Sourced] = field(default_factory=dict)
    sizes: Mapping[str, Sourced] = field(default_factory=dict)
    unknowns: Mapping[str, WrittenUnknown] = field(default_factory=dict)
    constraints: tuple[WrittenConstraint, ...] = ()
    protections: Mapping[str, Sourced] = field(default_factory=dict)
    windows: tuple[WrittenRegion, ...] = ()
    forbidden: tuple[WrittenRegion, ...] = ()
    registered: tuple[WrittenRegion, ...] = ()
    image: WrittenRegion | None = None
    reach: tuple[Reach, ...] = ()
    targets: tuple[WrittenRegion, ...] = ()
    strict_module_rwx: bool | None = None
    none: Mapping[str, str] = field(default_factory=dict)  # what it is said not to have: part -> source
    origin: Mapping[str, str] = field(default_factory=dict)  # of word_bits, ends, strict_module_rwx
    built: Machine | None = None

    @property
    def machine(self) -> Machine:
        """The machine with nothing overridden. A profile that was loaded without problems has one."""
        assert self.built is not None
        return self.built

    @property
    def sources(self) -> dict[str, str]:
        """Where every value comes from: "symbols.MODULES_END" -> "6.12:arch/x86/...:197"."""
        found = dict(self.origin)
        singles = {"page_size": self.page, "pmd_size": self.pmd, "kasan_alignment": self.kasan_alignment}
        found |= {name: value.source for name, value in singles.items() if value}
        for group in ("symbols", "sizes", "unknowns", "protections"):
            found |= {f"{group}.{name}": value.source for name, value in getattr(self, group).items()}
        found |= {f"{part} (none)": source for part, source in self.none.items()}
        for group in ("windows", "forbidden", "registered", "targets", "reach"):
            found |= {f"{group}.{value.name}": value.source for value in getattr(self, group)}
        return found | ({"image": self.image.source} if self.image else {})

    def protection(self, name: str) -> Protection | None:
        """The protection of that name."""
        given = self.protections.get(name)
        return Protection.of(name, given.text.text) if given else None
