"""Reads the tables that a command names, or raises every problem at once; compares decisions with expectations."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modalloc_model.cli.options import assumptions
from modalloc_model.failures import InputError
from modalloc_model.params import Location, ParamSet
from modalloc_model.report.expected import not_judged_rules, refuted_rules
from modalloc_model.report.presentation import Decided, Expectation
from modalloc_model.verdict import NOT_JUDGED, Problem, Severity, TableReport, Verdict

if TYPE_CHECKING:
    from modalloc_model.descriptor import Case, Reading, Settings, Table


@dataclass(frozen=True)
class TablesRead:
    """The tables and the warnings about them."""

    tables: tuple[Table, ...]
    warnings: tuple[Problem, ...]


def settings(args: argparse.Namespace) -> Settings:
    """The settings from the options, common to all tables."""
    from modalloc_model.descriptor import Settings

    claims = tuple(dict.fromkeys(args.claims))
    defines, assume = tuple(args.defines), assumptions(args.assume)
    return Settings(args.arch, defines, assume, claims, args.kernel_config, tuple(args.beyond))


def read(paths: Iterable[str], args: argparse.Namespace) -> TablesRead:
    """Every table in the paths. InputError, with every problem, if there is an error or no table at all."""
    from modalloc_model.engine.regions import wrapping

    wanted = settings(args)
    paths = list(dict.fromkeys(paths))
    readings = [_reading(path, wanted) for path in paths]
    tables = tuple(table for reading in readings for table in reading.tables)
    problems = [problem for reading in readings for problem in reading.problems]
    problems += _unused(wanted, readings)
    if not tables and not any(problem.severity == "error" for problem in problems):
        where = Location(paths[0] if len(paths) == 1 else "")
        hint = "a table is C, YAML, or text that contains a C table"
        problems.append(Problem(where, "no-table", f"no table in {', '.join(paths)}", hint))
    problems += wrapping(table.params for table in tables)
    if any(problem.severity == "error" for problem in problems):
        raise InputError(problems)
    return TablesRead(tables, tuple(problems))


def _unused(wanted: Settings, readings: Iterable[Reading]) -> Iterable[Problem]:
    """Names of -D and --beyond that no table uses; none if a file does not parse."""
    errors = {problem.code for reading in readings for problem in reading.problems if problem.severity == "error"}
    if errors - {"unknown-symbol"}:
        return ()
    from modalloc_model.descriptor.uses import together, unused

    return unused(wanted, together(reading.names for reading in readings))


def _reading(path: str, wanted: Settings) -> Reading:
    """The tables of a path. A folder with a Kconfig is read as a kernel tree."""
    if Path(path, "Kconfig").is_file():
        from modalloc_model.kernel import is_tree, read_tree

        if is_tree(Path(path)):
            return read_tree(path, wanted)
    from modalloc_model.descriptor import read_path

    return read_path(path, wanted)


def cases_of(table: Table, expect: bool) -> Iterator[tuple[ParamSet, Case | None]]:
    """The table under the assumptions of each of its cases; the table itself without `--expect` or without cases."""
    if not expect or not table.cases:
        yield table.params, None
        return
    for case in table.cases:
        yield replace(table.params, assumptions=case.assumptions), case


def compare(case: Case | None, decided: Decided) -> Decided:
    """The differences between a decision and its expectation. A table without an expectation counts as one."""
    if case is None:
        nothing = Expectation("", (), "", ("no expectation is written beside this table",))
        return replace(decided, expectation=nothing)
    differences = tuple(_differences(case, decided.report))
    expectation = Expectation(case.verdict or "", case.rules, case.why, differences, case.not_judged)
    return replace(decided, expectation=expectation)


def _differences(case: Case, report: TableReport) -> Iterator[str]:
    at = f"expected at {case.location.path}:{case.location.line}"
    if case.verdict is not None and report.verdict.value != case.verdict:
        yield f"the verdict is {report.verdict.value}, not {case.verdict} ({at})"
    found, expected = set(refuted_rules(report)), set(case.rules)
    for rule in sorted(found - expected):
        yield f"{rule} is refuted, but not expected to be: {_message(report, rule)} ({at})"
    for rule in sorted(expected - found):
        yield f"{rule} is not refuted, but expected to be ({at})"
    left = set(not_judged_rules(report))
    for rule in sorted(set(case.not_judged) - left):
        yield f"{rule} is judged, but expected not to be ({at})"
    for result in report.results:
        known = result.reason == NOT_JUDGED and result.rule in case.not_judged
        open_ = result.verdict in (Verdict.UNDECIDED, Verdict.INCONSISTENT) and not known
        if open_ and result.severity is Severity.ERROR:
            yield f"{result.rule} {', '.join(result.types)} is {result.word}: {result.message}"


def _message(report: TableReport, rule: str) -> str:
    return next(r.message for r in report.results if r.rule == rule and r.verdict is Verdict.REFUTED)
