"""The tables at both ends of a comparison, read as their files are at each end.

Profiles are written to a temporary folder, and tables are read from within it. A profile's path is resolved relative to
the file that names it, then to the root of the repository. The working tree is read but never becomes the current
folder.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modalloc_model.descriptor import read_text
from modalloc_model.failures import InputError
from modalloc_model.gate.repository import Comparison, Snapshot
from modalloc_model.gate.selection import Scope, Selection, profile_names
from modalloc_model.verdict import Problem

if TYPE_CHECKING:
    from modalloc_model.descriptor import Reading, Settings, Table

_YAML = (".yaml", ".yml")
_LEAVES = re.compile(r"^(/|\.\.(/|$))")


@dataclass(frozen=True)
class Ends:
    """The tables at both ends by file, the pairs of files, and the warnings at the head.

    `by_machine`: each machine has one table or a few, whatever their names, as in a kernel's source.
    """

    base: Mapping[str, tuple[Table, ...]]
    head: Mapping[str, tuple[Table, ...]]
    pairs: tuple[tuple[str | None, str | None], ...]
    warnings: tuple[Problem, ...]
    by_machine: bool = False


def read_ends(comparison: Comparison, selection: Selection, scope: Scope, settings: Settings) -> Ends:
    """InputError, with every problem of both ends, if either has an error."""
    before = _read(comparison.base, [old for old, _ in selection.pairs if old is not None], scope, settings)
    after = _read(comparison.head, [new for _, new in selection.pairs if new is not None], scope, settings)
    problems = [*_errors(before, after, selection, comparison.base, True)]
    problems += _errors(after, before, selection, comparison.head, False)
    problems += [] if problems else _unused(settings, [*before.values(), *after.values()], comparison.head, scope)
    if problems:
        raise InputError(dict.fromkeys(problems))
    warnings = tuple(problem for reading in after.values() for problem in reading.problems)
    return Ends(_tables(before), _tables(after), selection.pairs, warnings)


def _unused(settings: Settings, readings: list[Reading], head: Snapshot, scope: Scope) -> Iterable[Problem]:
    """The names given with -D or --beyond that no file of either end uses."""
    from modalloc_model.descriptor.uses import together, unused

    names = together(reading.names for reading in readings)
    if not list(unused(settings, names)):
        return ()
    others = _read(head, [path for path in head.files if scope.holds(path)], scope, settings)
    return unused(settings, together([names, *(reading.names for reading in others.values())]))


def _tables(readings: Mapping[str, Reading]) -> dict[str, tuple[Table, ...]]:
    return {path: reading.tables for path, reading in readings.items()}


def _errors(
    these: Mapping[str, Reading], others: Mapping[str, Reading], selection: Selection, snapshot: Snapshot, is_base: bool
) -> Iterator[Problem]:
    """The errors at one end, marked as such if the other end can be read."""
    for old, new in selection.pairs:
        path, other = (old, new) if is_base else (new, old)
        for problem in these[path].problems if path is not None else ():
            if problem.severity == "error":
                at = f" (at {snapshot.name})" if snapshot.commit else ""
                lone = bool(other is not None and others[other].tables)
                hint = "; ".join(filter(None, (problem.hint, "the other end can be read" if lone else "")))
                yield replace(problem, message=f"{problem.message}{at}", hint=hint)


def _read(snapshot: Snapshot, paths: list[str], scope: Scope, settings: Settings) -> dict[str, Reading]:
    contents = snapshot.read(paths)
    with _with_profiles(snapshot, contents, scope, settings):
        return {
            path: read_text(contents[path], path, settings, alone=path in scope.paths) for path in dict.fromkeys(paths)
        }


@contextmanager
def _with_profiles(
    snapshot: Snapshot, contents: Mapping[str, bytes], scope: Scope, settings: Settings
) -> Iterator[None]:
    """A context in which the current folder holds the profiles that the contents name."""
    from modalloc_model.descriptor.loading import own_profiles

    own = Path(scope.profiles) if scope.profiles is not None else None
    with temporary_folder(_profiles(snapshot, contents, scope, settings)) as folder, chdir(folder), own_profiles(own):
        yield


def _profiles(snapshot: Snapshot, contents: Mapping[str, bytes], scope: Scope, settings: Settings) -> dict[str, bytes]:
    """The profiles of the profile folder, the profiles named by path, and the profiles that these extend."""
    named = _profile_paths(contents) | _paths([settings.arch or ""])
    wanted = {path for path in snapshot.files if scope.is_profile(path) or path in named}
    found: dict[str, bytes] = {}
    while wanted:
        new = snapshot.read(wanted)
        found |= new
        wanted = {path for path in _profile_paths(new) if path in snapshot.files and path not in found}
    return found


def _profile_paths(contents: Mapping[str, bytes]) -> set[str]:
    """The profile paths that the files name, relative to their own folders and to the root."""
    found = [(posixpath.dirname(path), name) for path, content in contents.items() for name in profile_names(content)]
    return {seen for folder, name in found for seen in _paths([name], folder) | _paths([name])}


def _paths(names: Iterable[str], folder: str = "") -> set[str]:
    paths = {posixpath.normpath(posixpath.join(folder, name)) for name in names if name.endswith(_YAML) or "/" in name}
    return {path for path in paths if not _LEAVES.match(path)}


@contextmanager
def temporary_folder(contents: Mapping[str, bytes]) -> Iterator[Path]:
    """A temporary folder with the files at their paths."""
    with tempfile.TemporaryDirectory(prefix="modalloc-gate-") as folder:
        for path, content in contents.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        yield Path(folder)
