"""Deciding many tables, on as many processors as there are, in the order in which they were given.

Models nothing. Leaves out: how a table is decided.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeAlias

from modalloc_model.cli.installed import require_usual
from modalloc_model.cli.options import folder, selected
from modalloc_model.cli.progress import track
from modalloc_model.engine.registry import PACKAGES
from modalloc_model.isolation import Limits
from modalloc_model.params import ParamSet
from modalloc_model.report.presentation import Decided
from modalloc_model.verdict import TableReport

if TYPE_CHECKING:
    from modalloc_model.cache.reports import Reports
    from modalloc_model.descriptor import Case
    from modalloc_model.engine import Options
    from modalloc_model.engine.solvers.setting import Setting

Timed: TypeAlias = "tuple[TableReport, float]"


@dataclass(frozen=True)
class Task:
    """One table to decide; `text` is the file it stands in, `case` what is expected of it."""

    params: ParamSet
    text: str = ""
    case: Case | None = None


def select(text: str | None) -> frozenset[str]:
    """The rules that `--select` names; all of them where it is not given."""
    from modalloc_model.properties import RULES

    return selected(text, {rule.id: rule.group for rule in RULES.values()})


def options(args: argparse.Namespace, rules: frozenset[str]) -> Options:
    """How the engine is to decide."""
    from modalloc_model.engine import Options
    from modalloc_model.engine.solvers import Budget

    asked = ",".join(getattr(args, "solver", ("z3",)))
    resources = args.resources or Budget.resources
    return Options(method=args.method, timeout=args.timeout, select=rules, solver=asked, resources=resources)


@dataclass(frozen=True)
class Where:
    """Where tables and solvers run, within which limits, and where questions go: `write` for all, a folder a table."""

    memory: int | None = None  # MiB for each solver
    isolated: bool = False
    write: Path | None = None
    limits: Limits = field(default_factory=Limits)  # of the process that decides a table

    def setting(self, name: str) -> Setting:
        """For the table of that name."""
        from modalloc_model.engine.solvers.setting import QUERIES, Setting

        return Setting(self.isolated, self.memory, QUERIES, self.write / name if self.write else None)


def where(args: argparse.Namespace) -> Where:
    """As the command line says: a second solver, or one with a limit, has a process of its own."""
    return Where(args.memory, bool(args.memory) or args.solver != ("z3",), folder(args.smt2), limits(args))


def limits(args: argparse.Namespace) -> Limits:
    """What the process of a table may take."""
    return Limits(args.table_memory, args.table_timeout)


def kept(args: argparse.Namespace, how: Options) -> Reports | None:
    """What was decided in this way before; nothing where every question is to be asked."""
    from modalloc_model.cache.reports import reports

    return None if args.no_cache or args.smt2 else reports(how, solvers(args.solver).items())


def solvers(asked: Sequence[str] = ("z3",)) -> dict[str, str]:
    """The solvers that verdicts come from, and their versions; "not installed" where there is none."""
    return {name: _version(name) for name in asked}


def _version(name: str) -> str:
    """The version of the package, which need not be loaded; of a solver that comes without one, what it says."""
    from importlib import metadata

    try:
        return metadata.version(PACKAGES.get(name, name))
    except metadata.PackageNotFoundError:
        from modalloc_model.engine.solvers import version

        return version(name)


def job_limit(asked: int | None, tasks: int) -> int:
    """How many processes are worth having."""
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
    """The decisions, in the order of the tasks. What is `kept` is not decided again; what is new is kept."""
    known = [kept.find(task.params) if kept else None for task in tasks]
    if not all(known):
        require_usual()
    named = [one for one, report in zip(zip(_folders(tasks), tasks, strict=True), known, strict=True) if not report]
    fresh = _decided(named, how, jobs, place or Where())
    found = ((report, 0.0) if report else _kept(next(fresh), kept) for report in known)
    return [
        Decided(report, task.text, seconds if timings else None)
        for task, (report, seconds) in zip(tasks, track(found, len(tasks), "deciding", err), strict=True)
    ]


def _kept(found: Timed, kept: Reports | None) -> Timed:
    if kept:
        kept.keep(found[0])
    return found


def _decided(named: Sequence[tuple[str, Task]], how: Options, jobs: int, place: Where) -> Iterator[Timed]:
    work = partial(_timed, how, place)
    in_processes = jobs > 1 or place.isolated or place.limits != Limits()
    return _in_processes(named, work, how, jobs, place.limits) if in_processes else map(work, named)


def _folders(tasks: Sequence[Task]) -> Iterator[str]:
    """A name for each table's questions: its id; numbered, where there are several cases of it."""
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
    """Fresh processes: a solver's threads and locks do not survive a fork. One that dies takes one table along."""
    from modalloc_model.engine.verify import left_open
    from modalloc_model.isolation import Lost, run_all

    for (_, task), found in zip(named, run_all(work, named, jobs, limits), strict=True):
        yield (left_open(task.params, how, found.reason), 0.0) if isinstance(found, Lost) else found


def _timed(how: Options, place: Where, named: tuple[str, Task]) -> Timed:
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
