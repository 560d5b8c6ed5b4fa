"""`modalloc trace --format pytest` and `--format kunit`: a result as a test, and where the test finds the table.

Models nothing. Leaves out: the tests themselves.
"""

from __future__ import annotations

import argparse
import os
from hashlib import sha256
from pathlib import Path

from modalloc_model.cli.options import assumptions
from modalloc_model.failures import UsageError
from modalloc_model.params import ParamSet
from modalloc_model.report.provenance import Origin
from modalloc_model.verdict import Result


def written_test(args: argparse.Namespace, table: ParamSet, result: Result) -> str:
    """The text of the test. UsageError where the table is in no file, or the kernel has nothing to show."""
    if args.path == "-":
        raise UsageError(f"--format {args.format} reads the table again, which a pipe does not allow", "name a file")
    origin = _origin(args, table, result)
    if args.format == "pytest":
        from modalloc_model.report.pytest_file import pytest_file

        return pytest_file(origin)
    from modalloc_model.report.kunit.writing import NotShown, kunit_file

    try:
        return kunit_file(origin)
    except NotShown as reason:
        raise UsageError(f"--format kunit: {reason}", "--format pytest can show every rule") from reason


def _origin(args: argparse.Namespace, table: ParamSet, result: Result) -> Origin:
    from modalloc_model.properties import RULES

    folder = os.path.dirname(args.output) if args.output else None
    return Origin(
        table=table,
        result=result,
        title=RULES[result.rule].title,
        path=_from(table.path, folder),
        beside=folder is not None,
        digest=sha256(Path(table.path).read_bytes()).hexdigest(),
        arch=args.arch,
        defines=tuple(args.defines),
        beyond=tuple(args.beyond),
        assume=assumptions(args.assume),
        claims=tuple(dict.fromkeys(args.claims)),
    )


def _from(path: str, folder: str | None) -> str:
    """The path as the test file has to name it: from its own folder, so that both can be moved together."""
    return path if folder is None else os.path.relpath(path, folder or ".")
