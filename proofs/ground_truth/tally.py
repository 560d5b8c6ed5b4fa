"""The results of comparisons as text: counts by rule, reasons of undecided results, and each disagreement in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields

from proofs.ground_truth import edges
from proofs.ground_truth.compare import DISAGREE, OUTCOMES, UNDECIDED, Finding
from proofs.ground_truth.world import World


def tally(findings: Sequence[Finding]) -> str:
    """The table of counts by rule, and the reasons of undecided results."""
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
    """Each disagreement: the rule, both verdicts, and the table's values."""
    found = [finding for finding in findings if finding.outcome == DISAGREE]
    return "".join(f"DISAGREE {finding_text(finding, bits)}\n" for finding in found)


def finding_text(finding: Finding, bits: int | None) -> str:
    """One disagreement."""
    boots = edges.table(finding.table, bits)
    lines = [f"table {finding.table}: {finding.rule} for {finding.subject}: {finding.reason}", *_values(boots)]
    return "\n  ".join(lines)


def _values(boots: tuple[World, ...]) -> Iterator[str]:
    """The first boot field by field, and the differences of the others."""
    first = boots[0]
    yield from (f"{f.name}: {getattr(first, f.name)}" for f in fields(first) if f.name not in ("types", "parts"))
    yield from map(str, (*first.parts, *first.types))
    for boot in boots[1:]:
        differing = [f.name for f in fields(boot) if getattr(boot, f.name) != getattr(first, f.name)]
        yield "; ".join(f"{name}: {getattr(boot, name)}" for name in differing)
