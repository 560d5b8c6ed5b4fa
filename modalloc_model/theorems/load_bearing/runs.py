"""Random runs of the executable allocator that violate a rule; each is shortened and replayed.

A run loads one or two sections, finishes init, and unloads, at the lowest address that fits or in any hole that a
search may find; it has no branches.
It counts only if `designs/replay.py` reproduces it from the trace alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from modalloc_model.allocator.events import Ended, Event, EventKind
from modalloc_model.allocator.placement import Lowest, Policy, Random
from modalloc_model.allocator.violations import Violation, Watcher, oracles
from modalloc_model.concrete import Concrete
from modalloc_model.designs.mail.loader import Loader, Request
from modalloc_model.designs.replay import replay
from modalloc_model.trace import Placement, Step, Trace

RUNS = 5  # for one table
LONGEST = 6  # operations
POLICIES: tuple[Callable[[], Policy], ...] = (
    lambda: Lowest(release=False),
    lambda: Lowest(release=False),
    lambda: Random(random.Random(0), release=False),  # the only one that passes over holes
)


class DoesNotReplay(Exception):
    """The replay does not reproduce a run of the allocator: a defect of this tool."""


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation before its addresses are known."""

    op: str
    module: str
    requests: tuple[Request, ...] = ()


def violating_run(rule: str, params: Concrete, subjects: Sequence[str], generator: random.Random) -> Trace | None:
    """A short run of the table that violates the rule for one of the subjects; None if none was found."""
    if rule not in oracles():
        return None
    for _ in range(RUNS):
        drawn, play = _draw(generator, params), _Player(rule, params, subjects, generator.choice(POLICIES))
        trace = play(drawn)
        if trace is not None:
            return _shorten(play, drawn[: len(trace.steps)], trace)
    return None


def _draw(generator: random.Random, params: Concrete) -> list[PlannedOperation]:
    """A random sequence of operations, each of which is possible in its state."""
    loaded: dict[str, bool] = {}  # whether init is over
    drawn: list[PlannedOperation] = []
    while len(drawn) < LONGEST:
        module = generator.choice("ABC")
        if module not in loaded:
            loaded[module] = False
            drawn.append(PlannedOperation("load", module, _requests(generator, params)))
        elif not loaded[module] and generator.randrange(3):
            loaded[module] = True
            drawn.append(PlannedOperation("finish_init", module))
        else:
            del loaded[module]
            drawn.append(PlannedOperation("unload", module))
    return drawn


def _requests(generator: random.Random, params: Concrete) -> tuple[Request, ...]:
    largest = max((r.last - r.first + 1 for root in params.roots for r in root.ranges if r), default=1)
    sizes = (1, 1, 1, 1, params.page, params.page + 1, params.roots[0].granularity, largest)
    names = [section.name for section in params.sections]
    count = 1 if generator.randrange(4) else 2
    return tuple(Request(generator.choice(names), generator.choice(sizes) or 1) for _ in range(count))


@dataclass(frozen=True, slots=True)
class _Player:
    """Plays operations on a table; each run gets a policy of its own."""

    rule: str
    params: Concrete
    subjects: Sequence[str]
    policy: Callable[[], Policy]

    def __call__(self, operations: Sequence[PlannedOperation]) -> Trace | None:
        """The trace up to the first violation; None if there is no violation."""
        events: list[Event] = []
        loader, watcher, steps = Loader(self.params, self.policy(), events), Watcher(self.params), []
        for operation in operations:
            events.clear()
            succeeded = _perform(loader, operation)
            found = watcher.step(events, loader.allocator.tiles())
            steps.append(_step(operation, events))
            wrong = next((v for v in found if v.rule == self.rule and v.subject in self.subjects), None)
            if wrong:
                return _replay(Trace("any table", self.rule, wrong.subject, {}, self.params, tuple(steps)), wrong)
            if not succeeded:
                return None
        return None


def _perform(loader: Loader, operation: PlannedOperation) -> bool:
    """Perform the operation; False if it faults or is not possible in this state."""
    try:
        if operation.op == "load":
            loader.load(operation.module, operation.requests)
        elif operation.op == "finish_init":
            loader.finish_init(operation.module)
        else:
            loader.unload(operation.module)
    except (Ended, ValueError):
        return False
    return True


def _step(operation: PlannedOperation, events: Sequence[Event]) -> Step:
    asked = [e for e in events if e.kind in (EventKind.ALLOC, EventKind.COLLISION, EventKind.REFUSED)]
    places = [None if event.kind is EventKind.REFUSED else event.lo for event in asked]
    placements = tuple(
        Placement(name, size, at) for (name, size), at in zip(operation.requests, places, strict=False)
    )  # requests after a refusal are never made
    return Step(operation.op, operation.module, placements)


def _replay(trace: Trace, violation: Violation) -> Trace:
    again = replay(trace)
    if not again.reproduced:
        raise DoesNotReplay(f"{trace.rule} for {trace.subject}: {again.problem}")
    return replace(trace, violation=again.violation)


def _shorten(play: _Player, operations: Sequence[PlannedOperation], trace: Trace) -> Trace:
    """The run without its unneeded operations, and with sizes of one byte if these are enough."""
    current = list(operations)
    for number in reversed(range(len(current))):
        for smaller in _smaller(current, number):
            shorter = play(smaller)
            if shorter is not None:
                current, trace = smaller[: len(shorter.steps)], shorter
                break
    return trace


def _smaller(operations: list[PlannedOperation], number: int) -> list[list[PlannedOperation]]:
    """Smaller runs, smallest first: without the operation, with one section of it, with one byte for each section."""
    if number >= len(operations):
        return []
    before, one, after = operations[:number], operations[number], operations[number + 1 :]
    found = [[*before, *after]]
    if len(one.requests) > 1:
        found += [[*before, replace(one, requests=(request,)), *after] for request in one.requests]
    byte = tuple(Request(request.section, 1) for request in one.requests)
    if byte != one.requests:
        found.append([*before, replace(one, requests=byte), *after])
    return found
