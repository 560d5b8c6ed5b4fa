"""Selects the files to read: changed files, files of a changed profile, files with expected failures.

A file may hold a table if its name has an extension that `modalloc verify` reads in a folder, or if the call names it.
A table names its machine by the profile's name or path. If a profile changed, every file that contains its name is
read: some in vain, but no file that spells the name is missed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from modalloc_model.gate.repository import Comparison, Difference, Snapshot, call_error

SUFFIXES = (".c", ".h", ".yaml", ".yml", ".txt", ".patch", ".diff", ".mbox", ".eml", ".mail")
"""The extensions of descriptor/files.py, which an unchanged repository need not load; a test compares them."""

_YAML = (".yaml", ".yml")
_NAMED = re.compile(rb"\b(?:arch|extends)[\"']?\s*:\s*[\"']?([^\"'\r\n,}#]+)")
_PROFILE = re.compile(rb"^[\"']?(?:word_bits|extends)[\"']?\s*:", re.MULTILINE)


@dataclass(frozen=True)
class Scope:
    """The compared paths (relative to the root; "" is all), and the folder of profiles, if there is one.

    `arch` is a profile named for all tables.
    """

    paths: tuple[str, ...] = ("",)
    profiles: str | None = None
    arch: str | None = None

    def holds(self, path: str) -> bool:
        """Whether the file may hold a compared table."""
        return any(_lies_in(path, chosen) for chosen in self.paths)

    def is_profile(self, path: str) -> bool:
        """Whether the file lies in the folder of profiles; its stem is then a machine's name."""
        return (
            self.profiles is not None
            and path.endswith(_YAML[0])
            and posixpath.dirname(path) == self.profiles.rstrip("/")
        )


@dataclass(frozen=True)
class Selection:
    """The pairs of paths to read (None if a side lacks the file), and the changed profiles.

    `differing` of the `files` that may hold tables differ.
    """

    pairs: tuple[tuple[str | None, str | None], ...]
    files: int
    differing: int
    profiles: tuple[str, ...]


def _lies_in(path: str, chosen: str) -> bool:
    """Whether `verify` would read the file in that folder: a known extension and nothing hidden, or the file itself."""
    if path == chosen:
        return True
    if chosen and not path.startswith(f"{chosen}/"):
        return False
    inner = path.removeprefix(chosen).lstrip("/")
    return inner.lower().endswith(SUFFIXES) and not any(part.startswith(".") for part in inner.split("/"))


def select(comparison: Comparison, scope: Scope, expected: Iterable[str]) -> Selection:
    """The files to read. `expected` are the tables' ids in known failures."""
    differing = _differing(comparison)
    pairs = [(_path(d.old), _path(d.new)) for d in differing if _bears(d, scope)]
    changed = _profiles_that_differ(comparison, differing, scope)
    alike = _alike(comparison, scope, pairs)
    again = set(_using(comparison, alike, scope, changed)) | set(_stems(alike, expected))
    files = len(alike) + len(pairs)
    return Selection((*pairs, *((path, path) for path in alike if path in again)), files, len(pairs), changed)


def check_paths(comparison: Comparison, scope: Scope) -> None:
    """InputError with each path that exists at neither end."""
    from modalloc_model.failures import InputError

    known = [comparison.base.files, comparison.head.files]
    named = [*scope.paths, *([scope.profiles] if scope.profiles else [])]
    absent = [path for path in named if path and not any(_has(files, path) for files in known)]
    if absent:
        message = "no such file or folder at either end"
        raise InputError([call_error("not-found", message, path=path).problems[0] for path in absent])


def _has(files: Mapping[str, object], path: str) -> bool:
    return path in files or any(file.startswith(f"{path}/") for file in files)


def _path(file: object) -> str | None:
    return getattr(file, "path", None)


def _bears(difference: Difference, scope: Scope) -> bool:
    return any(file is not None and scope.holds(file.path) for file in (difference.old, difference.new))


def _differing(comparison: Comparison) -> list[Difference]:
    """The differences without files of the working tree whose content is unchanged."""
    found = list(comparison.differences)
    doubtful = [d for d in found if d.old and d.new and not d.new.blob]
    before = comparison.base.read(d.old.path for d in doubtful if d.old)
    after = comparison.head.read(d.new.path for d in doubtful if d.new)
    same = {d for d in doubtful if d.old and d.new and d.old.path == d.new.path and _equal(d.old.path, before, after)}
    return [d for d in found if d not in same]


def _equal(path: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bool:
    return before[path] == after[path]


def _alike(comparison: Comparison, scope: Scope, pairs: Iterable[tuple[str | None, str | None]]) -> list[str]:
    differing = {path for pair in pairs for path in pair}
    files = comparison.head.files
    return [path for path in files if path in comparison.base.files and path not in differing and scope.holds(path)]


def _stems(paths: Iterable[str], expected: Iterable[str]) -> Iterable[str]:
    """The files whose tables may have the expected ids: an id begins with its file's stem."""
    stems = {name.rpartition(":")[0] for name in expected}
    return (path for path in paths if PurePosixPath(path).stem in stems)


# -- profiles --------------------------------------------------------------------------------------------------------


def profile_names(content: bytes) -> set[str]:
    """The machines that a table or a profile names, by name or path."""
    return {name.decode("utf-8", "replace").strip() for name in _NAMED.findall(content)}


def _profiles_that_differ(comparison: Comparison, differing: Iterable[Difference], scope: Scope) -> tuple[str, ...]:
    files = [file for d in differing for file in (d.old, d.new) if file and file.path.endswith(_YAML)]
    paths = {file.path for file in files}
    texts = [comparison.base.read(paths), comparison.head.read(paths)]
    return tuple(
        sorted(
            path
            for path in paths
            if scope.is_profile(path) or any(_PROFILE.search(text.get(path, b"")) for text in texts)
        )
    )


def _using(comparison: Comparison, alike: list[str], scope: Scope, changed: tuple[str, ...]) -> list[str]:
    """Unchanged files whose tables may be for a changed machine."""
    if not changed:
        return []
    stems = _extended(comparison.head, {PurePosixPath(path).stem for path in changed})
    if scope.arch and PurePosixPath(scope.arch).stem in stems:
        return alike
    texts = comparison.head.read(alike)
    return [path for path in alike if _mentions(texts[path], stems)]


def _mentions(content: bytes, stems: set[str]) -> bool:
    return any(stem.encode("utf-8", "surrogateescape") in content for stem in stems)


def _extended(snapshot: Snapshot, stems: set[str]) -> set[str]:
    """The names, and the names of profiles that extend them, directly or not."""
    texts = snapshot.read(path for path in snapshot.files if path.endswith(_YAML))
    extending = [(PurePosixPath(path).stem, text) for path, text in texts.items() if _PROFILE.search(text)]
    while True:
        more = {stem for stem, text in extending if _mentions(text, stems)}
        if more <= stems:
            return stems
        stems |= more
