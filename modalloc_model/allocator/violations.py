"""The oracle: which rules of section 6 of spec/semantics.md a run violates, and when.

It sees the events and, at the end of each step, the tiles of every block. Rules about the table alone have no oracle.
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
    """The oracles that judge every event, by rule."""
    from modalloc_model.properties import functions  # imported late: the allocator itself imports no rule

    return functions("at_event")


@cache
def at_each_step() -> Mapping[str, StateOracle]:
    """The oracles that judge the state after a step, by rule. OVL002 has both kinds: a collision leaves no state."""
    from modalloc_model.properties import functions

    return functions("at_step")


@cache
def oracles() -> Mapping[str, Callable[..., Iterator[Violation]]]:
    """Every rule that a run can violate, with one of its oracles."""
    found: dict[str, Callable[..., Iterator[Violation]]] = {**at_each_event(), **at_each_step()}
    return MappingProxyType(dict(sorted(found.items())))


@dataclass(slots=True)
class Watcher:
    """Follows a run, and reports the new violations of each step."""

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
        if event.kind in ("free", "unmap"):  # a later allocation there may violate the rule again
            self._said = {v for v in self._said if v.last < event.lo or event.last < v.lo}
        moment = EventContext(self.state, event, was)
        for oracle in at_each_event().values():
            yield from oracle(moment)


def _order(violation: Violation) -> tuple[Any, ...]:
    return violation.rule, violation.subject, violation.lo, violation.last, violation.message
