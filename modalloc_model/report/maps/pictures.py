"""Whole pictures: the address map of a table in one boot, and a counterexample as a column of frames.

`svg` draws the maps, and `film` replays the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modalloc_model.params import ParamSet
from modalloc_model.report.film import Film, film
from modalloc_model.report.harmless import harmless
from modalloc_model.report.maps.model import Boot, map_of
from modalloc_model.report.maps.svg import Part, Words, picture
from modalloc_model.report.story import boot_text
from modalloc_model.trace import Trace


def tables_picture(tables: Iterable[tuple[ParamSet, Boot]]) -> str:
    """The address maps of tables, each in its boot, as one SVG document."""
    shown = [(harmless(table), boot) for table, boot in tables]
    parts = [part for table, boot in shown for part in _table(table, boot)]
    return picture(parts, f"Address map of {', '.join(table.id for table, _ in shown)}")


def _table(table: ParamSet, boot: Boot) -> list[Part]:
    machine = f"{table.dialect.name} on {table.machine.name}, {table.machine.bits} bits, {boot_text(boot)}"
    return [Words(table.id, "m-title"), Words(machine, "m-faint"), Words(""), map_of(table, boot), Words("")]


def trace_picture(trace: Trace) -> str:
    """The run as one SVG document: one frame for each step, one below the other, and the violation."""
    trace = harmless(trace)
    title = f"{trace.table}: a run that violates {trace.rule} for {trace.subject}"
    return picture([Words(title, "m-title"), *_run(film(trace))], title)


def _run(shown: Film) -> Iterator[Part]:
    yield Words(f"boot: {boot_text(shown.trace.boot)}", "m-faint")
    for frame in shown.frames:
        heading = f"step {frame.number}: {frame.title}" if frame.number else frame.title
        yield from (Words(""), Words(heading, "m-title"), *(Words(f"  {line}", "m-faint") for line in frame.events))
        yield frame.shown
    if shown.problem:
        yield Words(f"does not reproduce: {shown.problem}", "m-bad")
    yield Words(f"violated: {shown.violation}", "m-bad")


def refutation_picture(table: ParamSet, title: str, message: str, boot: Boot) -> str:
    """A violation without a run: the map in a boot that violates the rule, and the message."""
    parts = [Words(title, "m-title"), *_table(harmless(table), boot)[1:], Words(message, "m-bad")]
    return picture(parts, title)


def note_picture(title: str, message: str) -> str:
    """A picture that says why there is nothing to draw."""
    return picture([Words(title, "m-title"), Words(message)], title)
