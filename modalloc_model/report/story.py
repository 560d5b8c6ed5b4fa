"""A counterexample as text: the boot, then each step with its changes.

The executable allocator replays the trace, and its events are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from modalloc_model import addresses
from modalloc_model.report.style import Style
from modalloc_model.trace import OF_OTHERS, Placement, Step, Trace

if TYPE_CHECKING:
    from modalloc_model.allocator.events import Event
    from modalloc_model.designs.replay import Replay

Symbols = Mapping[str, int]


def story(trace: Trace, style: Style) -> list[str]:
    """The trace, replayed, as lines."""
    from modalloc_model.designs.replay import replay

    return story_lines(trace, replay(trace), style)


def story_lines(trace: Trace, replayed: Replay, style: Style) -> list[str]:
    """A replayed trace as lines."""
    symbols = trace.params.symbols
    lines = [f"boot      {boot_text(trace.boot)}"]
    for number, record in enumerate(replayed.steps, 1):
        lines.append(style.strong(f"step {number}    {step_text(record.step, symbols)}"))
        lines += [f"            {line}" for event in record.events if (line := event_text(event, symbols))]
    if not replayed.reproduced:
        lines.append(style.bad(f"does not reproduce: {replayed.problem}"))
    return lines


def boot_text(boot: Mapping[str, int]) -> str:
    """The values of the unknowns."""
    return ", ".join(f"{name} = {value:#x}" for name, value in sorted(boot.items())) or "any: nothing depends on it"


def step_text(step: Step, symbols: Symbols) -> str:
    """One operation, as its caller would say it."""
    if step.op == "load":
        return f"load {step.module}: {', '.join(_placement_text(p) for p in step.sections)}"
    if step.op in OF_OTHERS:
        whose = f", in the address space of {step.root}" if step.root else ""
        return f"others {step.op} {addresses.span(step.first, step.last, symbols)}{whose}"
    if step.op == "branch":
        place, target = (addresses.place(address, symbols) for address in (step.place, step.target))
        return f"{step.module} names {target} at {place} ({step.reach})"
    return f"{step.op} of {step.module}{', and blocks that are wholly free go back' if step.release else ''}"


def _placement_text(placement: Placement) -> str:
    refused = " (refused)" if placement.at is None else ""
    return f"{placement.section} {addresses.size(placement.size)}{refused}"


def event_text(event: Event, symbols: Symbols) -> str:
    """The change by one event; "" if the step's line has it."""
    if event.kind.value in ("branch", *OF_OTHERS) or (event.kind.value == "phase" and event.note == "loading"):
        return ""
    tell = _EVENTS.get(event.kind.value)
    span = addresses.span(event.lo, event.last, symbols)
    text = tell(event, span) if tell else f"{span} {event.note}"
    return f"{event.kind.value:<9} {text}".rstrip()


_EVENTS: dict[str, Callable[[Event, str], str]] = {
    "map": lambda event, span: f"{span}, {event.after}, for root {event.root}",
    "alloc": lambda event, span: (
        f"{span} for {event.section} of {event.module}, {addresses.size(event.size)} asked for"
    ),
    "fill": lambda event, span: f"{span}",
    "protect": lambda event, span: f"{span}: {event.before} becomes {event.after}",
    "seal": lambda event, span: f"{span}: {event.before} becomes {event.after}",
    "sealed": lambda event, span: f"{span}, read-only from here",
    "free": lambda event, span: f"{span}{_owner(event)}",
    "merge": lambda event, span: f"{span} is free",
    "unmap": lambda event, span: f"{span}",
    "fault": lambda event, span: f"writing {span}, which is not writable",
    "collision": lambda event, span: f"{span}{_owner(event)}, meets what another root has mapped",
    "refused": lambda event, span: f"no place for {event.section}, {addresses.size(event.size)}",
    "rollback": lambda event, span: f"the load of {event.module} failed; what it has is freed",
    "phase": lambda event, span: f"{event.module} is {event.note}",
}


def _owner(event: Event) -> str:
    return f", {event.section} of {event.module}" if event.section and event.module else ""
