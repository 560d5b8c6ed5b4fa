"""What a run of the tool comes to: verdicts, results, problems with the input, and the exit status.

Plain data: engines make it, renderers show it, and neither knows the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from modalloc_model.exit_status import PRECEDENCE as PRECEDENCE
from modalloc_model.exit_status import ExitStatus as ExitStatus
from modalloc_model.exit_status import worst as worst
from modalloc_model.params import Location, ParamSet
from modalloc_model.trace import Trace


class Severity(StrEnum):
    """How much a refuted rule matters."""

    ERROR = "error"
    """The kernel corrupts memory, faults, or refuses modules."""
    WARNING = "warning"
    """Legal, but a trap."""
    NOTE = "note"
    """Information with a number."""


class Verdict(StrEnum):
    """What is known of a rule, or of a table."""

    PROVED = "proved"
    """It holds in every boot, for any number of modules and any order of operations."""
    REFUTED = "refuted"
    """It fails, and the report shows how; where the rule has a behaviour, the run was replayed."""
    UNDECIDED = "undecided"
    """Neither was shown, and the message says why."""
    VACUOUS = "vacuous"
    """There is no boot in which it could hold or fail: a hypothesis has no model."""
    INCONSISTENT = "inconsistent"
    """The tool contradicts itself: two routes or two solvers disagree, or a trace did not replay."""
    NOT_CLAIMED = "not-claimed"
    """The rule speaks of a claim that was not made."""
    NOT_APPLICABLE = "not-applicable"
    """The rule speaks of something that this table or machine does not have."""


NOT_JUDGED = "not-judged"
"""The reason of a result that is undecided because the profile gives nothing to judge the rule by."""

_STATUS = {
    Verdict.REFUTED: ExitStatus.REFUTED,
    Verdict.UNDECIDED: ExitStatus.UNDECIDED,
    Verdict.VACUOUS: ExitStatus.VACUOUS,
    Verdict.INCONSISTENT: ExitStatus.INCONSISTENT,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong (or, with severity `warning`, doubtful) in the input.

    `said` are lines of another program that went wrong, for people.
    """

    where: Location
    code: str  # "unknown-field", stable, for scripts
    message: str
    hint: str = ""
    severity: str = "error"
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A quantity that a message's arithmetic rests on: its name in the rule's formula, and its value, rendered."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was decided of one rule for one root or type."""

    rule: str
    group: str
    severity: Severity
    subject: str
    types: tuple[str, ...]
    verdict: Verdict
    message: str
    location: Location
    method: str = "theorem"  # "theorem", "direct" or "search"
    facts: tuple[Fact, ...] = ()
    boot: tuple[tuple[str, int], ...] = ()  # values of the unknowns for which it fails
    trace: Trace | None = None
    replayed: bool = False
    reason: str = ""  # NOT_JUDGED, of one that is undecided for that

    @property
    def word(self) -> str:
        """What people are told it is: the verdict, or why there is none."""
        return self.reason or self.verdict.value


@dataclass(frozen=True, slots=True)
class TableReport:
    """All results for one table, in the order of the rules, then of the types."""

    table: ParamSet
    results: tuple[Result, ...]

    @property
    def verdict(self) -> Verdict:
        """The table's verdict: rules of severity error alone."""
        found = {r.verdict for r in self.results if r.severity is Severity.ERROR}
        order = (Verdict.INCONSISTENT, Verdict.REFUTED, Verdict.VACUOUS, Verdict.UNDECIDED)
        return next((v for v in order if v in found), Verdict.PROVED)

    def status(self, strict: bool = False) -> ExitStatus:
        """The exit status the table amounts to; with `strict`, warnings count as errors."""
        counted = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
        return worst(_STATUS.get(r.verdict, ExitStatus.PROVED) for r in self.results if r.severity in counted)


@dataclass(frozen=True, slots=True)
class Report:
    """What a call of `verify` comes to."""

    tables: tuple[TableReport, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    def status(self, strict: bool = False) -> ExitStatus:
        """The exit status of the call."""
        bad = [ExitStatus.BAD_INPUT] if any(p.severity == "error" for p in self.problems) else []
        return worst([*bad, *(t.status(strict) for t in self.tables)])

    def summary(self) -> dict[str, int]:
        """How many tables of each verdict, and how many results in all."""
        count = Counter(t.verdict for t in self.tables)
        order = (Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED, Verdict.VACUOUS)
        per_verdict = {v.value: count[v] for v in order}
        return {"tables": len(self.tables), **per_verdict, "results": sum(len(t.results) for t in self.tables)}
