"""What the theorems promise of a table: the rules and subjects all of whose hypotheses hold of its values.

The quick half of the check. It needs no search and hardly a solver, so that thousands of tables can be held against
the enumeration; the whole of `verify` is some ten times slower.
"""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.concrete import in_boot
from modalloc_model.engine.solvers import ask
from modalloc_model.params import ParamSet
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, Outcome, Rule, Subject, root_of
from modalloc_model.smt.smtlib import Query
from modalloc_model.words import is_constant
from proofs.ground_truth.compare import DISAGREE, EFFORT, LONGEST, PROVED, Finding
from proofs.ground_truth.explore import enumerate_runs
from proofs.ground_truth.table import Table


def promises(table: ParamSet) -> Iterator[tuple[str, str]]:
    """(rule, subject) wherever the theorem applies."""
    for rule in RULES.values():
        for subject in rule.each(table) if rule.behaviour else ():
            if all(_holds(outcome) for outcome in _hypotheses(rule, table, subject)):
                yield rule.id, subject.name


def _hypotheses(rule: Rule, table: ParamSet, subject: Subject) -> Iterator[Outcome]:
    yield rule.of(table, subject)
    root = root_of(subject.parts)
    for name in rule.leans_on:
        outcome = RULES[name].of(table, Subject(root.name, (), root.name, (root,)))
        if isinstance(outcome, Condition):
            yield outcome


def _holds(outcome: Outcome) -> bool:
    if not isinstance(outcome, Condition):
        return False
    if is_constant(outcome.formula):
        return bool(outcome.formula.value)
    return ask(Query.validity("a condition", {}, outcome.formula)).status == "unsat"


def compare_promises(number: int, table: ParamSet, effort: int = EFFORT) -> list[Finding]:
    """Whether the enumeration finds a run against any promise."""
    truth = enumerate_runs(Table(in_boot(table, {})), effort, LONGEST)
    found = []
    for promise in promises(table):
        broken = f"promised, and violated by {truth.run(promise)}" if promise in truth.shortest else ""
        found.append(Finding(number, *promise, DISAGREE if broken else PROVED, truth.closed, broken))
    return found
