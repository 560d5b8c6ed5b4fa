"""Compares two versions of a repository and returns a report.

A table with the same meaning at both ends is not decided again: the same tool gives the same verdicts. A changed table
is decided at both ends, a new one at the head, and a table with expected failures at the head.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from modalloc_model.gate.findings import Compared, Finding, GateReport, Shape
from modalloc_model.gate.policy import Policy
from modalloc_model.gate.repository import Comparison
from modalloc_model.gate.selection import Scope, select

if TYPE_CHECKING:
    from modalloc_model.descriptor import Settings, Table
    from modalloc_model.gate.expectations import ExpectedFailure
    from modalloc_model.gate.reading import Ends
    from modalloc_model.verdict import TableReport

Decide = Callable[[Sequence["Table"], frozenset[str]], Sequence["TableReport"]]
"""Decides tables by the named rules; an empty set means all rules."""


@dataclass(frozen=True)
class Requirements:
    """The inputs of a comparison beside the tables: policy, known failures, the date, and the shape of a module."""

    policy: Policy
    known: tuple[ExpectedFailure, ...] = ()
    today: datetime.date = datetime.date.min
    shape: Shape = field(default_factory=Shape)
    aside: tuple[Finding, ...] = ()  # findings made before any table is read


def gate(comparison: Comparison, scope: Scope, settings: Settings, demands: Requirements, decide: Decide) -> GateReport:
    """Compares base and head. InputError, with every problem, for input that cannot be read."""
    selection = select(comparison, scope, {one.table for one in demands.known})
    report = GateReport(
        comparison.base.name,
        comparison.head.name,
        files=selection.files,
        differing=selection.differing,
        read=len(selection.pairs),
        profiles=selection.profiles,
        aside=demands.aside,
    )
    if selection.pairs:
        from modalloc_model.gate.reading import read_ends

        report = _compare_tables(report, read_ends(comparison, selection, scope, settings), demands, decide)
    return _apply_policy(report, demands)


def gate_kernel(comparison: Comparison, settings: Settings, demands: Requirements, decide: Decide) -> GateReport:
    """The same for a kernel's source, from which the tables are read. InputError for input that cannot be read."""
    from modalloc_model.gate.hunks import hunks
    from modalloc_model.gate.trees import read_sources

    sources = read_sources(comparison, settings)
    report = GateReport(
        comparison.base.name,
        comparison.head.name,
        files=sources.files,
        differing=len(sources.differing),
        read=sources.files,
        aside=demands.aside,
    )
    report = _compare_tables(report, sources.ends, demands, decide)
    return _apply_policy(replace(report, hunks=hunks(report.tables, sources)), demands)


def _compare_tables(report: GateReport, ends: Ends, demands: Requirements, decide: Decide) -> GateReport:
    from modalloc_model.gate.changes import changes
    from modalloc_model.gate.matching import matches
    from modalloc_model.gate.renaming import rename_unknowns
    from modalloc_model.properties import RULES

    found = []
    for m in matches(ends):
        both = m.base and m.head and (rename_unknowns(m.base.params, m.head.params), m.head.params)
        found.append(Compared(m.base, m.head, changes(*both) if both else ()))
    found = _decided(found, decide)
    found = _decide_expected(found, demands.known, decide)
    found = [replace(one, findings=tuple(_findings(one, demands.shape))) for one in found]
    return replace(report, tables=tuple(found), warnings=ends.warnings, rules=len(RULES))


def _decided(found: list[Compared], decide: Decide) -> list[Compared]:
    """Decides changed tables at both ends and added tables at the head."""
    before = [one for one in found if one.fate == "changed"]
    after = [one for one in found if one.fate in ("changed", "added")]
    tables = [one.base for one in before if one.base] + [one.head for one in after if one.head]
    reports = decide(tables, frozenset()) if tables else []
    old = {id(one): report for one, report in zip(before, reports[: len(before)], strict=True)}
    new = {id(one): report for one, report in zip(after, reports[len(before) :], strict=True)}
    return [replace(one, before=old.get(id(one)), after=new.get(id(one))) for one in found]


def _decide_expected(found: list[Compared], known: Sequence[ExpectedFailure], decide: Decide) -> list[Compared]:
    """Decides unchanged tables at the head, by the rules that are expected to fail."""
    rules = {one.id: frozenset(k.rule for k in known if k.table == one.id and k.rule) for one in found}
    asked = [one for one in found if one.fate == "alike" and rules[one.id]]
    after: dict[int, TableReport] = {}
    for wanted in sorted({rules[one.id] for one in asked}, key=sorted):
        same = [one for one in asked if rules[one.id] == wanted]
        tables = [one.table for one in same]
        after |= {id(one): report for one, report in zip(same, decide(tables, wanted), strict=True)}
    return [replace(one, after=after[id(one)]) if id(one) in after else one for one in found]


def _findings(one: Compared, shape: Shape) -> Iterator[Finding]:
    """The findings of one table."""
    from modalloc_model.gate import guarantees
    from modalloc_model.gate.directions import directions
    from modalloc_model.gate.renaming import rename_unknowns
    from modalloc_model.properties import RULES

    params = one.table.params
    if one.fate in ("added", "removed"):
        yield Finding(f"{one.fate}-table", one.id, "", f"was {one.fate}", params.location(""))
    if one.fate not in ("changed", "added") or one.after is None:
        return
    yield from guarantees.rules_without_result(one.after, RULES)
    if one.before is None or one.base is None:
        yield from guarantees.of_added(one.after)
        return
    same_machine = not any(change.subject in ("machine", "configuration") for change in one.changes)
    yield from guarantees.between(one.before, one.after, same_machine)
    yield from directions(rename_unknowns(one.base.params, params), params, shape)


def _apply_policy(report: GateReport, demands: Requirements) -> GateReport:
    """Applies the policy and the expectations to the findings, and adds findings about wrong expectations."""
    forbidden = demands.policy.forbidden

    def apply(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        kept = (replace(finding, forbidden=finding.kind in forbidden) for finding in findings)
        return tuple(_with_reasons(kept, demands))

    tables = tuple(replace(one, findings=apply(one.findings)) for one in report.tables)
    aside = apply([*report.aside, *_wrong_expectations(report, demands)])
    return replace(report, tables=tables, aside=aside, forbidden=forbidden)


def _with_reasons(findings: Iterator[Finding], demands: Requirements) -> Iterator[Finding]:
    if not demands.known:
        return findings
    from modalloc_model.gate.expectations import with_reasons

    return with_reasons(findings, demands.known, demands.today)


def _wrong_expectations(report: GateReport, demands: Requirements) -> Iterator[Finding]:
    if not demands.known:
        return iter(())
    from modalloc_model.gate.expectations import wrong_expectations

    heads = {one.id: one.after for one in report.tables if one.after is not None}
    return wrong_expectations(demands.known, list(report.findings), heads, demands.today)
