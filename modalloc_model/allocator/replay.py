"""A trace, run on the executable allocator: does it go wrong as it says, there and not before?

Every address of the trace must have been open to the allocator by its own rules, and every refusal forced on it.
Models: what a trace claims. Leaves out: how it was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modalloc_model.allocator.allocator import Ended
from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.allocator.loader import Loader, Request
from modalloc_model.allocator.observation import Observation
from modalloc_model.allocator.oracles.reach import places, standing_in, targets
from modalloc_model.allocator.placement import ClosedPlacement, Scripted
from modalloc_model.allocator.violations import Violation, Watcher, oracles
from modalloc_model.trace import Placement, Step, Trace


@dataclass(frozen=True, slots=True)
class Resident:
    """A live extent [lo, last] at the end of a step, for display; `pages` are runs (lo, last, "rw-")."""

    lo: int
    last: int
    root: str
    section: str
    module: str
    phase: str
    size: int
    sealed: bool
    pages: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a replay: what happened, what it newly violates, and what is live after it, by address."""

    step: Step
    events: tuple[Event, ...]
    violations: tuple[Violation, ...]
    live: tuple[Resident, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a trace. `problem` says why it is not reproduced; `violation` is the oracle's own message."""

    reproduced: bool
    problem: str
    steps: tuple[StepRecord, ...]
    violation: str = ""


class _Unplayable(Exception):
    """The trace asks for something that does not happen on this table."""


@dataclass
class _Player:
    trace: Trace
    events: list[Event] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)
    loader: Loader = field(init=False)
    watcher: Watcher = field(init=False)

    def __post_init__(self) -> None:
        self.loader = Loader(self.trace.params, events=self.events)
        self.watcher = Watcher(self.trace.params)

    def play(self, step: Step) -> None:
        """One step; it is recorded as far as it comes, also where it cannot be played."""
        self.events.clear()
        try:
            self._perform(step)
        except Ended:
            pass  # the run ends here; the event says so
        except (ClosedPlacement, ValueError) as problem:
            raise _Unplayable(str(problem)) from problem
        except KeyError as problem:
            raise _Unplayable(f"the table has no section {problem}") from problem
        finally:
            self._record(step)

    def _perform(self, step: Step) -> None:
        operations: dict[str, Callable[[Step], None]] = {
            "load": self._load,
            "finish_init": lambda s: self.loader.finish_init(s.module),
            "unload": lambda s: self.loader.unload(s.module),
            "branch": self._branch,
            "take": lambda s: self._of_others(s, self.loader.allocator.take),
            "return": lambda s: self._of_others(s, self.loader.allocator.restore),
        }
        if step.op not in operations:
            raise _Unplayable(f"{step.op!r} is not an operation")
        self.loader.allocator.policy = Scripted((p.at for p in step.sections), step.release)
        operations[step.op](step)

    def _load(self, step: Step) -> None:
        try:
            self.loader.load(step.module, [Request(p.section, p.size) for p in step.sections])
        finally:
            asked = [e for e in self.events if e.kind in (EventKind.ALLOC, EventKind.REFUSED)]
        for event, placement in zip(asked, step.sections, strict=False):
            _compare(event, placement)

    def _of_others(self, step: Step, operation: Callable[[int, int, str], None]) -> None:
        if self.loader.ended:
            raise _Unplayable("the run has ended")
        try:
            operation(step.first, step.last, step.root)
        except KeyError:
            whose = f"arbiter of {step.root}" if step.root else "arbiter that all roots share"
            raise _Unplayable(f"there is no {whose}") from None

    def _branch(self, step: Step) -> None:
        if self.loader.ended:
            raise _Unplayable("the run has ended")
        reach = next((r for r in self.trace.params.reach if r.name == step.reach), None)
        if reach is None:
            raise _Unplayable(f"the machine has no reach rule {step.reach!r}")
        holder = standing_in(self.watcher.state, step.module, step.place)
        if holder is None or not places(holder) & set(reach.places):
            raise _Unplayable(f"{step.place:#x} is in no live {' or '.join(reach.places)} of {step.module}")
        if not targets(self.watcher.state, step.module, step.target) & set(reach.targets):
            raise _Unplayable(f"{step.target:#x} is nothing that {reach.name} is for ({', '.join(reach.targets)})")
        event = Event(EventKind.BRANCH, step.place, step.target, module=step.module, note=step.reach)
        self.events.append(event)

    def _record(self, step: Step) -> None:
        violations = self.watcher.step(self.events, self.loader.allocator.tiles())
        self.steps.append(StepRecord(step, tuple(self.events), violations, residents(self.watcher.state)))


def _compare(event: Event, placement: Placement) -> None:
    if event.kind is EventKind.REFUSED and placement.at is not None:
        raise _Unplayable(f"{placement.size} bytes of {placement.section} are refused, not placed at {placement.at:#x}")


def residents(state: Observation) -> tuple[Resident, ...]:
    """The live extents by address, with the protections of their pages."""
    found = [
        Resident(
            extent.lo,
            extent.last,
            extent.root,
            extent.section.name,
            extent.module,
            state.phase(extent),
            extent.size,
            extent.sealed,
            tuple((run.lo, run.last, run.protection) for run in state.pages_of(extent)),
        )
        for extent in state.live
    ]
    return tuple(sorted(found, key=lambda r: (r.lo, r.last, r.root, r.module)))


def replay(trace: Trace) -> Replay:
    """Run the trace. Reproduced: its rule is violated for its subject at the last step, and at no earlier one."""
    player = _Player(trace)
    problem = "" if trace.rule in oracles() else f"no run violates {trace.rule}: it speaks of the table alone"
    for number, step in enumerate(trace.steps, start=1):
        if problem:
            break
        try:
            player.play(step)
        except _Unplayable as unplayable:
            problem = f"step {number}, {step.op} of {step.module or 'others'}: {unplayable}"
    return _verdict(trace, tuple(player.steps), problem)


def _verdict(trace: Trace, steps: tuple[StepRecord, ...], problem: str) -> Replay:
    found = [(n, v) for n, record in enumerate(steps, start=1) for v in record.violations if _meant(trace, v)]
    message = found[0][1].message if found else ""
    if not problem and not found:
        problem = f"{trace.rule} is not violated for {trace.subject}{_instead(steps)}"
    elif not problem and found[0][0] != len(trace.steps):
        problem = f"{trace.rule} is violated already at step {found[0][0]} of {len(trace.steps)}: {message}"
    return Replay(not problem, problem, steps, message)


def _meant(trace: Trace, violation: Violation) -> bool:
    return (violation.rule, violation.subject) == (trace.rule, trace.subject)


def _instead(steps: tuple[StepRecord, ...]) -> str:
    others = sorted({f"{v.rule} for {v.subject}" for record in steps for v in record.violations})
    return f"; violated is {', '.join(others)}" if others else ""
