"""Decides a condition for every boot, and chooses a readable witness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.engine.solvers import Answer, Budget, settle
from modalloc_model.engine.solvers.setting import keep_query
from modalloc_model.smt.smtlib import BITS, INTEGERS, Query, write
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    all_of,
    constants,
    evaluate,
    lower_bound,
    negate,
    substitute,
    truth,
    variables,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """`holds` is True (in every boot), False (`boot` is a witness), or None (undecided; `reason` says why)."""

    holds: bool | None
    boot: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


def decide(
    name: str, domain: Term, formula: Term, floors: Mapping[str, int], budget: Budget, solver: str, any_: bool = False
) -> Decision:
    """Whether the domain implies the formula. If not: the least witness by `floors`, or any witness if `any_`."""
    if formula == TRUE:
        return Decision(True)
    query = Query(name, {"boot": domain, "fails": truth(negate(formula))})
    at_the_floors = evident(_holding(query), floors, solver)
    if at_the_floors is not None:
        return Decision(False, at_the_floors)
    answer = settle(query, solver, budget)
    if answer.status == "unsat":
        return Decision(True)
    if answer.status == "sat":
        return Decision(False, answer.model if any_ else least(query, answer, floors, budget))
    file = None if answer.failed else keep_query(query, f"left open: {answer.reason}")
    return Decision(None, reason=f"{answer.reason}; the query is in {file}" if file else answer.reason)


def evident(formula: Term, floors: Mapping[str, int], solver: str) -> Mapping[str, int] | None:
    """The lowest model, which needs no query; None if there is none, or if several solvers have to agree."""
    return None if several(solver) else lowest(formula, floors)


def several(solver: str) -> bool:
    """Whether several solvers have to agree; then every query is put to them."""
    return "," in solver


def lowest(formula: Term, floors: Mapping[str, int]) -> Mapping[str, int] | None:
    """The assignment with every word at its lower bound by its floor and the formula's comparisons; None if no model.

    It is the lexicographically least model, so no solver is needed.
    """
    model: dict[str, int] = {}
    for name in [*floors, *(name for name in variables(formula) if name not in floors)]:
        model[name] = max(floors.get(name, 0), lower_bound(formula, name))
        formula = substitute(formula, {name: model[name]})
        if formula == FALSE:
            return None
    return model if formula == TRUE else None


def least(query: Query, answer: Answer, floors: Mapping[str, int], budget: Budget) -> Mapping[str, int]:
    """The lexicographically least model of the words in `floors`; no word is below its floor.

    Z3 chooses it, whichever solver decided the query: each witness is evaluated or replayed afterwards.
    """
    formula = _holding(query)
    wanted = variables(formula)
    model = {**dict.fromkeys(wanted, 0), **answer.model}
    for name in (name for name in floors if name in wanted and _holds(formula, model)):
        floor = max(floors[name], lower_bound(formula, name))
        model = _lower(formula, name, floor, model, budget)
        formula = substitute(formula, {name: model[name]})
    return model


def _holding(query: Query) -> Term:
    return truth(all_of(*query.conjuncts.values()))


def _lower(formula: Term, name: str, floor: int, model: dict[str, int], budget: Budget) -> dict[str, int]:
    """The model with the word lowered: by a guess, then by Z3 over integers, and in bits if that gives no model."""
    from modalloc_model.engine.solvers import z3_solver

    model, wanted = _guess(formula, name, floor, model), variables(formula)
    for logic in (INTEGERS, BITS):
        if name not in wanted or model[name] <= floor:
            return model
        script = write(Query(f"the least {name}", {"holds": formula}, logic), cores=False)
        lower = {**model, **z3_solver.lowest(script, logic, wanted, (name, floor, model[name]), budget)}
        if _holds(formula, lower):
            return lower
    return model


def _guess(formula: Term, name: str, floor: int, model: dict[str, int]) -> dict[str, int]:
    """The model with the least value for the word that satisfies the formula: the floor, or one near a constant."""
    near = {value + step for value in constants(formula) for step in (-1, 0, 1)}
    for value in sorted({floor, *(v for v in near if floor <= v < model[name])}):
        if _holds(formula, {**model, name: value}):
            return {**model, name: value}
    return model


def _holds(formula: Term, model: Mapping[str, int]) -> bool:
    return bool(evaluate(formula, model))
