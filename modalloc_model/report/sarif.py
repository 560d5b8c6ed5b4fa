"""Findings as SARIF 2.1.0, the OASIS format of analysis results; checks that pass are included as `kind: pass`.

Source: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, sections named below. Columns count characters
(3.14.17). There are no fixes and no file contents.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from modalloc_model.exit_status import ExitStatus
from modalloc_model.params import Location
from modalloc_model.report.diagnostic import Diagnostic, Findings, Outcome, RuleNote, Suite
from modalloc_model.report.harmless import json_text
from modalloc_model.report.telling import conclusion, section
from modalloc_model.verdict import Problem

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "ROOT"
_KIND = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.OPEN: "open",
    Outcome.BROKEN: "fail",
    Outcome.NOT_APPLICABLE: "notApplicable",
}

Json = dict[str, Any]


def render(findings: Findings) -> str:
    """One run with all results, on one line: it is large, and only tools read it."""
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(findings)]}, indent=None)


def _run(findings: Findings) -> Json:
    order = {rule: index for index, rule in enumerate(findings.rules)}
    return {
        "tool": _tool(findings),
        "automationDetails": {"id": f"modalloc/{findings.command}/"},
        "invocations": [_invocation(findings)],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that the tool was called in."}}},
        **({"results": list(_results(findings, order))} if _looked(findings) else {}),
        "properties": {
            "tables": [{"name": s.name, "notes": list(s.notes), "basis": s.basis} for s in findings.suites],
            "notes": list(findings.notes),
        },
    }


def _looked(findings: Findings) -> bool:
    """Whether anything was looked for (3.14.23). GitHub refuses a run without results: its alerts stay."""
    return bool(findings.suites) or findings.passed


def _tool(findings: Findings) -> Json:
    driver: Json = {
        "name": "modalloc",
        "version": findings.version,
        "rules": [_rule(rule) for rule in findings.rules.values()],
    }
    solvers = [{"name": name, "version": version} for name, version in sorted(findings.solvers.items())]
    return {"driver": driver} | ({"extensions": solvers} if solvers else {})


def _rule(rule: RuleNote) -> Json:
    page = rule.page or f"# {rule.id}: {rule.title}\n"
    why = " ".join(section(page, "why").split())
    return {
        "id": rule.id,
        "shortDescription": {"text": _message(rule.title)},
        "fullDescription": {"text": _message(why or rule.title)},
        "help": {"text": _message(_plain(page)), "markdown": _braces(page)},
        "defaultConfiguration": {"level": rule.level.value},
    }


def _plain(page: str) -> str:
    """Markdown without its marks."""
    return re.sub(r"^#+ ", "", page, flags=re.MULTILINE).replace("`", "").strip()


# -- the invocation (3.20) --------------------------------------------------------------------------------------------


def _invocation(findings: Findings) -> Json:
    """Whether the tool completed, the exit status, and the problems of the input."""
    return {
        "executionSuccessful": findings.status not in (ExitStatus.BAD_INPUT, ExitStatus.INCONSISTENT),
        "exitCode": findings.status.value,
        "exitCodeDescription": findings.status.sentence,
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": _message(conclusion(findings))}},
            *(_notification(problem) for problem in findings.problems),
        ],
    }


def _notification(problem: Problem) -> Json:
    said = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
    return {
        "descriptor": {"id": problem.code},
        "level": "error" if problem.severity == "error" else "warning",
        "message": {"text": _message(said)},
        "locations": [_location(problem.where)] if problem.where.path else [],
    }


# -- results (3.27) --------------------------------------------------------------------------------------------------


def _results(findings: Findings, order: dict[str, int]) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    for suite, diagnostic in findings.diagnostics:
        fingerprint = suite.fingerprint(diagnostic)
        seen[fingerprint] += 1
        index = {"ruleIndex": order[diagnostic.rule]} if diagnostic.rule in order else {}
        yield {
            "ruleId": diagnostic.rule,
            **index,
            **_kind_and_level(diagnostic),
            "message": {"text": _message(_message_text(diagnostic))},
            "locations": [_where(suite, diagnostic)],
            "partialFingerprints": {"modalloc/v1": f"{fingerprint}:{seen[fingerprint]}"},
            **_code_flows(suite, diagnostic),
            "properties": {"verdict": diagnostic.word or diagnostic.outcome.value, "types": list(diagnostic.types)},
        }


def _kind_and_level(diagnostic: Diagnostic) -> Json:
    """Kind and level (3.27.9, 3.27.10: a level is for failures), and that a failure is a known one (3.27.23)."""
    kind = _KIND[diagnostic.outcome]
    judged: Json = {"kind": kind, "level": diagnostic.level.value if kind == "fail" else "none"}
    if diagnostic.expected is not None:
        known = {"kind": "external", "status": "accepted", "justification": diagnostic.expected}
        return judged | {"suppressions": [known]}
    return judged


def _message_text(diagnostic: Diagnostic) -> str:
    """The message, and the quantities that it rests on."""
    subject = f"{diagnostic.subject}: " if diagnostic.subject and diagnostic.subject not in diagnostic.message else ""
    word = f"{diagnostic.word}: " if diagnostic.outcome in (Outcome.OPEN, Outcome.BROKEN) and diagnostic.word else ""
    details = "".join(f"\n{line}" for line in diagnostic.details)
    return f"{word}{subject}{diagnostic.message}{details}"


def _code_flows(suite: Suite, diagnostic: Diagnostic) -> Json:
    """The run as one thread (3.36 to 3.38), and the other places."""
    related = [
        _location(other.where) | {"id": number, "message": {"text": _message(other.message)}}
        for number, other in enumerate(diagnostic.related, 1)
    ]
    steps = [
        {
            "location": _location(step.where if step.where.path else suite.place(diagnostic))
            | {"message": {"text": _message(step.text)}},
            "nestingLevel": step.depth,
            "executionOrder": number,
            "importance": "unimportant" if step.depth else "essential",
        }
        for number, step in enumerate(diagnostic.steps, 1)
    ]
    flow = [{"message": {"text": "the run"}, "threadFlows": [{"locations": steps}]}]
    return ({"relatedLocations": related} if related else {}) | ({"codeFlows": flow} if steps else {})


# -- places and texts ------------------------------------------------------------------------------------------------


def _where(suite: Suite, diagnostic: Diagnostic) -> Json:
    """The place of a result. Readers demand a file and a line; a result without one gets line 1 of the folder."""
    where = suite.place(diagnostic)
    place = _location(Location(where.path or ".", where.line or 1, where.column))
    return place | {"logicalLocations": [_logical(suite, diagnostic)]}


def _location(where: Location) -> Json:
    """A place in a file (3.28); without a path, nothing of the kind."""
    if not where.path:
        return {}
    column = {"startColumn": where.column} if where.column else {}
    region = {"region": {"startLine": where.line} | column} if where.line else {}
    return {"physicalLocation": {"artifactLocation": _artifact(where.path)} | region}


def _artifact(path: str) -> Json:
    """The file (3.4): relative to where the tool was called, or absolute if it was given so."""
    return {"uri": _uri(path)} if path.startswith("/") else {"uri": _uri(path), "uriBaseId": _ROOT}


@cache
def _uri(path: str) -> str:
    """The path, percent-encoded as far as necessary."""
    encoded = quote(os.fsencode(PurePosixPath(path).as_posix()), safe="/~")
    return f"file://{encoded}" if path.startswith("/") else encoded


def _logical(suite: Suite, diagnostic: Diagnostic) -> Json:
    return {"fullyQualifiedName": "::".join(filter(None, (suite.name, diagnostic.subject)))}


def _message(text: str) -> str:
    """The text as a message (3.11): braces are doubled, and brackets make no link."""
    return _braces(text).replace("](", "] (")


def _braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
