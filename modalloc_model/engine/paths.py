"""The paths of a table's runs, built once for all the questions that are asked of it.

A path is which operations come and where each allocation goes; sizes, and the boot, stay open. Paths grow by one
operation, and only those that can be taken in some boot with some sizes are gone on from. Many are asked about at
once: a model of the disjunction shows some of them, and is asked again for the rest.

Leaves out: what a path is searched for (engine/search.py).
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
PATH = 50_000  # resource units that building a path counts for


@dataclass(eq=False)
class Node:
    """A path, and the paths of one more operation, by operation. `possible` is None until it is asked."""

    run: Run
    longer: dict[tuple[str, ...], tuple[Node, ...]] = field(default_factory=dict)
    possible: bool | None = None

    @property
    def length(self) -> int:
        """Requests: sections asked for, and other operations."""
        return len(self.run.asked)


@dataclass
class Paths:
    """Every path of a table that was looked at. `left` is what may still be spent, in resource units."""

    table: ParamSet
    budget: Budget
    solver: str
    left: int
    program: Program = field(init=False)
    roots: list[Node] = field(init=False)
    _models: list[Mapping[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.program = program_of(self.table)
        self.roots = [Node(run, possible=True) for run in self.program.starts()]
        self._models = [self.table.machine.floors]  # in the least boot, with sections of one byte, most are

    def after(self, node: Node, rule: str, sections: Sequence[Section], together: bool) -> Iterator[Node]:
        """The paths of one more operation that can matter to the rule, in a fixed order; as the design grows them."""
        for key, runs in self.program.longer(node.run, rule, sections, together):
            yield from self._extensions(node, key, runs)

    def _extensions(self, node: Node, key: tuple[str, ...], runs: Iterator[Run]) -> Iterator[Node]:
        if key not in node.longer:
            found = [run for run in runs if FALSE not in run.constraints]
            node.longer[key] = tuple(Node(run) for run in found)
            self.left -= PATH * len(found)
        yield from node.longer[key]

    # -- asking ------------------------------------------------------------------------------------------------------

    def possible(self, nodes: Sequence[Node]) -> list[Node]:
        """Those that can be gone on from: no write of their last operation must fault."""
        waiting = [node for node in nodes if node.possible is None]
        formulas = {id(node): truth(all_of(*self.program.goes_on(node.run).constraints)) for node in waiting}
        for node in waiting:
            node.possible = False if self.program.ends(node.run) or formulas[id(node)] == FALSE else None
        waiting = self._without_model([node for node in waiting if node.possible is None], formulas)
        while waiting:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            waiting = [*self._ask_about(some, formulas), *waiting]
        return [node for node in nodes if node.possible]

    def _without_model(self, nodes: list[Node], formulas: Mapping[int, Term]) -> list[Node]:
        """Those that no model so far shows to be possible."""
        for node in nodes:
            node.possible = (
                any(holds(formulas[id(node)], model) for model in (self._models[0], *self._models[-2:])) or None
            )
        return [node for node in nodes if node.possible is None]

    def _ask_about(self, some: list[Node], formulas: Mapping[int, Term]) -> list[Node]:
        """One question about some paths; those that are still open."""
        length = some[0].length
        answer = self.ask(f"paths of {length} operations", any_of(*(formulas[id(node)] for node in some)))
        if answer.status != "sat":
            for node in some:  # what a solver cannot say is gone on from
                node.possible = answer.status == "unknown"
            return []
        self._models.append(answer.model)
        for node in some:
            node.possible = holds(formulas[id(node)], answer.model) or None
        assert any(node.possible for node in some), "a model of the disjunction is one of a disjunct"
        return [node for node in some if node.possible is None]

    def ask(self, name: str, formula: Term | bool) -> Answer:
        """The solver's answer, paid for; `unknown` where nothing is left to pay with."""
        if self.left <= 0:
            return Answer("unknown", reason="the search's budget is spent")
        resources = min(self.budget.resources, self.left)
        answer = settle(Query(name, {"run": truth(formula)}), self.solver, replace(self.budget, resources=resources))
        self.left -= answer.resources
        return answer


def holds(formula: Term, model: Mapping[str, int]) -> bool:
    """Whether the model satisfies the formula; words it does not speak of are 1."""
    return bool(evaluate(formula, {**dict.fromkeys(variables(formula), 1), **model}))
