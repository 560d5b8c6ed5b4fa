"""Placement policies: each makes the choices that section 3 of spec/semantics.md leaves open.

A policy gets every free extent or hole that fits, lazily and in address order, and takes a place in one of them. If the
arbiter's search may overlook all of them, it may take none. It also decides whether a wholly free block returns to the
arbiter. The allocator and the arbiter decide what fits. Every theorem holds for all policies.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Places(NamedTuple):
    """The multiples of `step`, a power of two, in [first, highest]."""

    first: int
    highest: int
    step: int

    def __contains__(self, address: object) -> bool:
        return (
            isinstance(address, int) and self.first <= address <= self.highest and not address & (self.step - 1)
        )  # fmt: skip


class Fit(NamedTuple):
    """A place for the allocation in [lo, last], a free extent or a hole.

    `others` are further places in the hole. `sure`: every search finds it.
    """

    place: int
    lo: int
    last: int
    others: Places | None = None
    sure: bool = True

    def at(self, address: int) -> Fit | None:
        """The fit at that address; None unless it is a place in the same interval."""
        if address == self.place:
            return self
        return self._replace(place=address) if self.others is not None and address in self.others else None


class ClosedPlacement(Exception):
    """A script demands a choice that was not open to the allocator. The message names both."""


class Policy(Protocol):
    """Chooses places; `release` says whether empty blocks return to the arbiter."""

    release: bool

    def request(self) -> None:
        """Begin an allocation; `choose` is then called for each kind of place until one is taken."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """One of the fits; None only if none of them is sure."""


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
    """A random extent or hole; the caller seeds the generator."""

    generator: random.Random
    release: bool = True

    def request(self) -> None:
        """Nothing to prepare."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """A random fit; sometimes none, if the search may overlook all."""
        found = list(fits)
        if not found or (not any(fit.sure for fit in found) and self.generator.random() < _PASSED_OVER):
            return None
        return self.generator.choice(found)


_PASSED_OVER = 0.5


@dataclass
class AnyPlace(Random):
    """A random place in a random hole; Random takes the lowest place."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """A random place of a random fit."""
        fit = super().choose(fits)
        return fit and (fit.at(self._address(fit)) or fit)

    def _address(self, fit: Fit) -> int:
        places = fit.others or Places(fit.place, fit.place, 1)
        steps = (places.highest - fit.place) // max(1, places.step)
        return fit.place + places.step * self.generator.choice((0, steps, self.generator.randint(0, steps)))


@dataclass
class Scripted:
    """The addresses of a trace, one for each allocation; None means that the allocation must be refused.

    Raises ClosedPlacement if the address, or the refusal, was not open to the allocator.
    """

    addresses: Iterable[int | None]
    release: bool = False
    _script: Iterator[int | None] = field(init=False, repr=False)
    _address: int | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self._script = iter(self.addresses)

    def request(self) -> None:
        """Advance to the next address of the script."""
        try:
            self._address = next(self._script)
        except StopIteration:
            raise ClosedPlacement("there are more allocations than the script has addresses") from None

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """The fit at the script's address."""
        sure: Fit | None = None
        for fit in fits:
            found = None if self._address is None else fit.at(self._address)
            if found is not None:
                return found
            sure = sure or (fit if fit.sure else None)
        if sure is not None:
            raise ClosedPlacement(self._closed(sure))
        return None

    def _closed(self, instead: Fit) -> str:
        if self._address is None:
            return f"the script says refused, but {instead.place:#x} is open"
        return f"the script says {self._address:#x}, which is not open; {instead.place:#x} is"
