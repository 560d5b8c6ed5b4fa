"""`python -m proofs.ground_truth --tables 10000 --every 20 [--bits 6] [--jobs 2]`: verdicts against the enumeration.

Exit status 0 where the two agree, 5 where they disagree; each disagreement is printed with its table and a run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from modalloc_model.cli.delivery import track
from modalloc_model.exit_status import ExitStatus
from proofs.ground_truth import edges, tables
from proofs.ground_truth.compare import EFFORT, SEARCH, Finding, compare
from proofs.ground_truth.promises import compare_promises
from proofs.ground_truth.tally import disagreements, tally

QUICK = 1_500  # operations enumerated where the tool is not asked to search
Task = tuple[int, int | None, int, int | None]


def main(argv: Sequence[str] | None = None) -> int:
    """Compare this many tables, and print the results."""
    wanted = _arguments(argv)
    numbers = range(wanted.seed, wanted.seed + wanted.tables)
    tasks = [(number, wanted.bits, *_efforts(wanted, number)) for number in numbers]
    found: list[Finding] = []
    told = ""
    for findings in track(_all(tasks, wanted.jobs), len(tasks), "ground truth", sys.stderr):
        found += findings
        told += (new := disagreements(findings, wanted.bits))
        print(new, end="", flush=True)
    print(tally(found))
    return int(ExitStatus.INCONSISTENT) if told else 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.ground_truth", description=__doc__)
    parser.add_argument("--tables", type=int, default=500, metavar="N", help="how many tables (500)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="number of the first table (1)")
    parser.add_argument("--bits", type=int, choices=sorted(tables.PAGES), help="of a word (drawn, unless given)")
    parser.add_argument(
        "--effort", type=int, default=EFFORT, metavar="N", help=f"operations enumerated for a table ({EFFORT})"
    )
    parser.add_argument(
        "--search", type=int, default=SEARCH, metavar="N", help="resource units for the search (0: none)"
    )
    parser.add_argument(
        "--every", type=int, default=1, metavar="N",
        help="search and enumerate at length for every N-th table (1); of the others, what the theorems promise: quick",
    )  # fmt: skip
    parser.add_argument("--theorems", action="store_true", help="for no table at all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)")
    return parser.parse_args(argv)


def _efforts(wanted: argparse.Namespace, number: int) -> tuple[int, int | None]:
    """The budgets of the enumeration, and of the search (None: no search)."""
    at_length = not wanted.theorems and number % wanted.every == 0
    return (wanted.effort, wanted.search) if at_length else (min(QUICK, wanted.effort), None)


def _all(tasks: Sequence[Task], jobs: int) -> Iterator[list[Finding]]:
    if jobs == 1:
        yield from map(_one, tasks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_one, tasks, chunksize=4)


def _one(task: Task) -> list[Finding]:
    number, bits, effort, search = task
    worlds = edges.table(number, bits)
    return compare_promises(number, worlds, effort) if search is None else compare(number, worlds, effort, search)


if __name__ == "__main__":
    sys.exit(main())
