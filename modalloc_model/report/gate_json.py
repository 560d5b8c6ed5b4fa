"""The gate's report as one JSON document, schema `modalloc.gate/1` (spec/schema/gate.schema.json).

Addresses are strings in hexadecimal, sizes are integers in bytes. The same input gives the same bytes. Unchanged
results are counted and not listed.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import modalloc_model
from modalloc_model.gate.findings import Compared, Finding, GateReport, Hunk, Measure, Witness
from modalloc_model.gate.policy import KINDS
from modalloc_model.report.harmless import json_text
from modalloc_model.report.problems import problem_to_json
from modalloc_model.verdict import TableReport

SCHEMA = "modalloc.gate/1"
FATES = ("changed", "added", "removed", "alike")


def render(report: GateReport) -> str:
    """The document."""
    return json_text(document(report))


def document(report: GateReport) -> dict[str, Any]:
    """Everything, also where nothing happened."""
    return {
        "schema": SCHEMA,
        "tool": {"version": modalloc_model.__version__, "solvers": dict(sorted(report.solvers.items()))},
        "base": report.base,
        "head": report.head,
        "status": int(report.status),
        "policy": {kind: kind in report.forbidden for kind in KINDS},
        "profiles": list(report.profiles),
        "hunks": [_hunk(hunk) for hunk in report.hunks],
        "tables": [_table(table) for table in report.tables],
        "findings": [_finding(finding) for finding in report.findings],
        "summary": _summary(report),
        "warnings": [problem_to_json(problem) for problem in report.warnings],
    }


def _summary(report: GateReport) -> dict[str, int]:
    findings = list(report.findings)
    fails = sum(finding.fails for finding in findings)
    known = sum(finding.expected is not None for finding in findings)
    return {
        "files": report.files,
        "differing": report.differing,
        "read": report.read,
        "tables": len(report.tables),
        **{fate: report.count(fate) for fate in FATES},
        "rules": report.rules,
        "findings": len(findings),
        "forbidden": fails,
        "expected": known,
    }


def _hunk(hunk: Hunk) -> dict[str, Any]:
    return {
        "path": hunk.path,
        "old": hunk.old,
        "new": hunk.new,
        "removed": list(hunk.removed),
        "added": list(hunk.added),
        "values": [{"table": value.table, "subject": value.subject, "field": value.field} for value in hunk.values],
    }


def _table(table: Compared) -> dict[str, Any]:
    params = table.table.params
    return {
        "id": table.id,
        "path": params.path,
        "line": params.line,
        "arch": params.machine.name,
        "before": {"id": table.base.params.id, "path": table.base.params.path} if table.base else None,
        "fate": table.fate,
        "changes": [{"subject": c.subject, "field": c.field, "old": c.old, "new": c.new} for c in table.changes],
        "decided": {"base": _verdict_counts(table.before), "head": _verdict_counts(table.after)},
    }


def _verdict_counts(report: TableReport | None) -> dict[str, int] | None:
    """How many results of each verdict; null where nothing had to be decided."""
    return dict(sorted(Counter(r.verdict.value for r in report.results).items())) if report else None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "table": finding.table,
        "subject": finding.subject,
        "rule": finding.rule or None,
        "verdict": finding.result.verdict.value if finding.result else None,
        "message": finding.message,
        "location": {"path": finding.where.path, "line": finding.where.line, "column": finding.where.column},
        "forbidden": finding.forbidden,
        "expected": finding.expected,
        "fails": finding.fails,
        "open": finding.open or None,
        "witness": _witness(finding.witness),
        "before": _measure(finding.before),
        "measure": _measure(finding.measure),
        "counterexample": _counterexample(finding),
    }


def _witness(witness: Witness | None) -> dict[str, Any] | None:
    return {"unknowns": _boot(witness.boot), "address": hex(witness.address)} if witness else None


def _measure(measure: Measure | None) -> dict[str, Any] | None:
    if measure is None:
        return None
    ends = {"least": (measure.least, measure.least_boot), "greatest": (measure.greatest, measure.greatest_boot)}
    told = {name: {"value": value, "unknowns": _boot(boot)} for name, (value, boot) in ends.items()}
    return {"unit": measure.unit, "exact": measure.exact, **told}


def _boot(boot: tuple[tuple[str, int], ...]) -> dict[str, str]:
    return {name: hex(value) for name, value in boot}


def _counterexample(finding: Finding) -> dict[str, Any] | None:
    """As `modalloc verify` writes it."""
    from modalloc_model.report.document import result_to_json

    found: dict[str, Any] | None = result_to_json(finding.result)["counterexample"] if finding.result else None
    return found
