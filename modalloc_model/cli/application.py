"""The command line: runs one command and turns every exception into a message and an exit status.

Statuses: :class:`ExitStatus`; 130 after an interrupt; 141 after a broken pipe, as a shell reports SIGPIPE.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, TextIO

import modalloc_model
from modalloc_model.cli.parser import Parser, exit_status_table
from modalloc_model.cli.registry import COMMANDS, load
from modalloc_model.exit_status import ExitStatus
from modalloc_model.failures import InputError, UsageError
from modalloc_model.report.harmless import visible

if TYPE_CHECKING:
    from modalloc_model.verdict import Problem

INTERRUPTED = 130
NO_READER = 141

_DESCRIPTION = """\
Verifies the tables that describe a kernel's module memory: proves a table correct for every boot, every number of
modules and every order of operations, or prints the shortest run of the allocator that violates a rule."""

_REPORT_IT = "this is a bug in modalloc; please report it with the command line and the input"


def parser(called: str | None) -> Parser:
    """The parser: every command by name, and the options of the called command."""
    top = Parser(
        prog="modalloc",
        description=_DESCRIPTION,
        epilog=f"{exit_status_table()}\n\nexample:\n  modalloc verify spec/params --expect",
    )
    top.add_argument("--version", action="version", version=f"modalloc {modalloc_model.__version__}")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, summary in COMMANDS.items():
        if name == called:
            load(name).add(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status. Never raises."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_characters(stream)
    try:
        status = _run_guarded(words, sys.stdout, sys.stderr)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_READER
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as failure:  # raised while reporting a failure
        sys.stderr.write(f"modalloc: {type(failure).__name__} at {_innermost(failure)}; {_REPORT_IT}\n")
        return int(ExitStatus.INCONSISTENT)
    return status


def _never_fail_on_characters(stream: TextIO) -> None:
    """Escapes characters that the terminal's encoding lacks."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _run_guarded(words: list[str], out: TextIO, err: TextIO) -> int:
    try:
        return _dispatch(words, out, err)
    except UsageError as failure:
        err.write(f"modalloc: {visible(failure.message)}{f'; {visible(failure.hint)}' if failure.hint else ''}\n")
        return _write_problems(words, [failure.problem], ExitStatus.BAD_INPUT, out)
    except InputError as failure:
        return _refuse(words, failure.problems, out, err)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except SystemExit as leaving:  # argparse, after --help and --version
        return int(leaving.code or 0)
    except Exception as failure:
        return _report_defect(words, failure, out, err)


def _dispatch(words: list[str], out: TextIO, err: TextIO) -> int:
    args = parser(_command_name(words)).parse_args(words)
    if hasattr(args, "solver"):
        from modalloc_model.cli.deciding import require

        require(args.solver)
    status: ExitStatus = args.run(args, out, err)
    return int(status)


def _refuse(words: list[str], problems: Sequence[Problem], out: TextIO, err: TextIO) -> int:
    """Reports every problem: in the document for machine formats, on standard error otherwise."""
    from modalloc_model.cli.delivery import style_for
    from modalloc_model.report.problems import problems_text

    if not _wants_json(words):
        err.write(problems_text(problems, style_for(err)))
    return _write_problems(words, problems, ExitStatus.BAD_INPUT, out)


def _report_defect(words: list[str], failure: Exception, out: TextIO, err: TextIO) -> int:
    from modalloc_model.params import Location
    from modalloc_model.verdict import Problem

    place = _innermost(failure)
    said = " ".join(str(failure).split()) or "no message"
    message = f"{type(failure).__name__}: {said} (at {place})"
    err.write(f"modalloc: {message}; {_REPORT_IT}\n")
    problem = Problem(Location(), "internal-error", message, _REPORT_IT)
    return _write_problems(words, [problem], ExitStatus.INCONSISTENT, out)


def _innermost(failure: Exception) -> str:
    step = failure.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return f"{os.path.basename(step.tb_frame.f_code.co_filename)}:{step.tb_lineno}" if step else "an unknown place"


def _write_problems(words: list[str], problems: Sequence[Problem], status: ExitStatus, out: TextIO) -> int:
    """Writes the problems in the requested format, so that a machine-readable document exists in every case."""
    document = _document(words, problems, status)
    if document is not None:
        from modalloc_model.cli.delivery import deliver

        try:
            deliver(document, _option(words, "--output"), out)
        except InputError:
            deliver(document, None, out)
    return int(status)


def _document(words: list[str], problems: Sequence[Problem], status: ExitStatus) -> str | None:
    """The document of a call without a verdict; None for formats that report on standard error only."""
    from modalloc_model.report import FOUND, write

    if _wants_json(words):
        from modalloc_model.report.problems import problems_document

        return problems_document(problems)
    name = _option(words, "--format") or ""
    if name not in FOUND:
        return None
    from modalloc_model.report.findings import refused

    return write(name, refused(_command_name(words) or "modalloc", problems, status))


def _wants_json(words: list[str]) -> bool:
    """Looks at the words themselves, since a wrong call may not parse."""
    return _option(words, "--format") == "json"


def _command_name(words: list[str]) -> str | None:
    """The command: the first word that is not an option."""
    return next((word for word in words if not word.startswith("-")), None)


def _option(words: list[str], name: str) -> str | None:
    for word, following in zip_longest(words, words[1:]):
        if word == name:
            return following
        if word.startswith(f"{name}="):
            return word.removeprefix(f"{name}=")
    return None
