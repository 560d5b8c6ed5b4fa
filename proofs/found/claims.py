"""Compares the findings with the tool's verdicts, in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modalloc_model.properties import RULES
from modalloc_model.verdict import NOT_JUDGED, Severity, Verdict
from proofs.found.deciding import Told
from proofs.found.findings import Finding, Shown

OPEN = (Verdict.UNDECIDED, Verdict.VACUOUS, Verdict.INCONSISTENT)


def problems(findings: Sequence[Finding], told: Sequence[Told]) -> list[str]:
    """All that keeps the page from being written."""
    return [*not_produced(findings, told), *unexplained(findings, told), *left_open(told)]


def claimants(findings: Sequence[Finding], one: Told, rule: str = "") -> list[str]:
    """The ids of the findings about the question, and about the rule if one is given."""
    return [finding.id for finding in findings for shown in _speaking(finding, one) if not rule or rule in shown.rules]


def _speaking(finding: Finding, one: Told) -> Iterator[Shown]:
    return (shown for shown in finding.shown_by for name in shown.sets if one.asked.is_meant_by(shown, name))


def not_produced(findings: Sequence[Finding], told: Sequence[Told]) -> Iterator[str]:
    """Claims of findings that the tool does not confirm."""
    for finding in findings:
        for shown in finding.shown_by:
            unknown = [rule for rule in shown.rules if rule not in RULES]
            yield from (f"{finding.id}: there is no rule {rule}" for rule in unknown)
            for name in shown.sets:
                meant = [one for one in told if one.asked.is_meant_by(shown, name)]
                if not meant:
                    yield f"{finding.id}: no case of {name} was asked that makes the claims {shown.claims}"
                for one in meant:
                    yield from (f"{finding.id}: {text}" for text in _differences(finding, shown, one))


def _differences(finding: Finding, shown: Shown, one: Told) -> Iterator[str]:
    for rule in shown.refuted:
        if rule not in one.rules(Verdict.REFUTED):
            yield f"{rule} is not refuted in {one.asked}, but {_verdicts(one, rule)}"
    for rule in shown.proved:
        if {result.verdict for result in one.of(rule)} - {Verdict.NOT_APPLICABLE} != {Verdict.PROVED}:
            yield f"{rule} is not proved of {one.asked}, but {_verdicts(one, rule)}"
    given = {problem.code for problem in one.asked.warnings}
    for code in shown.warned:
        if code not in given:
            yield f"reading {one.asked} gives no warning of the kind {code}"
    if finding.is_right and one.report.verdict is not Verdict.PROVED:
        yield f"{one.asked} is {one.report.verdict}, not proved"


def _verdicts(one: Told, rule: str) -> str:
    return ", ".join(dict.fromkeys(result.verdict.value for result in one.of(rule))) or "not asked"


def unexplained(findings: Sequence[Finding], told: Sequence[Told]) -> Iterator[str]:
    """Refutations that no finding claims."""
    for one in told:
        for rule in one.rules(Verdict.REFUTED, Severity.ERROR):
            if not claimants(findings, one, rule):
                yield f"unexplained: {rule} is refuted in {one.asked}, and no finding says why"
        if one.report.verdict is Verdict.PROVED and not any(i.startswith("R") for i in claimants(findings, one)):
            yield f"unexplained: {one.asked} is proved, and nothing says why"


def left_open(told: Sequence[Told]) -> Iterator[str]:
    """Undecided results that no finding claims."""
    for one in told:
        known = one.asked.case.not_judged if one.asked.case else ()
        for result in one.report.results:
            expected = result.reason == NOT_JUDGED and result.rule in known
            if result.verdict in OPEN and result.severity is Severity.ERROR and not expected:
                yield f"{result.rule} is {result.verdict} for {result.subject} in {one.asked}: {result.message}"
