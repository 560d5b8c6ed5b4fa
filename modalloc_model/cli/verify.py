"""`modalloc verify`: decides the rules for every table, and prints the results."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TextIO

from modalloc_model.cli.deciding import Task, decide, job_limit, options, select, solvers, verdict_cache, where
from modalloc_model.cli.delivery import add_page, deliver, style_for, write_page
from modalloc_model.cli.options import add_deciding, add_output, add_reading, add_solvers, add_tables
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.cli.tables import cases_of, compare, read
from modalloc_model.exit_status import ExitStatus, worst
from modalloc_model.failures import UsageError
from modalloc_model.report import FORMATS, render
from modalloc_model.report.presentation import Decided, Presentation, RulePage

_DESCRIPTION = """\
Decides every rule for every table in PATH, a file, a folder or - for standard input: C, YAML, or text that contains C
tables, such as a mail or a patch. A table is proved for every boot, any number of modules and any order of operations,
or refuted by a run that the executable allocator has replayed.

With --method direct no theorem is used: the induction runs on the table's own values. If the theorems' conditions or a
run contradict it, both questions are kept in the folder modalloc-queries, and the exit status is 5.

Several solvers are compared on every question: if one returns unknown, the result is undecided; if they disagree, the
verdict is inconsistent and both questions are kept in modalloc-queries.

With --expect each case beside a table is decided under its own assumptions and compared. Exit status 0 if every case
has the expected verdict and the expected refuted rules, 1 otherwise."""

_EXAMPLE = """\
modalloc verify mail.txt --arch x86_64 --claim strict-rwx
modalloc verify spec/params --expect
modalloc verify table.c --arch nios2 --select range,RCH001 --format json --output verdict.json
modalloc verify spec/params --format sarif --output modalloc.sarif
modalloc verify table.c --arch x86_64 --html verdict.html"""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "verify", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("paths", metavar="PATH", nargs="+")
    add_reading(parser)
    add_output(parser, FORMATS)
    add_page(parser)
    add_deciding(parser)
    add_solvers(parser, "question")
    add_tables(parser)
    parser.add_argument("--select", metavar="RULES", help="only these rules: ids, groups, or prefixes of ids")
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    parser.add_argument("--expect", action="store_true", help="compare with the expectations beside the tables")
    parser.add_argument(
        "--fuzz",
        action="store_true",
        help="also draw random runs of each table; status 5 if one contradicts its verdict",
    )
    parser.add_argument("--timings", action="store_true", help="print the time of each table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Reads, decides, reports."""
    if args.expect and (args.select or args.strict or args.assume or args.claims):
        raise UsageError(
            "--expect decides every rule as each case says", "leave out --select, --strict, --assume, --claim"
        )
    rules = select(args.select)
    given = read(args.paths, args)
    tasks = [Task(params, table.text, case) for table in given.tables for params, case in cases_of(table, args.expect)]
    how, jobs = options(args, rules), job_limit(args.jobs, len(tasks))
    decided = decide(tasks, how, jobs, args.timings, err, where(args), verdict_cache(args, how))
    if args.expect:
        decided = [compare(task.case, one) for task, one in zip(tasks, decided, strict=True)]
    presentation = Presentation(
        tuple(decided), given.warnings, style_for(out, args.output), args.strict, solvers(args.solver), _pages()
    )
    write_page(args.html, presentation, out)
    deliver(render(args.format, presentation), args.output, out)
    return worst([presentation.status, _fuzz(decided, err)]) if args.fuzz else presentation.status


def _fuzz(decided: Sequence[Decided], err: TextIO) -> ExitStatus:
    """Holds runs of each table against its verdicts. The standard error says what came of it."""
    from modalloc_model.cli.fuzz import hold_against

    return worst(hold_against(one.report, err) for one in decided)


def _pages() -> dict[str, RulePage]:
    from modalloc_model.properties import RULES

    return dict(RULES)
