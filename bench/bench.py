"""How long the jobs take: `make bench`.

Each job is the real command in a process of its own, so that start-up counts; the shortest of several runs is shown,
and the exit status, so that a job that is quick because it failed is seen. Clocks belong here; no test looks at them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Job:
    """A command line of modalloc, and how often it is run."""

    words: tuple[str, ...]
    repeats: int = 3


JOBS = (
    Job(("--help",), 5),
    Job(("explain", "PRT001"), 5),
    Job(("arch",)),
    Job(("verify", "spec/params/mail-legacy-default.c")),
    Job(("verify", "spec/params", "--expect")),
    Job(("verify", "spec/params", "--expect", "--jobs", "1")),
    Job(("verify", "spec/params", "--expect", "--method", "direct"), 1),
    Job(("prove",), 1),
)


def measure(job: Job) -> tuple[float, int]:
    """The shortest run in seconds, and its exit status."""
    return min(_run(job.words) for _ in range(job.repeats))


def _run(words: Sequence[str]) -> tuple[float, int]:
    start = time.perf_counter()
    command = [sys.executable, "-m", "modalloc_model", *words]
    finished = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    return time.perf_counter() - start, finished.returncode


def main() -> None:
    """Measures every job, and then the executable allocator."""
    print(f"{'seconds':>8}  {'status':>6}  command")
    for job in JOBS:
        seconds, status = measure(job)
        print(f"{seconds:8.2f}  {status:6}  modalloc {' '.join(job.words)}", flush=True)
    _allocator()


def _allocator() -> None:
    from modalloc_model.allocator.bench import operations_per_second

    print(f"\n{'live':>8}  operations a second on the executable allocator")
    for live in (10, 1_000, 100_000):
        print(f"{live:8}  {operations_per_second(live, 20_000):,.0f}", flush=True)


if __name__ == "__main__":
    main()
