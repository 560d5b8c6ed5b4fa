"""The oracle: which rules of section 6 of spec/semantics.md a run violates, and when.

Models: a bystander who sees the events, and at the end of each step how the allocator accounts for every block.
Leaves out: rules that speak of the table alone, which no run shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from modalloc_model.allocator.events import Event, Tile
from modalloc_model.allocator.observation import Observation
from modalloc_model.allocator.oracles.moment import EventContext, EventOracle, StateOracle, Violation
from modalloc_model.concrete import Concrete

__all__ = ["Violation", "Watcher", "at_each_event", "at_each_step", "oracles"]


@cache
def at_each_event() -> Mapping[str, EventOracle]:
    """Rules that must hold at every moment, transient ones too, by their ids."""
    from modalloc_model.properties import functions  # when a run is watched: the allocator itself knows no rule

    return functions("at_event")


@cache
def at_each_step() -> Mapping[str, StateOracle]:
    """Rules about the state that a step leaves. OVL002 is in both: what is mapped over another is no state any more."""
    from modalloc_model.properties import functions

    return functions("at_step")


@cache
def oracles() -> Mapping[str, Callable[..., Iterator[Violation]]]:
    """Every rule that a run can violate, by its id."""
    found: dict[str, Callable[..., Iterator[Violation]]] = {**at_each_event(), **at_each_step()}
    return MappingProxyType(dict(sorted(found.items())))


@dataclass(slots=True)
class Watcher:
    """Follows a run, and says what each step violates that was not violated before."""

    params: Concrete
    state: Observation = field(init=False)
    _said: set[Violation] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.state = Observation(self.params)

    def step(self, events: list[Event], tiles: list[Tile]) -> tuple[Violation, ...]:
        """The new violations of the step that made these events and left these tiles, by rule, subject and address."""
        found: set[Violation] = set()
        for event in events:
            found.update(self._at(event))
        for oracle in at_each_step().values():
            found.update(oracle(self.state, tiles))
        new = found - self._said
        self._said |= new
        return tuple(sorted(new, key=_order))

    def _at(self, event: Event) -> Iterator[Violation]:
        was = tuple(self.state.runs(event.lo, event.last)) if event.before or event.after else ()
        self.state.apply(event)
        if event.kind in ("free", "unmap"):  # whatever comes to lie there may go wrong afresh
            self._said = {v for v in self._said if v.last < event.lo or event.last < v.lo}
        moment = EventContext(self.state, event, was)
        for oracle in at_each_event().values():
            yield from oracle(moment)


def _order(violation: Violation) -> tuple[Any, ...]:
    return violation.rule, violation.subject, violation.lo, violation.last, violation.message
