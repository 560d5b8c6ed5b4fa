"""A kernel tree read as if it were a file of tables: what `modalloc verify TREE` decides.

Leaves out: the other ways into a tree; `modalloc import` has them.
"""

from __future__ import annotations

from dataclasses import replace

from modalloc_model.descriptor import Reading, Settings, read_text
from modalloc_model.kernel.document import documents
from modalloc_model.kernel.importing import Request, import_sets
from modalloc_model.kernel.limits import KernelError
from modalloc_model.kernel.settled import problems
from modalloc_model.params import Location
from modalloc_model.verdict import Problem


def read_tree(path: str, settings: Settings) -> Reading:
    """The tables of a kernel tree for the machine that is asked for, by the tree's own .config."""
    if settings.arch is None:
        hint = "name one with --arch: a folder of arch/, or a profile of `modalloc arch`"
        return Reading((), (Problem(Location(path), "no-arch", "a kernel tree has many architectures", hint),))
    defines = dict(_pair(given) for given in settings.defines)
    try:
        imported = import_sets(Request(settings.arch, path, defines=defines))
        texts = documents(imported)
    except KernelError as failure:
        return Reading((), (as_problem(failure, path),))
    names = tuple(
        given for given in settings.defines if _pair(given)[0].isidentifier() and not given.startswith("CONFIG_")
    )
    within = replace(settings, arch=None, defines=names)
    readings = [read_text(text.encode(), f"{name}.yaml", within) for name, text in texts.items()]
    tables = tuple(table for reading in readings for table in reading.tables)
    return Reading(tables, (*problems(imported), *(one for reading in readings for one in reading.problems)))


def as_problem(failure: KernelError, given: str) -> Problem:
    """What went wrong, as every command says it; `given` is what was to be read."""
    place = failure.place
    where = Location(place.path, place.line, 1) if place.path else Location(given)
    return Problem(where, failure.code, failure.message, failure.hint)


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    return name.strip(), value if equals else "1"
