"""Decides many tables in parallel processes, and returns the decisions in the order of the tables.

Every solver named in the call is checked first: a missing solver is an error of the call, not an undecided table.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeAlias

from modalloc_model.cli.delivery import track
from modalloc_model.cli.options import folder, select_rules
from modalloc_model.engine.registry import PACKAGES
from modalloc_model.failures import UsageError
from modalloc_model.isolation import Limits
from modalloc_model.params import ParamSet
from modalloc_model.report.presentation import Decided
from modalloc_model.verdict import TableReport

if TYPE_CHECKING:
    from modalloc_model.cache import Reports
    from modalloc_model.descriptor import Case
    from modalloc_model.engine import Options
    from modalloc_model.engine.solvers.setting import Setting

Timed: TypeAlias = "tuple[TableReport, float]"


@dataclass(frozen=True)
class Task:
    """One table to decide; `text` is its file, `case` its expectation."""

    params: ParamSet
    text: str = ""
    case: Case | None = None


def select(text: str | None) -> frozenset[str]:
    """The rules of `--select`; all without it."""
    from modalloc_model.properties import RULES

    return select_rules(text, {rule.id: rule.group for rule in RULES.values()})


def options(args: argparse.Namespace, rules: frozenset[str]) -> Options:
    """The engine's options from the command line."""
    from modalloc_model.engine import Options
    from modalloc_model.engine.solvers import Budget

    asked = ",".join(getattr(args, "solver", ("z3",)))
    resources = args.resources or Budget.resources
    return Options(method=args.method, timeout=args.timeout, select=rules, solver=asked, resources=resources)


@dataclass(frozen=True)
class Where:
    """Where tables and solvers run, and within which limits; `write` gets a folder of queries for each table."""

    memory: int | None = None  # MiB for each solver
    isolated: bool = False
    write: Path | None = None
    limits: Limits = field(default_factory=Limits)  # of the process that decides a table

    def setting(self, name: str) -> Setting:
        """The solver setting for the table of that name."""
        from modalloc_model.engine.solvers.setting import QUERIES, Setting

        return Setting(self.isolated, self.memory, QUERIES, self.write / name if self.write else None)


def where(args: argparse.Namespace) -> Where:
    """From the command line. A second solver, or one with a memory limit, runs in its own process."""
    return Where(args.memory, bool(args.memory) or args.solver != ("z3",), folder(args.smt2), limits(args))


def limits(args: argparse.Namespace) -> Limits:
    """The limits of the process that decides a table."""
    return Limits(args.table_memory, args.table_timeout)


def verdict_cache(args: argparse.Namespace, how: Options) -> Reports | None:
    """The cache of earlier verdicts; None if every query must be asked (`--no-cache`, `--smt2`)."""
    from modalloc_model.cache import reports

    return None if args.no_cache or args.smt2 else reports(how, solvers(args.solver).items())


def solvers(asked: Sequence[str] = ("z3",)) -> dict[str, str]:
    """The version of each solver, or "not installed"."""
    return {name: _version(name) for name in asked}


def _version(name: str) -> str:
    """The version of the package, without loading it; for a solver without a package, the version it prints."""
    from importlib import metadata

    try:
        return metadata.version(PACKAGES.get(name, name))
    except metadata.PackageNotFoundError:
        from modalloc_model.engine.solvers import version

        return version(name)


def job_limit(asked: int | None, tasks: int) -> int:
    """The number of processes to start."""
    return max(1, min(asked or len(os.sched_getaffinity(0)), tasks))


def decide(
    tasks: Sequence[Task],
    how: Options,
    jobs: int,
    timings: bool,
    err: TextIO,
    place: Where | None = None,
    kept: Reports | None = None,
) -> list[Decided]:
    """The decisions, in the order of the tasks. `kept` holds decisions of earlier runs and stores new ones."""
    known = [kept.find(task.params) if kept else None for task in tasks]
    if not all(known):
        require_usual()
    named = [one for one, report in zip(zip(_folders(tasks), tasks, strict=True), known, strict=True) if not report]
    fresh = _decide_all(named, how, jobs, place or Where())
    found = ((report, 0.0) if report else _store(next(fresh), kept) for report in known)
    return [
        Decided(report, task.text, seconds if timings else None)
        for task, (report, seconds) in zip(tasks, track(found, len(tasks), "deciding", err), strict=True)
    ]


def _store(found: Timed, kept: Reports | None) -> Timed:
    if kept:
        kept.keep(found[0])
    return found


def _decide_all(named: Sequence[tuple[str, Task]], how: Options, jobs: int, place: Where) -> Iterator[Timed]:
    work = partial(_decide_one, how, place)
    in_processes = jobs > 1 or place.isolated or place.limits != Limits()
    return _in_processes(named, work, how, jobs, place.limits) if in_processes else map(work, named)


def _folders(tasks: Sequence[Task]) -> Iterator[str]:
    """The folder name for the queries of each table: its id, numbered if the table has several cases."""
    from modalloc_model.smt.smtlib import slug

    seen: Counter[str] = Counter()
    for task in tasks:
        name = slug(task.params.id)
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def _in_processes(
    named: Sequence[tuple[str, Task]],
    work: Callable[[tuple[str, Task]], Timed],
    how: Options,
    jobs: int,
    limits: Limits,
) -> Iterator[Timed]:
    """Fresh processes, since a solver's threads and locks do not survive a fork. A dead process costs one table."""
    from modalloc_model.engine.verify import left_open
    from modalloc_model.isolation import WorkerLost, run_all

    for (_, task), found in zip(named, run_all(work, named, jobs, limits), strict=True):
        yield (left_open(task.params, how, found.reason), 0.0) if isinstance(found, WorkerLost) else found


def _decide_one(how: Options, place: Where, named: tuple[str, Task]) -> Timed:
    from modalloc_model.engine import verify_table
    from modalloc_model.engine.solvers import setting
    from modalloc_model.engine.solvers.setting import begin_index

    name, task = named
    start = time.perf_counter()
    chosen = place.setting(name)
    begin_index(chosen)
    with setting(chosen):
        report = verify_table(task.params, how)
    return report, time.perf_counter() - start


USUAL = "z3"
"""Installed with the tool. It chooses the witnesses, whichever solver decides."""

_CROSSCHECK = "pip install 'modalloc[crosscheck]'"


def require(solvers: Iterable[str]) -> None:
    """UsageError with the install command if a solver cannot be loaded. z3 is only located, not loaded."""
    missing = [*_without_module(), *(why for name in solvers if name != USUAL and (why := _failure(name)))]
    if missing:
        raise UsageError(f"--solver: {'; '.join(missing)}", f"install it with {_install(solvers)}")


def require_usual() -> None:
    """The same check for z3, made before the first decision, since loading it takes time."""
    why = _failure(USUAL)
    if why:
        raise UsageError(f"--solver: {why}", f"install it with {_install([USUAL])}")


def _without_module() -> list[str]:
    return [] if find_spec(USUAL) else [f"{USUAL} is not installed"]


def _failure(name: str) -> str:
    """The reason why the solver cannot be loaded; "" if it can."""
    from modalloc_model.engine.solvers import SOLVERS

    try:
        import_module(SOLVERS[name])
    except ModuleNotFoundError:
        return f"{name} is not installed"
    except Exception as failure:  # a broken installation may raise anything
        return f"{name} cannot be loaded: {' '.join(str(failure).split())}"
    return ""


def _install(solvers: Iterable[str]) -> str:
    return _CROSSCHECK if {*solvers} - {USUAL} else "pip install z3-solver"
