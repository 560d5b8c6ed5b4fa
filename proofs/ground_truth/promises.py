"""The verdicts that the theorems promise for a table: the rules and subjects all of whose hypotheses hold.

It is the quick half of the comparison: without a search and nearly without a solver, thousands of tables can be
compared; `verify` is about ten times slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modalloc_model.engine.solvers import Budget, ask
from modalloc_model.engine.splitting import cases
from modalloc_model.engine.verify import Options, verify_table
from modalloc_model.params import ParamSet
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, Outcome, Rule, Subject, root_of
from modalloc_model.smt.smtlib import Query
from modalloc_model.verdict import Result
from modalloc_model.words import is_constant
from proofs.ground_truth.alone import reach_of_others
from proofs.ground_truth.compare import (
    DISAGREE,
    EFFORT,
    LONGEST,
    PROVED,
    REFUTED,
    Finding,
    compare_static,
    of_the_profile,
)
from proofs.ground_truth.explore import enumerate_boots
from proofs.ground_truth.handing import param_set
from proofs.ground_truth.statics import judgements
from proofs.ground_truth.world import World, wraps


def promises(table: ParamSet) -> Iterator[tuple[str, str]]:
    """(rule, subject) wherever the theorem applies."""
    for rule in RULES.values():
        for subject in rule.each(table) if rule.behaviour else ():
            conditions = list(_hypotheses(rule, table, subject))
            if all(_holds(table, outcome) for outcome in conditions) and rule.depends_on_runs(subject):
                yield rule.id, subject.name


def _hypotheses(rule: Rule, table: ParamSet, subject: Subject) -> Iterator[Outcome]:
    yield rule.of(table, subject)
    root = root_of(subject.parts)
    for name in rule.leans_on:
        outcome = RULES[name].of(table, Subject(root.name, (), root.name, (root,)))
        if isinstance(outcome, Condition):
            yield outcome


def _holds(table: ParamSet, outcome: Outcome) -> bool:
    if not isinstance(outcome, Condition):
        return False
    if is_constant(outcome.formula):
        return bool(outcome.formula.value)
    return ask(Query.validity("a condition", {"boot": table.machine.domain}, outcome.formula)).status == "unsat"


def _static_results(table: ParamSet) -> Iterable[Result]:
    static = frozenset(rule.id for rule in RULES.values() if not rule.behaviour)
    return verify_table(table, Options(select=static)).results if static else ()


def _alone(table: ParamSet) -> dict[tuple[str, str], bool]:
    """Rules with runs that the tool decides by a condition alone: reach of other allocators.

    Tables with an alignment that is no power of two in some boot are left out: the tool makes no claim about them.
    """
    found: dict[tuple[str, str], list[bool | None]] = {}
    for case in cases(table, "z3", Budget()):
        for rule, subject in ((r, s) for r in RULES.values() if r.behaviour for s in r.each(case)):
            outcome = rule.of(case, subject)
            alone = _holds(case, outcome) if isinstance(outcome, Condition) and not subject.of_loader else None
            found.setdefault((rule.id, subject.name), []).append(alone)
    return {key: all(each) for key, each in found.items() if None not in each}


def _compare_alone(number: int, table: ParamSet, worlds: tuple[World, ...]) -> Iterator[Finding]:
    known = reach_of_others(worlds)
    for key, holds in sorted(_alone(table).items()):
        agree = known[key] is holds
        outcome = DISAGREE if not agree else PROVED if holds else REFUTED
        reason = "" if agree else f"its condition is {holds}, and looking at every byte says {known[key]}"
        yield Finding(number, *key, outcome, True, reason)


def compare_promises(number: int, worlds: tuple[World, ...], effort: int = EFFORT) -> list[Finding]:
    """Whether the enumeration finds a run against any promise."""
    table = param_set(f"drawn:{number}", worlds)
    if any(wraps(region) for world in worlds for region in world.regions()):
        return [of_the_profile(number, table)]
    truth, static = enumerate_boots(worlds, effort, LONGEST), judgements(worlds)
    found = [*compare_static(number, _static_results(table), static), *_compare_alone(number, table, worlds)]
    for promise in promises(table):
        broken = f"promised, and violated by {truth.run(promise)}" if promise in truth.shortest else ""
        found.append(Finding(number, *promise, DISAGREE if broken else PROVED, truth.closed, broken))
    return found
