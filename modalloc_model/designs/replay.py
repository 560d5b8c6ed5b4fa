"""A trace, run on the executable allocator: does it go wrong as it says, there and not before?

Every address of the trace must have been open to the allocator by its own rules, and every refusal forced on it.
Models: what a trace claims. Leaves out: how it was found.
"""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.allocator.events import Ended, Event
from modalloc_model.allocator.oracles.moment import Violation
from modalloc_model.designs import DESIGNS
from modalloc_model.designs.design import Executable, Resident, Unplayable
from modalloc_model.trace import Step, Trace


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


def replay(trace: Trace) -> Replay:
    """Run the trace. Reproduced: its rule is violated for its subject at the last step, and at no earlier one."""
    design = DESIGNS.get(trace.design)
    if design is None or design.executable is None:
        return Replay(False, f"the trace is one of design {trace.design!r}; known are {', '.join(DESIGNS)}", ())
    executable, steps = design.executable(trace.params), list[StepRecord]()
    problem = "" if trace.rule in design.judges() else f"no run violates {trace.rule}: it speaks of the table alone"
    for number, step in enumerate(trace.steps, start=1):
        if problem:
            break
        why = _perform(executable, step)
        steps.append(StepRecord(step, *executable.record()))
        problem = why and f"step {number}, {step.op} of {step.module or 'others'}: {why}"
    return _verdict(trace, tuple(steps), problem)


def _perform(executable: Executable, step: Step) -> str:
    """Why the step cannot be played; it is recorded as far as it comes all the same."""
    try:
        executable.perform(step)
    except Ended:
        pass  # the run ends here; the event says so
    except Unplayable as problem:
        return str(problem)
    return ""


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
