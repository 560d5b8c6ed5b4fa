"""The hunks of a kernel's source that are behind what changed in its tables.

A hunk is behind a value if it takes away a line that made the value at the base, or adds one that makes it at the head.
Leaves out: hunks in files that no changed value comes from, of which the number is told; conditions that decide which
way the kernel goes: a hunk in the function's own file that is behind no value is told too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from modalloc_model.gate.findings import Compared, Hunk, Made
from modalloc_model.gate.trees import Sources

if TYPE_CHECKING:
    from modalloc_model.gate.changes import Change
    from modalloc_model.kernel import origin


Lines: TypeAlias = frozenset[tuple[str, int]]
"""Lines by file and number."""


def hunks(tables: Iterable[Compared], sources: Sources) -> tuple[Hunk, ...]:
    """Those behind a change of any of the tables, and those in the files in which the tables are set up."""
    changed = [one for one in tables if one.changes]
    behind = {name: lines for one in changed for name, lines in _behind(one, sources)}
    homes = {table.params.path for one in changed for table in (one.base, one.head) if table}
    paths = homes | {path for old, new in behind.values() for path, _ in (*old, *new)}
    found = (hunk for path in sources.differing if path in paths for hunk in _of_file(path, sources, behind))
    return tuple(hunk for hunk in found if hunk.values or hunk.path in homes)


Behind: TypeAlias = Mapping[Made, tuple[Lines, Lines]]
"""By value: the lines that made it at the base, and those that make it at the head."""


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
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            taken = {(path, number + 1) for number in range(a, b)}
            given = {(path, number + 1) for number in range(c, d)}
            values = tuple(name for name, (old, new) in behind.items() if taken & old or given & new)
            yield Hunk(path, a + (a < b), c + (c < d), tuple(before[a:b]), tuple(after[c:d]), values)
