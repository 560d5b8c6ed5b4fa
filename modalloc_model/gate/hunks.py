"""The hunks of a kernel's source behind the changes in its tables.

A hunk is behind a value if it removes a line that made the value at the base, or adds a line that makes it at the head.
A hunk without a value is listed too if it lies in the function that sets up the tables, or in a function of the same
file that it calls: conditions decide there which path the kernel takes. For files without a changed value, only the
number of hunks is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from modalloc_model.gate.findings import Compared, Hunk, Made
from modalloc_model.gate.trees import Sources

if TYPE_CHECKING:
    from modalloc_model.gate.changes import Change
    from modalloc_model.kernel.tables import LinesBehind

_LONG = 24  # lines
_MANY = 2000  # lines; beyond it, frequent lines are no anchors, since the time would grow with their square

_WORD = re.compile(r"\w+")
_NAMED = re.compile(r"(\w+)\s*\(")

Lines: TypeAlias = frozenset[tuple[str, int]]
"""Lines by file and number."""

Behind: TypeAlias = Mapping[Made, tuple[Lines, Lines]]
"""By value: the lines that made it at the base, and the lines that make it at the head."""


def hunks(tables: Iterable[Compared], sources: Sources) -> tuple[Hunk, ...]:
    """The hunks behind a changed table, and those in the files that set tables up."""
    changed = [one for one in tables if one.changes]
    behind = {name: lines for one in changed for name, lines in _behind(one, sources)}
    homes = {table.params.path for one in changed for table in (one.base, one.head) if table}
    paths = homes | {path for old, new in behind.values() for path, _ in (*old, *new)}
    found = (hunk for path in sources.differing if path in paths for hunk in _of_file(path, sources, behind))
    functions = {path: _function_spans(path, changed, sources) for path in homes}
    return tuple(hunk for hunk in found if hunk.values or _in_function(hunk, functions.get(hunk.path)))


Spans: TypeAlias = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]
"""First and last lines of functions, at the base and at the head."""


def _function_spans(path: str, changed: Iterable[Compared], sources: Sources) -> Spans:
    """The functions of a file that set tables up, and the functions they call."""
    tables = list(changed)
    base = {one.base.params.line for one in tables if one.base and one.base.params.path == path}
    head = {one.head.params.line for one in tables if one.head and one.head.params.path == path}
    texts = sources.base.files.get(path, ""), sources.head.files.get(path, "")
    return _spans(texts[0], base), _spans(texts[1], head)


def _spans(text: str, starts: set[int]) -> tuple[tuple[int, int], ...]:
    lines = text.splitlines()
    functions = dict(_functions(lines))
    waiting = [name for name, (first, last) in functions.items() if any(first <= line <= last for line in starts)]
    found: dict[str, tuple[int, int]] = {}
    while waiting:
        name = waiting.pop()
        first, last = found[name] = functions[name]
        words = set(_WORD.findall("\n".join(lines[first - 1 : last])))
        waiting += sorted(words & functions.keys() - found.keys() - set(waiting))
    return tuple(found.values())


def _functions(lines: Sequence[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """The functions by name: from the first line of the head to the closing brace."""
    head = 0
    for at, line in enumerate(lines):
        if line.startswith("{") and (match := _NAMED.search(" ".join(lines[head:at]))):
            last = next((number for number in range(at, len(lines)) if lines[number].startswith("}")), at)
            yield match[1], (head + 1, last + 1)
        if line.startswith(("}", "#", "/*", " *")) or line.endswith(";") or not line.strip():
            head = at + 1


def _in_function(hunk: Hunk, spans: Spans | None) -> bool:
    sides = ((hunk.old, len(hunk.removed)), (hunk.new, len(hunk.added)))
    return spans is not None and any(
        number <= last and number + max(count, 1) - 1 >= first
        for (number, count), side in zip(sides, spans, strict=True)
        for first, last in side
    )


def _behind(one: Compared, sources: Sources) -> Iterator[tuple[Made, tuple[Lines, Lines]]]:
    for change in one.changes:
        old = _lines(sources.base.made[one.base.params.id], change) if one.base else frozenset()
        new = _lines(sources.head.made[one.head.params.id], change) if one.head else frozenset()
        yield Made(one.id, change.subject, change.field), (old, new)


def _lines(made: LinesBehind, change: Change) -> Lines:
    found = made.get((change.subject, change.field), made.get((change.subject, ""), frozenset()))
    return frozenset((place.path, place.line) for place in found)


def _of_file(path: str, sources: Sources, behind: Behind) -> Iterator[Hunk]:
    before, after = (end.files.get(path, "").splitlines() for end in (sources.base, sources.head))
    quickly = max(len(before), len(after)) > _MANY
    for kind, *ends in SequenceMatcher(None, before, after, autojunk=quickly).get_opcodes():
        if kind != "equal":
            old, new = _Side(path, before, *ends[:2]), _Side(path, after, *ends[2:])
            made = tuple(name for name, (was, now) in behind.items() if old.gives(was) or new.gives(now))
            old, new = old.around(was for was, _ in behind.values()), new.around(now for _, now in behind.values())
            yield Hunk(path, old.number, new.number, old.lines, new.lines, made)


@dataclass(frozen=True)
class _Side:
    """One end of a hunk: the lines of the file from `first` (counted from 0) up to `end`."""

    path: str
    text: Sequence[str]
    first: int
    end: int

    @property
    def number(self) -> int:
        """The number of the first line; of the line before if there are none."""
        return self.first + (self.first < self.end)

    @property
    def lines(self) -> tuple[str, ...]:
        """The text of the lines."""
        return tuple(self.text[self.first : self.end])

    def gives(self, lines: Lines) -> list[int]:
        """The given line numbers that lie in the hunk."""
        return [number for path, number in lines if path == self.path and self.first < number <= self.end]

    def around(self, values: Iterable[Lines]) -> _Side:
        """For a long hunk, such as a new file: the part from the first line behind a value to the last."""
        given = [number for lines in values for number in self.gives(lines)]
        if not given or self.end - self.first <= _LONG:
            return self
        return replace(self, first=min(given) - 1, end=max(given))
