"""The stateful machine: it drives the executable allocator and checks every step.

    report = run_machine(CI)                     # raises BrokenRun on the first failure
    report.met["alloc by reuse"]                 # statistics of the runs

`run_machine(profile, machine, shrink)` draws tables, policies and operations. It checks after each operation:

- placements, against the reference's list of open places (reference.py);
- every alloc, free and returned block, against the transition relation of mail/transitions.py (steps.py), and each
  clause of designs/mail/invariants.py for the elements that it produces;
- every change and test of a page, against mail/protection.py and mail/lives.py (pages.py);
- the allocator's data structures, against the events; and the rules that no table can violate.

`CI` is derandomised and takes seconds; `DEEP` draws new examples for a long time; `QUICK` is for broken allocators,
which mostly fail within a few dozen runs. `shrink=False` stops at the first failure. `machine` is `ModuleMemory` (any
table) or `WellFormed` (right tables, which violate nothing). BrokenRun has the `operations` of the failing run (the
shortest that was found, if it was shrunk) and the cause.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from modalloc_model.allocator import Event, EventKind, Policy, Violation, Watcher
from modalloc_model.allocator.events import Ended, Use
from modalloc_model.concrete import Concrete, ConcreteRange
from modalloc_model.conformance.checked import CheckedAllocator
from modalloc_model.conformance.pages import STATES
from modalloc_model.conformance.tables import any_table, policies, requests, well_formed_table
from modalloc_model.designs.mail.loader import Loader, Phase, Request

MODULES = ("a", "b", "c", "d", "e", "f", "g", "h")
MOST_TAKEN = 3  # areas of others at once: some holes are to be left
UNBREAKABLE = {"OVL001", "OVL004", "RNG004"}
"""Rules that no table violates on a correct allocator."""


class ModuleMemory(RuleBasedStateMachine):
    """Modules come and go on some table; a fault ends the run, and the next begins."""

    tables = any_table()
    latest: ModuleMemory  # the machine that ran last: where a run fails, Hypothesis ends with the shortest it found

    @initialize(data=st.data(), policy=policies())
    def boot(self, data: st.DataObject, policy: Policy) -> None:
        """Draw a table and a policy, and begin a run."""
        self.begin(data.draw(self.tables, label="table"), policy)

    def begin(self, params: Concrete, policy: Policy) -> None:
        """Begin a run on this table, with an empty allocator."""
        self.params = params
        self.policy = policy
        self.met: Counter[str] = Counter()
        self.did: list[str] = []
        ModuleMemory.latest = self
        self.met.update(kind_of(self.params))
        self.start()

    def start(self) -> None:
        """A loader whose allocator checks each of its operations, and a watcher of the events."""
        self.events: list[Event] = []
        self.loader = Loader(self.params, self.policy, self.events)
        self.allocator = CheckedAllocator(self.params, self.policy, self.events, self.met)
        self.loader.allocator = self.allocator
        self.watcher = Watcher(self.params)
        self.told = 0
        self.at_boot = self.holes()
        self.violations: list[Violation] = []
        self.refused: set[Request] = set()

    @precondition(lambda self: self.loader.ended)
    @rule()
    def reboot(self) -> None:
        """After a fault: the same table from the start."""
        self.did = []
        self.start()

    def in_phase(self, *phases: Phase) -> list[str]:
        """The modules in one of these phases; none once the run has ended."""
        return [name for name in MODULES if not self.loader.ended and self.loader.phase(name) in phases]

    @precondition(lambda self: self.in_phase(Phase.GONE))
    @rule(data=st.data())
    def load(self, data: st.DataObject) -> None:
        """Load a module with drawn sections."""
        module = self.in_phase(Phase.GONE)[0]
        self.load_now(module, data.draw(self.wanted(), label=f"sections of {module}"))

    @precondition(lambda self: self.in_phase(Phase.GONE))
    @rule(data=st.data(), granules=st.sampled_from([0, 0, 1, 2]))
    def fill_up(self, data: st.DataObject, granules: int) -> None:
        """One load after the other, until one is refused or every module is there."""
        names = [section.name for section in self.params.sections if section.root]
        if not names:
            return
        section = data.draw(st.sampled_from(names), label="section")
        size = max(1, granules * self.params.root(self.params.section(section).root).granularity)
        for module in self.in_phase(Phase.GONE):
            if module in self.in_phase(Phase.GONE) and not self.load_now(module, [Request(section, size)]):
                self.recover(module, Request(section, size))
                break

    def recover(self, module: str, wanted: Request) -> None:
        """Unload a module, and request the refused sections again; the reference says whether they fit."""
        for there in self.in_phase(Phase.INIT, Phase.LIVE)[:1]:
            self.unload_now(there)
            if module in self.in_phase(Phase.GONE):
                self.load_now(module, [wanted])

    def wanted(self) -> st.SearchStrategy[list[Request]]:
        """What a module may ask for."""
        return requests(self.params)

    def load_now(self, module: str, wanted: list[Request]) -> bool:
        """Load these sections; False if one was refused."""
        self.did.append(f"load {module}: {', '.join(f'{r.section} {r.size:#x}' for r in wanted)}")
        loaded = False
        try:
            loaded = self.loader.load(module, wanted)
            assert self.loader.phase(module) is (Phase.INIT if loaded else Phase.GONE)
        except Ended:
            assert self.loader.ended
        if loaded and self.refused & set(wanted):
            self.met["recovered after exhaustion"] += 1
        if not loaded and len(wanted) == 1:
            self.refused.add(wanted[0])
        self.look()
        return loaded

    @precondition(lambda self: self.in_phase(Phase.INIT))
    @rule(data=st.data())
    def finish_init(self, data: st.DataObject) -> None:
        """Finish the init of a drawn module."""
        self.finish_now(data.draw(st.sampled_from(self.in_phase(Phase.INIT)), label="module"))

    def finish_now(self, module: str) -> None:
        """Finish this module's init."""
        self.did.append(f"finish_init {module}")
        try:
            self.loader.finish_init(module)
        except Ended:
            assert self.loader.ended
        self.look()

    @precondition(lambda self: self.in_phase(Phase.INIT, Phase.LIVE))
    @rule(data=st.data(), release=st.booleans())
    def unload(self, data: st.DataObject, release: bool) -> None:
        """Unload a module; whether empty blocks go back at once is drawn."""
        self.allocator.policy.release = release
        self.unload_now(data.draw(st.sampled_from(self.in_phase(Phase.INIT, Phase.LIVE)), label="module"))

    def unload_now(self, module: str) -> None:
        """Unload this module."""
        self.did.append(f"unload {module}")
        try:
            self.loader.unload(module)
            assert not [extent for extent in self.allocator.live() if extent.module == module]
        except Ended:
            assert self.loader.ended
        self.look()

    @precondition(
        lambda self: not self.loader.ended and any(self.holes().values()) and len(self.areas_of_others()) < MOST_TAKEN
    )
    @rule(data=st.data())
    def others_take(self, data: st.DataObject) -> None:
        """Others take part of a hole."""
        name = data.draw(st.sampled_from([name for name, holes in self.holes().items() if holes]), label="arbiter")
        hole = data.draw(st.sampled_from(self.holes()[name]), label="hole")
        self.take_now(*data.draw(parts(*hole, self.params), label="area"), self.whose(name))

    def take_now(self, lo: int, last: int, root: str) -> None:
        """Others take [lo, last] (bytes) from the arbiter of this root, or of all."""
        self.did.append(f"others take {lo:#x}..{last:#x} {root}".rstrip())
        self.allocator.take(lo, last, root)
        self.look()

    @precondition(lambda self: not self.loader.ended and self.areas_of_others())
    @rule(data=st.data())
    def others_return(self, data: st.DataObject) -> None:
        """Others return an area that they took."""
        self.return_now(*data.draw(st.sampled_from(self.areas_of_others()), label="area"))

    def return_now(self, lo: int, last: int, root: str) -> None:
        """Others return [lo, last] (bytes) to the arbiter of this root, or of all."""
        self.did.append(f"others return {lo:#x}..{last:#x} {root}".rstrip())
        self.allocator.restore(lo, last, root)
        self.look()

    def whose(self, name: str) -> str:
        """The root whose arbiter this is; empty where all share one."""
        return name if self.params.assumptions.arbiter == "private" else ""

    def areas_of_others(self) -> list[tuple[int, int, str]]:
        """Areas of others: first and last byte, and root."""
        found = {
            (lo, last, self.whose(name)) for name, a in self.allocator.arbiters.items() for lo, last in a.foreign()
        }
        return sorted(found)

    def look(self) -> None:
        """Pass the new events to the watcher, and collect the violations."""
        new = self.events[self.told :]
        self.told = len(self.events)
        self.allocator.catch_up()
        found = self.watcher.step(new, self.allocator.tiles())
        self.violations += found
        self.met.update(v.rule for v in found)
        self.met.update(event.kind.value for event in new)
        self.met.update(what_of(self.params, new))
        _rolls_back_in_reverse(new)
        told = {(v.rule, v.subject) for v in found if v.rule in STATES}
        assert told <= self.allocator.suspects, (
            f"designs/mail/lives.py concludes what is not so: {told - self.allocator.suspects}"
        )

    def holes(self) -> dict[str, list[tuple[int, int]]]:
        """The holes of each arbiter, as first and last byte."""
        return {name: list(arbiter.holes()) for name, arbiter in self.allocator.arbiters.items()}

    def teardown(self) -> None:
        """Unload every module and return every area: where no block is left, the holes are those of the boot."""
        if not hasattr(self, "loader") or sys.exception():  # only the first failure is reported, not its consequences
            return
        for module in MODULES:  # both run to the end, so that every run reaches seals and frees
            if module in self.in_phase(Phase.INIT):
                self.finish_now(module)
            if module in self.in_phase(Phase.LIVE):
                self.unload_now(module)
        if not self.loader.ended:
            assert all(tile.use is Use.FREE for tile in self.allocator.tiles())
            for area in self.areas_of_others():
                self.return_now(*area)
            if not self.allocator.blocks():
                self.met["everything came back"] += bool(self.events)
                assert self.holes() == self.at_boot
                assert not list(self.allocator.pages.runs(0, (1 << self.params.bits) - 1))

    @invariant()
    def bookkeeping_is_consistent(self) -> None:
        """The allocator's own invariants hold."""
        self.allocator.check()

    @invariant()
    def nothing_is_violated_that_no_table_can_violate(self) -> None:
        """No rule of UNBREAKABLE is violated on any table."""
        assert not [v for v in self.violations if v.rule in UNBREAKABLE]

    @invariant()
    def live_extents_are_those_of_the_events(self) -> None:
        """The allocator and the events agree on the live extents."""
        if not self.loader.ended:  # a free() that faults has given its extent up, and not got rid of it
            ours = [(e.lo, e.last, e.root, e.section, e.module, e.sealed, e.filled) for e in self.allocator.live()]
            theirs = self.watcher.state.live
            assert sorted(ours) == sorted(
                (e.lo, e.last, e.root, e.section.name, e.module, e.sealed, e.filled) for e in theirs
            )

    @invariant()
    def free_space_is_what_no_live_extent_holds(self) -> None:
        """Free space is the rest of each block."""
        for name, pool in self.allocator.pools.items():
            free = [(tile.lo, tile.last) for tile in pool.tiles() if tile.use is not Use.LIVE]
            if not self.loader.ended:
                assert sorted(free) == sorted(self.watcher.state.free_space(name))

    @invariant()
    def holes_are_what_no_area_holds(self) -> None:
        """Holes are the rest of each address space."""
        everywhere = ConcreteRange(0, (1 << self.params.bits) - 1)
        for name, holes in self.holes().items():
            assert holes == self.watcher.state.holes(name, everywhere)

    @invariant()
    def pages_are_those_of_the_events(self) -> None:
        """The allocator and the events agree on the protection of each page."""
        everywhere = (1 << self.params.bits) - 1
        ours = [(*run, protection) for run, protection in self.allocator.pages.runs(0, everywhere)]
        theirs = [(run.lo, run.last, run.protection) for run in self.watcher.state.pages]
        assert _join(ours) == _join(theirs)


class WellFormed(ModuleMemory):
    """The same on tables that are right: nothing faults, nothing is violated."""

    tables = well_formed_table()

    @invariant()
    def nothing_is_violated(self) -> None:
        """A table that is right by construction violates no rule, and no run of it ends in a fault."""
        assert not self.violations
        assert not self.loader.ended


def parts(lo: int, last: int, params: Concrete) -> st.SearchStrategy[tuple[int, int]]:
    """Intervals in [lo, last]: all of it, its lower part, its upper part, a part inside, all but its first bytes."""
    length, page = last - lo + 1, params.page
    sizes = st.sampled_from([page, 2 * page, 4 * page, 8 * page]) | st.integers(1, length)
    kept = sizes.map(lambda size: min(size, length) - 1)
    below = kept.map(lambda size: (lo, lo + size))
    above = kept.map(lambda size: (last - size, last))
    middle = kept.flatmap(lambda size: st.integers(lo, last - size).map(lambda first: (first, first + size)))
    around = kept.map(lambda size: (min(lo + size, last), last))
    return st.one_of(below, above, middle, around, st.just((lo, last)))


def _rolls_back_in_reverse(events: list[Event]) -> None:
    """A failed load frees its extents in the reverse order: all of them, unless a fault ends the run."""
    kinds = [event.kind for event in events]
    if EventKind.ROLLBACK in kinds:
        allocated = [(e.lo, e.last, e.section) for e in events if e.kind is EventKind.ALLOC]
        freed = [(e.lo, e.last, e.section) for e in events if e.kind is EventKind.FREE]
        assert freed == allocated[::-1][: len(freed) if EventKind.FAULT in kinds else None]


def _join(runs: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Runs of like protection that touch, as one."""
    joined: list[tuple[int, int, str]] = []
    for lo, last, protection in runs:
        if joined and joined[-1][1] + 1 == lo and joined[-1][2] == protection:
            joined[-1] = (joined[-1][0], last, protection)
        else:
            joined.append((lo, last, protection))
    return joined


# -- statistics of a run ----------------------------------------------------------------------------------------------


def kind_of(params: Concrete) -> Counter[str]:
    """The kind of the table."""
    assume = params.assumptions
    names = [assume.protect, assume.free_access, f"arbiter {assume.arbiter}", f"guard {assume.guard}"]
    names += [f"search {assume.arbiter_search}", *assume.claims]
    return Counter([f"{params.bits} bits", *names, *(["region"] if params.registered else [])])


def what_of(params: Concrete, events: list[Event]) -> Counter[str]:
    """Where blocks lie, and how they go."""
    met: Counter[str] = Counter()
    top = (1 << params.bits) - 1
    for event, following in zip(events, [*events[1:], None], strict=False):
        if event.kind is EventKind.MAP:
            met["at the top"] += event.last + params.guard == top
            met["at address 0"] += event.lo == 0
            met["odd alignment"] += _odd(params.root(event.root).alignment)
        if event.kind is EventKind.MERGE:
            unmapped = following is not None and following.kind is EventKind.UNMAP
            met["merged and given back" if unmapped else "merged and kept"] += 1
    return met


def _odd(x: int) -> bool:
    return bool(x & (x - 1))


# -- running it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunProfile:
    """How many runs, and how many operations each at most."""

    runs: int
    operations: int
    derandomize: bool = True


CI = RunProfile(120, 24)
QUICK = RunProfile(40, 12)
DEEP = RunProfile(2000, 100, derandomize=False)


def profile_from_environment() -> RunProfile:
    """The profile for the tests, as HYPOTHESIS_PROFILE says."""
    return DEEP if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else CI


@dataclass
class MachineReport:
    """The statistics of all runs."""

    met: Counter[str] = field(default_factory=Counter)


class BrokenRun(AssertionError):
    """A run that fails a check: its `operations`, and the cause."""

    def __init__(self, operations: Sequence[str], cause: BaseException) -> None:
        super().__init__(operations, cause)
        self.operations = tuple(operations)
        self.cause = cause

    def __str__(self) -> str:
        done = "; ".join(self.operations)
        return f"{type(self.cause).__name__} after {len(self.operations)} operations ({done}): {self.cause}"


def run_machine(
    profile: RunProfile = CI, machine: type[ModuleMemory] = ModuleMemory, shrink: bool = True
) -> MachineReport:
    """Run the machine; BrokenRun on the first failure."""
    report = MachineReport()

    class Counting(machine):  # type: ignore[valid-type, misc]
        def teardown(self) -> None:
            """Unload every module and return every area: where no block is left, the holes are those of the boot."""
            super().teardown()
            if hasattr(self, "loader"):
                report.met.update(self.met)

    try:
        run_state_machine_as_test(Counting, settings=settings_of(profile, shrink))
    except Exception as cause:
        raise BrokenRun(ModuleMemory.latest.did, cause) from cause
    return report


def settings_of(profile: RunProfile, shrink: bool) -> settings:
    """Hypothesis's settings for the profile; nothing is stored between calls, and no example has a deadline."""
    stages = (Stage.explicit, Stage.generate, *((Stage.shrink,) if shrink else ()))
    return settings(
        derandomize=profile.derandomize,
        max_examples=profile.runs,
        stateful_step_count=profile.operations,
        phases=stages,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
