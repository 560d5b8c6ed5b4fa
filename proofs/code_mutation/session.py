"""Inside pytest: every mutant against the tests that run its function, in a child that is forked once all is imported.

A plugin for the test run that `proofs/code_mutation` starts in a copy of the tree whose sources hold all mutants at
once (switch.py). First every test runs on the original, which says how long it takes and which functions it
calls. Then, mutant by mutant, a child switches the mutant on and runs those tests, quick ones and recent killers first,
up to the first that fails. What a function does while modules are imported has happened by then: such a mutant that
survives is tried again by itself, from the start.

The results are killed (a test fails), timeout (far more CPU time than the original), survived, and untested.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from proofs.code_mutation.switch import CALLED, FUNCTIONS, PLAN, leave_alone, switch_on, watch

ENOUGH = 40.0
"""Seconds of tests, as the original takes them, that a mutant has to survive at most."""

OUTCOMES = {0: "survived", 1: "killed"}
"""By a child's exit status; any other is an error of this module's own, and ends the session."""

PATIENCE = 6
"""A test that takes this many times as long as it took on the original, and some seconds more, has hung."""


def pytest_configure() -> None:
    """A failing example is enough: nothing is shrunk or explained."""
    from hypothesis import Phase, settings

    settings.register_profile("mutation", settings(settings(), phases=(Phase.explicit, Phase.generate)))
    settings.load_profile("mutation")


def quick(durations: Mapping[str, float]) -> list[str]:
    """Quick tests before slow ones, as time permits; at least one."""
    total, chosen = 0.0, list[str]()
    for name in sorted(durations, key=lambda name: (durations[name], name)):
        total += durations[name]
        if total > ENOUGH and chosen:
            break
        chosen.append(name)
    return chosen


def function_of(mutant: str) -> str:
    """The function that it is a mutant of."""
    return mutant.rpartition("__mutmut_")[0]


@dataclass
class Child:
    """A mutant that is being tried."""

    mutant: str
    pipe: int
    deadline: float


@dataclass
class Session:
    """The tests, the functions that they run, and the results for the mutants."""

    items: dict[str, pytest.Item]
    jobs: int
    output: Path
    durations: dict[str, float] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)
    runs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    killers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    children: dict[int, Child] = field(default_factory=dict)

    def measure(self) -> None:
        """Run every test on the original. A test that fails there is left out."""
        for name, item in self.items.items():
            for function in CALLED:
                watch(function)
            CALLED.clear()
            begun = time.process_time()
            if _fails(item):
                self.failing.append(name)
                continue
            self.durations[name] = time.process_time() - begun
            for function in CALLED:
                self.runs[function].add(name)
        for function in FUNCTIONS:
            leave_alone(function)

    def tests_of(self, function: str) -> list[str]:
        """Recent killers first, then the quick before the slow."""
        chosen = quick({name: self.durations[name] for name in self.runs.get(function, ())})
        recent = [name for name in self.killers[function] if name in chosen]
        return list(dict.fromkeys([*recent, *chosen]))

    def start(self, mutant: str) -> None:
        """Try the mutant in a child."""
        tests = self.tests_of(function_of(mutant))
        if not tests:
            self.record(mutant, "untested", "")
            return
        expected = sum(self.durations[name] for name in tests)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            self._try(mutant, tests, writing)
        os.close(writing)
        self.children[child] = Child(mutant, reading, time.monotonic() + 5 * PATIENCE * (expected + 2))

    def _try(self, mutant: str, tests: list[str], pipe: int) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        switch_on(mutant)
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        for name in tests:
            limit = int(time.process_time() + PATIENCE * self.durations[name]) + 3
            resource.setrlimit(resource.RLIMIT_CPU, (limit, most))
            if _fails(self.items[name]):
                os.write(pipe, name.encode())
                os._exit(1)
        os._exit(0)

    def wait(self) -> None:
        """Until one child is done."""
        while self.children:
            for pid in list(self.children):
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    self._record_end(self.children.pop(pid), status)
                    return
                if time.monotonic() > self.children[pid].deadline:
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)

    def _record_end(self, child: Child, status: int) -> None:
        killer = os.read(child.pipe, 4096).decode()
        os.close(child.pipe)
        if os.WIFSIGNALED(status):
            crashed = os.WTERMSIG(status) not in (signal.SIGXCPU, signal.SIGKILL)
            self.record(child.mutant, "killed" if crashed else "timeout", "")
            return
        self.record(child.mutant, OUTCOMES[os.WEXITSTATUS(status)], killer)

    def record(self, mutant: str, outcome: str, killer: str) -> None:
        """Write it down at once: a run that is stopped can be gone on with."""
        if killer:
            recent = self.killers[function_of(mutant)]
            recent[:] = [killer, *(name for name in recent if name != killer)][:3]
        with self.output.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"mutant": mutant, "outcome": outcome, "killer": killer}) + "\n")


def _fails(item: pytest.Item) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def pytest_runtestloop(session: pytest.Session) -> bool:
    """The loop over mutants takes the place of the loop over tests."""
    plan = json.loads(Path(os.environ[PLAN]).read_text(encoding="utf-8"))
    items = {item.nodeid: item for item in session.items if not item.get_closest_marker("deep")}
    imported = set(CALLED)
    run = Session(items, plan["jobs"], Path(plan["output"]))
    run.measure()
    _write_stats(run, imported, Path(plan["stats"]))
    for mutant in open_mutants(plan):
        while len(run.children) >= run.jobs:
            run.wait()
        run.start(mutant)
    while run.children:
        run.wait()
    return True


def open_mutants(plan: dict[str, Any]) -> list[str]:
    """The mutants that are not known yet, shuffled as the seed says: whatever part is done is a fair sample."""
    known = {json.loads(line)["mutant"] for line in Path(plan["output"]).read_text(encoding="utf-8").splitlines()}
    shuffled = random.Random(plan["seed"]).sample(plan["mutants"], len(plan["mutants"]))
    return [mutant for mutant in shuffled[: plan["sample"]] if mutant not in known]


def _write_stats(run: Session, imported: set[str], path: Path) -> None:
    stats = {
        "failing": run.failing,
        "durations": run.durations,
        "imported": sorted(imported),
        "runs": {function: sorted(names) for function, names in sorted(run.runs.items())},
    }
    path.write_text(json.dumps(stats, indent=1), encoding="utf-8")
