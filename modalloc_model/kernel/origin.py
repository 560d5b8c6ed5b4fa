"""Where the values of imported tables come from: the lines of the kernel's source that make each of them.

The lines are those on the value's way through the function, and those of the macros in their words, and of the macros
in theirs. Leaves out: the conditions by which the way goes there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from modalloc_model.c.macros import Macro
from modalloc_model.c.tokens import Place
from modalloc_model.descriptor import Table
from modalloc_model.kernel.importing import Imported, Placed
from modalloc_model.kernel.sets import Row
from modalloc_model.kernel.settled import facts_of
from modalloc_model.kernel.tree import GENERIC, Tree
from modalloc_model.params import AllocType, Location

Made: TypeAlias = Mapping[tuple[str, str], frozenset[Place]]
"""The lines that make a value, by its type (or "machine") and its field (or "", which stands for all the others)."""

_WORD = re.compile(r"[A-Za-z_]\w*")
_ENDS = (",", ";", "{", "}")
_BY_FLAGS = ("flags", "granularity", "fill", "invalidate")  # what a cache of large pages sets: its flag
_CONTINUED = 5  # lines that one value may take


def at_home(table: Table, placed: Placed, imported: Imported) -> Table:
    """The table as if it stood where the kernel sets it up: there its values are, and that file is its text."""
    home = _home(imported)
    text = imported.tree.text(home.path) if imported.tree else ""
    rows, lines = {row.name: row for row in _all(placed)}, text.split("\n")
    types = tuple(_moved(t, rows.get(t.name), home, lines) for t in table.params.types)
    return replace(table, params=replace(table.params, path=home.path, line=home.line, types=types), text=text)


def _home(imported: Imported) -> Place:
    function = imported.read.program.function(imported.definition.function)
    return function.place if function else Place(imported.definition.path, 1)


def _moved(t: AllocType, row: Row | None, home: Place, lines: Sequence[str]) -> AllocType:
    """The type with its places in the home file. A value that was made elsewhere stands where the type does."""
    nearest = {name: _in(home.path, trail) for name, trail in (_trails(row) if row else ())}
    own = {name: place for name, place in nearest.items() if place}
    first = min(own.values(), key=lambda place: place.line, default=home)
    return replace(t, where={name: _location(own.get(name, first), lines) for name in t.where})


def _trails(row: Row) -> Iterator[tuple[str, tuple[Place, ...]]]:
    yield from ((name, given.trail) for name, given in row.fields.items())
    if row.protection:
        yield "pgprot", row.protection.trail
    yield from ((name, row.flags_trail) for name in _BY_FLAGS)


def _all(placed: Placed) -> tuple[Row, ...]:
    """What the function sets up, and what the kernel fills in, which holds where a type is in both."""
    return (*placed.set.rows, *placed.set.completed)


def _filled_in(row: Row) -> Row:
    """A type that takes after another, made by the lines that say so alone: those of the other stand there."""

    def own(trail: tuple[Place, ...]) -> tuple[Place, ...]:
        return tuple(place for place in trail if place.path == GENERIC.path)

    fields = {name: replace(given, trail=own(given.trail)) for name, given in row.fields.items()}
    protection = row.protection and replace(row.protection, trail=own(row.protection.trail))
    return replace(row, fields=fields, protection=protection, flags_trail=own(row.flags_trail))


def _in(path: str, trail: tuple[Place, ...]) -> Place | None:
    """The nearest of the lines that stand in that file."""
    return next((place for place in trail if place.path == path), None)


def _location(place: Place, lines: Sequence[str]) -> Location:
    line = lines[place.line - 1] if 1 <= place.line <= len(lines) else ""
    return Location(place.path, place.line, len(line) - len(line.lstrip()) + 1)


# -- what made it ----------------------------------------------------------------------------------------------------


def made(placed: Placed, imported: Imported) -> Made:
    """The lines behind each value of the table, and behind what the tree says of the machine."""
    assert imported.tree is not None
    behind = _Behind(imported.tree, imported.read.program.macros)
    facts = facts_of(imported, placed)
    rows = [row if row in facts.rows else _filled_in(row) for row in _all(placed)]
    found = {(row.name, _shown(name)): behind.lines(trail) for row in rows for name, trail in _trails(row)}
    for row in facts.rows:
        if row.protection:
            found["machine", f"protections.{facts.names[row.name]}"] = behind.lines(row.protection.trail)
    for drawn in placed.set.drawn:
        found["machine", f"unknowns.{drawn.name}"] = behind.lines([drawn.place])
    symbols = {name: behind.of(name) for name in facts.defines}
    found |= {("machine", f"symbols.{name}"): lines for name, lines in symbols.items()}
    found["machine", ""] = frozenset().union(*symbols.values())
    return found


def _shown(name: str) -> str:
    """`start[0]`, as tables are compared, for `start0`."""
    return f"{name[:-1]}[{name[-1]}]" if name[-1].isdigit() else name


class _Behind:
    """The lines of macros, and of the macros in them, each looked up once."""

    def __init__(self, tree: Tree, macros: Mapping[str, Macro]) -> None:
        self._tree = tree
        self._macros = macros
        self._known: dict[str, frozenset[Place]] = {}

    def lines(self, trail: Iterable[Place]) -> frozenset[Place]:
        """The lines themselves, those that they go on in, and what their words stand for."""
        own = [line for place in trail for line in self._continued(place)]
        words = {word for line in own for word in _WORD.findall(self._tree.line(line.path, line.line))}
        return frozenset(own).union(*map(self.of, sorted(words)))

    def of(self, name: str) -> frozenset[Place]:
        """The lines that define the macro, and those that it rests on; none for another word."""
        if name not in self._known:
            self._known[name] = self._found(name)
        return self._known[name]

    def _found(self, name: str) -> frozenset[Place]:
        found: set[Place] = set()
        waiting, seen = [name], {name}
        while waiting:
            macro = self._macros.get(waiting.pop())
            if macro:
                found |= {macro.place, *(token.place for token in macro.body)}
                more = {token.text for token in macro.body if token.kind == "name"} - seen
                seen |= more
                waiting += more
        return frozenset(found)

    def _continued(self, place: Place) -> Iterator[Place]:
        for number in range(place.line, place.line + _CONTINUED):
            yield Place(place.path, number)
            if self._tree.line(place.path, number).endswith(_ENDS):
                return
