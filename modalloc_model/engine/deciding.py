"""Deciding a condition for every boot, and choosing the witness that people can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.engine.solvers import Answer, Budget, settle
from modalloc_model.engine.solvers.setting import kept
from modalloc_model.smt.smtlib import BITS, INTEGERS, Query, write
from modalloc_model.words import TRUE, Term, all_of, constants, evaluate, negate, substitute, truth, variables


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
    answer = settle(query, solver, budget)
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
    formula = truth(all_of(*query.conjuncts.values()))
    model = {**dict.fromkeys(wanted, 0), **answer.model}
    for name in (name for name in floors if name in wanted and _holds(formula, model)):
        model = _lowered(formula, name, floors[name], model, budget)
        formula = substitute(formula, {name: model[name]})
    return model


def _lowered(formula: Term, name: str, floor: int, model: dict[str, int], budget: Budget) -> dict[str, int]:
    """A guess, and what Z3 finds below it: over integers, if its model is one of the formula, and otherwise in bits."""
    from modalloc_model.engine.solvers import z3_solver

    model, wanted = _guessed(formula, name, floor, model), variables(formula)
    for logic in (INTEGERS, BITS):
        if name not in wanted or model[name] <= floor:
            return model
        script = write(Query(f"the least {name}", {"holds": formula}, logic), cores=False)
        lower = {**model, **z3_solver.lowest(script, logic, wanted, (name, floor, model[name]), budget)}
        if _holds(formula, lower):
            return lower
    return model


def _guessed(formula: Term, name: str, floor: int, model: dict[str, int]) -> dict[str, int]:
    """The model with the least of some values for the word that do as well: the floor, and those about constants."""
    near = {value + step for value in constants(formula) for step in (-1, 0, 1)}
    for value in sorted({floor, *(v for v in near if floor <= v < model[name])}):
        if _holds(formula, {**model, name: value}):
            return {**model, name: value}
    return model


def _holds(formula: Term, model: Mapping[str, int]) -> bool:
    return bool(evaluate(formula, model))
