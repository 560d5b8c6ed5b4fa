"""The input of a renderer: decided tables, their source text, and the reader's preferences. Plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from modalloc_model.exit_status import ExitStatus, worst
from modalloc_model.report.style import Style
from modalloc_model.verdict import Problem, Report, TableReport, Verdict


class RulePage(Protocol):
    """The part of a rule that reports need: its title, and its page as Markdown."""

    @property
    def title(self) -> str:
        """The rule's claim in a few words."""

    @property
    def page(self) -> str:
        """The rule's page in spec/properties/."""


@dataclass(frozen=True)
class Expectation:
    """An expectation beside a table; `differences` is empty if the verdict agrees with it."""

    verdict: str
    rules: tuple[str, ...]
    why: str
    differences: tuple[str, ...]
    not_judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decided:
    """One table under one set of assumptions. `text` is its source file; `seconds` is None unless requested."""

    report: TableReport
    text: str = ""
    seconds: float | None = None
    expectation: Expectation | None = None


@dataclass(frozen=True)
class Presentation:
    """A call of `verify`, as its report shows it. `solvers` maps a solver's name to its version."""

    decided: tuple[Decided, ...] = ()
    warnings: tuple[Problem, ...] = ()
    style: Style = field(default_factory=Style)
    strict: bool = False
    solvers: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, RulePage] = field(default_factory=dict)

    @cached_property
    def report(self) -> Report:
        """The verdicts alone."""
        return Report(tuple(d.report for d in self.decided), self.warnings)

    @property
    def expecting(self) -> bool:
        """Whether expectations decide."""
        return any(d.expectation for d in self.decided)

    @property
    def status(self) -> ExitStatus:
        """The exit status of the call. A difference from an expectation counts as refuted."""
        if not self.expecting:
            return self.report.status(self.strict)
        broken = any(d.report.verdict is Verdict.INCONSISTENT for d in self.decided)
        return worst(
            [
                ExitStatus.INCONSISTENT if broken else ExitStatus.PROVED,
                ExitStatus.REFUTED if self.disappointed else ExitStatus.PROVED,
            ]
        )

    @property
    def disappointed(self) -> Sequence[Decided]:
        """The tables whose verdict differs from the expectation."""
        return [d for d in self.decided if d.expectation and d.expectation.differences]


def summary(report: Report) -> dict[str, int]:
    """The counters that close a report: tables of each verdict, and results in all."""
    inconsistent = sum(table.verdict is Verdict.INCONSISTENT for table in report.tables)
    counted = report.summary()
    return {**counted, "inconsistent": inconsistent} | {"results": counted["results"]}


def result_counters(report: Report) -> dict[str, int]:
    """The number of results of each verdict, including zeros."""
    count = Counter(result.verdict for table in report.tables for result in table.results)
    return {verdict.value: count[verdict] for verdict in Verdict}
