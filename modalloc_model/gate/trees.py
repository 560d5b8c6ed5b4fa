"""Two kernel trees as two snapshots, and the tables read from the kernel's source at both.

The parts of a revision that an import reads are written to a temporary folder. Both ends use the named configuration;
without one, each folder uses its own .config, and a revision that of the repository's working tree. No tree is
written, and none of its code runs; `modalloc import --build` is not available here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modalloc_model.failures import InputError
from modalloc_model.gate.repository import Comparison, Difference, File, Snapshot, call_error
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
    """The tables of a kernel at both ends, and the files they were read from."""

    ends: Ends
    base: TreeReading
    head: TreeReading

    @property
    def files(self) -> int:
        """The number of files read at one end or both."""
        return len({*self.base.files, *self.head.files})

    @property
    def differing(self) -> tuple[str, ...]:
        """The files that differ, or were read at one end only."""
        return tuple(
            path
            for path in sorted({*self.base.files, *self.head.files})
            if self.base.files.get(path) != self.head.files.get(path)
        )


def is_kernel(snapshot: Snapshot) -> bool:
    """Whether the snapshot is a kernel's source."""
    if not all(mark in snapshot.files for mark in _MARKS):
        return False
    from modalloc_model.kernel.tree import has_version

    return has_version(snapshot.read(["Makefile"])["Makefile"].decode("utf-8", "replace"))


# -- two folders -----------------------------------------------------------------------------------------------------


def is_folder(name: str) -> bool:
    """Whether the version names the folder of a kernel tree rather than a revision."""
    return Path(name, "Kconfig").is_file() and Path(name, "arch").is_dir()


def two_trees(base: str, head: str | None) -> Comparison:
    """The two folders; the head defaults to the current folder. InputError for a folder that is not a kernel tree."""
    before, after = _folder(base), _folder(head if head is not None else ".")
    wrong = [snapshot.name for snapshot in (before, after) if not is_kernel(snapshot)]
    if wrong:
        hint = "--base names a kernel tree: so does --head, or the command runs in one"
        raise InputError([Problem(Location(name), "not-a-tree", "not a kernel tree", hint) for name in wrong])
    return Comparison(before, after, ())


def _folder(name: str) -> Snapshot:
    return Snapshot(name, "", Path(name), _Files(Path(name)))


class _Files(Mapping[str, File]):
    """The files of a folder, each read on demand."""

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
    """InputError, with every problem of both ends, if either has an error."""
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
    """The head's reading if no difference can have affected it. For two folders the differences are unknown."""
    if not comparison.base.commit:
        return None
    touched = any(_may_matter(one, comparison.base, head) for one in comparison.differences if _within(one, parts))
    return None if touched else head


def _within(difference: Difference, parts: tuple[str, ...]) -> bool:
    """Whether the file is, or was, in a folder that an import may read."""
    return any(file is not None and file.path.startswith(parts) for file in (difference.old, difference.new))


def _may_matter(difference: Difference, base: Snapshot, head: TreeReading) -> bool:
    """Whether the file was read at the base, or could be read now: it moved, or contains the function's name."""
    from modalloc_model.kernel.tree import FUNCTIONS

    old, new = difference.old, difference.new
    if old is None or new is None or old.path != new.path or old.path == "Makefile" or old.path in head.files:
        return True
    text = base.read([old.path])[old.path] if old.path.endswith(".c") else b""
    return any(name.encode() in text for name in FUNCTIONS)


def _read(snapshot: Snapshot, settings: Settings) -> TreeReading:
    from modalloc_model.kernel.tables import read_whole

    with _folder_of(snapshot, settings.arch or "") as folder:
        return read_whole(str(folder), replace(settings, kernel_config=_configuration(snapshot, settings)))


def _configuration(snapshot: Snapshot, settings: Settings) -> str | None:
    own = snapshot.folder / CONFIG
    return settings.kernel_config or (str(own) if own.is_file() else None)


def _folder_of(snapshot: Snapshot, arch: str) -> AbstractContextManager[Path]:
    """The tree's own folder, or a temporary one with the parts of a revision that an import reads."""
    from modalloc_model.gate.reading import temporary_folder

    if not snapshot.commit:
        return nullcontext(snapshot.folder)
    return temporary_folder(snapshot.read(path for path in snapshot.files if path.startswith(_parts(arch))))


def _parts(arch: str) -> tuple[str, ...]:
    """The architecture's folder and the common folders; nothing else is read."""
    from modalloc_model.kernel.architectures import of_profile

    found = of_profile(arch)
    own = (f"arch/{found[0].name}/", *(_prefix(folder.path) for folder in found[0].folders)) if found else ()
    return (*_READ, *own)


def _prefix(folder: str) -> str:
    """The fixed prefix of every path in a folder, before the first option of the configuration in its name."""
    return folder.partition("{")[0] if "{" in folder else f"{folder}/"


def _errors(one: TreeReading, snapshot: Snapshot) -> Iterator[Problem]:
    for problem in one.reading.problems:
        if problem.severity == "error":
            yield replace(problem, message=f"{problem.message} (at {snapshot.name})")


def _by_file(one: TreeReading) -> dict[str, tuple[Table, ...]]:
    found: dict[str, list[Table]] = {}
    for table in one.reading.tables:
        found.setdefault(table.params.path, []).append(table)
    return {path: tuple(tables) for path, tables in found.items()}


def need_arch(arch: str | None) -> None:
    """InputError if no architecture is named."""
    if arch is None:
        hint = "name one with --arch: a folder of arch/, or a profile of `modalloc arch`; or name the tables' PATHs"
        raise call_error("no-arch", "the repository is a kernel tree, which has many architectures", hint)
