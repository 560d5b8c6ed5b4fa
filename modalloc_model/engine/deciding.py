"""Deciding a condition for every boot, and choosing the witness that people can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.engine.solvers import Answer, Budget, ask
from modalloc_model.engine.solvers.setting import kept
from modalloc_model.smt.smtlib import Query, write
from modalloc_model.words import TRUE, Term, negate, truth, variables


@dataclass(frozen=True, slots=True)
class Decision:
    """`holds` in every boot, or not (with a boot in which it does not), or None with the reason why that is open."""

    holds: bool | None
    boot: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


def decide(name: str, domain: Term, formula: Term, prefer: Mapping[str, int], budget: Budget, solver: str) -> Decision:
    """Whether the formula holds wherever the domain does; if not, the least witness by `prefer`."""
    if formula == TRUE:
        return Decision(True)
    query = Query(name, {"boot": domain, "fails": truth(negate(formula))})
    answer = ask(query, solver, budget)
    if answer.status == "unsat":
        return Decision(True)
    if answer.status == "sat":
        return Decision(False, least(query, answer, prefer, budget, solver))
    file = None if answer.failed else kept(query, f"left open: {answer.reason}")
    return Decision(None, reason=f"{answer.reason}; the question is kept in {file}" if file else answer.reason)


def least(query: Query, answer: Answer, floors: Mapping[str, int], budget: Budget, solver: str) -> Mapping[str, int]:
    """A model in which the first of the named words is least, then the second, and so on; none is below its floor.

    Only a choice among witnesses, each of which is evaluated or replayed afterwards: Z3 makes it, whoever decided.
    """
    wanted = variables(*query.conjuncts.values())
    named = {name: floor for name, floor in floors.items() if name in wanted}
    if not named:
        return answer.model
    from modalloc_model.engine.solvers import z3_solver

    found = z3_solver.least(write(query, cores=False), wanted, named, budget)
    return found or answer.model
