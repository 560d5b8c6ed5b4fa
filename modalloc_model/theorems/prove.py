"""`modalloc prove`: decides every theorem from scratch, and names the hypotheses and the solvers.

A solver proves a theorem if each obligation is unsatisfiable with the goal negated. The theorem is vacuous unless the
hypotheses of every step have a model, which is evaluated. The solvers' answers to an obligation are compared. A task is
one rule at one width, and has its own process; each solver has another, whose death leaves one obligation undecided.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from modalloc_model.engine.solvers import (
    Answer,
    Budget,
    Disagreement,
    ask,
    combine,
    holds_in,
    opinions,
    setting,
    settle,
)
from modalloc_model.engine.solvers.setting import QUERIES, Setting, keep_query
from modalloc_model.isolation import WorkerLost, run_all
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Rule
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.smtlib import INTEGERS, Query, write
from modalloc_model.theorems.certificates import Certificate, certify, write_certificates
from modalloc_model.theorems.claims import Claim, claims, theorem_rules
from modalloc_model.theorems.obligations import IndexRow, premises, question, write_index, write_out
from modalloc_model.verdict import Verdict

SMALL = Budget(resources=1_000_000)
BUDGET = Budget(resources=400_000_000)


@dataclass(frozen=True, slots=True)
class How:
    """The options of `prove`."""

    solvers: tuple[str, ...] = ("z3",)
    smt2: Path | None = None
    proofs: Path | None = None
    memory: int | None = None  # MiB for each solver
    seconds: float | None = None  # for each query to each solver; None for no limit
    isolated: bool = False
    keep: Path | None = None  # the folder for undecided obligations
    used: bool = True  # find the hypotheses that are needed, by dropping them

    @property
    def budget(self) -> Budget:
        """The budget of a query."""
        return replace(BUDGET, seconds=self.seconds)

    @property
    def setting(self) -> Setting:
        """The processes of the solvers and the folder for evidence."""
        return Setting(self.isolated, self.memory, self.smt2 or self.keep)


@dataclass(frozen=True, slots=True)
class Opinion:
    """One solver's result for a theorem: how many obligations it discharged, and why not the rest."""

    solver: str
    verdict: Verdict
    discharged: int
    reason: str = ""
    resources: int = 0


@dataclass(frozen=True, slots=True)
class TheoremReport:
    """The result for one rule's theorem at one width."""

    rule: str
    name: str
    bits: int
    verdict: Verdict
    obligations: int
    used: tuple[str, ...]
    satisfiable: bool | None
    opinions: tuple[Opinion, ...] = ()
    reason: str = ""
    contradictions: tuple[str, ...] = ()
    written: tuple[IndexRow, ...] = ()
    certificates: tuple[Certificate, ...] = ()

    @property
    def resources(self) -> int:
        """The resources that all solvers spent on the obligations, each in its own units."""
        return sum(opinion.resources for opinion in self.opinions)


@dataclass
class Tally:
    """The results for a theorem so far."""

    how: How
    obligations: int = 0
    vacuous: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    said: dict[str, list[tuple[str, Answer]]] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)
    seen: dict[str, Answer] = field(default_factory=dict)
    heard: dict[str, dict[str, Answer]] = field(default_factory=dict)
    written: list[IndexRow] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)


def prove(
    widths: tuple[int, ...] = (32, 64),
    how: How | None = None,
    select: frozenset[str] = frozenset(),
    jobs: int | None = None,
) -> Iterator[TheoremReport]:
    """Decide every selected rule's theorem, in the registry's order, width by width; last, write the indexes."""
    how = how or How(isolated=True, keep=QUERIES)
    tasks = [(rule.id, bits, how) for rule in theorem_rules() if not select or rule.id in select for bits in widths]
    workers = jobs or len(os.sched_getaffinity(0))
    found = map(_task, tasks) if min(workers, len(tasks)) <= 1 else run_all(_task, tasks, workers)
    reports = []
    for (rule, bits, _), report in zip(tasks, found, strict=True):
        reports.append(_lost(rule, bits, how, report) if isinstance(report, WorkerLost) else report)
        yield reports[-1]
    if how.smt2:
        write_index([row for report in reports for row in report.written], how.smt2)
    if how.proofs:
        write_certificates([row for report in reports for row in report.certificates], how.proofs)


def _task(task: tuple[str, int, How]) -> TheoremReport:
    rule, bits, how = task
    return prove_rule(RULES[rule], bits, how)


def _lost(rule: str, bits: int, how: How, lost: WorkerLost) -> TheoremReport:
    """The report of a theorem whose process died."""
    said = tuple(Opinion(solver, Verdict.UNDECIDED, 0, lost.reason) for solver in how.solvers)
    return TheoremReport(rule, "nothing is known", bits, Verdict.UNDECIDED, 0, (), None, said, lost.reason)


def prove_rule(rule: Rule, bits: int, how: How | None = None) -> TheoremReport:
    """Decide one rule's theorem at one width."""
    how = how or How()
    tally, names = Tally(how, said={solver: [] for solver in how.solvers}), []
    with setting(how.setting):
        for claim in claims(rule, bits):
            names.append(claim.name)
            for obligation in claim.obligations:
                _has_model(claim, obligation, tally)
                _holds(claim, obligation, tally)
    name = names[0] if len(names) == 1 else f"{len(names)} choices of sections that share a root"
    return _report(rule, bits, name, tally)


# -- the verdict -----------------------------------------------------------------------------------------------------


def _report(rule: Rule, bits: int, name: str, tally: Tally) -> TheoremReport:
    said = tuple(_opinion(solver, answers) for solver, answers in tally.said.items())
    verdict, reason = _verdict(tally, said)
    used = tuple(h for h in ("machine", *RULES) if h in tally.used)
    satisfiable = False if tally.vacuous else None if tally.unchecked else True
    return TheoremReport(
        rule.id, name, bits, verdict, tally.obligations, used, satisfiable, said, reason,
        tuple(tally.contradictions), tuple(tally.written), tuple(tally.certificates),
    )  # fmt: skip


def _verdict(tally: Tally, said: tuple[Opinion, ...]) -> tuple[Verdict, str]:
    if tally.contradictions:
        return Verdict.INCONSISTENT, "; ".join(tally.contradictions)
    if tally.vacuous:
        return Verdict.VACUOUS, _first(tally.vacuous)
    if tally.unchecked:
        return Verdict.UNDECIDED, _first(tally.unchecked)
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
        found = [f"{opinion.solver}: {opinion.reason}" for opinion in said if opinion.verdict is verdict]
        if found:
            return verdict, "; ".join(found)
    return (Verdict.PROVED, "") if tally.obligations else (Verdict.VACUOUS, "it has no obligation")


def _opinion(solver: str, answers: list[tuple[str, Answer]]) -> Opinion:
    resources = sum(answer.resources for _, answer in answers)
    discharged = sum(answer.status == "unsat" for _, answer in answers)
    for status, verdict in (("sat", Verdict.REFUTED), ("unknown", Verdict.UNDECIDED)):
        found = [f"“{name}”: {a.reason or 'it does not follow'}" for name, a in answers if a.status == status]
        if found:
            return Opinion(solver, verdict, discharged, _first(found), resources)
    return Opinion(solver, Verdict.PROVED, discharged, "", resources)


def _first(reasons: list[str]) -> str:
    return reasons[0] + (f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else "")


# -- one obligation --------------------------------------------------------------------------------------------------


def _has_model(claim: Claim, obligation: Obligation, tally: Tally) -> None:
    """Check that the hypotheses have a model: Z3 finds one, and evaluation confirms it."""
    query = premises(claim, obligation)
    answer = _once(tally, query, lambda: ask(query, "z3", BUDGET))
    if answer.status == "unsat":
        tally.vacuous.append(f"nothing satisfies the hypotheses of “{obligation.name}”")
    elif answer.status == "unknown":
        tally.unchecked.append(f"hypotheses of “{obligation.name}”: {answer.reason}")
    elif answer.model and not holds_in(query, answer.model):
        file = keep_query(query, "z3 says sat, with a model that does not satisfy it", always=True)
        tally.contradictions.append(f"z3's model does not satisfy the hypotheses of “{obligation.name}” ({file})")


def _holds(claim: Claim, obligation: Obligation, tally: Tally) -> None:
    """Decide the obligation with each solver, and compare the answers."""
    query = question(claim, obligation)
    answers = _opinions_once(query, tally)
    tally.obligations += 1
    for solver, answer in answers.items():
        tally.said[solver].append((f"{claim.name}, {obligation.name}", answer))
    try:
        together = combine(query, answers)
    except Disagreement as contradiction:
        tally.contradictions.append(str(contradiction))
        return
    first = next(iter(answers.values()))
    if tally.how.used and "unsat" in (together.status, first.status):
        tally.used.update(dict.fromkeys(_find_core(claim, query, tally)))
    _write_files(claim, obligation, any(a.logic == INTEGERS for a in answers.values()), tally)


def _opinions_once(query: Query, tally: Tally) -> dict[str, Answer]:
    """Each solver's answer. Claims share obligations, so each is decided once; an open one is written to a file."""
    key = write(replace(query, name=""), cores=False)
    if key not in tally.heard:
        found = dict(opinions(query, ",".join(tally.how.solvers), tally.how.budget))
        tally.heard[key] = {solver: _keep_open(query, solver, answer) for solver, answer in found.items()}
        return tally.heard[key]
    return {solver: replace(answer, resources=0) for solver, answer in tally.heard[key].items()}


def _keep_open(query: Query, solver: str, answer: Answer) -> Answer:
    """The answer; if it is open, its reason names the query's file. A failed solver's answer names it already."""
    if answer.status != "unknown" or answer.failed:
        return answer
    file = keep_query(query, f"left open by {solver}: {answer.reason}")
    return replace(answer, reason=f"{answer.reason}; the query is in {file}") if file else answer


def _write_files(claim: Claim, obligation: Obligation, integers: bool, tally: Tally) -> None:
    if tally.how.smt2:
        tally.written += write_out(claim, obligation, integers, tally.how.smt2)
    if tally.how.proofs:
        for solver in tally.how.solvers:
            tally.certificates.append(certify(claim, obligation, solver, integers, tally.how.proofs, tally.how.budget))


def _find_core(claim: Claim, query: Query, tally: Tally) -> Iterator[str]:
    """The claim's hypotheses that the proof needs: each is dropped, and stays dropped if the goal still follows.

    A hypothesis that another obligation needs is not tried again. If the query without it is undecided, it is needed.
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
    return _once(tally, smaller, lambda: settle(smaller, "z3", SMALL)).status == "unsat"


def _without(query: Query, names: list[str]) -> Query:
    return replace(query, conjuncts={n: term for n, term in query.conjuncts.items() if n not in names})


def _once(tally: Tally, query: Query, decide: Callable[[], Answer]) -> Answer:
    """The answer; claims share queries, so each is decided once."""
    key = write(replace(query, name=""), cores=False)
    if key not in tally.seen:
        tally.seen[key] = decide()
    return tally.seen[key]
