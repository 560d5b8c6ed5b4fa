"""`modalloc prove`: every theorem again, from scratch, with each hypothesis and each solver named.

A theorem is proved if each of its obligations is unsatisfiable with the goal negated, and not vacuous: the hypotheses
of every step have a model of their own. One task is one rule at one width with one solver, in a process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

from modalloc_model.engine.solvers import Answer, Budget, ask
from modalloc_model.engine.solvers import prove as discharge
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Rule
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.smtlib import INTEGERS, Query, write
from modalloc_model.verdict import Verdict
from modalloc_model.words import FALSE
from proofs.theorems import Claim, claims, theorem_rules

SMALL = Budget(resources=1_000_000, seconds=10)
BUDGET = Budget(resources=400_000_000, seconds=120)


@dataclass(frozen=True, slots=True)
class TheoremReport:
    """What became of one rule's theorem at one width, with one solver."""

    rule: str
    name: str
    bits: int
    solver: str
    verdict: Verdict
    obligations: int
    used: tuple[str, ...]
    satisfiable: bool | None
    reason: str = ""
    resources: int = 0


@dataclass
class Tally:
    """What has been found of a theorem so far."""

    obligations: int = 0
    used: dict[str, None] = field(default_factory=dict)
    resources: int = 0
    seen: dict[str, Answer] = field(default_factory=dict)


def prove(
    widths: tuple[int, ...] = (32, 64),
    solvers: tuple[str, ...] = ("z3",),
    smt2: Path | None = None,
    select: frozenset[str] = frozenset(),
    jobs: int | None = None,
) -> Iterator[TheoremReport]:
    """Every selected rule's theorem, width by width and solver by solver, in the registry's order."""
    rules = [rule for rule in theorem_rules() if not select or rule.id in select]
    tasks = [(rule.id, bits, solver, smt2) for rule in rules for bits in widths for solver in solvers]
    workers = min(jobs or os.cpu_count() or 1, len(tasks)) if tasks else 1
    if workers == 1:
        yield from map(_task, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_task, tasks)


def _task(task: tuple[str, int, str, Path | None]) -> TheoremReport:
    rule, bits, solver, smt2 = task
    return prove_rule(RULES[rule], bits, solver, smt2)


def prove_rule(rule: Rule, bits: int, solver: str = "z3", smt2: Path | None = None) -> TheoremReport:
    """One rule's theorem at one width."""
    tally, names = Tally(), []
    for claim in claims(rule, bits):
        names.append(claim.name)
        problem = _claim(claim, solver, smt2, tally)
        if problem:
            verdict, satisfiable, reason = problem
            return _report(rule, bits, solver, names, tally, verdict, satisfiable, reason)
    return _report(rule, bits, solver, names, tally, Verdict.PROVED, True, "")


def _report(rule: Rule, bits: int, solver: str, names: list[str], tally: Tally, *outcome: object) -> TheoremReport:
    verdict, satisfiable, reason = outcome
    assert isinstance(verdict, Verdict)
    assert satisfiable is None or isinstance(satisfiable, bool)
    name = names[0] if len(names) == 1 else f"{len(names)} choices of sections that share a root"
    used = tuple(h for h in ("machine", *RULES) if h in tally.used)
    return TheoremReport(
        rule.id, name, bits, solver, verdict, tally.obligations, used, satisfiable, str(reason), tally.resources
    )


Problem = tuple[Verdict, bool | None, str]


def _claim(claim: Claim, solver: str, smt2: Path | None, tally: Tally) -> Problem | None:
    """The first thing that is wrong with the claim, or None if it is proved and not vacuous."""
    for obligation in claim.obligations:
        full = obligation.under(claim.hypotheses)
        problem = _has_model(claim, full, tally) or _holds(claim, full, solver, smt2, tally)
        if problem:
            return problem
    return None


def _has_model(claim: Claim, obligation: Obligation, tally: Tally) -> Problem | None:
    """The hypotheses can hold together; where the goal is that they cannot, those of the claim can."""
    conjuncts = claim.hypotheses if obligation.goal == FALSE else obligation.hypotheses
    query = Query(f"{claim.rule.id} at {claim.bits} bits, hypotheses of {obligation.name}", conjuncts)
    answer = _once(tally, query, lambda: ask(query, "z3", BUDGET))
    if answer.status == "unsat":
        return Verdict.VACUOUS, False, f"nothing satisfies the hypotheses of “{obligation.name}”"
    if answer.status == "unknown":
        return Verdict.UNDECIDED, None, f"hypotheses of “{obligation.name}”: {answer.reason}"
    return None


def _holds(claim: Claim, obligation: Obligation, solver: str, smt2: Path | None, tally: Tally) -> Problem | None:
    query = obligation.query(f"{claim.rule.id} at {claim.bits} bits, {claim.name}, ")
    if smt2:
        write_out(query, smt2)
    answer = _once(tally, query, lambda: discharge(query, solver, BUDGET))
    tally.obligations += 1
    if answer.status == "unsat":
        tally.used.update(dict.fromkeys(_used(claim, query, tally)))
    if answer.status == "unsat":
        return None
    verdict = Verdict.REFUTED if answer.status == "sat" else Verdict.UNDECIDED
    return verdict, True, f"“{obligation.name}” for {claim.name}: {answer.reason or 'it does not follow'}"


def _used(claim: Claim, query: Query, tally: Tally) -> Iterator[str]:
    """The claim's hypotheses that the proof needs: dropped one at a time, whatever it does without stays dropped.

    What is known to be needed already is not asked again; where dropping one leaves a question too hard, it counts.
    """
    doubtful = [name for name in reversed(claim.hypotheses) if name not in tally.used]
    if not doubtful or _follows_without(query, doubtful, tally):
        return
    for name in doubtful:
        if _follows_without(query, [name], tally):
            query = _without(query, [name])
        else:
            yield name


def _follows_without(query: Query, names: list[str], tally: Tally) -> bool:
    smaller = _without(query, names)
    return _once(tally, smaller, lambda: discharge(smaller, "z3", SMALL)).status == "unsat"


def _without(query: Query, names: list[str]) -> Query:
    return replace(query, conjuncts={n: term for n, term in query.conjuncts.items() if n not in names})


def _once(tally: Tally, query: Query, decide: Callable[[], Answer]) -> Answer:
    """Obligations that several claims share are decided once."""
    key = write(replace(query, name=""), cores=False)
    if key not in tally.seen:
        tally.seen[key] = decide()
        tally.resources += tally.seen[key].resources
    return tally.seen[key]


def write_out(query: Query, folder: Path) -> None:
    """The obligation in both writings, for anyone to decide again: `unsat` is expected of either (bits) or enough."""
    stem = "".join(c if c.isalnum() else "-" for c in query.name)
    while "--" in stem:
        stem = stem.replace("--", "-")
    (folder / f"{stem}.smt2").write_text(write(query), encoding="utf-8")
    (folder / f"{stem}.integers.smt2").write_text(write(replace(query, logic=INTEGERS)), encoding="utf-8")
