"""The record that every format but `text` and `json` is written from: suites of diagnostics, each with its outcome.

Plain data, of any command that finds something. A renderer knows this record alone: neither which rules there are, nor
who decided them, nor whether a table was verified or compared with another. Text in it is plain: no markup, no escapes.
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
    """What became of one check."""

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
"""What summaries count, in their order; each diagnostic is one of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a counterexample. `depth` 0 is an operation, 1 a change that it made; `where` may be unknown."""

    text: str
    depth: int = 0
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a diagnostic speaks of, and in which words."""

    where: Location
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What was found of one rule for one subject.

    `word` is the exact verdict ("refuted", "vacuous", "lost"), of which the outcome is the sort. `level` is how much it
    matters where it does not pass. `details` are lines: quantities, values of a boot. `key` tells the diagnostic from
    every other one, run after run, without a line number or an address in it; the suite's key goes before it.
    `expected` is the reason for which a failure is a known one, and then it fails nothing.
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
        """The rule and what it speaks of: `PRT001 RODATA`."""
        return " ".join(filter(None, (self.rule, self.subject)))

    @property
    def is_finding(self) -> bool:
        """Whether there is something to tell: it neither holds nor is out of place."""
        return self.outcome in (Outcome.FAIL, Outcome.OPEN, Outcome.BROKEN)

    @property
    def bad(self) -> bool:
        """Whether it fails the whole: it is found, is an error, and was not expected."""
        return self.is_finding and self.level is Severity.ERROR and self.expected is None


@dataclass(frozen=True, slots=True)
class Suite:
    """The diagnostics of one table. `name` is unique in a run: the table's id, and the case where it has several.

    `notes` say under what the outcomes hold, a line each, and `basis` what those that pass rest on. `key` begins the
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
        """Where the diagnostic is to be shown: at its own place, or else at the table's."""
        return diagnostic.where if diagnostic.where.path else Location(self.path, self.line)

    def fingerprint(self, diagnostic: Diagnostic) -> str:
        """The same, in hexadecimal, for the same finding in another run, wherever its line has moved to."""
        parts = (*(self.key or (self.name,)), *(diagnostic.key or (diagnostic.rule, diagnostic.subject)))
        return sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class RuleNote:
    """What formats say of a rule. `page` is Markdown, the first line its heading; `level` is the usual one."""

    id: str
    title: str
    page: str = ""
    level: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a call found. `rules` holds every rule that was asked, by its id, also those that found nothing.

    `command` is what was called ("verify", "gate"); `status` the exit status that the call ends with.
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
        """The rule's title; its id where nobody wrote one."""
        return self.rules[rule].title if rule in self.rules else rule
