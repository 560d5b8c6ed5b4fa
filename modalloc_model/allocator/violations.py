"""The oracle: which rules of section 6 of spec/semantics.md a run violates, and when.

Models: a bystander who sees the events, and at the end of each step how the allocator accounts for every block.
Leaves out: rules that speak of the table alone, which no run shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from modalloc_model.allocator.events import Event
from modalloc_model.allocator.observation import Observation
from modalloc_model.allocator.oracles import mapto, overlap, placement, protection, reach, sealing
from modalloc_model.allocator.oracles.moment import EventOracle, Moment, StateOracle, Violation
from modalloc_model.allocator.pool import Tile
from modalloc_model.concrete import Concrete

__all__ = ["AT_EACH_EVENT", "AT_EACH_STEP", "ORACLES", "Violation", "Watcher"]

AT_EACH_EVENT: Mapping[str, EventOracle] = MappingProxyType(
    {
        "CMP001": placement.refused_for_no_reason,
        "CMP002": placement.second_range_without_need,
        "MAP006": mapto.lacks_what_it_needs,
        "MAP007": mapto.seal_takes_what_is_needed,
        "OVL002": overlap.mapped_over_another_root,
        "PRT001": protection.fill_faults,
        "PRT002": protection.invalidate_faults,
        "PRT003": protection.writable_and_executable,
        "PRT004": protection.read_only_data_writable,
        "PRT005": protection.data_executable,
        "RCH001": reach.kernel_out_of_reach,
        "RCH002": reach.text_out_of_reach,
        "RCH003": reach.data_out_of_reach,
        "RNG001": placement.first_byte_refused,
        "ROI001": sealing.sealed_becomes_writable,
        "ROI002": sealing.seal_reaches_another_module,
        "ROI003": sealing.read_only_before_its_seal,
        "ROI004": sealing.sealed_memory_not_usable_again,
        "ROI005": sealing.init_section_sealed_or_left,
    }
)
"""Rules that must hold at every moment, transient ones too."""

AT_EACH_STEP: Mapping[str, StateOracle] = MappingProxyType(
    {
        "ALN004": placement.misaligned,
        "OVL001": overlap.overlap_in_a_root,
        "OVL002": overlap.overlap_of_roots,
        "OVL003": overlap.shared_page_of_two_protections,
        "OVL004": overlap.bytes_lost_or_twice,
        "RNG004": placement.outside_its_ranges,
    }
)
"""Rules about the state that a step leaves. OVL002 speaks of both: what is mapped over another is no state any more."""

_ALL: dict[str, Callable[..., Iterator[Violation]]] = {**AT_EACH_EVENT, **AT_EACH_STEP}

ORACLES: Mapping[str, Callable[..., Iterator[Violation]]] = MappingProxyType(dict(sorted(_ALL.items())))
"""Every rule that a run can violate, by its id."""


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
        for oracle in AT_EACH_STEP.values():
            found.update(oracle(self.state, tiles))
        new = found - self._said
        self._said |= new
        return tuple(sorted(new, key=_order))

    def _at(self, event: Event) -> Iterator[Violation]:
        was = tuple(self.state.runs(event.lo, event.last)) if event.before or event.after else ()
        self.state.apply(event)
        if event.kind in ("free", "unmap"):  # whatever comes to lie there may go wrong afresh
            self._said = {v for v in self._said if v.last < event.lo or event.last < v.lo}
        moment = Moment(self.state, event, was)
        for oracle in AT_EACH_EVENT.values():
            yield from oracle(moment)


def _order(violation: Violation) -> tuple[Any, ...]:
    return violation.rule, violation.subject, violation.lo, violation.last, violation.message
