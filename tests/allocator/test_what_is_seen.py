"""The story of every wrong table of test_rules.py as a bystander tells it: each event, and what is said of it.

Without it, a message could name the wrong section, address or size.

Written anew by `python -m tests.allocator.test_what_is_seen`: read the difference before you keep it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from modalloc_model.allocator import Event, Violation
from modalloc_model.designs.replay import Replay, replay
from modalloc_model.trace import Trace
from tests.allocator.tables import BASE
from tests.allocator.test_rules import CASES

GOLDEN = Path(__file__).parent / "golden" / "seen.txt"


def lines(case: str, trace: Trace) -> Iterator[str]:
    named = replace(trace, params=replace(trace.params, symbols={"BASE": BASE}))
    told = replay(named)
    yield f"{case}: {trace.rule} for {trace.subject}"
    yield from _steps(told)
    yield f"  {'reproduced' if told.reproduced else told.problem}: {told.violation}"
    yield ""


def _steps(told: Replay) -> Iterator[str]:
    for record in told.steps:
        yield f"  {record.step.op} {record.step.module}"
        yield from (f"    {_event(event)}" for event in record.events)
        yield from (f"    ! {_violation(violation)}" for violation in record.violations)
        for live in record.live:
            pages = " ".join(f"{lo:#x}-{last:#x}:{letters}" for lo, last, letters in live.pages)
            yield f"    = {live.section} of {live.module}, {live.phase}: {pages}"


def _event(event: Event) -> str:
    where = f"[{event.lo:#x}, {event.last:#x}]" if event.last else ""
    change = f"{event.before} -> {event.after}" if event.before or event.after else ""
    size = f"{event.size} bytes" if event.size else ""
    parts = (event.kind.value, where, event.root, event.section, event.module, change, size, event.note)
    return " | ".join(part for part in parts if part)


def _violation(violation: Violation) -> str:
    return f"{violation.rule} {violation.subject} [{violation.lo:#x}, {violation.last:#x}] {violation.message}"


def everything() -> str:
    found = [line for case, (bad, good) in CASES.items() for trace in (bad, good) for line in lines(case, trace)]
    return "\n".join(line.rstrip() for line in found)


def test_each_story_is_told_event_by_event() -> None:
    assert everything() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(everything(), encoding="utf-8")
