"""The report as one JSON document, schema `modalloc.verdict/1` (spec/schema/verdict.schema.json).

Addresses are strings in hexadecimal, sizes are integers in bytes. The same input gives the same bytes: no times unless
requested, and paths as given. The source text and the rules' pages are not included.
"""

from __future__ import annotations

from typing import Any

import modalloc_model
from modalloc_model.params import Assumptions, Machine, ParamSet
from modalloc_model.report.harmless import json_text
from modalloc_model.report.presentation import Decided, Expectation, Presentation, summary
from modalloc_model.report.problems import SCHEMA, problem_to_json
from modalloc_model.trace import step_to_json
from modalloc_model.verdict import Result, Verdict


def render(presentation: Presentation) -> str:
    """The document, indented, in the order in which the tables were read."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": {"version": modalloc_model.__version__, "solvers": dict(sorted(presentation.solvers.items()))},
        "tables": [table_to_json(decided) for decided in presentation.decided],
        "summary": summary(presentation.report),
    }
    if presentation.warnings:
        document["warnings"] = [problem_to_json(problem) for problem in presentation.warnings]
    return json_text(document)


def table_to_json(decided: Decided) -> dict[str, Any]:
    """One table with its results."""
    table = decided.report.table
    document = _head(table) | {
        "verdict": decided.report.verdict.value,
        "results": [result_to_json(result) for result in decided.report.results],
    }
    if decided.seconds is not None:
        document["seconds"] = round(decided.seconds, 3)
    if decided.expectation is not None:
        document["expectation"] = _expectation_to_json(decided.expectation)
    return document


def _head(table: ParamSet) -> dict[str, Any]:
    """`configuration` and `assumed` belong to a table out of a kernel tree."""
    return {
        "id": table.id,
        "path": table.path,
        "line": table.line,
        "arch": table.machine.name,
        "dialect": table.dialect.name,
        "design": table.dialect.design,
        "assumptions": assumptions_to_json(table.assumptions),
        "unknowns": {unknown.name: unknown.text for unknown in table.machine.unknowns},
        **({"configuration": dict(sorted(table.configuration.items()))} if table.configuration else {}),
        **({"assumed": list(table.assumed)} if table.configuration or table.assumed else {}),
        **_bounds(table.machine),
    }


def _bounds(machine: Machine) -> dict[str, Any]:
    """The bounds that the profile assumes and the machine does not enforce; empty if there is none."""
    bounds = {one.name: {"bound": one.text, "why": one.why, "beyond": bool(one.lift)} for one in machine.bounds}
    return {"bounds": bounds} if bounds else {}


def assumptions_to_json(assumptions: Assumptions) -> dict[str, Any]:
    """The assumptions under the names that the command line has for them."""
    return {
        "protect": assumptions.protect,
        "free-access": assumptions.free_access,
        "arbiter": assumptions.arbiter,
        "arbiter-search": assumptions.arbiter_search,
        "guard": assumptions.guard,
        "claims": list(assumptions.claims),
    }


def result_to_json(result: Result) -> dict[str, Any]:
    """The result of one rule for one root or type."""
    document = {
        "rule": result.rule,
        "group": result.group,
        "severity": result.severity.value,
        "subject": result.subject,
        "types": list(result.types),
        "verdict": result.verdict.value,
        "message": result.message,
        "location": {"line": result.location.line, "column": result.location.column},
        "method": result.method,
        "facts": [{"name": fact.name, "value": fact.value} for fact in result.facts],
        "counterexample": _counterexample(result),
    }
    return document | ({"reason": result.reason} if result.reason else {})


def _counterexample(result: Result) -> dict[str, Any] | None:
    """The run, or for a rule without behaviour the boot alone."""
    trace = result.trace
    if result.verdict not in (Verdict.REFUTED, Verdict.INCONSISTENT) or not (trace or result.boot):
        return None
    boot = trace.boot if trace else dict(result.boot)
    return {
        "unknowns": {name: hex(value) for name, value in sorted(boot.items())},
        "steps": [step_to_json(step) for step in trace.steps] if trace else [],
        "violation": trace.violation if trace else result.message,
        "replayed": result.replayed,
    }


def _expectation_to_json(expectation: Expectation) -> dict[str, Any]:
    return {
        "verdict": expectation.verdict,
        "rules": list(expectation.rules),
        "why": expectation.why,
        "not-judged": list(expectation.not_judged),
        "differences": list(expectation.differences),
    }
