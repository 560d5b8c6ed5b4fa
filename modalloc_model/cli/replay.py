"""`modalloc replay`: runs a trace on the executable allocator, and prints whether it reproduces."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TextIO

from modalloc_model.cli.delivery import deliver, style_for
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.failures import InputError
from modalloc_model.params import Location
from modalloc_model.report.harmless import harmless
from modalloc_model.report.story import story_lines
from modalloc_model.trace import Trace, from_json
from modalloc_model.verdict import ExitStatus, Problem

_DESCRIPTION = """\
Runs the trace in TRACE.json (- for the standard input) on the executable allocator and tells what happens. Exit
status 0 if it ends in the violation that it claims, 5 if it does not, 2 if the file is no trace."""

_EXAMPLE = """\
modalloc trace mail.txt --arch x86_64 --rule PRT001 --format json --output trace.json
modalloc replay trace.json"""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "replay", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("path", metavar="TRACE.json")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Replays the trace and prints its story."""
    from modalloc_model.designs.replay import replay

    trace = harmless(read_trace(args.path))
    replayed = replay(trace)
    style = style_for(out)
    lines = [style.strong(f"{trace.table}: {trace.rule} {trace.subject}"), *story_lines(trace, replayed, style)]
    if replayed.reproduced:
        lines += [f"violated  {trace.violation or replayed.violation}", style.good("it reproduces")]
    deliver("\n".join(lines), None, out)
    return ExitStatus.PROVED if replayed.reproduced else ExitStatus.INCONSISTENT


def read_trace(path: str) -> Trace:
    """The trace in the file. InputError if there is none, or if it is inconsistent."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as failure:
        raise _not_a_trace(path, f"cannot read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise _not_a_trace(path, "not a trace: not UTF-8 text") from failure
    try:
        return from_json(json.loads(text))
    except json.JSONDecodeError as failure:
        raise _not_a_trace(path, f"not JSON: {failure.msg}", failure.lineno, failure.colno) from failure
    except KeyError as failure:
        raise _not_a_trace(path, f"not a trace: {failure.args[0]!r} is missing") from failure
    except (TypeError, ValueError, AttributeError, IndexError, RecursionError) as failure:
        raise _not_a_trace(path, f"not a trace: {failure}") from failure


def _not_a_trace(path: str, message: str, line: int = 0, column: int = 0) -> InputError:
    hint = "a trace is what `modalloc trace --format json` writes"
    return InputError([Problem(Location(path, line, column), "not-a-trace", message, hint)])
