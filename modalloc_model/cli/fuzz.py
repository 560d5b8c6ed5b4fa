"""`modalloc fuzz`: drawn runs of the user's own tables, with every step held to the symbolic reading."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from modalloc_model.cli.deciding import Task, Where, decide
from modalloc_model.cli.delivery import boot_or_error, deliver, style_for, track
from modalloc_model.cli.options import add_output, add_reading, positive, seconds
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.cli.tables import read
from modalloc_model.exit_status import ExitStatus, worst
from modalloc_model.params import ParamSet
from modalloc_model.verdict import TableReport, Verdict

if TYPE_CHECKING:
    from modalloc_model.conformance.fuzz import Fuzzed, Plan
    from modalloc_model.report.style import Style
    from modalloc_model.trace import Trace

_DESCRIPTION = """\
Draws runs of the tables in PATH (loads that fail or succeed, seals, unloads, branches, other users of the address
space, any boot, any placement), judges them by pages and intervals, and evaluates each step in the transition relation
that the theorems are about. A run that violates a rule is shortened, decided by `verify`, and shown. Nothing is proved.

The same seed draws the same runs. With --seconds the clock ends it, and so decides how many runs there are.

Exit status 0 if no run went wrong, 1 if one did, 5 if a run contradicts a verdict or the two readings of the semantics
disagree. With --format json the first run is written as a trace for `modalloc replay`."""

_EXAMPLE = """\
modalloc fuzz table.c --arch x86_64
modalloc fuzz spec/params --seconds 60 --seed 7
modalloc fuzz table.c --arch nios2 --format json --output trace.json"""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "fuzz", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("paths", metavar="PATH", nargs="+")
    parser.add_argument("--runs", type=positive, default=100, metavar="N", help="runs of each table (default: 100)")
    parser.add_argument(
        "--steps", type=positive, default=24, metavar="N", help="operations of a run, at most (default: 24)"
    )
    parser.add_argument("--seconds", type=seconds, metavar="S", help="draw for so long a table, and not --runs")
    parser.add_argument("--seed", type=_seed, default=0, metavar="S", help="what is drawn (default: 0)")
    add_reading(parser)
    add_output(parser, ("text", "json"))
    parser.set_defaults(run=run)


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 0 or more")
    return int(text)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Draws runs of each table, decides what they violate, and reports."""
    from modalloc_model.conformance.fuzz import Plan
    from modalloc_model.report.problems import problems_text

    found = read(args.paths, args)
    err.write(problems_text(found.warnings, style_for(err)))
    plan = Plan(args.runs, args.steps, args.seed, args.seconds)
    tables = [table.params for table in found.tables]
    fuzzed = list(track((draw_runs(table, plan) for table in tables), len(tables), "drawing runs", err))
    contradictions = [contradiction_of(table, one, err) for table, one in zip(tables, fuzzed, strict=True)]
    style = style_for(out, args.output)
    text = _json(tables, fuzzed) if args.format == "json" else _text(tables, fuzzed, contradictions, style)
    deliver(text, args.output, out)
    return worst(_status(one, wrong) for one, wrong in zip(fuzzed, contradictions, strict=True))


def draw_runs(table: ParamSet, plan: Plan) -> Fuzzed:
    """What runs of the table came upon. InputError if it has no boot, or if the solver cannot tell."""
    from modalloc_model.conformance.fuzz import fuzz

    return fuzz(table, boot_or_error(table), plan)


def contradiction_of(table: ParamSet, fuzzed: Fuzzed, err: TextIO) -> str:
    """What contradicts: the two readings, or a run of a rule that `verify` proves. "" if nothing does."""
    if fuzzed.contradiction or not fuzzed.traces:
        return fuzzed.contradiction
    from modalloc_model.engine import Options

    rules = frozenset(trace.rule for trace in fuzzed.traces)
    return _proved_and_violated(decide([Task(table)], Options(select=rules), 1, False, err, Where())[0].report, fuzzed)


def hold_against(report: TableReport, err: TextIO) -> ExitStatus:
    """Draws a few runs of a table that was decided; status 5 if one contradicts what is proved of it."""
    from modalloc_model.conformance.fuzz import Plan
    from modalloc_model.report.harmless import harmless

    fuzzed = draw_runs(report.table, Plan(runs=FEW))
    wrong = fuzzed.contradiction or _proved_and_violated(report, fuzzed)
    text = f"contradiction: {wrong}; please report this with the table" if wrong else "none contradicts a verdict"
    err.write(f"{harmless(report.table.id)}: {fuzzed.runs} runs drawn, {harmless(text)}\n")
    return ExitStatus.INCONSISTENT if wrong else ExitStatus.PROVED


FEW = 10
"""Runs that `verify --fuzz` draws of a table."""


def _proved_and_violated(report: TableReport, fuzzed: Fuzzed) -> str:
    proved = [trace for trace in fuzzed.traces if not _fails(report, trace)]
    return "; ".join(f"{one.rule} {one.subject} is proved, and a run violates it: {one.violation}" for one in proved)


def _fails(report: TableReport, trace: Trace) -> bool:
    """Whether the rule was not decided, or some result of it that speaks of the trace's subject is not proved."""
    results = [result for result in report.results if result.rule == trace.rule]
    own = [r for r in results if trace.subject == r.subject or trace.subject in r.types]
    return not results or any(result.verdict is not Verdict.PROVED for result in own or results)


def _status(fuzzed: Fuzzed, contradiction: str) -> ExitStatus:
    if contradiction:
        return ExitStatus.INCONSISTENT
    return ExitStatus.REFUTED if fuzzed.traces else ExitStatus.PROVED


def _json(tables: Sequence[ParamSet], fuzzed: Sequence[Fuzzed]) -> str:
    """The first trace; without one, how many runs were drawn."""
    from modalloc_model.report.harmless import json_text
    from modalloc_model.trace import to_json

    trace = next((trace for one in fuzzed for trace in one.traces), None)
    if trace is not None:
        return json_text(to_json(trace))
    runs = [
        {"id": table.id, "runs": one.runs, "met": dict(sorted(one.met.items()))}
        for table, one in _pairs(tables, fuzzed)
    ]
    return json_text({"schema": "modalloc.fuzz/1", "tables": runs})


def _pairs(tables: Sequence[ParamSet], fuzzed: Sequence[Fuzzed]) -> Iterator[tuple[ParamSet, Fuzzed]]:
    return zip(tables, fuzzed, strict=True)


def _text(tables: Sequence[ParamSet], fuzzed: Sequence[Fuzzed], contradictions: Sequence[str], style: Style) -> str:
    blocks = ["\n".join(_lines(t, f, c, style)) for t, f, c in zip(tables, fuzzed, contradictions, strict=True)]
    return "\n\n".join(blocks)


def _lines(table: ParamSet, fuzzed: Fuzzed, contradiction: str, style: Style) -> Iterator[str]:
    from modalloc_model.report.harmless import harmless
    from modalloc_model.report.story import story

    yield style.strong(f"{table.id}: {fuzzed.runs} runs drawn, {_count(fuzzed)}")
    yield f"  {_met(fuzzed)}"
    for trace in harmless(fuzzed.traces):
        yield ""
        yield style.bad(f"{trace.rule} {trace.subject}: {trace.violation}")
        yield from story(trace, style)
    if contradiction:
        yield style.bad(f"contradiction: {harmless(contradiction)}; please report this with the table")


def _count(fuzzed: Fuzzed) -> str:
    broken = len(fuzzed.traces)
    return f"{broken} violation{'s' if broken != 1 else ''} found" if broken else "none goes wrong; this proves nothing"


def _met(fuzzed: Fuzzed) -> str:
    """How often each kind of step was taken and held to the transition relation."""
    held = {name.removeprefix("relation: "): n for name, n in fuzzed.met.items() if name.startswith("relation: ")}
    return ", ".join(f"{name} {n}" for name, n in sorted(held.items())) or "no operation was possible"
