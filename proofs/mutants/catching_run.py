"""A run in which the stateful machine fails on the mutant: found at random, shortened, and repeatable.

It runs where the mutant is imported. A run is a table, a policy and operations; the machine of
`modalloc_model/conformance` plays it with all checks and invariants, without random choices. So the same run can be
played on the correct allocator, where it must pass. Operations are dropped and sizes lowered; the table is not reduced.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import walk_tb
from typing import Any

from modalloc_model import trace
from modalloc_model.allocator import AnyPlace, BestFit, Highest, Lowest, Policy, Random
from modalloc_model.concrete import Concrete
from modalloc_model.conformance.machine import BrokenRun, ModuleMemory, RunProfile, WellFormed, run_machine
from modalloc_model.designs.mail.loader import Request
from modalloc_model.trace import OF_OTHERS, Placement, Step, Trace
from proofs.mutants.drawing import Draw

MACHINES: dict[str, type[ModuleMemory]] = {"any table": ModuleMemory, "right tables": WellFormed}
POLICIES: dict[str, Callable[[], Policy]] = {
    "lowest": Lowest,
    "highest": Highest,
    "best fit": BestFit,
    "random": lambda: Random(random.Random(0)),
    "any place": lambda: AnyPlace(random.Random(0)),
}
PROFILES = (RunProfile(60, 10), RunProfile(300, 12), RunProfile(2000, 15))
"""One after the other, until one comes upon something."""

PHASES = {"load": ("gone",), "finish_init": ("init",), "unload": ("init", "live")}
"""In which phase a module must be for each operation."""

SEEDS = 6000
LONGEST = 7
"""Runs drawn at the edges, and operations of each."""

REPLAYS = 400
"""Runs that shortening may take."""


@dataclass(frozen=True, slots=True)
class Run:
    """The operations on a table; of a placement, only the size counts."""

    machine: str
    policy: str
    params: Concrete
    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        """As a document."""
        told = trace.to_json(Trace("", "", "", {}, self.params, self.steps))
        return {"machine": self.machine, "policy": self.policy, "trace": told}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Run:
        """The run of a document by :meth:`to_json`."""
        told = trace.from_json(document["trace"])
        return cls(document["machine"], document["policy"], told.params, told.steps)

    @property
    def length(self) -> int:
        """The number of operations."""
        return len(self.steps)


class _Told:
    """Replaces Hypothesis' data: the next values to be drawn."""

    def __init__(self, value: object) -> None:
        self._value = value

    def draw(self, strategy: object, label: str = "") -> Any:
        return self._value


class Unplayable(Exception):
    """The run has an operation that is not possible in its state."""


def play(run: Run) -> str:
    """The failed check of the machine; "" if all pass. Unplayable."""
    try:
        _play(run)
    except (Unplayable, NameError, ImportError, AttributeError):
        raise  # not of the allocator's making, or of a change that is no program
    except Exception as failure:  # a broken allocator may raise anything
        return describe(failure)
    return ""


def _play(run: Run) -> None:
    machine = _boot(run)
    for step in run.steps:
        _require(machine, step)
        _perform(machine, step)
        _check(machine)
    machine.teardown()


def _boot(run: Run) -> Any:
    machine: Any = MACHINES[run.machine]()
    machine.boot(data=_Told(run.params), policy=POLICIES[run.policy]())
    _check(machine)
    return machine


def _perform(machine: Any, step: Step) -> None:
    machine.allocator.policy.release = step.release
    if step.op == "take":
        machine.take_now(step.first, step.last, step.root)
    elif step.op == "return":
        machine.return_now(step.first, step.last, step.root)
    elif step.op == "load":
        machine.load_now(step.module, [Request(p.section, p.size) for p in step.sections])
    elif step.op == "finish_init":
        machine.finish_init(data=_Told(step.module))
    else:
        machine.unload(data=_Told(step.module), release=step.release)


def _require(machine: Any, step: Step) -> None:
    if step.op in OF_OTHERS:
        whole = _holes(machine) if step.op == "take" else machine.areas_of_others()
        inside = any(lo <= step.first <= step.last <= last and root == step.root for lo, last, root in whole)
        exact = step.op == "take" or (step.first, step.last, step.root) in whole
        if machine.loader.ended or not (inside and exact):
            raise Unplayable
        return
    known = {section.name for section in machine.params.sections}
    if step.module not in machine.in_phase(*PHASES[step.op]) or not {p.section for p in step.sections} <= known:
        raise Unplayable


def _holes(machine: Any) -> list[tuple[int, int, str]]:
    """Every hole, with the root whose arbiter has it where each has its own."""
    found = {(lo, last, machine.whose(name)) for name, holes in machine.holes().items() for lo, last in holes}
    return sorted(found)


def _check(machine: Any) -> None:
    invariants = machine.invariants() if callable(machine.invariants) else machine.invariants  # by Hypothesis' version
    assert invariants
    for check in invariants:
        check.function(machine)


def describe(failure: BaseException) -> str:
    """Which check failed, by its name, or which exception was raised by the allocator, and where."""
    codes = [frame.f_code for frame, _ in walk_tb(failure.__traceback__)]
    of_checks = [code.co_qualname for code in codes if Path(code.co_filename).parent.name == "conformance"]
    last = codes[-1]
    if Path(last.co_filename).parent.name == "conformance":
        return of_checks[-1]
    return f"{type(failure).__name__} in {last.co_qualname}"


# -- finding one -----------------------------------------------------------------------------------------------------


def _recording(name: str) -> type[ModuleMemory]:
    """The machine, which records its operations from each boot on."""

    class Recording(MACHINES[name]):  # type: ignore[misc, valid-type]
        latest_run: Run

        def start(self) -> None:
            if isinstance(self.policy, Random):
                self.policy.generator.seed(0)
            policy = next(n for n, make in POLICIES.items() if type(make()) is type(self.policy))
            Recording.latest_run = Run(name, policy, self.params, ())
            super().start()
            for operation in ("load", "finish_init", "unload"):
                setattr(self.loader, operation, self._note(operation, getattr(self.loader, operation)))
            for operation, method in (("take", "take"), ("return", "restore")):
                setattr(self.allocator, method, self._note_others(operation, getattr(self.allocator, method)))

        def _note(self, operation: str, act: Callable[..., Any]) -> Callable[..., Any]:
            def note(module: str, sections: tuple[Request, ...] = ()) -> Any:
                asked = tuple(Placement(r.section, r.size, None) for r in sections)
                step = Step(operation, module, asked, self.allocator.policy.release)
                Recording.latest_run = replace(Recording.latest_run, steps=(*Recording.latest_run.steps, step))
                return act(module, sections) if operation == "load" else act(module)

            return note

        def _note_others(self, operation: str, act: Callable[..., Any]) -> Callable[..., Any]:
            def note(lo: int, last: int, root: str = "") -> Any:
                step = Step(operation, first=lo, last=last, root=root)
                Recording.latest_run = replace(Recording.latest_run, steps=(*Recording.latest_run.steps, step))
                return act(lo, last, root)

            return note

    return Recording


def draw(seed: int = -1) -> tuple[Run, int] | None:
    """A run that the machine fails on, and the next seed to go on with where it is no good.

    From the start (-1): the machine's own drawing for a little, then the edges, then its own for long.
    """
    first, *later = PROFILES
    run = _by_hypothesis(first) if seed < 0 else None
    if run is not None:
        return run, 0
    for number in range(max(seed, 0), SEEDS):
        run = _draw(number)
        if run is not None:
            return run, number + 1
    run = next(filter(None, map(_by_hypothesis, later)), None) if seed <= SEEDS else None
    return (run, SEEDS + 1) if run else None


def _by_hypothesis(profile: RunProfile) -> Run | None:
    for name in MACHINES:
        machine = _recording(name)
        try:
            run_machine(profile, machine, shrink=False)
        except BrokenRun:
            return machine.latest_run  # type: ignore[attr-defined, no-any-return]
    return None


def _draw(seed: int) -> Run | None:
    """The run that drawing.py makes from the seed, up to the machine's failure; None if it passes."""
    drawn = Draw(seed)
    run = Run("any table", drawn.of(tuple(POLICIES)), drawn.table(), ())
    machine = _boot(run)
    while len(run.steps) < LONGEST and not machine.loader.ended:
        step = drawn.step(run.params, _able(machine))
        run = replace(run, steps=(*run.steps, step))
        try:
            _perform(machine, step)
            _check(machine)
        except Exception:  # a broken allocator may raise anything
            return run
    return None


def _able(machine: Any) -> dict[str, list[Any]]:
    of_modules = {op: machine.in_phase(*phases) for op, phases in PHASES.items()}
    return {**of_modules, "take": _holes(machine), "return": machine.areas_of_others()}


# -- making it short -------------------------------------------------------------------------------------------------


def shorten(run: Run) -> Run:
    """The run with everything dropped that it fails without."""
    left, smaller = REPLAYS, True
    while smaller and left > 0:
        smaller = False
        for candidate in _simpler(run):
            left -= 1
            if left < 0:
                break
            if fails(candidate):
                run, smaller = candidate, True
                break
    return run


def fails(run: Run) -> bool:
    """Whether a check fails; False for a run that cannot be played."""
    try:
        return bool(play(run))
    except Unplayable:
        return False


def _simpler(run: Run) -> Iterator[Run]:
    """Fewer operations, fewer sections in a load, smaller sizes, the plainest policy, in this order."""
    steps = run.steps
    for number in range(len(steps)):
        yield replace(run, steps=(*steps[:number], *steps[number + 1 :]))
    for number, step in enumerate(steps):
        for smaller in _simpler_step(step, run.params.page):
            yield replace(run, steps=(*steps[:number], smaller, *steps[number + 1 :]))
    if run.policy != "lowest":
        yield replace(run, policy="lowest")


def _simpler_step(step: Step, page: int) -> Iterator[Step]:
    asked = step.sections
    for number in range(len(asked)) if len(asked) > 1 else ():
        yield replace(step, sections=(*asked[:number], *asked[number + 1 :]))
    for number, one in enumerate(asked):
        for size in (1, page):
            if size < one.size:
                yield replace(step, sections=(*asked[:number], replace(one, size=size), *asked[number + 1 :]))
