"""`modalloc trace`: the counterexample of one rule, as a story or as a document to replay."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from modalloc_model.cli.deciding import Task, Where, decide, limits, options
from modalloc_model.cli.delivery import boot_of, deliver, style_for
from modalloc_model.cli.options import add_deciding, add_limits, add_output, add_reading, assumptions
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.cli.tables import TablesRead, read
from modalloc_model.failures import InputError, UsageError, nearest
from modalloc_model.params import Location, ParamSet
from modalloc_model.report.harmless import harmless, json_text
from modalloc_model.report.kept_runs import Origin
from modalloc_model.report.story import boot_text, story
from modalloc_model.report.style import Style
from modalloc_model.trace import SCHEMA, to_json
from modalloc_model.verdict import ExitStatus, Problem, Result, TableReport, Verdict

Found = tuple[ParamSet, Result]

_DESCRIPTION = """\
Searches for the shortest run in which the table in PATH violates RULE. Exit status 1 if there is one, 0 if the rule is
proved, 3 if neither is known.

With --format pytest the run becomes a test that fails until the table is fixed, with --format kunit a KUnit test in C,
which also compiles as a program outside the kernel."""

_EXAMPLE = """\
modalloc trace mail.txt --arch x86_64 --rule PRT001 --type RODATA
modalloc trace table.c --arch nios2 --rule RCH001 --format json --output trace.json
modalloc trace table.c --arch x86_64 --rule ROI004 --format svg --output run.svg
modalloc trace table.c --arch x86_64 --rule ROI004 --format pytest --output test_table.py"""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "trace", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("path", metavar="PATH")
    parser.add_argument("--rule", required=True, metavar="RULE", help="the rule, such as PRT001")
    parser.add_argument("--type", metavar="T", help="the type or root that the rule concerns (default: the first)")
    parser.add_argument("--table", metavar="ID", help="the table, if PATH holds several (default: the first refuted)")
    add_reading(parser)
    add_output(parser, ("text", "json", "svg", "pytest", "kunit"))
    add_deciding(parser)
    add_limits(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Decides the rule, and prints the first counterexample."""
    rule = _rule(args.rule)
    tables = _select_tables(read([args.path], args), args)
    how, place = options(args, frozenset({rule})), Where(limits=limits(args))
    decided = decide([Task(params) for params in tables], how, 1, False, err, place)
    found = _first(_of_type([d.report for d in decided], rule, args.type))
    deliver(_format(args, rule, found, style_for(out, args.output)), args.output, out)
    return _STATUS.get(found[1].verdict, ExitStatus.PROVED)


_STATUS = {
    Verdict.REFUTED: ExitStatus.REFUTED,
    Verdict.UNDECIDED: ExitStatus.UNDECIDED,
    Verdict.VACUOUS: ExitStatus.VACUOUS,
    Verdict.INCONSISTENT: ExitStatus.INCONSISTENT,
}


def _rule(name: str) -> str:
    from modalloc_model.properties import RULES

    if name.upper() not in RULES:
        raise UsageError(f"--rule {name}: no such rule", nearest(name, RULES) or "modalloc explain lists the rules")
    return name.upper()


def _select_tables(given: TablesRead, args: argparse.Namespace) -> list[ParamSet]:
    known = [table.params for table in given.tables]
    if args.table is None:
        return known
    chosen = [params for params in known if args.table in (params.id, params.id.partition(":")[2])]
    if not chosen:
        ids = [params.id for params in known]
        hint = nearest(args.table, ids) or f"known: {', '.join(ids)}"
        raise InputError([Problem(Location(args.path), "unknown-table", f"no table {args.table}", hint)])
    return chosen


def _of_type(reports: Sequence[TableReport], rule: str, name: str | None) -> list[Found]:
    found = [(report.table, r) for report in reports for r in report.results if r.rule == rule]
    if name is None or not found:
        return found
    chosen = [one for one in found if name in (one[1].subject, *one[1].types)]
    if not chosen:
        known = sorted({t for _, result in found for t in (result.subject, *result.types) if t})
        raise UsageError(f"--type {name}: {rule} does not concern it here", nearest(name, known) or ", ".join(known))
    return chosen


def _first(found: Iterable[Found]) -> Found:
    """The first refuted result, or else the first that is not proved."""
    order = [Verdict.INCONSISTENT, Verdict.REFUTED, Verdict.VACUOUS, Verdict.UNDECIDED]
    ranked = sorted(found, key=lambda one: order.index(one[1].verdict) if one[1].verdict in order else len(order))
    if not ranked:
        raise UsageError("the rule has no result for this table", "modalloc verify --format json lists the results")
    return ranked[0]


def _format(args: argparse.Namespace, rule: str, found: Found, style: Style) -> str:
    if args.format in ("pytest", "kunit"):
        return written_test(args, *found)
    if args.format == "json":
        return _document(rule, found)
    return _picture(found) if args.format == "svg" else _text(harmless(found), style)


def _document(rule: str, found: Found) -> str:
    """The trace as a document for `modalloc replay`; without a trace, a document that says so."""
    table, result = found
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "table": table.id,
        "rule": rule,
        "subject": result.subject,
        "verdict": result.verdict.value,
        "message": result.message,
        "unknowns": {name: hex(value) for name, value in sorted(result.boot)},
        "steps": [],
        "violation": result.message if result.verdict is Verdict.REFUTED else "",
    }
    return json_text(to_json(result.trace) if result.trace else document)


def _picture(found: Found) -> str:
    """The run, a frame a step; without a run, the map with the error, or a note that there is no counterexample."""
    from modalloc_model.report.maps import pictures

    table, result = found
    if result.trace is not None:
        return pictures.trace_picture(result.trace)
    title = f"{_title(table, result)} is {result.verdict}"
    if result.verdict is not Verdict.REFUTED:
        return pictures.note_picture(title, result.message or "there is no counterexample")
    boot = dict(result.boot) or boot_of(table)
    if boot is None:
        return pictures.note_picture(title, result.message)
    return pictures.refutation_picture(table, title, result.message, boot)


def _title(table: ParamSet, result: Result) -> str:
    return f"{table.id}: {result.rule} {', '.join(result.types)}".rstrip()


def _text(found: Found, style: Style) -> str:
    table, result = found
    head = style.strong(_title(table, result))
    if result.verdict is not Verdict.REFUTED:
        return f"{head} is {result.verdict.value}; there is no counterexample\n{result.message}".rstrip()
    if result.trace is None:
        boot = f"boot      {boot_text(dict(result.boot))}"
        return f"{head} is refuted by the table itself, without a run\n{boot}\n{result.message}"
    violated = f"violated  {result.trace.violation or result.message}"
    return "\n".join([head, *story(result.trace, style), violated])


def written_test(args: argparse.Namespace, table: ParamSet, result: Result) -> str:
    """The text of the test. UsageError for a table from a pipe, or a rule that a kernel test cannot show."""
    if args.path == "-":
        raise UsageError(f"--format {args.format} reads the table again, which a pipe does not allow", "name a file")
    origin = _origin(args, table, result)
    if args.format == "pytest":
        from modalloc_model.report.kept_runs import pytest_file

        return pytest_file(origin)
    from modalloc_model.report.kunit.writing import NotShown, kunit_file

    try:
        return kunit_file(origin)
    except NotShown as reason:
        raise UsageError(f"--format kunit: {reason}", "--format pytest can show every rule") from reason


def _origin(args: argparse.Namespace, table: ParamSet, result: Result) -> Origin:
    from modalloc_model.properties import RULES

    folder = os.path.dirname(args.output) if args.output else None
    return Origin(
        table=table,
        result=result,
        title=RULES[result.rule].title,
        path=_from(table.path, folder),
        beside=folder is not None,
        digest=sha256(Path(table.path).read_bytes()).hexdigest(),
        arch=args.arch,
        defines=tuple(args.defines),
        beyond=tuple(args.beyond),
        assume=assumptions(args.assume),
        claims=tuple(dict.fromkeys(args.claims)),
    )


def _from(path: str, folder: str | None) -> str:
    """The path relative to the test file's folder, so that both can be moved together."""
    return path if folder is None else os.path.relpath(path, folder or ".")
