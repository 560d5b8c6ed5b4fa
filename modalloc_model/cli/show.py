"""`modalloc show`: what a table means, without judging it.

Models nothing. Leaves out: every boot but one; the unknowns are shown at the least values that they may have.
"""

from __future__ import annotations

import argparse
from itertools import product
from typing import TextIO

from modalloc_model.cli.delivery import deliver, style_for
from modalloc_model.cli.failures import InputError
from modalloc_model.cli.options import add_reading
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.cli.tables import read
from modalloc_model.params import Location, Machine, ParamSet
from modalloc_model.report.meaning import meaning
from modalloc_model.report.problems import problems_text
from modalloc_model.verdict import ExitStatus, Problem
from modalloc_model.words import evaluate

_EXAMPLE = """\
modalloc show mail.txt --arch x86_64
modalloc show spec/params/nios2.yaml"""

_DESCRIPTION = """\
Shows what the tables in PATH mean on their machine: which type is merged into which root, the roots with their
parameters and ranges, and a map of the addresses."""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "show", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("path", metavar="PATH")
    add_reading(parser)
    parser.add_argument("--output", metavar="FILE", help="write it to FILE, all or nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Shows every table in turn."""
    given = read([args.path], args)
    style = style_for(out, args.output)
    err.write(problems_text(given.warnings, style_for(err)))
    shown = ["\n".join(meaning(table.params, _boot_of(table.params), style)) for table in given.tables]
    deliver("\n\n".join(shown), args.output, out)
    return ExitStatus.PROVED


def _boot_of(params: ParamSet) -> dict[str, int]:
    boot = some_boot(params.machine)
    if boot is None:
        where = Location(params.path, params.line)
        raise InputError([Problem(where, "no-boot", f"the unknowns of {params.machine.name} have no value in common")])
    return boot


def some_boot(machine: Machine) -> dict[str, int] | None:
    """A boot that the machine may have: the least values, or the greatest, or else any; None if there is none."""
    bounds = [(unknown.step * unknown.low, unknown.step * unknown.high) for unknown in machine.unknowns]
    names = [unknown.name for unknown in machine.unknowns]
    for values in product(*bounds):
        boot = dict(zip(names, values, strict=True))
        if evaluate(machine.domain, boot):
            return boot
    return _asked(machine)


def _asked(machine: Machine) -> dict[str, int] | None:
    from modalloc_model.engine.solvers import ask
    from modalloc_model.smt.smtlib import Query

    answer = ask(Query("domain", {"domain": machine.domain}))
    return dict(answer.model) if answer.status == "sat" else None
