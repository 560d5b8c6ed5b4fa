"""What a comparison came to, as text: counts by rule, why the tool is undecided, and each disagreement in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from modalloc_model.concrete import in_boot
from modalloc_model.trace import params_to_json
from proofs.ground_truth import tables
from proofs.ground_truth.compare import DISAGREE, OUTCOMES, UNDECIDED, Finding


def tally(findings: Sequence[Finding]) -> str:
    """The table of counts, rule by rule, and the reasons of what is undecided."""
    count = Counter((finding.rule, finding.outcome) for finding in findings)
    rules = sorted({finding.rule for finding in findings})
    lines = ["rule    " + "".join(f"{outcome:>15}" for outcome in OUTCOMES)]
    lines += [f"{rule}  " + "".join(f"{count[rule, outcome]:15}" for outcome in OUTCOMES) for rule in rules]
    totals = Counter(finding.outcome for finding in findings)
    lines.append("all     " + "".join(f"{totals[outcome]:15}" for outcome in OUTCOMES))
    closed = sum(finding.exact for finding in findings)
    number = len({finding.table for finding in findings})
    lines.append(f"{number} tables, {len(findings)} verdicts, {closed} of them on tables enumerated to the end")
    return "\n".join([*lines, *_reasons(findings), ""])


def _reasons(findings: Sequence[Finding]) -> Iterator[str]:
    undecided = Counter(_kind(finding) for finding in findings if finding.outcome == UNDECIDED)
    for reason, times in sorted(undecided.items(), key=lambda item: (-item[1], item[0])):
        yield f"undecided {times:5} times: {reason}"


def _kind(finding: Finding) -> str:
    violated = "[violated by" in finding.reason
    said = "no run violates it at all" if finding.exact else "no run violates it, as far as enumerated"
    said = "the enumeration finds a run" if violated else said
    searched = "the search's budget is spent" if "budget is spent" in finding.reason else "the search finds no run"
    return f"{searched}; {said}"


def disagreements(findings: Sequence[Finding], bits: int | None) -> str:
    """Each disagreement: the rule, what the two say, and the table's values."""
    found = [finding for finding in findings if finding.outcome == DISAGREE]
    return "".join(f"DISAGREE {told(finding, bits)}\n" for finding in found)


def told(finding: Finding, bits: int | None) -> str:
    """One disagreement."""
    table = params_to_json(in_boot(tables.table(finding.table, bits), {}))
    return f"table {finding.table}: {finding.rule} for {finding.subject}: {finding.reason}\n  {table}"
