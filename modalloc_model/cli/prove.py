"""`modalloc prove`: prove the theorems again, from scratch.

Models nothing. Leaves out: the theorems; they stand in proofs/.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from modalloc_model.cli.deciding import select
from modalloc_model.cli.delivery import deliver, style_for
from modalloc_model.cli.failures import InputError, UsageError
from modalloc_model.cli.options import positive
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.cli.progress import track
from modalloc_model.exit_status import ExitStatus
from modalloc_model.params import Location
from modalloc_model.report.theorems import Theorem, theorem_line, theorem_table, theorems_status
from modalloc_model.verdict import Problem

WIDTHS = ("32", "64")
SOLVERS = ("z3", "cvc5", "bitwuzla")

_DESCRIPTION = """\
Proves every theorem again: that from the conditions which `modalloc verify` decides for a table, each rule follows
for any number of modules and any order of operations, by induction over the allocator's operations with the table's
parameters left open. Next to each proof stands a check that its hypotheses can hold at all.

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
    parser.add_argument(
        "--solver", type=_solvers, default=("z3",), metavar="S", help="z3, cvc5, bitwuzla (default: z3)"
    )
    parser.add_argument("--select", metavar="RULES", help="only these rules: ids, groups, or beginnings of ids")
    parser.add_argument("--smt2", metavar="DIR", help="write every obligation to DIR, as SMT-LIB 2")
    parser.add_argument("--jobs", type=positive, metavar="N", help="theorems proved at a time (default: one a core)")
    parser.set_defaults(run=run)


def _widths(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in _listed(text, WIDTHS))


def _solvers(text: str) -> tuple[str, ...]:
    return _listed(text, SOLVERS)


def _listed(text: str, known: Sequence[str]) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in words:
        if word not in known:
            raise argparse.ArgumentTypeError(f"{word!r} is none of {', '.join(known)}")
    return words


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Proves, a line a theorem, and sums up."""
    from proofs.prove import prove
    from proofs.theorems import theorem_rules

    style = style_for(out)
    rules = select(args.select)
    chosen = [rule for rule in theorem_rules() if rule.id in rules]
    if not chosen:
        known = ", ".join(rule.id for rule in theorem_rules())
        raise UsageError(f"--select {args.select}: none of these rules has a theorem", f"those that have: {known}")
    total = len(chosen) * len(args.width) * len(args.solver)
    decided = prove(args.width, args.solver, _folder(args.smt2), rules, args.jobs)
    theorems: list[Theorem] = []
    for theorem in decided if out.isatty() else track(decided, total, "proving", err):
        theorems.append(theorem)
        out.write(f"{theorem_line(theorem, style)}\n")
        out.flush()
    deliver("\n".join(["", *theorem_table(theorems, style)]), None, out)
    return theorems_status(theorems)


def _folder(name: str | None) -> Path | None:
    """The folder for the obligations, made if need be. InputError where it cannot be."""
    if name is None:
        return None
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        problem = Problem(Location(name), "unwritable-output", f"cannot be made: {failure.strerror}")
        raise InputError([problem]) from failure
    return Path(name)
