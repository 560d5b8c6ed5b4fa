"""Where an allocation goes, of all the places it may go: the choice that the semantics leaves open.

A policy is handed every free extent or hole that fits, lazily and in address order, and takes a place in one of them.
Where the arbiter's search may have passed over all of them, it may take none. It also says whether a block that became
wholly free goes back to the arbiter. Everything proved holds for all policies, so none of them is right.

Models: the freedom of section 3 of spec/semantics.md. Leaves out: what fits; the allocator and the arbiter decide that.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Places(NamedTuple):
    """The addresses of [first, highest] that have no bit of `step - 1`."""

    first: int
    highest: int
    step: int

    def __contains__(self, address: object) -> bool:
        return (
            isinstance(address, int) and self.first <= address <= self.highest and not address & (self.step - 1)
        )  # fmt: skip


class Fit(NamedTuple):
    """A place in the interval [lo, last], a free extent or a hole, with room for the allocation.

    `others` are the places of the hole that would do as well. `sure`: no search passes over it.
    """

    place: int
    lo: int
    last: int
    others: Places | None = None
    sure: bool = True

    def at(self, address: int) -> Fit | None:
        """The fit at that address, if it is a place of the same interval."""
        if address == self.place:
            return self
        return self._replace(place=address) if self.others is not None and address in self.others else None


class ClosedPlacement(Exception):
    """A script asks for what the allocator was not free to do. The message names both."""


class Policy(Protocol):
    """Which place, and whether empty blocks are kept."""

    release: bool

    def request(self) -> None:
        """An allocation begins; `choose` is then called for each kind of place, until one is taken."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """One of the fits, or None where there is none, or none that is sure."""


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
    """Any extent or hole, as the generator has it; the caller seeds it."""

    generator: random.Random
    release: bool = True

    def request(self) -> None:
        """Nothing to prepare."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """One drawn from all; none, now and then, where the search may pass over them all."""
        found = list(fits)
        if not found or (not any(fit.sure for fit in found) and self.generator.random() < _PASSED_OVER):
            return None
        return self.generator.choice(found)


_PASSED_OVER = 0.5


@dataclass
class AnyPlace(Random):
    """Any place of any hole, where Random takes the lowest of one."""

    def choose(self, fits: Iterator[Fit]) -> Fit | None:
        """One drawn from all."""
        fit = super().choose(fits)
        return fit and (fit.at(self._address(fit)) or fit)

    def _address(self, fit: Fit) -> int:
        places = fit.others or Places(fit.place, fit.place, 1)
        steps = (places.highest - fit.place) // max(1, places.step)
        return fit.place + places.step * self.generator.choice((0, steps, self.generator.randint(0, steps)))


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
