"""Reading the tables that a command was given: all of them, or every problem at once.

Models nothing. Leaves out: reading itself, which is the descriptor's business.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modalloc_model.cli.options import assumptions
from modalloc_model.failures import InputError
from modalloc_model.params import Location
from modalloc_model.verdict import Problem

if TYPE_CHECKING:
    from modalloc_model.descriptor import Reading, Settings, Table


@dataclass(frozen=True)
class Given:
    """The tables, and what is doubtful about them."""

    tables: tuple[Table, ...]
    warnings: tuple[Problem, ...]


def settings(args: argparse.Namespace) -> Settings:
    """What the options lay down for every table."""
    from modalloc_model.descriptor import Settings

    claims = tuple(dict.fromkeys(args.claims))
    defines, assume = tuple(args.defines), assumptions(args.assume)
    return Settings(args.arch, defines, assume, claims, args.kernel_config, tuple(args.beyond))


def read(paths: Iterable[str], args: argparse.Namespace) -> Given:
    """Every table in the paths. InputError, with every problem, if there is an error in any or no table in all."""
    from modalloc_model.engine.regions import wrapping

    wanted = settings(args)
    paths = list(dict.fromkeys(paths))
    readings = [_reading(path, wanted) for path in paths]
    tables = tuple(table for reading in readings for table in reading.tables)
    problems = [problem for reading in readings for problem in reading.problems]
    problems += _unused(wanted, readings)
    if not tables and not any(problem.severity == "error" for problem in problems):
        where = Location(paths[0] if len(paths) == 1 else "")
        hint = "a table is C, YAML, or text in which a C table stands"
        problems.append(Problem(where, "no-table", f"no table in {', '.join(paths)}", hint))
    problems += wrapping(table.params for table in tables)
    if any(problem.severity == "error" for problem in problems):
        raise InputError(problems)
    return Given(tables, tuple(problems))


def _unused(wanted: Settings, readings: Iterable[Reading]) -> Iterable[Problem]:
    """What -D and --beyond name and nothing refers to; where something cannot be parsed, that is not known."""
    errors = {problem.code for reading in readings for problem in reading.problems if problem.severity == "error"}
    if errors - {"unknown-symbol"}:
        return ()
    from modalloc_model.descriptor.uses import together, unused

    return unused(wanted, together(reading.names for reading in readings))


def _reading(path: str, wanted: Settings) -> Reading:
    """What a path holds: a kernel tree, which has a Kconfig, is read as one."""
    if Path(path, "Kconfig").is_file():
        from modalloc_model.kernel import is_tree, read_tree

        if is_tree(Path(path)):
            return read_tree(path, wanted)
    from modalloc_model.descriptor import read_path

    return read_path(path, wanted)
