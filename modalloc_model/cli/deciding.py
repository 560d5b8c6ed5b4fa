"""Deciding many tables, on as many processors as there are, in the order in which they were given.

Models nothing. Leaves out: how a table is decided.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TextIO

from modalloc_model.cli.options import selected
from modalloc_model.cli.progress import track
from modalloc_model.params import ParamSet
from modalloc_model.report.presentation import Decided
from modalloc_model.verdict import TableReport

if TYPE_CHECKING:
    from modalloc_model.descriptor import Case
    from modalloc_model.engine import Options


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

    return Options(method=args.method, timeout=args.timeout, select=rules)


def solvers() -> dict[str, str]:
    """The solvers that verdicts come from, and their versions."""
    from importlib import metadata

    return {"z3": metadata.version("z3-solver")}


def job_limit(asked: int | None, tasks: int) -> int:
    """How many processes are worth having."""
    return max(1, min(asked or len(os.sched_getaffinity(0)), tasks))


def decide(tasks: Sequence[Task], how: Options, jobs: int, timings: bool, err: TextIO) -> list[Decided]:
    """The decisions, in the order of the tasks."""
    decided = _in_processes(tasks, how, jobs) if jobs > 1 else map(partial(_timed, how), tasks)
    found = track(decided, len(tasks), "deciding", err)
    return [
        Decided(report, task.text, seconds if timings else None)
        for task, (report, seconds) in zip(tasks, found, strict=True)
    ]


def _in_processes(tasks: Sequence[Task], how: Options, jobs: int) -> Iterator[tuple[TableReport, float]]:
    """Fresh processes: a solver's threads and locks do not survive a fork."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(_timed, how), tasks)


def _timed(how: Options, task: Task) -> tuple[TableReport, float]:
    from modalloc_model.engine import verify_table

    start = time.perf_counter()
    report = verify_table(task.params, how)
    return report, time.perf_counter() - start
