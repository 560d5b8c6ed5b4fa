"""`modalloc import`: reads parameter sets from a kernel tree."""

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
Reads execmem_arch_setup() of a kernel tree, or module_alloc() of a tree before 6.10, and writes one parameter set for
each path through the function: a YAML table with the line of the kernel's source beside each value. The machine's
profile supplies the rest: the values that the boot decides, the location of the image, the reach of branches.

By default the file and its headers are read with the configuration, without a compiler, and no code of the tree runs.
With --build the tree's Makefile makes the preprocessed file, in a separate folder: use it for trees that you trust.
With --preprocessed an existing preprocessed file is read. The tree is never written. A value that cannot be determined
becomes an unknown over all values, and a warning gives the reason.

A is a folder of arch/, or a profile of `modalloc arch`. -D CONFIG_X=y changes the configuration, -D NAME=EXPR sets a
variable of the kernel, and -D 'kaslr_enabled()=0' the result of a function."""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "import", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("tree", metavar="TREE", nargs="?", help="the root folder of a kernel's source")
    parser.add_argument("--arch", metavar="A", required=True, help="the architecture, or one of its profiles")
    parser.add_argument(
        "--config", "--kernel-config", metavar="FILE", help="the kernel's configuration (default: .config of the tree)"
    )
    parser.add_argument("--preprocessed", metavar="FILE", help="the output of make FILE.i, read instead of the tree")
    parser.add_argument("--build", action="store_true", help="run the tree's Makefile to make the preprocessed file")
    parser.add_argument(
        "-D",
        dest="defines",
        metavar="NAME=EXPR",
        action="append",
        default=[],
        help="set an option, a variable or a result",
    )
    parser.add_argument("--output", metavar="DIR", help="write one file a profile to DIR")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Imports, prints warnings, writes the sets."""
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
    """Writes each file atomically to a folder, or all of them to standard output."""
    target = folder(output)
    if target is None:
        deliver("---\n".join(texts.values()), None, out)
        return
    for name, text in texts.items():
        deliver(text, str(Path(target) / f"{name}.yaml"), out)
