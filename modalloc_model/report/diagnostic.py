"""The record behind every format but `text` and `json`: suites of diagnostics, each with an outcome.

Plain data, from any command that has findings. A renderer gets nothing else: no rules, no engine, no difference between
a verified table and a compared one. Texts are plain, without markup or escapes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

import modalloc_model
from modalloc_model.exit_status import ExitStatus
from modalloc_model.params import Location
from modalloc_model.verdict import Problem, Severity

NOWHERE = Location()


class Outcome(StrEnum):
    """The outcome of one check."""

    PASS = "pass"
    """It holds."""
    FAIL = "fail"
    """It does not hold."""
    OPEN = "open"
    """Neither is known: undecided, or vacuous."""
    BROKEN = "broken"
    """The tool contradicts itself."""
    NOT_APPLICABLE = "not-applicable"
    """There is nothing to check; the message says why."""


STANDINGS = ("pass", "fail", "open", "broken", "expected", "warning", "note", "not-applicable")
"""The counters of a summary, in order; each diagnostic counts as one of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a counterexample. `depth` 0 is an operation, 1 a change that it made; `where` may be unknown."""

    text: str
    depth: int = 0
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Related:
    """Another place related to a diagnostic, with a message."""

    where: Location
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """The outcome of one rule for one subject.

    `word` is the exact verdict ("refuted", "vacuous", "lost"), which `outcome` classifies. `level` is its severity
    unless it passes. `details` are lines: quantities, values of a boot. `key` identifies the diagnostic across runs,
    without line numbers and addresses; the suite's key precedes it. `expected` is the reason of a known failure, which
    fails nothing.
    """

    rule: str
    outcome: Outcome
    level: Severity
    message: str
    where: Location
    word: str = ""
    subject: str = ""
    types: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    related: tuple[Related, ...] = ()
    key: tuple[str, ...] = ()
    expected: str | None = None

    @property
    def standing(self) -> str:
        """How it counts in a summary, one of `STANDINGS`: known failures, warnings and notes apart from failures."""
        if not self.is_finding:
            return self.outcome.value
        if self.expected is not None:
            return "expected"
        return self.outcome.value if self.bad else self.level.value

    @property
    def name(self) -> str:
        """The rule and its subject: `PRT001 RODATA`."""
        return " ".join(filter(None, (self.rule, self.subject)))

    @property
    def is_finding(self) -> bool:
        """Whether it is reported: it neither passes nor is not applicable."""
        return self.outcome in (Outcome.FAIL, Outcome.OPEN, Outcome.BROKEN)

    @property
    def bad(self) -> bool:
        """Whether it fails the whole: it is found, is an error, and was not expected."""
        return self.is_finding and self.level is Severity.ERROR and self.expected is None


@dataclass(frozen=True, slots=True)
class Suite:
    """The diagnostics of one table. `name` is unique in a run: the table's id, and the case if it has several.

    `notes` are the conditions of the outcomes, a line each; `basis` is the basis of those that pass. `key` precedes the
    key of each diagnostic.
    """

    name: str
    path: str
    line: int
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[str, ...] = ()
    basis: str = ""
    key: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def bad(self) -> bool:
        """Whether anything in it fails the whole."""
        return any(diagnostic.bad for diagnostic in self.diagnostics)

    @property
    def count(self) -> Counter[str]:
        """How many diagnostics of each standing."""
        return Counter(diagnostic.standing for diagnostic in self.diagnostics)

    def place(self, diagnostic: Diagnostic) -> Location:
        """The diagnostic's place; the table's if it has none."""
        return diagnostic.where if diagnostic.where.path else Location(self.path, self.line)

    def fingerprint(self, diagnostic: Diagnostic) -> str:
        """The same, in hexadecimal, for the same finding in another run, wherever its line has moved to."""
        parts = (*(self.key or (self.name,)), *(diagnostic.key or (diagnostic.rule, diagnostic.subject)))
        return sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class RuleNote:
    """A rule as formats show it. `page` is Markdown whose first line is the heading; `level` is the usual severity."""

    id: str
    title: str
    page: str = ""
    level: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings of a call. `rules` holds every rule that was checked, by id.

    `command` is the command ("verify", "gate"); `status` is the exit status of the call.
    """

    command: str
    suites: tuple[Suite, ...] = ()
    rules: Mapping[str, RuleNote] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    status: ExitStatus = ExitStatus.PROVED
    notes: tuple[str, ...] = ()
    solvers: Mapping[str, str] = field(default_factory=dict)
    version: str = modalloc_model.__version__

    @property
    def passed(self) -> bool:
        """Whether the whole is passed."""
        return self.status is ExitStatus.PROVED

    @property
    def diagnostics(self) -> Iterator[tuple[Suite, Diagnostic]]:
        """Every diagnostic with its suite, in order."""
        return ((suite, diagnostic) for suite in self.suites for diagnostic in suite.diagnostics)

    @property
    def count(self) -> Counter[str]:
        """How many diagnostics of each standing, in all suites."""
        return Counter(diagnostic.standing for _, diagnostic in self.diagnostics)

    def title(self, rule: str) -> str:
        """The rule's title, or its id if it has no title."""
        return self.rules[rule].title if rule in self.rules else rule
