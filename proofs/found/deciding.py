"""The sets of spec/params, read and decided, to compare the findings with."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from modalloc_model.cli.deciding import Task, decide
from modalloc_model.cli.tables import cases_of
from modalloc_model.descriptor import Case, Settings, Table, read_path
from modalloc_model.engine import Options
from modalloc_model.params import ParamSet
from modalloc_model.paths import spec_root
from modalloc_model.report.presentation import Decided
from modalloc_model.verdict import Problem, Result, Severity, TableReport, Verdict
from proofs.found.findings import Finding, Shown

FOLDER = spec_root() / "params"


def linux_sets() -> tuple[str, ...]:
    """The names of Linux's own sets and of their variants, which findings must explain one and all."""
    folders = (FOLDER / "linux", FOLDER / "linux" / "variants")
    return tuple(sorted(file.stem for folder in folders for file in folder.iterdir() if file.is_file()))


def file_of(name: str) -> Path:
    """The set's file. LookupError if there is none, or more than one."""
    found = [file for file in FOLDER.rglob(f"{name}.*") if file.stem == name]
    if len(found) != 1:
        raise LookupError(f"there is no set {name} in spec/params" if not found else f"{name} names several files")
    return found[0]


@dataclass(frozen=True)
class Asked:
    """One question: a set under one case's assumptions, on its own or on another machine."""

    name: str
    table: Table
    params: ParamSet
    case: Case | None = None
    arch: str = ""
    define: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()  # the rules; all if empty
    warnings: tuple[Problem, ...] = ()

    @property
    def claims(self) -> tuple[str, ...]:
        """The table's claims in this case."""
        return self.params.assumptions.claims

    def is_meant_by(self, shown: Shown, name: str) -> bool:
        """Whether the claim is about this question."""
        same = (name, shown.arch, shown.define) == (self.name, self.arch, self.define)
        return same and shown.claims in (None, self.claims)

    def __str__(self) -> str:
        machine = f" on {self.arch}" if self.arch else ""
        return f"{self.name}{machine} ({', '.join(self.claims) or 'nothing claimed'})"


@dataclass(frozen=True)
class Told:
    """A question and the tool's result."""

    asked: Asked
    report: TableReport

    def of(self, rule: str) -> tuple[Result, ...]:
        """The rule's results, one for each subject."""
        return tuple(result for result in self.report.results if result.rule == rule)

    def rules(self, verdict: Verdict, severity: Severity | None = None) -> tuple[str, ...]:
        """The rules with a result of that verdict."""
        found = (r for r in self.report.results if r.verdict is verdict and severity in (None, r.severity))
        return tuple(dict.fromkeys(result.rule for result in found))


def asked_of(name: str, shown: Shown | None = None) -> Iterator[Asked]:
    """A question for each case of the set; on another machine its own cases do not count."""
    arch, define = (shown.arch, shown.define) if shown else ("", ())
    reading = read_path(str(file_of(name)), Settings(arch=arch or None, defines=define))
    if len(reading.tables) != 1:
        raise LookupError(f"{name}: {'; '.join(p.message for p in reading.problems) or 'more than one table'}")
    (table,) = reading.tables
    rules = shown.rules if shown and arch else ()
    for params, case in cases_of(table, expect=not arch):
        yield Asked(name, table, params, case, arch, define, rules, reading.problems)


def questions(findings: Iterable[Finding]) -> list[Asked]:
    """Every case of every set of Linux, and of the other sets that findings are about."""
    every = [asked for name in linux_sets() for asked in asked_of(name)]
    known = {(asked.name, asked.arch, asked.define) for asked in every}
    for finding in findings:
        for shown in finding.shown_by:
            for name in shown.sets:
                if (name, shown.arch, shown.define) not in known:
                    every += asked_of(name, shown)
                    known.add((name, shown.arch, shown.define))
    return every


def tell(asked: Sequence[Asked], jobs: int) -> list[Told]:
    """The tool's result for each question, in order."""
    found: dict[int, Told] = {}
    for rules in dict.fromkeys(one.rules for one in asked):
        some = [one for one in asked if one.rules == rules]
        for one, decided in zip(some, _decide(some, rules, jobs), strict=True):
            found[id(one)] = Told(one, decided.report)
    return [found[id(one)] for one in asked]


def _decide(asked: Sequence[Asked], rules: tuple[str, ...], jobs: int) -> list[Decided]:
    how = replace(Options(), select=frozenset(rules))
    tasks = [Task(one.params, one.table.text, one.case) for one in asked]
    return decide(tasks, how, jobs, timings=False, err=sys.stderr)
