"""How each condition depends on the boot's unknowns: it holds in every boot, in none, or in some.

A condition depends on an unknown if it holds in one boot and fails in another that differs in that unknown alone. If
constraints tie unknowns together, there may be no such boots although the condition varies; it then depends on several
unknowns at once. For a rule with a behaviour, the condition is the rule's own hypothesis; runs are not considered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from modalloc_model.engine.deciding import least
from modalloc_model.engine.solvers import Answer, Budget, holds_in, settle
from modalloc_model.params import Machine, ParamSet, Unknown
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition
from modalloc_model.smt.smtlib import Query
from modalloc_model.verdict import Severity
from modalloc_model.words import TRUE, Term, all_of, any_of, eq, evaluate, negate, replaced, truth, variable, variables

SMALL = Budget(resources=20_000_000)
"""The budget of a query; the report names what it leaves undecided."""


class Standing(StrEnum):
    """In which boots a condition holds."""

    ALWAYS = "holds in every boot"
    NEVER = "fails in every boot"
    VARIES = "holds in some boots and fails in others"
    OPEN = "is left open"


@dataclass(frozen=True, slots=True)
class Turn:
    """Two boots that differ in one unknown: with its value `holds` the condition holds, with `fails` it fails.

    `others` are the values, in both boots, of the other unknowns that the condition speaks of.
    """

    unknown: str
    holds: int
    fails: int
    others: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Dependence:
    """The dependence of one rule's condition on one subject: its turns, and the unknowns that are undecided."""

    rule: str
    severity: Severity
    subject: str
    standing: Standing
    turns: tuple[Turn, ...] = ()
    open: tuple[str, ...] = ()


def dependences(table: ParamSet, budget: Budget = SMALL) -> Iterator[Dependence]:
    """The dependence of every condition of the table, in the order of the rules."""
    conditions = {
        (rule, subject.name): outcome.formula
        for rule in RULES.values()
        for subject in rule.each(table)
        if isinstance(outcome := rule.of(table, subject), Condition)
    }
    always = _always(list(conditions.values()), table.machine.domain, budget)
    for (rule, subject), formula in conditions.items():
        found_dependence = Dependence(rule.id, rule.severity, subject, Standing.ALWAYS)
        yield found_dependence if id(formula) in always else _standing(found_dependence, table.machine, formula, budget)


def _always(conditions: Iterable[Term], domain: Term, budget: Budget) -> set[int]:
    """The ids of conditions that hold in every boot: each witness removes those that it breaks, until none is left."""
    pending = {id(formula): formula for formula in conditions}
    while pending:
        some = truth(negate(all_of(TRUE, *pending.values())))
        answer = _ask("some condition fails", {"boot": domain, "fails": some}, budget)
        if answer.status != "sat":
            return set(pending) if answer.status == "unsat" else set()
        boot = {**dict.fromkeys(variables(*pending.values()), 0), **answer.model}
        pending = {key: formula for key, formula in pending.items() if evaluate(formula, boot)}
    return set()


def _standing(found_dependence: Dependence, machine: Machine, formula: Term, budget: Budget) -> Dependence:
    boot = {"boot": machine.domain}
    fails = _ask("the condition fails", {**boot, "fails": truth(negate(formula))}, budget).status
    holds = _ask("the condition holds", {**boot, "holds": formula}, budget).status
    if "unsat" in (fails, holds):
        return replace(found_dependence, standing=Standing.ALWAYS if fails == "unsat" else Standing.NEVER)
    found = {unknown.name: _turn(unknown, machine, formula, budget) for unknown in machine.unknowns}
    turns = tuple(turn for turn in found.values() if isinstance(turn, Turn))
    left = tuple(name for name, turn in found.items() if turn is None)
    varies = turns or (fails, holds) == ("sat", "sat")
    return replace(found_dependence, standing=Standing.VARIES if varies else Standing.OPEN, turns=turns, open=left)


def _turn(unknown: Unknown, machine: Machine, formula: Term, budget: Budget) -> Turn | Literal[False] | None:
    """The turn by this unknown alone; False if there is none, None if undecided."""
    if unknown.name not in variables(formula):
        return False
    question = _turning(unknown, machine, formula)
    nearby = replace(question, conjuncts={**question.conjuncts, "neighbours": _neighbours(unknown, machine.bits)})
    for query in (nearby, question):
        answer = settle(query, budget=budget)
        if answer.status == "sat" and holds_in(query, answer.model):
            return _turn_in(unknown, formula, _least(query, answer, unknown, machine, budget))
    return False if answer.status == "unsat" else None


def _turning(unknown: Unknown, machine: Machine, formula: Term) -> Query:
    """The query for a boot in which the condition holds and another value of the unknown with which it fails."""
    here = {"boot": machine.domain, "holds": formula}
    there = {"another boot": machine.domain, "fails": truth(negate(formula))}
    value, other = variable(unknown.name, machine.bits), variable(_another(unknown.name), machine.bits)
    renamed = {name: replaced(term, {value: other}) for name, term in there.items()}
    return Query(f"{unknown.name} turns the condition", here | renamed)


def _neighbours(unknown: Unknown, bits: int) -> Term:
    """The two values are neighbours, so that they show where the condition changes."""
    value, other = variable(unknown.name, bits), variable(_another(unknown.name), bits)
    return truth(any_of(eq(value + unknown.step, other), eq(other + unknown.step, value)))


def _least(query: Query, answer: Answer, unknown: Unknown, machine: Machine, budget: Budget) -> Mapping[str, int]:
    """The model with the other unknowns least, and then this unknown least."""
    others = {name: floor for name, floor in machine.floors.items() if name != unknown.name}
    return least(query, answer, others | dict.fromkeys((unknown.name, _another(unknown.name)), unknown.lowest), budget)


def _turn_in(unknown: Unknown, formula: Term, model: Mapping[str, int]) -> Turn:
    others = sorted(name for name in variables(formula) if name != unknown.name)
    return Turn(unknown.name, model[unknown.name], model[_another(unknown.name)], tuple((n, model[n]) for n in others))


def _another(name: str) -> str:
    return f"another {name}"


def _ask(name: str, conjuncts: Mapping[str, Term], budget: Budget) -> Answer:
    """The answer; a model that does not satisfy its query counts as unknown."""
    query = Query(name, conjuncts)
    answer = settle(query, budget=budget)
    if answer.status == "sat" and not holds_in(query, answer.model):
        return Answer("unknown", reason="the solver's model does not satisfy its query")
    return answer
