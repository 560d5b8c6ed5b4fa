"""A kernel tree read as if it were a file of tables: what `modalloc verify TREE` decides, and `modalloc gate` compares.

Leaves out: the other ways into a tree; `modalloc import` has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from modalloc_model.c.tokens import CError
from modalloc_model.descriptor import Reading, Settings, Table, read_text
from modalloc_model.descriptor.uses import of_texts, together
from modalloc_model.kernel.document import documents
from modalloc_model.kernel.importing import Imported, Placed, Request, defined, import_sets
from modalloc_model.kernel.limits import KernelError
from modalloc_model.kernel.origin import Made, at_home, made
from modalloc_model.kernel.settled import problems
from modalloc_model.params import Location
from modalloc_model.verdict import Problem


@dataclass(frozen=True)
class TreeReading:
    """The tables of a tree; the text of each file that they were read from; and what made each, by a table's id."""

    reading: Reading
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    made: Mapping[str, Made] = field(default_factory=dict, repr=False)


def read_tree(path: str, settings: Settings) -> Reading:
    """The tables of a kernel tree for the machine that is asked for, by the tree's own .config or the one named."""
    try:
        return _reading(_imported(path, settings), settings)
    except CError as failure:
        return Reading((), (as_problem(failure, path),))


def read_whole(path: str, settings: Settings) -> TreeReading:
    """The same, and what it was read from: what belongs to the source, and nothing that a build left there."""
    try:
        imported = _imported(path, settings, built=False)
        reading = _reading(imported, settings)
    except CError as failure:
        return TreeReading(Reading((), (as_problem(failure, path),)))
    assert imported.tree is not None
    origins = {table.params.id: made(placed, imported) for table, placed in _pairs(reading.tables, imported)}
    return TreeReading(reading, {name: imported.tree.text(name) for name in imported.read.files}, origins)


def _imported(path: str, settings: Settings, built: bool = True) -> Imported:
    if settings.arch is None:
        hint = "name one with --arch: a folder of arch/, or a profile of `modalloc arch`"
        raise KernelError("no-arch", "a kernel tree has many architectures", hint)
    defines = defined(settings.defines)
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


def _pairs(tables: tuple[Table, ...], imported: Imported) -> list[tuple[Table, Placed]]:
    """Each table, and the set that it was written from: those of one profile stand in one text.

    None where one could not be read, which is an error by itself.
    """
    profiles = dict.fromkeys(placed.profile.name for placed in imported.placed)
    in_order = [placed for name in profiles for placed in imported.placed if placed.profile.name == name]
    return list(zip(tables, in_order, strict=True)) if len(tables) == len(in_order) else []


def _in_the_tree(problem: Problem, imported: Imported) -> Problem:
    """What is said of a text that nobody sees is said of the file that it was made of."""
    return replace(problem, where=Location(imported.definition.path))


def as_problem(failure: CError, given: str) -> Problem:
    """What went wrong, as every command says it; `given` is what was to be read."""
    place = failure.place
    said = failure.said if isinstance(failure, KernelError) else ()
    where = Location(place.path, place.line, 1) if place.path else Location(given)
    return Problem(where, failure.code, failure.message, failure.hint, said=said)


def _is_symbol(name: str) -> bool:
    """Whether a table may use it, beside what -D says to the tree alone: its options, and what functions return."""
    return name.isidentifier() and not name.startswith("CONFIG_")
