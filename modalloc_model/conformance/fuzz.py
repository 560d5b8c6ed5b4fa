"""The stateful machine on a user's own table: drawn runs, each step held to the symbolic reading, failures shortened.

    found = fuzz(table, boot, Plan(seed=1))
    found.traces          # a run for each rule and subject that was violated, shortened as far as it replays
    found.contradiction   # or what showed that the two readings of the semantics disagree

It is the third method beside the theorems and the induction on a table's values, and shares no solver with them: a run
is drawn, the oracles judge it by pages and intervals, and every step is evaluated in the transition relation. It proves
nothing. Hypothesis draws; a run that violates a rule ends there, and the next runs look for other rules.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from modalloc_model.allocator import Event, EventKind, Policy
from modalloc_model.allocator.observation import LiveExtent
from modalloc_model.allocator.oracles.reach import places, targets
from modalloc_model.concrete import in_boot
from modalloc_model.conformance.machine import ModuleMemory, RunProfile, settings_of
from modalloc_model.conformance.tables import policies, requests
from modalloc_model.designs.mail.loader import Request
from modalloc_model.designs.replay import replay
from modalloc_model.params import Machine, ParamSet, Reach, Unknown
from modalloc_model.trace import Placement, Step, Trace
from modalloc_model.words import evaluate

BATCH = 50
"""Runs between two looks at the clock."""

MOST_RULES = 24
"""Violations (rule and subject) after which no further one is looked for."""


@dataclass(frozen=True)
class Plan:
    """How many runs of how many operations, from which seed; `seconds` ends it earlier, between two batches."""

    runs: int = 200
    operations: int = 24
    seed: int = 0
    seconds: float | None = None


@dataclass
class Fuzzed:
    """What the runs came upon. `met` counts events, transitions and violations of all.

    `runs` are those that came upon nothing new.
    """

    traces: tuple[Trace, ...] = ()
    contradiction: str = ""
    runs: int = 0
    met: Counter[str] = field(default_factory=Counter)


class Violated(AssertionError):
    """A rule is violated that was not in the runs before."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(trace)
        self.trace = trace

    def __str__(self) -> str:
        return self.trace.violation


def boots(machine: Machine, first: Mapping[str, int]) -> st.SearchStrategy[dict[str, int]]:
    """Boots of the machine: `first`, which has to be one, the ends of each domain, and values between."""
    drawn = st.fixed_dictionaries({unknown.name: _values(unknown) for unknown in machine.unknowns})
    return st.just(dict(first)) | drawn.map(lambda boot: boot if evaluate(machine.domain, boot) else dict(first))


def _values(unknown: Unknown) -> st.SearchStrategy[int]:
    steps = st.sampled_from([unknown.low, unknown.high]) | st.integers(unknown.low, unknown.high)
    return steps.map(lambda k: k * unknown.step)


class OwnTable(ModuleMemory):
    """Modules come and go on one table, in any of its boots; a rule that is not among `known` ends the run."""

    table: ParamSet
    first: Mapping[str, int]
    known: frozenset[tuple[str, str]] = frozenset()

    @initialize(data=st.data(), policy=policies())
    def boot(self, data: st.DataObject, policy: Policy) -> None:
        """A boot and a policy for this run."""
        self.values = data.draw(boots(self.table.machine, self.first), label="boot")
        self.begin(in_boot(self.table, self.values), policy)

    def start(self) -> None:
        """An allocator of which nothing is used yet, and no step."""
        super().start()
        self.steps: list[Step] = []

    def wanted(self) -> st.SearchStrategy[list[Request]]:
        """Sections whose load is known to go wrong are left out, where others are left: they would end each run."""
        bad = {subject for name, subject in self.known}
        sections = tuple(one for one in self.params.sections if one.name not in bad)
        return requests(replace(self.params, sections=sections or self.params.sections))

    def load_now(self, module: str, wanted: list[Request]) -> bool:
        """Load these sections, and keep where they were placed."""
        self.acts(Step("load", module.upper()))
        return super().load_now(module, wanted)

    def finish_now(self, module: str) -> None:
        """Finish this module's init."""
        self.acts(Step("finish_init", module.upper()))
        super().finish_now(module)

    def unload_now(self, module: str) -> None:
        """Unload this module."""
        self.acts(Step("unload", module.upper()))
        super().unload_now(module)

    def take_now(self, lo: int, last: int, root: str) -> None:
        """Others take [lo, last] (bytes)."""
        self.acts(Step("take", first=lo, last=last, root=root))
        super().take_now(lo, last, root)

    def return_now(self, lo: int, last: int, root: str) -> None:
        """Others return [lo, last] (bytes)."""
        self.acts(Step("return", first=lo, last=last, root=root))
        super().return_now(lo, last, root)

    @precondition(lambda self: not self.loader.ended and self.named())
    @rule(data=st.data())
    def branch(self, data: st.DataObject) -> None:
        """An instruction of a module, at either end of an extent, names something that its reach rule is for."""
        holder, reach, target = data.draw(st.sampled_from(self.named()), label="instruction")
        place = data.draw(st.sampled_from([holder.lo, holder.last]), label="place")
        self.did.append(f"{holder.module} names {target:#x} at {place:#x} by {reach.name}")
        self.acts(Step("branch", holder.module.upper(), reach=reach.name, place=place, target=target))
        self.events.append(Event(EventKind.BRANCH, place, target, module=holder.module, note=reach.name))
        self.look()

    def named(self) -> list[tuple[LiveExtent, Reach, int]]:
        """Each extent with a reach rule of its instructions, and the ends of what that may name."""
        state = self.watcher.state
        regions = [*state.params.targets.values(), *([state.params.image] if state.params.image else [])]
        ends = [end for region in regions for end in (region.first, region.last)]
        ends += [end for extent in state.live for end in (extent.lo, extent.last)]
        return [
            (extent, reach, end)
            for extent in state.live
            for reach in state.params.reach
            if places(extent) & set(reach.places)
            for end in dict.fromkeys(ends)
            if targets(state, extent.module, end) & set(reach.targets)
        ]

    def acts(self, step: Step) -> None:
        """The operation that begins; whether empty blocks go back is the policy's."""
        release = self.allocator.policy.release and step.op in ("load", "finish_init", "unload")
        self.steps.append(replace(step, release=release))

    def look(self) -> None:
        """Show the new events to the watcher; a violation that is not known ends the run with its trace."""
        new = self.events[self.told :]
        if self.steps and self.steps[-1].op == "load":
            self.steps[-1] = _with_places(self.steps[-1], new)
        before = len(self.violations)
        super().look()
        for violation in self.violations[before:]:
            if (violation.rule, violation.subject) not in self.known:
                raise Violated(self._trace(violation.rule, violation.subject, violation.message))

    def _trace(self, name: str, subject: str, message: str) -> Trace:
        return Trace(self.table.id, name, subject, self.values, self.params, tuple(self.steps), message)


def _with_places(step: Step, events: list[Event]) -> Step:
    """The load, with the sections that were asked for and where each was placed."""
    asked = [event for event in events if event.kind in (EventKind.ALLOC, EventKind.REFUSED)]
    sections = [Placement(e.section, e.size, e.lo if e.kind is EventKind.ALLOC else None) for e in asked]
    return Step("load", step.module, tuple(sections), step.release)


def fuzz(table: ParamSet, first: Mapping[str, int], plan: Plan) -> Fuzzed:
    """Draws runs of the table, from its boot `first` on, until the plan is done or the two readings contradict."""
    found, known = Fuzzed(), dict[tuple[str, str], Trace]()
    end = None if plan.seconds is None else time.monotonic() + plan.seconds
    while not found.contradiction and len(known) < MOST_RULES and _goes_on(found, plan, end):
        size = BATCH if end is not None else min(BATCH, plan.runs - found.runs)
        trace = _batch(
            table, first, frozenset(known), Plan(size, plan.operations, plan.seed + len(known) + found.runs), found
        )
        if trace is not None:
            known[trace.rule, trace.subject] = shorten(trace)
    found.traces = tuple(known[key] for key in sorted(known))
    return found


def shorten(trace: Trace) -> Trace:
    """The trace without the steps, sections and bytes that it reproduces without.

    Hypothesis would shrink what it drew, by the clock; a replay takes a millisecond, and needs no drawing again.
    """
    for shorter in _shorter(trace):
        replayed = replay(shorter)
        if replayed.reproduced:
            return shorten(replace(shorter, violation=replayed.violation))
    return trace


def _shorter(trace: Trace) -> Iterator[Trace]:
    """The trace without one of its steps, or with one of them smaller."""
    for number, step in enumerate(trace.steps):
        before, after = trace.steps[:number], trace.steps[number + 1 :]
        yield replace(trace, steps=(*before, *after))
        for smaller in _smaller(step, trace.params.page):
            yield replace(trace, steps=(*before, smaller, *after))


def _smaller(step: Step, page: int) -> Iterator[Step]:
    """The load without one of its sections, or with fewer bytes of one."""
    for at, one in enumerate(step.sections):
        before, after = step.sections[:at], step.sections[at + 1 :]
        if before or after:
            yield replace(step, sections=(*before, *after))
        for size in (1, page):
            if size < one.size:
                yield replace(step, sections=(*before, replace(one, size=size), *after))


def _goes_on(found: Fuzzed, plan: Plan, end: float | None) -> bool:
    return found.runs < plan.runs if end is None else time.monotonic() < end


def _batch(
    table: ParamSet, first: Mapping[str, int], known: frozenset[tuple[str, str]], plan: Plan, found: Fuzzed
) -> Trace | None:
    """Some runs; the trace of the first violation. A failed check of conformance is a contradiction."""
    machine = _machine(table, first, known, found)
    try:
        chosen = settings_of(RunProfile(plan.runs, plan.operations, derandomize=False), shrink=False)
        run_state_machine_as_test(seed(plan.seed)(machine), settings=chosen)
    except Violated as violated:
        return violated.trace
    except AssertionError as failed:
        done = "; ".join(ModuleMemory.latest.did)
        found.contradiction = f"{str(failed) or 'a check of conformance failed'} (after: {done})"
    else:
        found.runs += plan.runs
    return None


def _machine(
    table: ParamSet, first: Mapping[str, int], known: frozenset[tuple[str, str]], found: Fuzzed
) -> type[OwnTable]:
    class Counting(OwnTable):
        def teardown(self) -> None:
            """Count what the run came upon."""
            try:
                super().teardown()
            finally:
                found.met.update(getattr(self, "met", ()))

    Counting.table, Counting.first, Counting.known = table, dict(first), known
    return Counting
