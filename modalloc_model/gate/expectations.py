"""The checked-in file of known failures, each with its reason.

    - table: nios2-16m:nios2_16m
      rule: RCH001                   # a rule that is not proved, or kind: a kind of change
      type: MODULE_TEXT              # optional: only this subject
      reason: no call reaches the kernel; there is no veneer
      until: 2027-01-01              # optional: the last day of the expectation

A rule is decided at the head, changed or not. The gate fails if an expected failure no longer occurs, until its entry
is removed, and if the failure still occurs after its last day. A kind of change is expected of a single change; its
entry is removed with the next.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from modalloc_model.descriptor.source import Journal, Text, nearest
from modalloc_model.descriptor.yamltext import MappingReader, YamlNode
from modalloc_model.gate.config import refuse, root_of
from modalloc_model.gate.findings import Finding
from modalloc_model.gate.policy import ALWAYS, KINDS
from modalloc_model.params import Location
from modalloc_model.verdict import Result, TableReport, Verdict

_FAILURES = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.VACUOUS)
_ITS_OWN = frozenset({"gone-expectation", "expired-expectation", *ALWAYS})


@dataclass(frozen=True, slots=True)
class ExpectedFailure:
    """An expected failure: of a rule or a kind, for one subject or for every subject of the table."""

    table: str
    rule: str
    kind: str
    subject: str
    reason: str
    until: datetime.date | None
    where: Location

    @property
    def name(self) -> str:
        """The rule or kind, and the subject."""
        return " ".join(filter(None, (self.rule or self.kind, self.subject)))

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and today > self.until

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is expected. An inconsistency of the tool and a finding about this file never are."""
        named = finding.rule == self.rule if self.rule else finding.kind == self.kind
        known = finding.kind not in _ITS_OWN and (not self.rule or _is_failure(finding.result))
        return named and known and finding.table == self.table and self._speaks_of(finding.subject, finding.result)

    def fails(self, report: TableReport) -> bool:
        """Whether the rule still fails in the table."""
        return any(r.rule == self.rule and _is_failure(r) and self._speaks_of(r.subject, r) for r in report.results)

    def _speaks_of(self, subject: str, result: Result | None) -> bool:
        names = {subject, *subject.split(", "), *(result.types if result else ())}
        return not self.subject or self.subject in names


def _is_failure(result: Result | None) -> bool:
    return result is not None and result.verdict in _FAILURES


# -- reading ---------------------------------------------------------------------------------------------------------


def read_expectations(content: bytes, path: str, rules: Iterable[str]) -> tuple[ExpectedFailure, ...]:
    """Reads the file. InputError with every problem."""
    journal = Journal()
    root = root_of(content, path, journal)
    if root and root.kind != "list":
        journal.error(root.where, "wrong-kind", f"expectations are a list, not a {root.kind}")
    names = tuple(rules)
    found = [known for item in (root.items if root else ()) if (known := _read(item, names, journal))]
    _refuse_twice(found, journal)
    refuse(journal)
    return tuple(found)


def _refuse_twice(found: Iterable[ExpectedFailure], journal: Journal) -> None:
    first: dict[tuple[str, str], ExpectedFailure] = {}
    for known in found:
        earlier = first.setdefault((known.table, known.name), known)
        if earlier is not known:
            message = f"{known.name} of {known.table} is expected twice, first in line {earlier.where.line}"
            journal.error(known.where, "duplicate-key", message)


def _read(node: YamlNode, rules: tuple[str, ...], journal: Journal) -> ExpectedFailure | None:
    reader = MappingReader(node, journal, "an expectation")
    table, reason = reader.required("table"), reader.required("reason")
    rule, kind = _one_of(reader, "rule", rules, journal), _one_of(reader, "kind", tuple(KINDS), journal)
    subject, until = reader.text("type"), reader.text("until")
    if reader.has("rule") == reader.has("kind"):
        journal.error(node.where, "missing-key", "an expectation has either a rule or a kind")
    if kind and kind.text in _ITS_OWN:
        journal.error(kind.at(), "bad-value", f"{kind.text} cannot be expected")
    if reason and not reason.text.strip():
        journal.error(reason.at(), "bad-value", "an expectation has a reason")
    reader.finish()
    last = _day(until, journal) if until else None
    if not (table and reason):
        return None
    words = (rule.text if rule else "", kind.text if kind else "", subject.text if subject else "")
    return ExpectedFailure(table.text, *words, reason.text, last, node.where)


def _one_of(reader: MappingReader, key: str, values: tuple[str, ...], journal: Journal) -> Text | None:
    text = reader.text(key)
    if text is not None and text.text not in values:
        hint = nearest(text.text, values) or f"modalloc {'explain' if key == 'rule' else 'gate --help'} lists them"
        journal.error(text.at(), "bad-value", f"{key}: there is no {text.text!r}", hint)
    return text


def _day(text: Text, journal: Journal) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text.text)
    except ValueError:
        journal.error(text.at(), "bad-value", f"until: {text.text!r} is not a date such as 2027-01-01")
        return None


# -- what comes of them ----------------------------------------------------------------------------------------------


def with_reasons(
    findings: Iterable[Finding], known: Iterable[ExpectedFailure], today: datetime.date
) -> Iterator[Finding]:
    """The findings; the expected ones carry their reason."""
    current = [one for one in known if not one.expired(today)]
    for finding in findings:
        reasons = [one.reason for one in current if one.covers(finding)]
        yield replace(finding, expected=reasons[0]) if reasons else finding


def wrong_expectations(
    known: Iterable[ExpectedFailure], findings: Iterable[Finding], heads: dict[str, TableReport], today: datetime.date
) -> Iterator[Finding]:
    """Expectations whose failure no longer occurs, and those that expired while it still does."""
    found = list(findings)
    for one in known:
        report = heads.get(one.table)
        there = bool(report and one.fails(report)) if one.rule else any(one.covers(f) for f in found)
        if not there:
            gone = f"{one.name} is expected to fail, and does not{'' if report or one.kind else ': no such table'}"
            yield _of_line("gone-expectation", one, gone)
        elif one.expired(today):
            yield _of_line("expired-expectation", one, f"{one.name} was expected until {one.until}, and still fails")


def _of_line(kind: str, known: ExpectedFailure, message: str) -> Finding:
    return Finding(kind, known.table, known.name, f"{message} ({known.reason})", known.where)
