"""The results of the tool: verdicts, results, problems with the input, and the exit status.

Plain data: engines make it, renderers print it; neither depends on the other.
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
    """Legal, but error-prone."""
    NOTE = "note"
    """Information with a number."""


class Verdict(StrEnum):
    """The verdict on a rule, or on a table."""

    PROVED = "proved"
    """It holds in every boot, for any number of modules and any order of operations."""
    REFUTED = "refuted"
    """It fails, and the report shows a counterexample; for a rule with a behaviour, the run was replayed."""
    UNDECIDED = "undecided"
    """Neither was shown; the message gives the reason."""
    VACUOUS = "vacuous"
    """No boot satisfies the hypotheses."""
    INCONSISTENT = "inconsistent"
    """The tool contradicts itself: two routes or two solvers disagree, or a trace did not replay."""
    NOT_CLAIMED = "not-claimed"
    """The rule needs a claim that was not made."""
    NOT_APPLICABLE = "not-applicable"
    """The rule needs something that this table or machine does not have."""


NOT_JUDGED = "not-judged"
"""The reason of a result that is undecided because the profile lacks the values that the rule needs."""

_STATUS = {
    Verdict.REFUTED: ExitStatus.REFUTED,
    Verdict.UNDECIDED: ExitStatus.UNDECIDED,
    Verdict.VACUOUS: ExitStatus.VACUOUS,
    Verdict.INCONSISTENT: ExitStatus.INCONSISTENT,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error (or, with severity `warning`, a doubt) in the input.

    `said` holds the output of another program that failed, for people.
    """

    where: Location
    code: str  # "unknown-field", stable, for scripts
    message: str
    hint: str = ""
    severity: str = "error"
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A quantity behind a message: its name in the rule's formula, and its formatted value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one rule for one root or type."""

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
    reason: str = ""  # NOT_JUDGED if that is why the result is undecided

    @property
    def word(self) -> str:
        """The verdict as text for people, or the reason why there is none."""
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
        """The table's exit status; with `strict`, warnings count as errors."""
        counted = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
        return worst(_STATUS.get(r.verdict, ExitStatus.PROVED) for r in self.results if r.severity in counted)


@dataclass(frozen=True, slots=True)
class Report:
    """The report of one run of `verify`."""

    tables: tuple[TableReport, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    def status(self, strict: bool = False) -> ExitStatus:
        """The exit status of the run."""
        bad = [ExitStatus.BAD_INPUT] if any(p.severity == "error" for p in self.problems) else []
        return worst([*bad, *(t.status(strict) for t in self.tables)])

    def summary(self) -> dict[str, int]:
        """The number of tables by verdict, and the number of results."""
        count = Counter(t.verdict for t in self.tables)
        order = (Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED, Verdict.VACUOUS)
        per_verdict = {v.value: count[v] for v in order}
        return {"tables": len(self.tables), **per_verdict, "results": sum(len(t.results) for t in self.tables)}
