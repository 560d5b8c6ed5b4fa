"""Measures the time of the main jobs: `make bench`.

Each job runs the real command in its own process, start-up included. The output shows the shortest of several runs and
the exit status, since a job may be fast because it failed. No test depends on these times.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLES = tuple(sorted(f"spec/params/{file.name}" for file in (ROOT / "spec" / "params").glob("*.c")))
sys.path.insert(0, str(ROOT))  # the grafts of the tests are what counterexamples are timed on


@dataclass(frozen=True)
class Job:
    """A command line of modalloc, and the number of its runs."""

    words: tuple[str, ...]
    repeats: int = 3


JOBS = (
    Job(("--help",), 5),
    Job(("explain", "PRT001"), 5),
    Job(("arch",)),
    Job(("verify", "spec/params/mail-legacy-default.c")),
    Job(("verify", *TABLES, "--expect")),
    Job(("verify", *TABLES, "--expect", "--jobs", "1")),
    Job(("verify", *TABLES, "--expect", "--method", "direct"), 1),
    Job(("verify", "spec/params/linux", "--expect")),
    Job(("prove",), 1),
)


def measure(job: Job) -> tuple[float, int]:
    """The shortest run in seconds, and its exit status."""
    return min(_run(job.words) for _ in range(job.repeats))


def _run(words: Sequence[str], folder: Path = ROOT) -> tuple[float, int]:
    start = time.perf_counter()
    command = [sys.executable, "-m", "modalloc_model", *words]
    finished = subprocess.run(command, cwd=folder, check=False, capture_output=True)
    return time.perf_counter() - start, finished.returncode


def main() -> None:
    """The machine, the commands, the gate, the theorems, the counterexamples, and the executable allocator."""
    os.environ["MODALLOC_CACHE"] = "off"
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    _commands()
    _gate()
    _growth()
    _theorems()
    _counterexamples()
    _allocator()


def _commands() -> None:
    print(f"{'seconds':>8}  {'status':>6}  command")
    for job in (*JOBS, *_mail()):
        seconds, status = measure(job)
        print(f"{seconds:8.2f}  {status:6}  modalloc {' '.join(job.words)}", flush=True)


def _mail() -> tuple[Job, ...]:
    """The mail itself, if MODALLOC_MAIL gives its path."""
    path = os.environ.get("MODALLOC_MAIL")
    cut = (
        "MODULES_END=0xffffffffe0000000",
        "MODULES_VADDR_2ND=0xffffffffe0000000",
        "MODULES_END_2ND=0xffffffffff000000",
    )
    defines = tuple(word for define in cut for word in ("-D", define))
    return (Job(("verify", path, "--arch", "x86_64", *defines)),) if path else ()


def _gate() -> None:
    """Repositories of many tables, none or one of them changed since the base."""
    from tests.gate.repositories import SPLIT, Repository

    print(f"\n{'seconds':>8}  {'status':>6}  modalloc gate --base HEAD, of so many tables")
    for tables, changed in ((100, 0), (100, 1), (10_000, 0), (10_000, 1)):
        with tempfile.TemporaryDirectory() as folder:
            repository = Repository(Path(folder))
            for number in range(tables):
                repository.write(f"tables/{number}.c", SPLIT.replace("split", f"split_{number}"))
            repository.commit()
            for number in range(changed):
                repository.replace(f"tables/{number}.c", "MODULES_END - 1", "MODULES_END - 4097")
            seconds, status = min(_run(("gate", "--base", "HEAD"), repository.folder) for _ in range(3))
        print(f"{seconds:8.2f}  {status:6}  {tables} tables, {changed} changed", flush=True)


def _growth() -> None:
    """All sets of Linux, once and many times: the last column is 1.00 for linear growth."""
    files = sorted(file for file in (ROOT / "spec" / "params" / "linux").rglob("*") if file.is_file())
    once = 0.0
    print(f"\n{'seconds':>8}  {'files':>6}  {'ratio':>6}  modalloc verify of Linux's sets, each so many times")
    for times in (1, 10, 100):
        with tempfile.TemporaryDirectory() as folder:
            for file, number in product(files, range(times)):
                shutil.copy(file, Path(folder) / f"{file.stem}-{number}{file.suffix}")
            seconds, _ = _run(("verify", folder, "--expect"))
        once = once or seconds
        print(f"{seconds:8.2f}  {times * len(files):6}  {seconds / once / times:6.2f}  {times} times", flush=True)


def _theorems() -> None:
    from modalloc_model.theorems.claims import theorem_rules
    from modalloc_model.theorems.prove import prove_rule

    print(f"\n{'32 bits':>8}  {'64 bits':>8}  theorem, seconds, in one process")
    for rule in theorem_rules():
        times = [_timed(partial(prove_rule, rule, bits)) for bits in (32, 64)]
        print(f"{times[0]:8.2f}  {times[1]:8.2f}  {rule.id}", flush=True)


def _counterexamples() -> None:
    from modalloc_model.engine import Options, verify_table
    from modalloc_model.params import Assumptions
    from modalloc_model.properties import RULES
    from tests.engine.tables import GRAFTS, STRICT, table

    print(f"\n{'seconds':>8}  to a replayed counterexample (all subjects of the rule)")
    for rule, text, assume in GRAFTS:
        if RULES[rule].behaviour:
            wrong = table(text, "x86_64", Assumptions(claims=STRICT.claims, **assume))
            seconds = _timed(partial(verify_table, wrong, Options(select=frozenset({rule}))))
            print(f"{seconds:8.2f}  {rule}", flush=True)


def _timed(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def _allocator() -> None:
    from modalloc_model.designs.mail.bench import operations_per_second

    print(f"\n{'live':>8}  pairs of free and alloc a second on the executable allocator")
    for live in (1_000, 10_000, 100_000, 1_000_000):
        print(f"{live:8}  {operations_per_second(live, 20_000):,.0f}", flush=True)


if __name__ == "__main__":
    main()
