"""A git repository in two snapshots: the files of each, the files that differ, and their content.

A snapshot is a commit or the working tree: tracked files, and untracked files that git would add, as they are on disk.
Symbolic links and submodules are not followed. Nothing is ever written.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from modalloc_model.failures import InputError
from modalloc_model.params import Location
from modalloc_model.verdict import Problem

_FILES = ("100644", "100755")
_ODD = frozenset({"", ".", "..", ".git"})  # git refuses such paths, but a tree made by hand may have them
_UNBORN = "no commit of that name; CI often fetches one commit alone: fetch the base too (git fetch origin NAME)"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a snapshot. `blob` is the id of its object; "" for a file read from the working tree."""

    path: str
    blob: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that differs; None on the side without it. The paths differ if git detects a rename."""

    old: File | None
    new: File | None


@dataclass(frozen=True)
class Snapshot:
    """The repository at one commit, or its working tree. `name` is for messages, `commit` the id or "" for the tree."""

    name: str
    commit: str
    folder: Path
    files: Mapping[str, File] = field(repr=False)

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The content of the files; missing paths are skipped."""
        wanted = [self.files[path] for path in dict.fromkeys(paths) if path in self.files]
        stored = dict(_blobs(self.folder, sorted({file.blob for file in wanted if file.blob})))
        return {file.path: stored[file.blob] if file.blob else self._on_disk(file.path) for file in wanted}

    def _on_disk(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except OSError as wrong:
            raise call_error("unreadable", f"cannot be read: {wrong.strerror}", path=path) from wrong


@dataclass(frozen=True)
class Comparison:
    """Two snapshots, and the files that differ between them."""

    base: Snapshot
    head: Snapshot
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Repository:
    """The repository around a folder. `top` is the root of the working tree, `here` the folder relative to it.

    A bare repository has no working tree.
    """

    top: Path
    here: PurePosixPath
    bare: bool

    @classmethod
    def around(cls, folder: Path) -> Repository:
        """The repository around the folder. InputError if there is none."""
        if answers(folder, "rev-parse", "--is-bare-repository") == "true":
            return cls(folder, PurePosixPath(), bare=True)
        top = answers(folder, "rev-parse", "--show-toplevel")
        if top is None:
            raise _no_repository(folder)
        prefix = answers(folder, "rev-parse", "--show-prefix") or ""
        return cls(Path(top), PurePosixPath(prefix), bare=False)

    def compare(self, base: str, head: str | None) -> Comparison:
        """The two snapshots. InputError, with both problems, for an unknown revision."""
        commits = _all_or_none(self, [name for name in (base, head) if name is not None])
        if head is None and self.bare:
            raise call_error("no-working-tree", "a bare repository has no working tree", "name a version with --head")
        before = {file.path: file for file in self._files_of(commits[0])}
        base_snapshot = Snapshot(f"{base} ({commits[0][:12]})", commits[0], self.top, before)
        if head is not None:
            differences = self._between(commits[0], commits[1])
            snapshot = Snapshot(f"{head} ({commits[1][:12]})", commits[1], self.top, _after(before, differences))
            return Comparison(base_snapshot, snapshot, differences)
        differences = self._in_the_working_tree(base_snapshot)
        snapshot = Snapshot("the working tree", "", self.top, _after(before, differences))
        return Comparison(base_snapshot, snapshot, differences)

    def commit(self, revision: str) -> str:
        """The commit's id. InputError for an unknown revision."""
        wrong = not revision or revision.startswith("-") or "\0" in revision
        found = None if wrong else answers(self.top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if not found:
            hint = "a revision does not begin with -" if wrong else _UNBORN
            raise call_error("unknown-revision", f"unknown revision {revision!r}", hint)
        return found

    def path(self, given: str) -> str:
        """The path relative to the root; "" is the root. InputError for a path outside the repository."""
        joined = Path(os.path.normpath(os.path.join(self.top / self.here, given)))
        for candidate in (joined, joined.resolve()):
            if candidate.is_relative_to(self.top):
                return "" if candidate == self.top else candidate.relative_to(self.top).as_posix()
        raise call_error("outside-repository", f"lies outside the repository {self.top.name}", path=given)

    def _files_of(self, commit: str) -> Iterator[File]:
        for line in _records(git(self.top, "ls-tree", "-r", "-z", "--full-tree", commit)):
            head, _, path = line.partition("\t")
            mode, _, blob = head.split(" ")
            if mode in _FILES and not _ODD.intersection(path.split("/")):
                yield File(path, blob)

    def _between(self, base: str, head: str) -> tuple[Difference, ...]:
        return tuple(_differences(git(self.top, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "-M", base, head)))

    def _in_the_working_tree(self, base: Snapshot) -> tuple[Difference, ...]:
        """Differences with the working tree. Git compares times and sizes: a touched but unchanged file is included."""
        raw = git(self.top, "diff-index", "-z", "--raw", "--no-abbrev", "-M", base.commit, "--")
        found = [*_differences(raw)]
        others = _records(git(self.top, "ls-files", "-z", "--others", "--exclude-standard", "--full-name"))
        regular = (path for path in others if (self.top / path).is_file() and not (self.top / path).is_symlink())
        return tuple(_with_untracked(found, [File(path, "") for path in regular]))


def _all_or_none(repository: Repository, revisions: Iterable[str]) -> list[str]:
    commits: list[str] = []
    problems: list[Problem] = []
    for revision in revisions:
        try:
            commits.append(repository.commit(revision))
        except InputError as unknown:
            problems += unknown.problems
    if problems:
        raise InputError(problems)
    return commits


def _no_repository(folder: Path) -> InputError:
    """Git's own message: there is no repository, or another user owns it."""
    try:
        git(folder, "rev-parse", "--show-toplevel")
    except InputError as why:
        return call_error("no-repository", why.problems[0].message, "run it in the repository that holds the tables")
    return call_error("no-repository", "no git repository here")


def _after(before: Mapping[str, File], differences: Iterable[Difference]) -> dict[str, File]:
    files = dict(before)
    for difference in differences:
        if difference.old:
            files.pop(difference.old.path, None)
    files.update((d.new.path, d.new) for d in differences if d.new)
    return files


def _with_untracked(found: list[Difference], others: list[File]) -> Iterator[Difference]:
    """Adds untracked files. A file dropped from the index that is still on disk counts as changed at most."""
    dropped = {d.old.path: d.old for d in found if d.old and not d.new}
    still = {file.path for file in others if file.path in dropped}
    yield from (d for d in found if d.new or not d.old or d.old.path not in still)
    yield from (Difference(dropped.get(file.path), file) for file in others)


def _differences(raw: bytes) -> Iterator[Difference]:
    """Parses `:mode mode blob blob status` and one path, or two for a rename or a copy."""
    words = _records(raw)
    for head in words:
        old_mode, new_mode, old_blob, new_blob, status = head.removeprefix(":").split(" ")
        path = next(words)
        new_path = next(words) if status[0] in "RC" else path
        old = File(path, old_blob) if old_mode in _FILES and status[0] != "C" else None
        new = File(new_path, _blob_id(new_blob)) if new_mode in _FILES else None
        if old or new:
            yield Difference(old, new)


def _blob_id(blob: str) -> str:
    return blob if blob.strip("0") else ""


def _records(raw: bytes) -> Iterator[str]:
    return (os.fsdecode(record) for record in raw.split(b"\0") if record)


def _blobs(folder: Path, wanted: list[str]) -> Iterator[tuple[str, bytes]]:
    """Reads the objects in one process: `id type size`, a newline, the content, a newline."""
    if not wanted:
        return
    raw, at = git(folder, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted).encode()), 0
    for blob in wanted:
        end = raw.index(b"\n", at)
        head = raw[at:end].split()
        if len(head) != len(("id", "type", "size")):
            raise call_error("git", f"git has no object {blob}", "the clone may be shallow or broken")
        begin, size = end + 1, int(head[2])
        yield blob, raw[begin : begin + size]
        at = begin + size + 1


_KEPT = (
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_OBJECT_DIRECTORY",  # a hook sees pushed objects in a quarantine folder
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_EXEC_PATH",
)
_SET = {
    "GIT_OPTIONAL_LOCKS": "0",  # the index is not written, not even refreshed
    "GIT_LITERAL_PATHSPECS": "1",  # a path is a literal path, not a pattern
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",  # messages are shown to users, and tests read them
}
_SETTINGS = ("-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null")
"""A repository's configuration may name programs to run; none is run."""


def git(folder: Path, *words: str, given: bytes = b"") -> bytes:
    """The output of the command. InputError, with git's own message, if it fails or git is missing."""
    finished = _run(folder, words, given)
    if finished.returncode:
        said = finished.stderr.decode("utf-8", "replace").strip() or f"exit status {finished.returncode}"
        raise call_error("git", f"git {words[0]}: {' '.join(said.split())}")
    return finished.stdout


def answers(folder: Path, *words: str) -> str | None:
    """The one line that the command prints; None if it fails."""
    finished = _run(folder, words, b"")
    return None if finished.returncode else os.fsdecode(finished.stdout).removesuffix("\n")


def call_error(code: str, message: str, hint: str = "", path: str = "") -> InputError:
    """An InputError with one problem of the call."""
    return InputError([Problem(Location(path), code, message, hint)])


def _run(folder: Path, words: tuple[str, ...], given: bytes) -> subprocess.CompletedProcess[bytes]:
    command = ["git", *_SETTINGS, *words]
    try:
        return subprocess.run(
            command, cwd=folder, env=environment(os.environ), input=given, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise call_error(
            "no-git", "git is not installed", "the gate compares two versions in a git repository"
        ) from None


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment in which git runs."""
    plain = {name: value for name, value in given.items() if not name.startswith("GIT_") or _passes_to_git(name)}
    return plain | _SET


def _passes_to_git(name: str) -> bool:
    return name in _KEPT or name.startswith("GIT_CONFIG")
