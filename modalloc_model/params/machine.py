"""An architecture in one configuration: pages, address map, branches, and the values that its boot decides."""

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
    """A value that the boot decides: `step * k`, low <= k <= high. `text` describes it in reports."""

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
        """The possible values. A step that does not divide the range is exact: value = step * k without wrap."""
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
    """An assumption of the profile that the machine does not enforce: on an unknown, a constraint, or a region.

    `text` is the bound, `why` the reason; `--beyond` with the value of `lift` lifts it: the name, or the name and an
    end.
    """

    name: str
    text: str
    why: str
    lift: str = ""


@dataclass(frozen=True)
class Machine:
    """An architecture in one configuration (spec/arch/): words, pages, address map, protections and branches."""

    name: str
    bits: int
    page: Term
    pmd: Term
    inclusive_ends: bool  # convention of the architecture's own *_END symbols
    protections: Mapping[str, Protection] = field(default_factory=dict)
    windows: tuple[Region, ...] = ()  # possible locations of module memory
    forbidden: tuple[Region, ...] = ()  # occupied, unknown to the arbiter
    registered: tuple[Region, ...] = ()  # occupied, known to the arbiter
    image: Region | None = None
    reach: tuple[Reach, ...] = ()
    targets: tuple[Region, ...] = ()  # targets of reach rules beyond image, text and data
    kasan_alignment: Term | None = None
    symbols: Mapping[str, Term] = field(default_factory=dict)
    unknowns: tuple[Unknown, ...] = ()
    constraints: tuple[Term, ...] = ()  # between unknowns
    strict_module_rwx: bool | None = None  # whether its loader protects loaded sections; None: unknown
    bounds: tuple[Bound, ...] = ()  # beyond them nothing is decided
    none: Mapping[str, str] = field(default_factory=dict)  # absent parts ("image"), and their sources

    @property
    def floors(self) -> dict[str, int]:
        """The least value of each unknown: the least boot, if no constraint excludes it."""
        return {unknown.name: unknown.lowest for unknown in self.unknowns}

    def target(self, name: str) -> Region | None:
        """The named target; None for any other name."""
        return next((region for region in self.targets if region.name == name), None)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Every named region."""
        image = (self.image,) if self.image else ()
        return (*self.windows, *self.forbidden, *self.registered, *image, *self.targets)

    @cached_property
    def domain(self) -> Term:
        """The boots of this machine."""
        return truth(all_of(*(unknown.domain(self.bits) for unknown in self.unknowns), *self.constraints))
