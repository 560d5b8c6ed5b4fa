"""What the gate says: findings, each of a kind, and what was compared.

Plain data: comparing makes it, renderers show it.
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
    """A quantity over all boots: the least, the greatest, and boots that show them. `unit` is "bytes" or "modules".

    `exact`: no boot has less or more. Otherwise the solver left that open, and these are the extremes that it found.
    """

    unit: str
    least: int
    greatest: int
    least_boot: tuple[tuple[str, int], ...] = ()
    greatest_boot: tuple[tuple[str, int], ...] = ()
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that happened between base and head.

    `rule` is of the registry, where the kind speaks of one, and `result` what became of it at the head. `before` and
    `measure` are a quantity at both ends, or `measure` alone the size of a difference. `open` says why the solver did
    not get to know. `forbidden` and `expected` are the policy's word, and the reason for which it was known.
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
        """The exit status that it amounts to."""
        if not self.fails:
            return ExitStatus.PROVED
        if self.open or (self.result and self.result.verdict is Verdict.UNDECIDED):
            return ExitStatus.UNDECIDED
        vacuous = self.result is not None and self.result.verdict is Verdict.VACUOUS
        return ExitStatus.VACUOUS if vacuous else KINDS[self.kind].status


@dataclass(frozen=True, slots=True)
class Made:
    """A value that a hunk is behind: of the table with that id, the type's (or the machine's) field."""

    table: str
    subject: str
    field: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of a source that became others, from `old` on at the base and from `new` on at the head.

    Where there are none on a side, the number is that of the line before. `values` are what it is behind.
    """

    path: str
    old: int
    new: int
    removed: tuple[str, ...]
    added: tuple[str, ...]
    values: tuple[Made, ...] = ()

    @property
    def where(self) -> Location:
        """At the head."""
        return Location(self.path, max(self.new, 1), 1)


@dataclass(frozen=True)
class Compared:
    """One table at both ends; None where it is not there. `changes` is empty for a table that means the same.

    `before` and `after` are what was decided: None where nothing had to be.
    """

    base: Table | None
    head: Table | None
    changes: tuple[Change, ...] = ()
    before: TableReport | None = None
    after: TableReport | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def table(self) -> Table:
        """At the head, or else at the base."""
        found = self.head or self.base
        assert found is not None
        return found

    @property
    def id(self) -> str:
        """The table's id."""
        return self.table.params.id

    @property
    def fate(self) -> str:
        """What became of it: added, removed, changed, alike."""
        if self.base is None or self.head is None:
            return "added" if self.base is None else "removed"
        return "changed" if self.changes else "alike"


@dataclass(frozen=True)
class GateReport:
    """What a call of the gate comes to. Of the `files` that may hold tables so many differ; `read` are pairs of files.

    `profiles` are the changed ones; `aside` are findings of no single table; `rules` is how many there are. Where the
    tables were read out of a kernel's source, the files are its own, and `hunks` those behind what changed.
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
        """All of them, in order."""
        yield from (finding for table in self.tables for finding in table.findings)
        yield from self.aside

    @property
    def status(self) -> ExitStatus:
        """The exit status of the call."""
        return worst(finding.status for finding in self.findings)

    def count(self, fate: str) -> int:
        """How many tables of that fate, among those that were read."""
        return sum(table.fate == fate for table in self.tables)


@dataclass(frozen=True)
class Shape:
    """Pages by section's name; `rest` are those of a section that is not named."""

    pages: Mapping[str, int] = field(default_factory=dict)
    rest: int = 1

    def of(self, section: Section) -> int:
        """The section's pages; 0 for one that the module does not have."""
        return self.pages.get(section.name, self.rest)

    @property
    def text(self) -> str:
        """The shape, for people."""
        named = ", ".join(f"{name} {pages}" for name, pages in self.pages.items())
        rest = f"{'every other' if named else 'each'} section {self.rest} page{'' if self.rest == 1 else 's'}"
        return "; ".join(filter(None, (named, rest)))
