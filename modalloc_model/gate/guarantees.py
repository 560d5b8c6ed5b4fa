"""What a change does to the guarantees: rules that are refuted, undecided or vacuous now, or not decided any more.

A rule's result is compared with what was decided for the same subject, or else for the type that it speaks of. Where a
type's memory comes from another root than before, the results for that root count. Across dialects, whose types have
other names, the rule as a whole counts. Where a claim is new, or was withdrawn, it is said who did it: the table, or
the configuration, of the kernel or of the machine. What stays undecided in a table that stays refuted is not told:
rules are often undecided because others fail.
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
    """What a new table does not hold."""
    return _all(None, after)


def between(before: TableReport, after: TableReport, same_machine: bool) -> Iterator[Finding]:
    """What changed, in the order of the head's results; then what is not decided any more."""
    yield from _all(before, after)
    yield from _lost_verdicts(before, after, same_machine)


def rules_without_result(report: TableReport, rules: Iterable[str]) -> Iterator[Finding]:
    """Rules of the registry of which the report says nothing at all: fewer rows, all green, is a failure."""
    said = {result.rule for result in report.results}
    for rule in rules:
        if rule not in said:
            where = report.table.location("")
            yield Finding("lost-coverage", report.table.id, "", f"{rule} was not decided at all", where, rule)


def _all(before: TableReport | None, after: TableReport) -> Iterator[Finding]:
    known = _Known(before, after.table) if before else None
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


def _finding(kind: str, table: ParamSet, result: Result, known: _Known | None) -> Finding:
    old = known.verdict(result) if known else None
    told = f"was {old.value.replace('-', ' ')}" if old else "was not decided"
    now = result.reason.replace("-", " ") or result.verdict.value
    message = f"{told}, is {now}: {result.message}"
    if old is Verdict.NOT_CLAIMED and known and (claims := _claims_apart(table, known.table)):
        who, how = _decider(known.table, table)
        message = f"{message}; {who} claims {claims} now{how}"
    return Finding(kind, table.id, result.subject, message, result.location, result.rule, result)


@dataclass(frozen=True)
class _Place:
    """A rule, and what it was decided for."""

    rule: str
    name: str


class _Known:
    """The verdicts of one end, to be asked about the subjects of the other."""

    def __init__(self, report: TableReport, other: ParamSet) -> None:
        self._report = report
        self._other = other
        self._same_types = report.table.dialect.name == other.dialect.name
        self._subjects = {_Place(r.rule, r.subject): r for r in report.results}
        self._types = self._by_type(report.results)

    def _by_type(self, results: Sequence[Result]) -> Mapping[_Place, list[Verdict]]:
        found: defaultdict[_Place, list[Verdict]] = defaultdict(list)
        for result in results:
            for name in (*result.types, ""):
                found[_Place(result.rule, name)].append(result.verdict)
        return found

    def verdict(self, result: Result) -> Verdict | None:
        """What was decided here of what the other end's result speaks of; None if it is nothing.

        A root may have got the memory of a type that came from another one here: what fails there now was a guarantee
        of that type's, whatever is known of the root.
        """
        same = self._subjects.get(_Place(result.rule, result.subject)) if self._same_types else None
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
        """Why the rule is not decided here, at the head, although it was at the base."""
        own = self._own_reason(rule)
        return (
            self.withdrawn_claim or own
            if now is Verdict.NOT_CLAIMED
            else "; ".join(filter(None, (own, self.withdrawn_claim)))
        )

    @property
    def withdrawn_claim(self) -> str:
        """Who withdrew which claim of the base's, if any."""
        claims, (who, how) = _claims_apart(self._other, self.table), _decider(self._other, self.table)
        return f"{who} withdrew the claim {claims}{how}" if claims else ""

    def _own_reason(self, rule: str) -> str:
        return next((r.message for r in self._report.results if r.rule == rule and r.verdict in _QUIET), "")

    def _of(self, rule: str, name: str) -> list[Verdict]:
        return self._types.get(_Place(rule, name), [])

    def _root(self, name: str) -> str:
        table = self._report.table
        found = next((t for t in table.types if t.name == name), None)
        root = table.root(found) if found else None
        return root.name if root else name


_CONFIGURATION = "the configuration"


def _claims_apart(more: ParamSet, less: ParamSet) -> str:
    """What one end claims and the other does not."""
    return ", ".join(claim for claim in more.assumptions.claims if claim not in less.assumptions.claims)


def _decider(base: ParamSet, head: ParamSet) -> tuple[str, str]:
    """Who decided what is claimed at the head, if it is not what was claimed at the base, and in which words."""
    old, new = (table.configuration.get(STRICT, "left out") for table in (base, head))
    if old != new:
        return _CONFIGURATION, f" ({STRICT} is {new})"
    was, said = (table.machine.strict_module_rwx for table in (base, head))
    if was != said:
        word = "left out" if said is None else str(said).lower()
        return _CONFIGURATION, f" (strict_module_rwx of {head.machine.name} is {word})"
    return "the table", ""


def _worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The worst of what was decided; else that it was not claimed, or did not apply; None of nothing."""
    found = set(verdicts)
    return next((verdict for verdict in (*_WORST, *_QUIET) if verdict in found), None)


def _lost_verdicts(before: TableReport, after: TableReport, same_machine: bool) -> Iterator[Finding]:
    """Rules of severity error that had a verdict and have none."""
    known, told = _Known(after, before.table), set()
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
