"""The executable allocator against a plain oracle: loads, seals and frees in any order, on tables of any kind.

Every placement is compared with the list of places that section 3 of spec/semantics.md leaves open, and the
bookkeeping (trees, free lists, page runs) with what a bystander makes of the events.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from modalloc_model.allocator import (
    ORACLES,
    Allocator,
    Event,
    EventKind,
    Fault,
    Loader,
    Phase,
    Policy,
    Violation,
    Watcher,
)
from modalloc_model.allocator.observation import Observation
from modalloc_model.allocator.pool import Extent, Use
from modalloc_model.params import Concrete, ConcreteRange
from tests.conformance.reference import open_places
from tests.conformance.tables import any_table, policies, requests, well_formed_table

MODULES = ("a", "b", "c", "d")
UNBREAKABLE = {"OVL001", "OVL004", "RNG004"}
"""What no table violates on an allocator that is right."""


class CheckedAllocator(Allocator):
    """An allocator that compares every placement with what was open."""

    def __init__(self, params: Concrete, policy: Policy, events: list[Event]) -> None:
        super().__init__(params, policy, events)
        self.seen = Observation(params)
        self.told = 0
        self.record = events

    def alloc(self, name: str, size: int, module: str) -> Extent | None:
        for event in self.record[self.told :]:
            self.seen.apply(event)
        self.told = len(self.record)
        places = open_places(self.seen, name, size)
        extent = super().alloc(name, size, module)
        assert (extent.lo in places) if extent else not places
        return extent


class ModuleMemory(RuleBasedStateMachine):
    """Modules come and go on some table; a fault ends the run, and the next begins."""

    tables = any_table()

    @initialize(data=st.data(), policy=policies())
    def boot(self, data: st.DataObject, policy: Policy) -> None:
        self.params = data.draw(self.tables, label="table")
        self.policy = policy
        self.met: Counter[str] = Counter()
        self.start()

    def start(self) -> None:
        self.events: list[Event] = []
        self.loader = Loader(self.params, self.policy, self.events)
        self.allocator = self.loader.allocator = CheckedAllocator(self.params, self.policy, self.events)
        self.watcher = Watcher(self.params)
        self.told = 0
        self.at_boot = self.holes()
        self.violations: list[Violation] = []

    @precondition(lambda self: self.loader.faulted)
    @rule()
    def reboot(self) -> None:
        self.met += _met(self)
        self.start()

    def in_phase(self, *phases: Phase) -> list[str]:
        return [name for name in MODULES if not self.loader.faulted and self.loader.phase(name) in phases]

    @precondition(lambda self: self.in_phase(Phase.GONE))
    @rule(data=st.data())
    def load(self, data: st.DataObject) -> None:
        module = self.in_phase(Phase.GONE)[0]
        wanted = data.draw(requests(self.params), label=f"sections of {module}")
        try:
            loaded = self.loader.load(module, wanted)
            assert self.loader.phase(module) is (Phase.INIT if loaded else Phase.GONE)
        except Fault:
            assert self.loader.faulted
        self.look()

    @precondition(lambda self: self.in_phase(Phase.INIT))
    @rule(data=st.data())
    def finish_init(self, data: st.DataObject) -> None:
        try:
            self.loader.finish_init(data.draw(st.sampled_from(self.in_phase(Phase.INIT)), label="module"))
        except Fault:
            assert self.loader.faulted
        self.look()

    @precondition(lambda self: self.in_phase(Phase.INIT, Phase.LIVE))
    @rule(data=st.data(), release=st.booleans())
    def unload(self, data: st.DataObject, release: bool) -> None:
        self.allocator.policy.release = release
        self.unload_now(data.draw(st.sampled_from(self.in_phase(Phase.INIT, Phase.LIVE)), label="module"))

    def unload_now(self, module: str) -> None:
        try:
            self.loader.unload(module)
            assert not [extent for extent in self.allocator.live() if extent.module == module]
        except Fault:
            assert self.loader.faulted
        self.look()

    def look(self) -> None:
        new = self.events[self.told :]
        self.told = len(self.events)
        self.violations += self.watcher.step(new, self.allocator.tiles())

    def holes(self) -> dict[str, list[tuple[int, int]]]:
        return {name: list(arbiter.holes()) for name, arbiter in self.allocator.arbiters.items()}

    def teardown(self) -> None:
        if not hasattr(self, "loader"):
            return
        for module in MODULES:
            if module in self.in_phase(Phase.INIT, Phase.LIVE):
                self.unload_now(module)
        if not self.loader.faulted:
            assert all(tile.use is Use.FREE for tile in self.allocator.tiles())
            if not self.allocator.blocks():
                assert self.holes() == self.at_boot
                assert not list(self.allocator.pages.runs(0, (1 << self.params.bits) - 1))

    @invariant()
    def bookkeeping_is_consistent(self) -> None:
        self.allocator.check()

    @invariant()
    def nothing_is_violated_that_no_table_can_violate(self) -> None:
        assert not [v for v in self.violations if v.rule in UNBREAKABLE]

    @invariant()
    def live_extents_are_those_of_the_events(self) -> None:
        if not self.loader.faulted:  # a free() that faults has given its extent up, and not got rid of it
            ours = [(e.lo, e.last, e.root, e.section, e.module, e.sealed, e.filled) for e in self.allocator.live()]
            theirs = self.watcher.state.live
            assert sorted(ours) == sorted(
                (e.lo, e.last, e.root, e.section.name, e.module, e.sealed, e.filled) for e in theirs
            )

    @invariant()
    def free_space_is_what_no_live_extent_holds(self) -> None:
        for name, pool in self.allocator.pools.items():
            free = [(tile.lo, tile.last) for tile in pool.tiles() if tile.use is not Use.LIVE]
            if not self.loader.faulted:
                assert sorted(free) == sorted(self.watcher.state.free_space(name))

    @invariant()
    def holes_are_what_no_area_holds(self) -> None:
        everywhere = ConcreteRange(0, (1 << self.params.bits) - 1)
        for name, holes in self.holes().items():
            assert holes == self.watcher.state.holes(name, everywhere)

    @invariant()
    def pages_are_those_of_the_events(self) -> None:
        everywhere = (1 << self.params.bits) - 1
        ours = [(*run, protection) for run, protection in self.allocator.pages.runs(0, everywhere)]
        theirs = [(run.lo, run.last, run.protection) for run in self.watcher.state.pages]
        assert _joined(ours) == _joined(theirs)


class WellFormed(ModuleMemory):
    """The same on tables that are right: nothing faults, nothing is violated."""

    tables = well_formed_table()

    @invariant()
    def nothing_is_violated(self) -> None:
        assert not self.violations
        assert not self.loader.faulted


def _joined(runs: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Runs of like protection that touch, as one."""
    joined: list[tuple[int, int, str]] = []
    for lo, last, protection in runs:
        if joined and joined[-1][1] + 1 == lo and joined[-1][2] == protection:
            joined[-1] = (joined[-1][0], last, protection)
        else:
            joined.append((lo, last, protection))
    return joined


BOUNDED = settings(
    derandomize=True,
    max_examples=70,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def _run(machine: type[ModuleMemory]) -> Counter[str]:
    """Run the machine, and count what it came upon: events, violated rules, reused space, second ranges."""
    seen: Counter[str] = Counter()

    class Counting(machine):  # type: ignore[valid-type, misc]
        def teardown(self) -> None:
            super().teardown()
            if hasattr(self, "loader"):
                seen.update(self.met + _met(self))

    run_state_machine_as_test(Counting, settings=BOUNDED)
    return seen


def _met(machine: ModuleMemory) -> Counter[str]:
    met = Counter({violation.rule for violation in machine.violations})
    met.update(event.kind.value for event in machine.events)
    before = [None, *machine.events]
    for previous, event in zip(before, machine.events, strict=False):
        if event.kind is EventKind.ALLOC and (previous is None or previous.kind is not EventKind.MAP):
            met["reuse"] += 1
        if event.kind is EventKind.MAP and _in_second_range(machine.params, event):
            met["second range"] += 1
    return met


def _in_second_range(params: Concrete, event: Event) -> bool:
    first = params.root(event.root).ranges[0]
    return first is None or not first.first <= event.lo <= first.last


def test_any_table_is_allocated_from_as_the_semantics_says() -> None:
    seen = _run(ModuleMemory)
    # Drawn runs that never get anywhere would pass too: these came upon every kind of event, and broke many rules.
    events = {kind.value for kind in EventKind} - {EventKind.BRANCH}
    assert not {*events, "reuse", "second range"} - seen.keys()
    assert len(ORACLES.keys() & seen.keys()) > len(ORACLES) // 3


def test_well_formed_table_violates_nothing() -> None:
    seen = _run(WellFormed)
    events = {kind.value for kind in EventKind} - {EventKind.BRANCH, EventKind.FAULT}
    assert not {*events, "reuse", "second range"} - seen.keys()
