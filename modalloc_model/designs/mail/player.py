"""Steps of a trace, performed by the module loader: every address must have been open, and every refusal forced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.allocator.observation import Observation
from modalloc_model.allocator.oracles.reach import places, standing_in, targets
from modalloc_model.allocator.placement import ClosedPlacement, Scripted
from modalloc_model.allocator.violations import Violation, Watcher
from modalloc_model.concrete import Concrete
from modalloc_model.designs.design import Resident, Unplayable
from modalloc_model.designs.mail.loader import Loader, Request
from modalloc_model.trace import Placement, Step


@dataclass
class Player:
    """The loader on one table in one boot, and who watches it."""

    params: Concrete
    events: list[Event] = field(default_factory=list)
    loader: Loader = field(init=False)
    watcher: Watcher = field(init=False)

    def __post_init__(self) -> None:
        self.loader = Loader(self.params, events=self.events)
        self.watcher = Watcher(self.params)

    def perform(self, step: Step) -> None:
        """One step, as far as it comes. Ended; Unplayable."""
        self.events.clear()
        try:
            self._perform(step)
        except (ClosedPlacement, ValueError) as problem:
            raise Unplayable(str(problem)) from problem
        except KeyError as problem:
            raise Unplayable(f"the table has no section {problem}") from problem

    def record(self) -> tuple[tuple[Event, ...], tuple[Violation, ...], tuple[Resident, ...]]:
        """What the last step did, what it newly violates, and what is live after it."""
        violations = self.watcher.step(self.events, self.loader.allocator.tiles())
        return tuple(self.events), violations, residents(self.watcher.state)

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
            raise Unplayable(f"{step.op!r} is not an operation")
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
            raise Unplayable("the run has ended")
        try:
            operation(step.first, step.last, step.root)
        except KeyError:
            whose = f"arbiter of {step.root}" if step.root else "arbiter that all roots share"
            raise Unplayable(f"there is no {whose}") from None

    def _branch(self, step: Step) -> None:
        if self.loader.ended:
            raise Unplayable("the run has ended")
        reach = next((r for r in self.params.reach if r.name == step.reach), None)
        if reach is None:
            raise Unplayable(f"the machine has no reach rule {step.reach!r}")
        holder = standing_in(self.watcher.state, step.module, step.place)
        if holder is None or not places(holder) & set(reach.places):
            raise Unplayable(f"{step.place:#x} is in no live {' or '.join(reach.places)} of {step.module}")
        if not targets(self.watcher.state, step.module, step.target) & set(reach.targets):
            raise Unplayable(f"{step.target:#x} is nothing that {reach.name} is for ({', '.join(reach.targets)})")
        event = Event(EventKind.BRANCH, step.place, step.target, module=step.module, note=step.reach)
        self.events.append(event)


def _compare(event: Event, placement: Placement) -> None:
    if event.kind is EventKind.REFUSED and placement.at is not None:
        raise Unplayable(f"{placement.size} bytes of {placement.section} are refused, not placed at {placement.at:#x}")


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
