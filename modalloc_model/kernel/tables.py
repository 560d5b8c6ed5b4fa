"""Reads a kernel tree as a file of tables, for `modalloc verify TREE` and `modalloc gate`.

A table's values have the lines of the kernel's source that make them: those on the value's path through the function,
and those of the macros in them, directly or not. The conditions that select the path have no lines here. The other ways
to read a tree are those of `modalloc import`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from modalloc_model.c.macros import Macro
from modalloc_model.c.tokens import CError, SourceLine
from modalloc_model.descriptor import Reading, Settings, Table, read_text
from modalloc_model.descriptor.uses import of_texts, together
from modalloc_model.kernel.document import documents
from modalloc_model.kernel.facts import facts_of, problems
from modalloc_model.kernel.importing import Imported, MachineSet, Request, definitions, import_sets
from modalloc_model.kernel.sets import TypeRow
from modalloc_model.kernel.tree import GENERIC, KernelError, Tree
from modalloc_model.params import AllocType, Location
from modalloc_model.verdict import Problem


@dataclass(frozen=True)
class TreeReading:
    """The tables of a tree; the text of each file that was read; and the lines behind each table, by its id."""

    reading: Reading
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    made: Mapping[str, LinesBehind] = field(default_factory=dict, repr=False)


def read_tree(path: str, settings: Settings) -> Reading:
    """The tables of a kernel tree for the given machine, by the tree's own .config or the given one."""
    try:
        return _reading(_import(path, settings), settings)
    except CError as failure:
        return Reading((), (as_problem(failure, path),))


def read_whole(path: str, settings: Settings) -> TreeReading:
    """The same with the files that were read: only sources, no build products."""
    try:
        imported = _import(path, settings, built=False)
        reading = _reading(imported, settings)
    except CError as failure:
        return TreeReading(Reading((), (as_problem(failure, path),)))
    assert imported.tree is not None
    origins = {table.params.id: lines_behind(placed, imported) for table, placed in _pairs(reading.tables, imported)}
    return TreeReading(reading, {name: imported.tree.text(name) for name in imported.read.files}, origins)


def _import(path: str, settings: Settings, built: bool = True) -> Imported:
    if settings.arch is None:
        hint = "name one with --arch: a folder of arch/, or a profile of `modalloc arch`"
        raise KernelError("no-arch", "a kernel tree has many architectures", hint)
    defines = definitions(settings.defines)
    return import_sets(Request(settings.arch, path, settings.kernel_config, defines=defines, built=built))


def _reading(imported: Imported, settings: Settings) -> Reading:
    names = tuple(given for given in settings.defines if _is_symbol(given.partition("=")[0].strip()))
    within = replace(settings, arch=None, defines=names)
    readings = [read_text(text.encode(), f"{name}.yaml", within) for name, text in documents(imported).items()]
    tables = tuple(table for reading in readings for table in reading.tables)
    found = tuple(problem for reading in readings for problem in reading.problems)
    moved = tuple(at_home(table, placed, imported) for table, placed in _pairs(tables, imported))
    texts = {name: imported.tree.text(name) for name in imported.read.files} if imported.tree else {}
    referred = together([of_texts(texts, settings), *(reading.names for reading in readings)])
    return Reading(moved, (*problems(imported), *(_in_the_tree(one, imported) for one in found)), referred)


def _pairs(tables: tuple[Table, ...], imported: Imported) -> list[tuple[Table, MachineSet]]:
    """Each table with its parameter set: those of one profile share a text.

    None if one cannot be read, which is an error of its own.
    """
    profiles = dict.fromkeys(placed.profile.name for placed in imported.placed)
    in_order = [placed for name in profiles for placed in imported.placed if placed.profile.name == name]
    return list(zip(tables, in_order, strict=True)) if len(tables) == len(in_order) else []


def _in_the_tree(problem: Problem, imported: Imported) -> Problem:
    """Moves problems of the generated text to the file that it was made from."""
    return replace(problem, where=Location(imported.definition.path))


def as_problem(failure: CError, given: str) -> Problem:
    """The error as a problem; `given` is the path that was to be read."""
    place = failure.place
    said = failure.said if isinstance(failure, KernelError) else ()
    where = Location(place.path, place.line, 1) if place.path else Location(given)
    return Problem(where, failure.code, failure.message, failure.hint, said=said)


def _is_symbol(name: str) -> bool:
    """Whether a table may use the name, which -D otherwise passes to the tree: an option, or a function's result."""
    return name.isidentifier() and not name.startswith("CONFIG_")


LinesBehind: TypeAlias = Mapping[tuple[str, str], frozenset[SourceLine]]
"""The lines behind a value, by type (or "machine") and field (or "", which stands for all the others)."""

_WORD = re.compile(r"[A-Za-z_]\w*")
_ENDS = (",", ";", "{", "}")
_BY_FLAGS = ("flags", "granularity", "fill", "invalidate")  # a cache of large pages sets its flag
_CONTINUED = 5  # maximal number of lines for one value


def at_home(table: Table, placed: MachineSet, imported: Imported) -> Table:
    """The table with the places of its values in the file that sets it up."""
    home = _home(imported)
    text = imported.tree.text(home.path) if imported.tree else ""
    rows, lines = {row.name: row for row in _all(placed)}, text.split("\n")
    types = tuple(_move(t, rows.get(t.name), home, lines) for t in table.params.types)
    return replace(table, params=replace(table.params, path=home.path, line=home.line, types=types), text=text)


def _home(imported: Imported) -> SourceLine:
    function = imported.read.program.function(imported.definition.function)
    return function.place if function else SourceLine(imported.definition.path, 1)


def _move(t: AllocType, row: TypeRow | None, home: SourceLine, lines: Sequence[str]) -> AllocType:
    """The type with its places in the home file. A value from another file gets the place of the type."""
    nearest = {name: _in(home.path, trail) for name, trail in (_trails(row) if row else ())}
    own = {name: place for name, place in nearest.items() if place}
    first = min(own.values(), key=lambda place: place.line, default=home)
    return replace(t, where={name: _location(own.get(name, first), lines) for name in t.where})


def _trails(row: TypeRow) -> Iterator[tuple[str, tuple[SourceLine, ...]]]:
    yield from ((name, given.trail) for name, given in row.fields.items())
    if row.protection:
        yield "pgprot", row.protection.trail
    yield from ((name, row.flags_trail) for name in _BY_FLAGS)


def _all(placed: MachineSet) -> tuple[TypeRow, ...]:
    """The types of the function and the completed types; the latter override."""
    return (*placed.set.rows, *placed.set.completed)


def _own_lines(row: TypeRow) -> TypeRow:
    """A type copied from another, with only the lines that copy it: those of the other are listed there."""

    def own(trail: tuple[SourceLine, ...]) -> tuple[SourceLine, ...]:
        return tuple(place for place in trail if place.path == GENERIC.path)

    fields = {name: replace(given, trail=own(given.trail)) for name, given in row.fields.items()}
    protection = row.protection and replace(row.protection, trail=own(row.protection.trail))
    return replace(row, fields=fields, protection=protection, flags_trail=own(row.flags_trail))


def _in(path: str, trail: tuple[SourceLine, ...]) -> SourceLine | None:
    """The nearest of the lines in that file."""
    return next((place for place in trail if place.path == path), None)


def _location(place: SourceLine, lines: Sequence[str]) -> Location:
    line = lines[place.line - 1] if 1 <= place.line <= len(lines) else ""
    return Location(place.path, place.line, len(line) - len(line.lstrip()) + 1)


# -- lines behind values ---------------------------------------------------------------------------------------------


def lines_behind(placed: MachineSet, imported: Imported) -> LinesBehind:
    """The lines behind each value of the table, and behind the tree's facts about the machine."""
    assert imported.tree is not None
    behind = _Behind(imported.tree, imported.read.program.macros)
    facts = facts_of(imported, placed)
    rows = [row if row in facts.rows else _own_lines(row) for row in _all(placed)]
    found = {(row.name, _label(name)): behind.lines(trail) for row in rows for name, trail in _trails(row)}
    for row in facts.rows:
        if row.protection:
            found["machine", f"protections.{facts.names[row.name]}"] = behind.lines(row.protection.trail)
    for drawn in placed.set.drawn:
        found["machine", f"unknowns.{drawn.name}"] = behind.lines([drawn.place])
    symbols = {name: behind.of(name) for name in facts.defines}
    found |= {("machine", f"symbols.{name}"): lines for name, lines in symbols.items()}
    found["machine", ""] = frozenset().union(*symbols.values())
    return found


def _label(name: str) -> str:
    """`start[0]`, as in comparisons of tables, for `start0`."""
    return f"{name[:-1]}[{name[-1]}]" if name[-1].isdigit() else name


class _Behind:
    """The lines of macros, and of the macros in them, each computed once."""

    def __init__(self, tree: Tree, macros: Mapping[str, Macro]) -> None:
        self._tree = tree
        self._macros = macros
        self._known: dict[str, frozenset[SourceLine]] = {}

    def lines(self, trail: Iterable[SourceLine]) -> frozenset[SourceLine]:
        """The lines, their continuations, and the lines of the macros in them."""
        own = [line for place in trail for line in self._with_continuation(place)]
        words = {word for line in own for word in _WORD.findall(self._tree.line(line.path, line.line))}
        return frozenset(own).union(*map(self.of, sorted(words)))

    def of(self, name: str) -> frozenset[SourceLine]:
        """The lines that define the macro, and those of the macros in it; none for another word."""
        if name not in self._known:
            self._known[name] = self._find_lines(name)
        return self._known[name]

    def _find_lines(self, name: str) -> frozenset[SourceLine]:
        found: set[SourceLine] = set()
        waiting, seen = [name], {name}
        while waiting:
            macro = self._macros.get(waiting.pop())
            if macro:
                found |= {macro.place, *(token.place for token in macro.body)}
                more = {token.text for token in macro.body if token.kind == "name"} - seen
                seen |= more
                waiting += more
        return frozenset(found)

    def _with_continuation(self, place: SourceLine) -> Iterator[SourceLine]:
        for number in range(place.line, place.line + _CONTINUED):
            yield SourceLine(place.path, number)
            if self._tree.line(place.path, number).endswith(_ENDS):
                return
