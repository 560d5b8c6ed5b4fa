"""`modalloc prove`: proves the theorems again, from scratch."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TextIO

from modalloc_model.cli.deciding import require_usual, select
from modalloc_model.cli.delivery import deliver, style_for, track
from modalloc_model.cli.options import add_solvers, choices, folder, positive, seconds
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.exit_status import ExitStatus
from modalloc_model.failures import UsageError
from modalloc_model.report.theorems import (
    Dropped,
    Theorem,
    dropped_line,
    dropped_status,
    dropped_summary,
    theorem_line,
    theorem_table,
    theorems_status,
)

if TYPE_CHECKING:
    from modalloc_model.theorems.prove import How

WIDTHS = ("32", "64")

_DESCRIPTION = """\
Proves every theorem again: the conditions that `modalloc verify` decides for a table imply each rule for any number of
modules and any order of operations, by induction over the allocator's operations with symbolic parameters. Each proof
includes a check that its hypotheses can be satisfied.

With several solvers each one decides every obligation, and their answers are compared: a theorem is proved if all of
them prove it. An obligation is undecided if a solver returns unknown or its process dies. Undecided obligations, and
both questions of a disagreement, are kept in the folder of --smt2, or in modalloc-queries.

With --load-bearing each hypothesis, and each of its conjuncts, is dropped instead: an obligation must then fail, and
the tool searches for a run that violates the rule. Status 5 if one can be dropped and no reason is recorded for it.

Exit status 0 if all are proved, 1 if one is refuted, 3 if one is undecided, 4 if one is vacuous, 5 if
solvers disagree."""

_EXAMPLE = """\
modalloc prove
modalloc prove --width 64 --solver z3,bitwuzla --select ROI,OVL001 --smt2 obligations"""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "prove", _EXAMPLE, _DESCRIPTION)
    parser.add_argument(
        "--width", type=_widths, default=(32, 64), metavar="BITS", help="32, 64 or both (default: both)"
    )
    add_solvers(parser, "obligation")
    parser.add_argument("--select", metavar="RULES", help="only these rules: ids, groups, or prefixes of ids")
    parser.add_argument("--proof", metavar="DIR", help="write the solvers' proofs to DIR, with an index")
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="the time limit of an obligation; beyond it the result is undecided",
    )
    parser.add_argument(
        "--load-bearing", action="store_true", help="drop each hypothesis and show the obligation that fails without it"
    )
    parser.add_argument("--jobs", type=positive, metavar="N", help="theorems proved in parallel (default: one a core)")
    parser.set_defaults(run=run)


def _widths(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in choices(text, WIDTHS))


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Proves the theorems, prints a line for each, and a summary."""
    from modalloc_model.theorems.claims import theorem_rules
    from modalloc_model.theorems.prove import prove

    require_usual()
    style = style_for(out)
    rules = select(args.select)
    chosen = [rule for rule in theorem_rules() if rule.id in rules]
    if not chosen:
        known = ", ".join(rule.id for rule in theorem_rules())
        raise UsageError(f"--select {args.select}: none of these rules has a theorem", f"those that have: {known}")
    if args.load_bearing:
        return _load_bearing(args, frozenset(rule.id for rule in chosen), out, err)
    total = len(chosen) * len(args.width)
    decided = prove(args.width, _how(args), rules, args.jobs)
    theorems: list[Theorem] = []
    for theorem in decided if out.isatty() else track(decided, total, "proving", err):
        theorems.append(theorem)
        out.write(f"{theorem_line(theorem, style)}\n")
        out.flush()
    deliver("\n".join(["", *theorem_table(theorems, style)]), None, out)
    return theorems_status(theorems)


def _load_bearing(args: argparse.Namespace, rules: frozenset[str], out: TextIO, err: TextIO) -> ExitStatus:
    """Drops hypotheses, prints a line for each, and a summary. Only Z3 is asked: its model is evaluated."""
    from modalloc_model.theorems.load_bearing.check import check, count

    if args.solver != ("z3",) or args.smt2 or args.proof:
        raise UsageError("--load-bearing asks only Z3, and writes nothing", "omit --solver, --smt2 and --proof")
    style, rows = style_for(out), list[Dropped]()
    found = (row for bits in args.width for row in check(bits, rules, args.jobs))
    total = sum(count(bits, rules) for bits in args.width)
    for row in found if out.isatty() else track(found, total, "dropping", err):
        rows.append(row)
        out.write(f"{dropped_line(row, style)}\n")
        out.flush()
    deliver(f"\n{dropped_summary(rows)}", None, out)
    return dropped_status(rows)


def _how(args: argparse.Namespace) -> How:
    from modalloc_model.engine.solvers.setting import QUERIES
    from modalloc_model.theorems.prove import How

    return How(
        args.solver, folder(args.smt2), folder(args.proof), args.memory,
        args.timeout, isolated=True, keep=QUERIES,
    )  # fmt: skip
