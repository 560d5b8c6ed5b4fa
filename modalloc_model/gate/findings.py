"""The result of a comparison: findings, each of one kind, and the compared tables.

Plain data: `comparing` makes it, renderers print it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modalloc_model.exit_status import ExitStatus, worst
from modalloc_model.gate.policy import KINDS
from modalloc_model.params import Location, Section
from modalloc_model.verdict import Problem, Result, TableReport, Verdict

if TYPE_CHECKING:
    from modalloc_model.descriptor import Table
    from modalloc_model.gate.changes import Change


@dataclass(frozen=True, slots=True)
class Witness:
    """A boot and an address that show a difference."""

    boot: tuple[tuple[str, int], ...]
    address: int


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity over all boots: the least, the greatest, and a boot for each. `unit` is "bytes" or "modules".

    `exact`: no boot has less or more. Otherwise these are the extremes that the solver found.
    """

    unit: str
    least: int
    greatest: int
    least_boot: tuple[tuple[str, int], ...] = ()
    greatest_boot: tuple[tuple[str, int], ...] = ()
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference between base and head.

    `rule` is the id of a rule if the kind concerns one, and `result` its result at the head. `before` and `measure` are
    a quantity at both ends, or `measure` alone is the size of a difference. `open` is the reason of an undecided
    question. `forbidden` is set by the policy, `expected` holds the reason of an expectation.
    """

    kind: str
    table: str
    subject: str
    message: str
    where: Location
    rule: str = ""
    result: Result | None = None
    witness: Witness | None = None
    before: Measure | None = None
    measure: Measure | None = None
    open: str = ""
    forbidden: bool = False
    expected: str | None = None

    @property
    def fails(self) -> bool:
        """Whether it fails the gate."""
        return self.forbidden and self.expected is None

    @property
    def status(self) -> ExitStatus:
        """The exit status of the finding."""
        if not self.fails:
            return ExitStatus.PROVED
        if self.open or (self.result and self.result.verdict is Verdict.UNDECIDED):
            return ExitStatus.UNDECIDED
        vacuous = self.result is not None and self.result.verdict is Verdict.VACUOUS
        return ExitStatus.VACUOUS if vacuous else KINDS[self.kind].status


@dataclass(frozen=True, slots=True)
class Made:
    """A value that a hunk changes: the table's id, and the type (or "machine") and field."""

    table: str
    subject: str
    field: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """A changed hunk of a source, from line `old` at the base and line `new` at the head.

    If a side has no lines, its number is that of the line before. `values` are the values that the hunk changes.
    """

    path: str
    old: int
    new: int
    removed: tuple[str, ...]
    added: tuple[str, ...]
    values: tuple[Made, ...] = ()

    @property
    def where(self) -> Location:
        """The position at the head."""
        return Location(self.path, max(self.new, 1), 1)


@dataclass(frozen=True)
class Compared:
    """One table at both ends; None if the end lacks it. `changes` is empty if the meaning is the same.

    `before` and `after` are the decisions; None if no decision was needed.
    """

    base: Table | None
    head: Table | None
    changes: tuple[Change, ...] = ()
    before: TableReport | None = None
    after: TableReport | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def table(self) -> Table:
        """The table at the head if it exists there, otherwise at the base."""
        found = self.head or self.base
        assert found is not None
        return found

    @property
    def id(self) -> str:
        """The table's id."""
        return self.table.params.id

    @property
    def fate(self) -> str:
        """The fate of the table: added, removed, changed, alike."""
        if self.base is None or self.head is None:
            return "added" if self.base is None else "removed"
        return "changed" if self.changes else "alike"


@dataclass(frozen=True)
class GateReport:
    """The report of one run. `files` may hold tables, `differing` of them differ, and `read` pairs of files were read.

    `profiles` are the changed profiles, `aside` findings that belong to no table, `rules` the number of rules. For a
    kernel's source, the files are its own, and `hunks` are the changes behind the findings.
    """

    base: str
    head: str
    files: int = 0
    differing: int = 0
    read: int = 0
    profiles: tuple[str, ...] = ()
    tables: tuple[Compared, ...] = ()
    aside: tuple[Finding, ...] = ()
    forbidden: frozenset[str] = frozenset()
    rules: int = 0
    warnings: tuple[Problem, ...] = ()
    solvers: Mapping[str, str] = field(default_factory=dict)
    hunks: tuple[Hunk, ...] = ()

    @property
    def findings(self) -> Iterator[Finding]:
        """All findings in order."""
        yield from (finding for table in self.tables for finding in table.findings)
        yield from self.aside

    @property
    def status(self) -> ExitStatus:
        """The exit status of the run."""
        return worst(finding.status for finding in self.findings)

    def count(self, fate: str) -> int:
        """The number of read tables with that fate."""
        return sum(table.fate == fate for table in self.tables)


@dataclass(frozen=True)
class Shape:
    """Pages by the section's name; `rest` is the number for every other section."""

    pages: Mapping[str, int] = field(default_factory=dict)
    rest: int = 1

    def of(self, section: Section) -> int:
        """The section's pages; 0 if the module does not have it."""
        return self.pages.get(section.name, self.rest)

    @property
    def text(self) -> str:
        """The shape as text for messages."""
        named = ", ".join(f"{name} {pages}" for name, pages in self.pages.items())
        rest = f"{'every other' if named else 'each'} section {self.rest} page{'' if self.rest == 1 else 's'}"
        return "; ".join(filter(None, (named, rest)))
