"""`modalloc show`: describes what a table means and how it depends on the boot.

The map has the addresses of the boot with the least values of the unknowns.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from modalloc_model.cli.delivery import boot_or_error, deliver, style_for, track
from modalloc_model.cli.options import add_output, add_reading
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.cli.tables import read
from modalloc_model.params import ParamSet
from modalloc_model.report.harmless import harmless
from modalloc_model.report.meaning import meaning
from modalloc_model.report.problems import problems_text
from modalloc_model.report.style import Style
from modalloc_model.verdict import ExitStatus

if TYPE_CHECKING:
    from modalloc_model.engine.dependence import Dependence

_EXAMPLE = """\
modalloc show mail.txt --arch x86_64
modalloc show spec/params/nios2-16m.c --format svg --output map.svg"""

_DESCRIPTION = """\
Shows the meaning of the tables in PATH on their machine: the root of each type, the roots with their parameters and
ranges, a map of the addresses in the boot with the least values, and the effect of the boot: the values of each
unknown, the rules' conditions that depend on it and where they change, and those that hold or fail in every boot.

With --format svg only the address map, as a picture."""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "show", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("path", metavar="PATH")
    add_reading(parser)
    add_output(parser, ("text", "svg"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Shows every table in turn."""
    given = read([args.path], args)
    style = style_for(out, args.output)
    err.write(problems_text(given.warnings, style_for(err)))
    boots = [boot_or_error(table.params) for table in given.tables]
    tables = track(given.tables, len(given.tables), "deciding the effect of the boot", err)
    pairs = zip((table.params for table in tables), boots, strict=True)
    deliver(_picture(pairs) if args.format == "svg" else _text(pairs, style), args.output, out)
    return ExitStatus.PROVED


def _text(pairs: Iterable[tuple[ParamSet, dict[str, int]]], style: Style) -> str:
    blocks = [meaning(harmless(params), boot, harmless(tuple(_dependence(params))), style) for params, boot in pairs]
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _picture(pairs: Iterable[tuple[ParamSet, dict[str, int]]]) -> str:
    from modalloc_model.report.maps.pictures import tables_picture

    return tables_picture(pairs)


def _dependence(params: ParamSet) -> list[Dependence]:
    """How each condition depends on the boot; no question is asked if all boots are alike."""
    if not params.machine.unknowns:
        return []
    from modalloc_model.cli.deciding import require_usual
    from modalloc_model.engine.dependence import dependences

    require_usual()
    return list(dependences(params))
