"""The paths of a table's runs, built once and shared by all searches of the table.

A path fixes the operations and the place of each allocation; sizes and the boot stay symbolic. Paths grow by one
operation, and only a path that is possible in some boot with some sizes is extended. One query asks about several
paths: a model of the disjunction shows some to be possible, and the rest are asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from modalloc_model.designs import program_of
from modalloc_model.designs.design import Program
from modalloc_model.engine.solvers import Answer, Budget, settle
from modalloc_model.params import ParamSet, Section
from modalloc_model.smt.runs import Run
from modalloc_model.smt.smtlib import Query
from modalloc_model.words import (
    FALSE,
    Term,
    all_of,
    any_of,
    evaluate,
    truth,
    variables,
)

AT_ONCE = 8  # paths in one question
PATH = 50_000  # resource units charged for building a path


@dataclass(eq=False)
class PathNode:
    """A path, and its extensions by operation. `possible` is None until it is decided."""

    run: Run
    longer: dict[tuple[str, ...], tuple[PathNode, ...]] = field(default_factory=dict)
    possible: bool | None = None

    @property
    def length(self) -> int:
        """The number of requests: sections of loads, and other operations."""
        return len(self.run.asked)


@dataclass
class Paths:
    """The paths of a table. `left` is the remaining budget in resource units."""

    table: ParamSet
    budget: Budget
    solver: str
    left: int
    program: Program = field(init=False)
    roots: list[PathNode] = field(init=False)
    _models: list[Mapping[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.program = program_of(self.table)
        self.roots = [PathNode(run, possible=True) for run in self.program.starts()]
        self._models = [
            self.table.machine.floors
        ]  # most paths are possible in the least boot with sections of one byte

    def after(self, node: PathNode, rule: str, sections: Sequence[Section], together: bool) -> Iterator[PathNode]:
        """The extensions of the path that can matter to the rule, in the design's fixed order."""
        for key, runs in self.program.longer(node.run, rule, sections, together):
            yield from self._extensions(node, key, runs)

    def _extensions(self, node: PathNode, key: tuple[str, ...], runs: Iterator[Run]) -> Iterator[PathNode]:
        if key not in node.longer:
            found = [run for run in runs if FALSE not in run.constraints]
            node.longer[key] = tuple(PathNode(run) for run in found)
            self.left -= PATH * len(found)
        yield from node.longer[key]

    # -- queries -----------------------------------------------------------------------------------------------------

    def possible(self, nodes: Sequence[PathNode]) -> list[PathNode]:
        """The paths that can be extended: no write of the last operation faults."""
        waiting = [node for node in nodes if node.possible is None]
        formulas = {id(node): truth(all_of(*self.program.goes_on(node.run).constraints)) for node in waiting}
        for node in waiting:
            node.possible = False if self.program.ends(node.run) or formulas[id(node)] == FALSE else None
        waiting = self._without_model([node for node in waiting if node.possible is None], formulas)
        while waiting:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            waiting = [*self._ask_about(some, formulas), *waiting]
        return [node for node in nodes if node.possible]

    def _without_model(self, nodes: list[PathNode], formulas: Mapping[int, Term]) -> list[PathNode]:
        """The paths that no earlier model shows to be possible."""
        for node in nodes:
            node.possible = (
                any(holds(formulas[id(node)], model) for model in (self._models[0], *self._models[-2:])) or None
            )
        return [node for node in nodes if node.possible is None]

    def _ask_about(self, some: list[PathNode], formulas: Mapping[int, Term]) -> list[PathNode]:
        """Ask one query about these paths; returns those that are still undecided."""
        length = some[0].length
        answer = self.ask(f"paths of {length} operations", any_of(*(formulas[id(node)] for node in some)))
        if answer.status != "sat":
            for node in some:  # an undecided path is extended
                node.possible = answer.status == "unknown"
            return []
        self._models.append(answer.model)
        for node in some:
            node.possible = holds(formulas[id(node)], answer.model) or None
        assert any(node.possible for node in some), "a model of the disjunction satisfies a disjunct"
        return [node for node in some if node.possible is None]

    def ask(self, name: str, formula: Term | bool) -> Answer:
        """The solver's answer, charged to the budget; `unknown` if the budget is spent."""
        if self.left <= 0:
            return Answer("unknown", reason="the search's budget is spent")
        resources = min(self.budget.resources, self.left)
        answer = settle(Query(name, {"run": truth(formula)}), self.solver, replace(self.budget, resources=resources))
        self.left -= answer.resources
        return answer


def holds(formula: Term, model: Mapping[str, int]) -> bool:
    """Whether the model satisfies the formula; words that it lacks are 1."""
    return bool(evaluate(formula, {**dict.fromkeys(variables(formula), 1), **model}))
