"""An architecture in one configuration: pages, address map, branches, and what its boot decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from modalloc_model.params.alloc_type import Protection
from modalloc_model.params.reach import Reach, Region
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    all_of,
    constant,
    eq,
    truth,
    ule,
    variable,
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the boot decides: `step * k`, low <= k <= high. `text` says so in words, for reports."""

    name: str
    step: int
    low: int
    high: int
    text: str
    source: str = ""

    @property
    def lowest(self) -> int:
        """The least of its values."""
        return self.step * self.low

    def domain(self, bits: int) -> Term:
        """The values it may have. Steps that do not divide are kept exact: value = step * k with no wrap."""
        value = variable(self.name, bits)
        return truth(
            all_of(
                ule(constant(self.step * self.low, bits), value),
                ule(value, constant(self.step * self.high, bits)),
                eq(value % self.step, 0),
                FALSE if self.low > self.high or self.step * self.high >= 1 << bits else TRUE,
            )
        )


@dataclass(frozen=True, slots=True)
class Bound:
    """What a profile assumes and the machine does not enforce: of an unknown, of a constraint, or of a region.

    `text` is the bound, `why` the reason; `--beyond` with what `lift` says lifts it: the name, or the name and an end.
    """

    name: str
    text: str
    why: str
    lift: str = ""


@dataclass(frozen=True)
class Machine:
    """An architecture in one configuration (spec/arch/): its words, pages, address map, protections and branches."""

    name: str
    bits: int
    page: Term
    pmd: Term
    inclusive_ends: bool  # how the architecture's own *_END symbols are meant
    protections: Mapping[str, Protection] = field(default_factory=dict)
    windows: tuple[Region, ...] = ()  # where module memory may lie
    forbidden: tuple[Region, ...] = ()  # taken, and the arbiter does not know
    registered: tuple[Region, ...] = ()  # taken, and the arbiter knows
    image: Region | None = None
    reach: tuple[Reach, ...] = ()
    targets: tuple[Region, ...] = ()  # what reach rules name beyond image, text and data
    kasan_alignment: Term | None = None
    symbols: Mapping[str, Term] = field(default_factory=dict)
    unknowns: tuple[Unknown, ...] = ()
    constraints: tuple[Term, ...] = ()  # between unknowns
    strict_module_rwx: bool | None = None  # whether its loader protects what it has loaded; None: nobody says
    bounds: tuple[Bound, ...] = ()  # beyond which nothing is decided
    none: Mapping[str, str] = field(default_factory=dict)  # what it is said not to have ("image"), and who says so

    @property
    def floors(self) -> dict[str, int]:
        """The least value of each unknown: the least boot, where no constraint forbids it."""
        return {unknown.name: unknown.lowest for unknown in self.unknowns}

    def target(self, name: str) -> Region | None:
        """The named target; None for a name of another sort."""
        return next((region for region in self.targets if region.name == name), None)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Every region that it names."""
        image = (self.image,) if self.image else ()
        return (*self.windows, *self.forbidden, *self.registered, *image, *self.targets)

    @cached_property
    def domain(self) -> Term:
        """Every boot this machine may have."""
        return truth(all_of(*(unknown.domain(self.bits) for unknown in self.unknowns), *self.constraints))
