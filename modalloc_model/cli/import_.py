"""`modalloc import`: parameter sets out of a kernel tree, so that nobody writes a table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from modalloc_model.cli.delivery import deliver, style_for
from modalloc_model.cli.options import folder
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.exit_status import ExitStatus
from modalloc_model.failures import InputError, UsageError

if TYPE_CHECKING:
    from modalloc_model.kernel import Request
    from modalloc_model.verdict import Problem

_EXAMPLE = """\
modalloc import ~/linux --arch arm64 --config ~/build/.config --output tables
modalloc import ~/linux --arch nios2 --config ~/build/.config | modalloc verify -
modalloc import ~/linux --arch x86_64 --preprocessed ~/build/arch/x86/mm/init.i"""

_DESCRIPTION = """\
Reads execmem_arch_setup() of a kernel tree, or module_alloc() of one before 6.10, and writes the parameter sets that
it comes to, one for each way through the function: YAML tables, with the line of the kernel's source at each value.
What they mean beyond that (what the boot decides, where the image lies, how far branches reach) the machine's profile
says.

The file and its headers are read by the configuration alone, without a compiler, and nothing of the tree is run. With
--build its Makefile is run for the preprocessed file, in a folder of its own: use it for trees that you trust.
With --preprocessed a file that a compiler left is read. No way writes to the tree. A value that cannot be told is an
unknown over all values, and a warning says why.

A is a folder of arch/, or a profile of `modalloc arch`. -D CONFIG_X=y changes the configuration, -D NAME=EXPR says what
a variable of the kernel is worth, and -D 'kaslr_enabled()=0' what a function returns."""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "import", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("tree", metavar="TREE", nargs="?", help="the uppermost folder of a kernel's source")
    parser.add_argument("--arch", metavar="A", required=True, help="the architecture, or one of its profiles")
    parser.add_argument(
        "--config", "--kernel-config", metavar="FILE", help="the kernel's configuration (default: .config of the tree)"
    )
    parser.add_argument("--preprocessed", metavar="FILE", help="what make FILE.i wrote, instead of the tree's own text")
    parser.add_argument("--build", action="store_true", help="run the tree's Makefile for the preprocessed file")
    parser.add_argument(
        "-D", dest="defines", metavar="NAME=EXPR", action="append", default=[], help="say what a name is"
    )
    parser.add_argument("--output", metavar="DIR", help="write a file for each profile to DIR")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Imports, says what is doubtful, writes."""
    from modalloc_model.c.tokens import CError
    from modalloc_model.kernel import as_problem, documents, import_sets, problems

    if args.tree is None and args.preprocessed is None:
        raise UsageError("import reads a TREE, or a file given by --preprocessed")
    try:
        imported = import_sets(_request(args))
        texts = documents(imported)
    except CError as failure:
        raise InputError([as_problem(failure, args.tree or args.preprocessed)]) from failure
    _write_problems(problems(imported), err)
    _write(texts, args.output, out)
    return ExitStatus.PROVED


def _request(args: argparse.Namespace) -> Request:
    from modalloc_model.kernel import Request, definitions

    return Request(args.arch, args.tree, args.config, args.preprocessed, args.build, definitions(args.defines))


def _write_problems(found: tuple[Problem, ...], err: TextIO) -> None:
    from modalloc_model.report.problems import problems_text

    err.write(problems_text(found, style_for(err)))


def _write(texts: dict[str, str], output: str | None, out: TextIO) -> None:
    """To a folder, each file whole or not at all; or one after the other to the standard output."""
    target = folder(output)
    if target is None:
        deliver("---\n".join(texts.values()), None, out)
        return
    for name, text in texts.items():
        deliver(text, str(Path(target) / f"{name}.yaml"), out)
