"""What dropping each hypothesis comes to: a line a hypothesis as it is decided, and the counters at the end.

Models nothing. Leaves out: tables and runs in full; the pages in proofs/theorems have the tables, a run is a trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from modalloc_model.exit_status import ExitStatus, worst
from modalloc_model.report.style import Style
from modalloc_model.theorems.load_bearing import EXPLAINED, IDLE, INCONSISTENT, NEEDED, OPEN, STANDINGS
from modalloc_model.trace import OF_OTHERS, Step, Trace

_STATUS = {
    NEEDED: ExitStatus.PROVED,
    EXPLAINED: ExitStatus.PROVED,
    IDLE: ExitStatus.INCONSISTENT,
    OPEN: ExitStatus.UNDECIDED,
    INCONSISTENT: ExitStatus.INCONSISTENT,
}


class Dropped(Protocol):
    """A hypothesis of a theorem, or one conjunct of it, and what became of the theorem without it."""

    @property
    def rule(self) -> str:
        """The theorem's rule."""

    @property
    def what(self) -> str:
        """What was dropped, in words."""

    @property
    def bits(self) -> int:
        """The width of a word."""

    @property
    def standing(self) -> str:
        """One of STANDINGS."""

    @property
    def broken(self) -> str:
        """The obligation that fails without it, or nothing."""

    @property
    def trace(self) -> Trace | None:
        """A run that violates the rule in a table that lacks this hypothesis alone; replayed."""

    @property
    def note(self) -> str:
        """Why there is no run, or why nothing fails."""


def dropped_line(row: Dropped, style: Style) -> str:
    """One row."""
    mark = {NEEDED: style.tick, EXPLAINED: style.tick, OPEN: style.question}.get(row.standing, style.cross)
    parts = [f"{mark} {row.rule}  {row.bits} bits  without {row.what}: {row.standing}"]
    if row.broken:
        parts.append(f"“{row.broken}” fails")
    if row.trace:
        parts.append(f"run: {run_text(row.trace)}")
    return "; ".join([*parts, *([row.note] if row.note else [])])


def run_text(trace: Trace) -> str:
    """The run in one line, and what goes wrong at its end."""
    return f"{', '.join(_step(step) for step in trace.steps)}: {trace.violation}"


def _step(step: Step) -> str:
    if step.op in OF_OTHERS:
        return f"others {step.op} {step.first:#x}..{step.last:#x}"
    places = [f"{p.section} {p.size} {'refused' if p.at is None else f'at {p.at:#x}'}" for p in step.sections]
    return f"{step.op} {step.module}" + (f" ({', '.join(places)})" if places else "")


def dropped_summary(rows: Sequence[Dropped]) -> str:
    """How many of each; the number of theorems is told too, since fewer rows are no success."""
    counts = ", ".join(f"{sum(row.standing == s for row in rows)} {s}" for s in STANDINGS)
    runs = sum(row.trace is not None for row in rows)
    rules = len({row.rule for row in rows})
    return f"{rules} theorems, {len(rows)} hypotheses and parts of them: {counts}; {runs} with a run that replays"


def dropped_status(rows: Iterable[Dropped]) -> ExitStatus:
    """The exit status that the rows amount to; none at all show nothing."""
    found = [_STATUS[row.standing] for row in rows]
    return worst(found) if found else ExitStatus.VACUOUS
