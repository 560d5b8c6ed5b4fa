"""One table: what the tool says of each rule and subject, held against the enumeration.

A trace's length is the number of requests in it, as the enumeration counts them. Five outcomes: the two agree that
the rule is proved (no run violates it), or refuted (a shortest run is as long as the trace); the trace is longer than
what was enumerated; the tool is undecided; or they *disagree*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from modalloc_model.engine.regions import wrapping
from modalloc_model.engine.verify import Options, verify_table
from modalloc_model.params import ParamSet
from modalloc_model.properties import RULES
from modalloc_model.trace import Trace
from modalloc_model.verdict import Result, Verdict
from proofs.ground_truth.alone import reach_of_others
from proofs.ground_truth.explore import Boots, enumerate_boots
from proofs.ground_truth.handing import param_set
from proofs.ground_truth.statics import Judgement, judgements
from proofs.ground_truth.world import World, wraps

PROVED, REFUTED, NOTHING, BEYOND = "agree proved", "agree refuted", "not judged", "beyond bounds"
UNDECIDED, DISAGREE = "undecided", "DISAGREE"
OUTCOMES = (PROVED, REFUTED, NOTHING, BEYOND, UNDECIDED, DISAGREE)

EFFORT = 6_000  # operations enumerated for a table
LONGEST = 6  # requests in a run
SEARCH = 12_000_000  # resource units that the tool's search may spend on a table: tables are small


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule for one subject of one table. `exact` if the enumeration is closed: there are no other runs."""

    table: int
    rule: str
    subject: str
    outcome: str
    exact: bool
    reason: str = ""


def compare(number: int, worlds: tuple[World, ...], effort: int = EFFORT, search: int = SEARCH) -> list[Finding]:
    """Every verdict of every rule. `search` is the budget of the tool's search for runs."""
    table = param_set(f"drawn:{number}", worlds)
    if any(wraps(region) for world in worlds for region in world.regions()):
        return [of_the_profile(number, table)]
    report = verify_table(table, Options(search=search))
    truth, static = enumerate_boots(worlds, effort, LONGEST), judgements(worlds) | reach_of_others(worlds)
    told = {(result.rule, result.subject) for result in report.results}
    others = [result for result in report.results if (result.rule, result.subject) in static]
    behaviours = [result for result in report.results if (result.rule, result.subject) not in static]
    return [
        *compare_static(number, others, static),
        *_findings(number, behaviours, truth),
        *missing_results(number, told, truth),
    ]


def of_the_profile(number: int, table: ParamSet) -> Finding:
    """A region that wraps in some boot is a problem of the profile, and no verdict is asked for."""
    outcome = REFUTED if wrapping([table]) else DISAGREE
    return Finding(number, "profile", "", outcome, True, "" if outcome is REFUTED else "a region wraps in some boot")


def missing_results(number: int, told: set[tuple[str, str]], truth: Boots) -> Iterator[Finding]:
    """Violations without a result."""
    for violation in sorted(set(truth.shortest) - told):
        yield Finding(
            number, *violation, DISAGREE, True, f"nothing is said, and it is violated by {truth.run(violation)}"
        )


def compare_static(
    number: int, results: Iterable[Result], static: Mapping[tuple[str, str], Judgement]
) -> Iterator[Finding]:
    """The verdicts without runs, each compared with the rule's page in every boot."""
    told = set()
    for result in results:
        key = (result.rule, result.subject)
        if key not in static:
            continue
        told.add(key)
        yield _static(number, result, static[key])
    for rule, subject in sorted(key for key, holds in static.items() if holds is False and key not in told):
        yield Finding(number, rule, subject, DISAGREE, True, "nothing is said, and looking at every byte says refuted")


def _static(number: int, result: Result, holds: Judgement) -> Finding:
    if result.verdict in UNJUDGED[RULES[result.rule].group == "reach"] and holds is not None:
        return Finding(number, result.rule, result.subject, UNDECIDED, True, result.message)
    agree = result.verdict is EXPECTED[holds] or (holds is None and result.verdict in NOTHING_SAID)
    reason = "" if agree else f"{result.verdict}, and looking at every byte says {EXPECTED[holds]}"
    return Finding(number, result.rule, result.subject, ALIKE[holds] if agree else DISAGREE, True, reason)


EXPECTED: Mapping[Judgement, Verdict] = {
    True: Verdict.PROVED, False: Verdict.REFUTED, None: Verdict.NOT_APPLICABLE,
}  # fmt: skip


NOTHING_SAID = (Verdict.NOT_CLAIMED, Verdict.UNDECIDED)
"""As well as that a rule is not applicable: it speaks of a claim, or of something that the machine does not name."""
UNJUDGED = ((Verdict.UNDECIDED,), (Verdict.UNDECIDED, Verdict.NOT_APPLICABLE))
"""The other rules, and those of reach: these leave alone what has an alignment that is no power of two."""
ALIKE: Mapping[Judgement, str] = {True: PROVED, False: REFUTED, None: NOTHING}


def _findings(number: int, results: Iterable[Result], truth: Boots) -> Iterator[Finding]:
    for result in results:
        if result.verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_CLAIMED):
            if (result.rule, result.subject) in truth.shortest:
                yield Finding(
                    number, result.rule, result.subject, DISAGREE, True, f"{result.verdict}, {_shortest(result, truth)}"
                )
            continue
        outcome, reason = _judgements(result, truth)
        yield Finding(number, result.rule, result.subject, outcome, truth.closed, reason)


def _judgements(result: Result, truth: Boots) -> tuple[str, str]:
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


def _without_trace(result: Result, truth: Boots) -> tuple[str, str]:
    """Refuted by its condition alone, or inconsistent."""
    if result.verdict is Verdict.REFUTED and (result.rule, result.subject) in truth.shortest:
        return REFUTED, ""
    return DISAGREE, f"{result.verdict}: {result.message}"


def _shortest(result: Result, truth: Boots) -> str:
    violation = (result.rule, result.subject)
    if violation in truth.shortest:
        return f"violated by {truth.run(violation)}"
    return f"no run violates it{'' if truth.closed else f' up to length {truth.complete}'}"


def requests(trace: Trace) -> int:
    """Sections asked for, and other operations; a branch at the end is none."""
    return sum(max(1, len(step.sections)) for step in trace.steps if step.op != "branch")
