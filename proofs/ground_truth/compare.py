"""One table: what the tool says of each rule and subject, held against the enumeration.

A trace's length is the number of requests in it, as the enumeration counts them. Five outcomes: the two agree that
the rule is proved (no run violates it), or refuted (a shortest run is as long as the trace); the trace is longer than
what was enumerated; the tool is undecided; or they *disagree*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modalloc_model.concrete import in_boot
from modalloc_model.engine.verify import Options, verify_table
from modalloc_model.params import ParamSet
from modalloc_model.properties import RULES
from modalloc_model.trace import Trace
from modalloc_model.verdict import NOT_JUDGED, Result, Verdict
from proofs.ground_truth.explore import Truth, enumerate_runs
from proofs.ground_truth.table import Table

PROVED, REFUTED, BEYOND, UNDECIDED, DISAGREE = "agree proved", "agree refuted", "beyond bounds", "undecided", "DISAGREE"
OUTCOMES = (PROVED, REFUTED, BEYOND, UNDECIDED, DISAGREE)

EFFORT = 6_000  # operations enumerated for a table
LONGEST = 6  # requests in a run
SEARCH = 12_000_000  # resource units that the tool's search may spend on a table: tables are small


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule for one subject of one table. `exact` where the enumeration is closed: there is no other run."""

    table: int
    rule: str
    subject: str
    outcome: str
    exact: bool
    reason: str = ""


def compare(number: int, table: ParamSet, effort: int = EFFORT, search: int = SEARCH) -> list[Finding]:
    """Every verdict of every rule with a behaviour. `search` is what the tool's search for runs may spend."""
    truth = enumerate_runs(Table(in_boot(table, {})), effort, LONGEST)
    behaviours = frozenset(rule.id for rule in RULES.values() if rule.behaviour)
    report = verify_table(table, Options(select=behaviours, search=search))
    return list(_findings(number, report.results, truth))


def _findings(number: int, results: tuple[Result, ...], truth: Truth) -> Iterator[Finding]:
    for result in results:
        if result.reason == NOT_JUDGED or result.verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_CLAIMED):
            if (result.rule, result.subject) in truth.shortest:
                yield Finding(
                    number, result.rule, result.subject, DISAGREE, True, f"{result.verdict}, {_shortest(result, truth)}"
                )
            continue
        outcome, reason = _judged(result, truth)
        yield Finding(number, result.rule, result.subject, outcome, truth.closed, reason)


def _judged(result: Result, truth: Truth) -> tuple[str, str]:
    shortest = truth.shortest.get((result.rule, result.subject))
    if result.verdict is Verdict.PROVED:
        return (PROVED, "") if shortest is None else (DISAGREE, f"proved, {_shortest(result, truth)}")
    if result.verdict is Verdict.UNDECIDED:
        return UNDECIDED, f"{result.message} [{_shortest(result, truth)}]"
    if result.trace is None:
        return _without_trace(result, truth)
    length = requests(result.trace)
    if shortest is None:
        beyond = not truth.closed and length > truth.complete
        return (BEYOND, "") if beyond else (DISAGREE, f"refuted in {length}, and no run violates it")
    return (REFUTED, "") if shortest == length else (DISAGREE, f"refuted in {length}, {_shortest(result, truth)}")


def _without_trace(result: Result, truth: Truth) -> tuple[str, str]:
    """Refuted by its condition alone, or inconsistent."""
    if result.verdict is Verdict.REFUTED and (result.rule, result.subject) in truth.shortest:
        return REFUTED, ""
    return DISAGREE, f"{result.verdict}: {result.message}"


def _shortest(result: Result, truth: Truth) -> str:
    violation = (result.rule, result.subject)
    if violation in truth.shortest:
        return f"violated by {truth.run(violation)}"
    return f"no run violates it{'' if truth.closed else f' up to length {truth.complete}'}"


def requests(trace: Trace) -> int:
    """Sections asked for, and other operations; a branch at the end is none."""
    return sum(max(1, len(step.sections)) for step in trace.steps if step.op != "branch")
