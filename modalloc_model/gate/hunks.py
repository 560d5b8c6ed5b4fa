"""The hunks of a kernel's source that are behind what changed in its tables.

A hunk is behind a value if it takes away a line that made the value at the base, or adds one that makes it at the head.
Leaves out: hunks in files that no changed value comes from, of which the number is told; conditions that decide which
way the kernel goes: a hunk in the function's own file that is behind no value is told too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from modalloc_model.gate.findings import Compared, Hunk, Made
from modalloc_model.gate.trees import Sources

if TYPE_CHECKING:
    from modalloc_model.gate.changes import Change
    from modalloc_model.kernel import origin

_LONG = 24  # lines
_MANY = 2000  # lines, from which on those that recur often are no anchor: else the time grows with their square

Lines: TypeAlias = frozenset[tuple[str, int]]
"""Lines by file and number."""

Behind: TypeAlias = Mapping[Made, tuple[Lines, Lines]]
"""By value: the lines that made it at the base, and those that make it at the head."""


def hunks(tables: Iterable[Compared], sources: Sources) -> tuple[Hunk, ...]:
    """Those behind a change of any of the tables, and those in the files in which the tables are set up."""
    changed = [one for one in tables if one.changes]
    behind = {name: lines for one in changed for name, lines in _behind(one, sources)}
    homes = {table.params.path for one in changed for table in (one.base, one.head) if table}
    paths = homes | {path for old, new in behind.values() for path, _ in (*old, *new)}
    found = (hunk for path in sources.differing if path in paths for hunk in _of_file(path, sources, behind))
    return tuple(hunk for hunk in found if hunk.values or hunk.path in homes)


def _behind(one: Compared, sources: Sources) -> Iterator[tuple[Made, tuple[Lines, Lines]]]:
    for change in one.changes:
        old = _lines(sources.base.made[one.base.params.id], change) if one.base else frozenset()
        new = _lines(sources.head.made[one.head.params.id], change) if one.head else frozenset()
        yield Made(one.id, change.subject, change.field), (old, new)


def _lines(made: origin.Made, change: Change) -> Lines:
    found = made.get((change.subject, change.field), made.get((change.subject, ""), frozenset()))
    return frozenset((place.path, place.line) for place in found)


def _of_file(path: str, sources: Sources, behind: Behind) -> Iterator[Hunk]:
    before, after = (end.files.get(path, "").splitlines() for end in (sources.base, sources.head))
    quickly = max(len(before), len(after)) > _MANY
    for kind, *ends in SequenceMatcher(None, before, after, autojunk=quickly).get_opcodes():
        if kind != "equal":
            old, new = _Side(path, before, *ends[:2]), _Side(path, after, *ends[2:])
            made = tuple(name for name, (was, now) in behind.items() if old.gives(was) or new.gives(now))
            old, new = old.narrowed(was for was, _ in behind.values()), new.narrowed(now for _, now in behind.values())
            yield Hunk(path, old.number, new.number, old.lines, new.lines, made)


@dataclass(frozen=True)
class _Side:
    """What a hunk is at one end: the lines of the file from `first` (counted from 0) up to `end`."""

    path: str
    text: Sequence[str]
    first: int
    end: int

    @property
    def number(self) -> int:
        """The first line's number; that of the line before where there is none."""
        return self.first + (self.first < self.end)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines themselves."""
        return tuple(self.text[self.first : self.end])

    def gives(self, lines: Lines) -> list[int]:
        """The numbers of those of the lines that are in the hunk."""
        return [number for path, number in lines if path == self.path and self.first < number <= self.end]

    def narrowed(self, values: Iterable[Lines]) -> _Side:
        """Of a long hunk, such as a file that is new, what reaches from one line behind a value to the last one."""
        given = [number for lines in values for number in self.gives(lines)]
        if not given or self.end - self.first <= _LONG:
            return self
        return replace(self, first=min(given) - 1, end=max(given))
