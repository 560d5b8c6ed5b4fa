"""The effect of a change on the guarantees: rules that became refuted, undecided or vacuous, or are no longer decided.

A rule's result is compared with the earlier result for the same subject, or otherwise for the type it concerns. If the
memory of a type comes from another root than before, the results of the old root count. Across dialects, whose type
names differ, the rule as a whole counts. If a claim was added or withdrawn, the message names who did it: the table, or
the configuration of the kernel or of the machine. A rule that stays undecided in a table that stays refuted is not
reported: rules are often undecided because others fail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modalloc_model.descriptor.context import STRICT
from modalloc_model.gate.findings import Finding
from modalloc_model.params import ParamSet
from modalloc_model.verdict import NOT_JUDGED, Result, Severity, TableReport, Verdict

_QUIET = (Verdict.NOT_CLAIMED, Verdict.NOT_APPLICABLE)
_WORST = (Verdict.INCONSISTENT, Verdict.REFUTED, Verdict.VACUOUS, Verdict.UNDECIDED, Verdict.PROVED)
_DECIDED = (Verdict.PROVED, Verdict.REFUTED, Verdict.VACUOUS)
_LOSSES = {
    Verdict.REFUTED: "lost-guarantee",
    Verdict.UNDECIDED: "undecided-guarantee",
    Verdict.VACUOUS: "vacuous-guarantee",
}


def of_added(after: TableReport) -> Iterator[Finding]:
    """The failures of a new table."""
    return _all(None, after)


def between(before: TableReport, after: TableReport, same_machine: bool) -> Iterator[Finding]:
    """The changed results in the order of the head, then the rules that are no longer decided."""
    yield from _all(before, after)
    yield from _lost_verdicts(before, after, same_machine)


def rules_without_result(report: TableReport, rules: Iterable[str]) -> Iterator[Finding]:
    """Rules without any result in the report. Fewer rows with no failure are a failure."""
    said = {result.rule for result in report.results}
    for rule in rules:
        if rule not in said:
            where = report.table.location("")
            yield Finding("lost-coverage", report.table.id, "", f"{rule} was not decided at all", where, rule)


def _all(before: TableReport | None, after: TableReport) -> Iterator[Finding]:
    known = _Verdicts(before, after.table) if before else None
    for result in after.results:
        kind = _kind(known.verdict(result) if known else None, result)
        if kind and (kind != "still-open" or after.verdict is not Verdict.REFUTED):
            yield _finding(kind, after.table, result, known)


def _kind(old: Verdict | None, result: Result) -> str:
    new = result.verdict
    if new is Verdict.INCONSISTENT:
        return "inconsistent"
    if new is Verdict.PROVED:
        return "gained-guarantee" if old not in (Verdict.PROVED, None) else ""
    if new in _QUIET or (old == new and new is Verdict.REFUTED):
        return ""
    if result.reason == NOT_JUDGED and result.severity is Severity.ERROR and old in _DECIDED:
        return "lost-coverage"
    if result.severity is not Severity.ERROR:
        return "new-warning" if old in (Verdict.PROVED, *_QUIET, None) else ""
    if old is Verdict.PROVED:
        return _LOSSES[new]
    return "new-failure" if new is Verdict.REFUTED or old in (*_QUIET, None) else "still-open"


def _finding(kind: str, table: ParamSet, result: Result, known: _Verdicts | None) -> Finding:
    old = known.verdict(result) if known else None
    told = f"was {old.value.replace('-', ' ')}" if old else "was not decided"
    now = result.reason.replace("-", " ") or result.verdict.value
    message = f"{told}, is {now}: {result.message}"
    if old is Verdict.NOT_CLAIMED and known and (claims := _claims_apart(table, known.table)):
        who, how = _decider(known.table, table)
        message = f"{message}; {who} claims {claims} now{how}"
    return Finding(kind, table.id, result.subject, message, result.location, result.rule, result)


@dataclass(frozen=True)
class _Subject:
    """A rule and the subject it was decided for."""

    rule: str
    name: str


class _Verdicts:
    """The verdicts of one end, looked up by the subjects of the other."""

    def __init__(self, report: TableReport, other: ParamSet) -> None:
        self._report = report
        self._other = other
        self._same_types = report.table.dialect.name == other.dialect.name
        self._subjects = {_Subject(r.rule, r.subject): r for r in report.results}
        self._types = self._by_type(report.results)

    def _by_type(self, results: Sequence[Result]) -> Mapping[_Subject, list[Verdict]]:
        found: defaultdict[_Subject, list[Verdict]] = defaultdict(list)
        for result in results:
            for name in (*result.types, ""):
                found[_Subject(result.rule, name)].append(result.verdict)
        return found

    def verdict(self, result: Result) -> Verdict | None:
        """The verdict here for the subject of the other end's result; None if there is none.

        A root may have taken over a type that had another root here. A failure there lost that type's guarantee,
        whatever the verdict for the root itself was.
        """
        same = self._subjects.get(_Subject(result.rule, result.subject)) if self._same_types else None
        names = [t for t in result.types if same is None or t not in same.types] if self._same_types else [""]
        apart = [_worst(self._of(result.rule, t) or self._of(result.rule, self._root(t))) for t in names]
        if result.verdict is not Verdict.PROVED and Verdict.PROVED in apart and self._same_types:
            return Verdict.PROVED
        if same is not None:
            return same.verdict
        overall = _worst(self._of(result.rule, ""))
        return _worst(v for v in apart if v) or (overall if overall in _QUIET else None)

    @property
    def table(self) -> ParamSet:
        """The table of this end."""
        return self._report.table

    def reason(self, rule: str, now: Verdict | None) -> str:
        """The reason why a rule decided at the base is not decided at this end, the head."""
        own = self._own_reason(rule)
        return (
            self.withdrawn_claim or own
            if now is Verdict.NOT_CLAIMED
            else "; ".join(filter(None, (own, self.withdrawn_claim)))
        )

    @property
    def withdrawn_claim(self) -> str:
        """The claim that the base has and this end withdrew, and who withdrew it; "" if none."""
        claims, (who, how) = _claims_apart(self._other, self.table), _decider(self._other, self.table)
        return f"{who} withdrew the claim {claims}{how}" if claims else ""

    def _own_reason(self, rule: str) -> str:
        return next((r.message for r in self._report.results if r.rule == rule and r.verdict in _QUIET), "")

    def _of(self, rule: str, name: str) -> list[Verdict]:
        return self._types.get(_Subject(rule, name), [])

    def _root(self, name: str) -> str:
        table = self._report.table
        found = next((t for t in table.types if t.name == name), None)
        root = table.root(found) if found else None
        return root.name if root else name


_CONFIGURATION = "the configuration"


def _claims_apart(more: ParamSet, less: ParamSet) -> str:
    """The claims of one end that the other lacks."""
    return ", ".join(claim for claim in more.assumptions.claims if claim not in less.assumptions.claims)


def _decider(base: ParamSet, head: ParamSet) -> tuple[str, str]:
    """The source of the head's claims if they differ from the base's, and its exact wording."""
    old, new = (table.configuration.get(STRICT, "left out") for table in (base, head))
    if old != new:
        return _CONFIGURATION, f" ({STRICT} is {new})"
    was, said = (table.machine.strict_module_rwx for table in (base, head))
    if was != said:
        word = "left out" if said is None else str(said).lower()
        return _CONFIGURATION, f" (strict_module_rwx of {head.machine.name} is {word})"
    return "the table", ""


def _worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The worst of the decided verdicts; otherwise not-claimed or not-applicable; None if there are none."""
    found = set(verdicts)
    return next((verdict for verdict in (*_WORST, *_QUIET) if verdict in found), None)


def _lost_verdicts(before: TableReport, after: TableReport, same_machine: bool) -> Iterator[Finding]:
    """Rules of severity error that were decided before and are not decided now."""
    known, told = _Verdicts(after, before.table), set()
    same_machine &= not known.withdrawn_claim.startswith(_CONFIGURATION)
    for result in before.results:
        now = known.verdict(result)
        if result.severity is not Severity.ERROR or result.verdict in _QUIET or now not in (*_QUIET, None):
            continue
        kind = "lost-coverage" if now is not Verdict.NOT_APPLICABLE or not same_machine else "no-longer-applies"
        if (result.rule, result.subject) not in told:
            told.add((result.rule, result.subject))
            yield _lost_verdict(kind, after.table, result, now, known.reason(result.rule, now))


def _lost_verdict(kind: str, table: ParamSet, old: Result, now: Verdict | None, reason: str) -> Finding:
    told = now.value.replace("-", " ") if now else "not decided"
    message = f"was {old.verdict.value}, is {told}{f': {reason}' if reason and now else ''}"
    return Finding(kind, table.id, old.subject, message, table.location(old.subject), old.rule)
