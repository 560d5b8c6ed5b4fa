"""The input and the output of oracles: the context of an event, or the state after a step; and violations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from modalloc_model import addresses
from modalloc_model.allocator.events import Event, EventKind, Tile
from modalloc_model.allocator.observation import LiveExtent, Observation, PageRun
from modalloc_model.concrete import ConcreteRoot

CHANGES_PAGES = (EventKind.MAP, EventKind.UNMAP, EventKind.PROTECT, EventKind.SEAL)
"""Events after which a page may allow something else."""


@dataclass(frozen=True, slots=True)
class Violation:
    """The run violates `rule` for `subject` (a root or a section), at the addresses [lo, last]."""

    rule: str
    subject: str
    message: str
    lo: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class EventContext:
    """The state right after `event`; `was` holds the pages of the event's interval as they were before it."""

    state: Observation
    event: Event
    was: tuple[PageRun, ...] = ()

    @property
    def strict(self) -> bool:
        """Whether strict-rwx is claimed."""
        return "strict-rwx" in self.state.params.assumptions.claims

    @property
    def root(self) -> ConcreteRoot:
        """The root of the event."""
        return self.state.params.root(self.event.root)

    def nearby(self) -> list[LiveExtent]:
        """The live extents that the event may concern: those on its pages, or those of the module that moves on."""
        if self.event.kind == "phase":
            return self.state.of_module(self.event.module)
        return self.state.on_pages(self.event.lo, self.event.last)


EventOracle: TypeAlias = Callable[[EventContext], Iterator[Violation]]
"""A rule that must hold at every moment."""

StateOracle: TypeAlias = Callable[[Observation, list[Tile]], Iterator[Violation]]
"""A rule that is asked at the end of a step, with every part of every block as the allocator accounts for it."""


def interval(state: Observation, lo: int, last: int) -> str:
    """[lo, last] for a message."""
    return addresses.span(lo, last, state.params.symbols)


def describe(state: Observation, extent: LiveExtent) -> str:
    """A live extent for a message."""
    return f"{extent.section.name} of {extent.module} at {interval(state, extent.lo, extent.last)}"


def about(rule: str, subject: str, state: Observation, extent: LiveExtent, what: str) -> Violation:
    """A violation by one extent: its description, then `what`."""
    return Violation(rule, subject, f"{describe(state, extent)} {what}", extent.lo, extent.last)
