"""Runs that are derived from a design's operations alone: each step is one of them, on any elements that it takes.

Leaves out: anything that comes between operations. A design whose callers make more of them has a program of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from modalloc_model.concrete import in_boot
from modalloc_model.designs.design import Design, Growth, Matter
from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.smt.runs import Asked, Run, step
from modalloc_model.smt.transitions import Operation
from modalloc_model.trace import Step, Trace
from modalloc_model.words import evaluate, variable, variables


class Derived:
    """The runs of one table, operation by operation."""

    def __init__(self, design: Design, table: ParamSet) -> None:
        self.table = table
        self.pools = [root for root in table.roots if design.pool(table, root) is root]
        self.scenes = {pool.name: design.scene(Matter(table, pool)) for pool in self.pools}
        self.design = design

    def starts(self) -> Iterator[Run]:
        """Nothing has happened in any pool."""
        elements = tuple(e for scene in self.scenes.values() for e in self.design.start(scene))
        yield Run(self.table, constraints=(self.table.machine.domain,), elements=elements)

    def longer(self, run: Run, rule: str, sections: Sequence[Section], together: bool) -> Iterator[Growth]:
        """Every operation on every pool."""
        for pool in () if together else self.pools:
            for operation in self.design.operations(self.scenes[pool.name]):
                yield (operation.name, pool.name), self._taken(run, pool, operation)

    def _taken(self, run: Run, pool: AllocType, operation: Operation) -> Iterator[Run]:
        """The run with the operation, for each choice of the elements that it takes."""
        number = len(run.asked) + 1
        words = [variable(f"{word.name} {number}", word.bits) for word in operation.asks]
        names = [word.name for word in operation.asks]
        for taken in product(*(run.admitted(template) for template in operation.takes)):
            grown, done = step(run, operation, taken, words)
            told = (*zip(names, words, strict=True), *done.shows)
            asked = Asked(operation.name, told, pool.name)
            yield Run(run.table, (*run.asked, asked), grown.constraints, grown.elements)

    def goes_on(self, run: Run) -> Run:
        """Operations do not fault."""
        return run

    def ends(self, run: Run) -> bool:
        """None does."""
        return False

    def relevant(self, rule: str, matter: Matter) -> tuple[Section, ...]:
        """Operations do not ask for sections."""
        return ()

    def interest(self, run: Run) -> dict[str, int]:
        """What is asked, step by step, then the boot."""
        words = (term for asked in run.asked for _, term in asked.words if term.op == "var")
        return {**{word.name: 0 for word in words}, **run.table.machine.floors, "probe": 0}

    def trace(self, rule: str, subject: str, run: Run, model: Mapping[str, int]) -> Trace:
        """Each step as what was asked, and what its transition shows."""
        boot = {name: model.get(name, floor) for name, floor in self.table.machine.floors.items()}
        terms = [term for asked in run.asked for _, term in asked.words]
        values = {**dict.fromkeys(variables(*terms), 0), **boot, **model}
        steps = (
            Step(asked.op, root=asked.pool, values=tuple((name, evaluate(t, values)) for name, t in asked.words))
            for asked in run.asked
        )
        return Trace(self.table.id, rule, subject, boot, in_boot(self.table, boot), tuple(steps))
