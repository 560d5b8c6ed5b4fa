"""Two kernel trees as two moments, and the tables of a kernel's source at both, read out of it.

A revision's tree is laid out in a folder that goes away again: the parts of it that an import reads. Both ends are read
by the same configuration where it is named, or else by the .config of each folder; a revision has none, and takes that
of the repository's working tree. Nothing is written to a tree, and nothing of it is run. Leaves out: the tree's own
build (`modalloc import --build`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modalloc_model.failures import InputError
from modalloc_model.gate.repository import Comparison, Difference, File, Moment, failure
from modalloc_model.params import Location
from modalloc_model.verdict import Problem

if TYPE_CHECKING:
    from modalloc_model.descriptor import Settings, Table
    from modalloc_model.gate.reading import Ends
    from modalloc_model.kernel.tables import TreeReading

_MARKS = ("Kconfig", "Makefile")
_READ = ("Makefile", "Kconfig", "include/", "mm/", "kernel/module")
CONFIG = ".config"


@dataclass(frozen=True)
class Sources:
    """The tables of a kernel at both ends, and what they were read from."""

    ends: Ends
    base: TreeReading
    head: TreeReading

    @property
    def files(self) -> int:
        """How many files were read at one end or both."""
        return len({*self.base.files, *self.head.files})

    @property
    def differing(self) -> tuple[str, ...]:
        """Those that differ, or were read at one end only."""
        return tuple(
            path
            for path in sorted({*self.base.files, *self.head.files})
            if self.base.files.get(path) != self.head.files.get(path)
        )


def is_kernel(moment: Moment) -> bool:
    """Whether the moment is one of a kernel's source."""
    if not all(mark in moment.files for mark in _MARKS):
        return False
    from modalloc_model.kernel.tree import has_version

    return has_version(moment.read(["Makefile"])["Makefile"].decode("utf-8", "replace"))


# -- two folders -----------------------------------------------------------------------------------------------------


def is_folder(name: str) -> bool:
    """Whether a version is named by the folder of a kernel tree, and not by a revision."""
    return Path(name, "Kconfig").is_file() and Path(name, "arch").is_dir()


def two_trees(base: str, head: str | None) -> Comparison:
    """The two folders; the head is the current one where none is named. InputError for what is no kernel tree."""
    before, after = _folder(base), _folder(head if head is not None else ".")
    wrong = [moment.name for moment in (before, after) if not is_kernel(moment)]
    if wrong:
        hint = "--base names a kernel tree: so does --head, or the command runs in one"
        raise InputError([Problem(Location(name), "not-a-tree", "no kernel tree", hint) for name in wrong])
    return Comparison(before, after, ())


def _folder(name: str) -> Moment:
    return Moment(name, "", Path(name), _Files(Path(name)))


class _Files(Mapping[str, File]):
    """The files of a folder, each looked at when it is asked for."""

    def __init__(self, top: Path) -> None:
        self._top = top

    def __getitem__(self, path: str) -> File:
        if not (self._top / path).is_file():
            raise KeyError(path)
        return File(path, "")

    def __iter__(self) -> Iterator[str]:
        for folder, _, names in os.walk(self._top):
            yield from (Path(folder, name).relative_to(self._top).as_posix() for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)


# -- their tables ----------------------------------------------------------------------------------------------------


def read_sources(comparison: Comparison, settings: Settings) -> Sources:
    """InputError, with every problem of both ends, if there is an error at either."""
    from modalloc_model.gate.reading import Ends

    head = _read(comparison.head, settings)
    base = _as_before(comparison, head, _parts(settings.arch or "")) or _read(comparison.base, settings)
    problems = [*_errors(base, comparison.base), *_errors(head, comparison.head)]
    if problems:
        raise InputError(dict.fromkeys(problems))
    tables = [_by_file(one) for one in (base, head)]
    paths = tuple((path, path) for path in dict.fromkeys([*tables[0], *tables[1]]))
    ends = Ends(tables[0], tables[1], paths, head.reading.problems, by_machine=True)
    return Sources(ends, base, head)


def _as_before(comparison: Comparison, head: TreeReading, parts: tuple[str, ...]) -> TreeReading | None:
    """The head's reading, where no difference can have touched it; of two folders nobody knows the differences."""
    if not comparison.base.commit:
        return None
    touched = any(_may_matter(one, comparison.base, head) for one in comparison.differences if _within(one, parts))
    return None if touched else head


def _within(difference: Difference, parts: tuple[str, ...]) -> bool:
    """Whether the file is, or was, one that an import may read."""
    return any(file is not None and file.path.startswith(parts) for file in (difference.old, difference.new))


def _may_matter(difference: Difference, base: Moment, head: TreeReading) -> bool:
    """Whether it was read, or could have been at the base: it was elsewhere, or has the function's name in it."""
    from modalloc_model.kernel.tree import FUNCTIONS

    old, new = difference.old, difference.new
    if old is None or new is None or old.path != new.path or old.path == "Makefile" or old.path in head.files:
        return True
    text = base.read([old.path])[old.path] if old.path.endswith(".c") else b""
    return any(name.encode() in text for name in FUNCTIONS)


def _read(moment: Moment, settings: Settings) -> TreeReading:
    from modalloc_model.kernel.tables import read_whole

    with _folder_of(moment, settings.arch or "") as folder:
        return read_whole(str(folder), replace(settings, kernel_config=_configuration(moment, settings)))


def _configuration(moment: Moment, settings: Settings) -> str | None:
    own = moment.folder / CONFIG
    return settings.kernel_config or (str(own) if own.is_file() else None)


def _folder_of(moment: Moment, arch: str) -> AbstractContextManager[Path]:
    """The tree's own folder, or one that holds what an import reads of a revision."""
    from modalloc_model.gate.reading import temporary_folder

    if not moment.commit:
        return nullcontext(moment.folder)
    return temporary_folder(moment.read(path for path in moment.files if path.startswith(_parts(arch))))


def _parts(arch: str) -> tuple[str, ...]:
    """The architecture's folder, and what belongs to all: nothing else is read."""
    from modalloc_model.kernel.architectures import of_profile

    found = of_profile(arch)
    own = (f"arch/{found[0].name}/", *(_prefix(folder.path) for folder in found[0].folders)) if found else ()
    return (*_READ, *own)


def _prefix(folder: str) -> str:
    """What every path in a folder begins with, whatever the configuration puts into its name."""
    return folder.partition("{")[0] if "{" in folder else f"{folder}/"


def _errors(one: TreeReading, moment: Moment) -> Iterator[Problem]:
    for problem in one.reading.problems:
        if problem.severity == "error":
            yield replace(problem, message=f"{problem.message} (at {moment.name})")


def _by_file(one: TreeReading) -> dict[str, tuple[Table, ...]]:
    found: dict[str, list[Table]] = {}
    for table in one.reading.tables:
        found.setdefault(table.params.path, []).append(table)
    return {path: tuple(tables) for path, tables in found.items()}


def need_arch(arch: str | None) -> None:
    """InputError where no architecture is named."""
    if arch is None:
        hint = "name one with --arch: a folder of arch/, or a profile of `modalloc arch`; or name the tables' PATHs"
        raise failure("no-arch", "the repository is a kernel tree, which has many architectures", hint)
