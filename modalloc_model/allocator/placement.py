"""Where an allocation goes, of all the places it may go: the choice that the semantics leaves open.

A policy is handed every place that fits, lazily and in address order, and takes one. It also says whether a block
that became wholly free goes back to the arbiter. Everything proved holds for all policies, so none of them is right.

Models: the freedom of section 3 of spec/semantics.md. Leaves out: what fits; the allocator and the arbiter decide that.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Fit(NamedTuple):
    """A place in the interval [lo, last], a free extent or a hole, with room for the allocation."""

    place: int
    lo: int
    last: int


class ClosedPlacement(Exception):
    """A script asks for what the allocator was not free to do. The message names both."""


class Policy(Protocol):
    """Which place, and whether empty blocks are kept."""

    release: bool

    def request(self) -> None:
        """An allocation begins; `choose` is then called for each kind of place, until one is taken."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """One of the fits, or None where there is none."""


@dataclass
class Lowest:
    """The lowest address first, as the kernel does."""

    release: bool = True

    def request(self) -> None:
        """Nothing to prepare."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """The first."""
        return next(fits, None)


@dataclass
class Highest:
    """The highest address first."""

    release: bool = True

    def request(self) -> None:
        """Nothing to prepare."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """The last."""
        return max(fits, default=None)


@dataclass
class BestFit:
    """The shortest free extent or hole first; the lower of two."""

    release: bool = True

    def request(self) -> None:
        """Nothing to prepare."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """The one that leaves least."""
        return min(fits, key=lambda fit: (fit.last - fit.lo, fit.place), default=None)


@dataclass
class Random:
    """Any place, as the generator has it; the caller seeds it."""

    generator: random.Random
    release: bool = True

    def request(self) -> None:
        """Nothing to prepare."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """One drawn from all."""
        found = list(fits)
        return self.generator.choice(found) if found else None


@dataclass
class Scripted:
    """The addresses of a trace, one an allocation; None says that the allocation must be refused.

    ClosedPlacement where the address was not open to the allocator, or a refusal was not.
    """

    addresses: Iterable[int | None]
    release: bool = False
    _script: Iterator[int | None] = field(init=False, repr=False)
    _address: int | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self._script = iter(self.addresses)

    def request(self) -> None:
        """Turn to the next address of the script."""
        try:
            self._address = next(self._script)
        except StopIteration:
            raise ClosedPlacement("there are more allocations than the script has addresses") from None

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """The fit at the script's address."""
        first = next(fits, None)
        if first is None:
            return None
        if self._address is None:
            raise ClosedPlacement(f"the script says refused, but {first.place:#x} is open")
        if first.place == self._address:
            return first
        return self._at(self._address, first, fits)

    @staticmethod
    def _at(address: int, first: Fit, fits: Iterator[Fit]) -> Fit:
        found = next((fit for fit in fits if fit.place == address), None)
        if found is None:
            raise ClosedPlacement(f"the script says {address:#x}, which is not open; {first.place:#x} is")
        return found
