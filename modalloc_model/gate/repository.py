"""A git repository at two moments: which files there are at each, which of them differ, and what they hold.

A moment is a commit, or the working tree: the files that git follows and those that it would offer to add, as they lie
on the disk. Leaves out: symbolic links and submodules, which hold no tables. Nothing is written, in no case.
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
_ODD = frozenset({"", ".", "..", ".git"})  # git refuses them; a tree made by hand may have them
_UNBORN = "no commit of that name; CI often fetches one commit alone: fetch the base too (git fetch origin NAME)"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a moment. `blob` is its object's id; "" for one that has to be read from the working tree."""

    path: str
    blob: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that differs: None on the side where there is none. Where git sees a renaming, the paths differ."""

    old: File | None
    new: File | None


@dataclass(frozen=True)
class Moment:
    """The repository at one moment. `name` is for people, `commit` the object's id or "" for the working tree."""

    name: str
    commit: str
    folder: Path
    files: Mapping[str, File] = field(repr=False)

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """What the files hold; a path at which there is none is left out."""
        wanted = [self.files[path] for path in dict.fromkeys(paths) if path in self.files]
        stored = dict(_blobs(self.folder, sorted({file.blob for file in wanted if file.blob})))
        return {file.path: stored[file.blob] if file.blob else self._on_disk(file.path) for file in wanted}

    def _on_disk(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except OSError as wrong:
            raise failure("unreadable", f"cannot be read: {wrong.strerror}", path=path) from wrong


@dataclass(frozen=True)
class Comparison:
    """Two moments, and the files that differ between them."""

    base: Moment
    head: Moment
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Repository:
    """The repository that a folder lies in. `top` is its working tree's uppermost folder, `here` the folder in it.

    A bare repository has no working tree.
    """

    top: Path
    here: PurePosixPath
    bare: bool

    @classmethod
    def around(cls, folder: Path) -> Repository:
        """InputError where the folder lies in none."""
        if answers(folder, "rev-parse", "--is-bare-repository") == "true":
            return cls(folder, PurePosixPath(), bare=True)
        top = answers(folder, "rev-parse", "--show-toplevel")
        if top is None:
            raise _no_repository(folder)
        prefix = answers(folder, "rev-parse", "--show-prefix") or ""
        return cls(Path(top), PurePosixPath(prefix), bare=False)

    def compare(self, base: str, head: str | None) -> Comparison:
        """The two moments. InputError, with both problems, where a revision is none."""
        commits = _all_or_none(self, [name for name in (base, head) if name is not None])
        if head is None and self.bare:
            raise failure("no-working-tree", "a bare repository has no working tree", "name a version with --head")
        before = {file.path: file for file in self._files_of(commits[0])}
        base_moment = Moment(f"{base} ({commits[0][:12]})", commits[0], self.top, before)
        if head is not None:
            differences = self._between(commits[0], commits[1])
            moment = Moment(f"{head} ({commits[1][:12]})", commits[1], self.top, _after(before, differences))
            return Comparison(base_moment, moment, differences)
        differences = self._in_the_working_tree(base_moment)
        moment = Moment("the working tree", "", self.top, _after(before, differences))
        return Comparison(base_moment, moment, differences)

    def commit(self, revision: str) -> str:
        """The commit's id. InputError for what names none."""
        wrong = not revision or revision.startswith("-") or "\0" in revision
        found = None if wrong else answers(self.top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if not found:
            hint = "a revision does not begin with -" if wrong else _UNBORN
            raise failure("unknown-revision", f"unknown revision {revision!r}", hint)
        return found

    def path(self, given: str) -> str:
        """A path on the command line as the repository has it; "" is all of it. InputError for one outside."""
        joined = Path(os.path.normpath(os.path.join(self.top / self.here, given)))
        for candidate in (joined, joined.resolve()):
            if candidate.is_relative_to(self.top):
                return "" if candidate == self.top else candidate.relative_to(self.top).as_posix()
        raise failure("outside-repository", f"lies outside the repository {self.top.name}", path=given)

    def _files_of(self, commit: str) -> Iterator[File]:
        for line in _records(git(self.top, "ls-tree", "-r", "-z", "--full-tree", commit)):
            head, _, path = line.partition("\t")
            mode, _, blob = head.split(" ")
            if mode in _FILES and not _ODD.intersection(path.split("/")):
                yield File(path, blob)

    def _between(self, base: str, head: str) -> tuple[Difference, ...]:
        return tuple(_differences(git(self.top, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "-M", base, head)))

    def _in_the_working_tree(self, base: Moment) -> tuple[Difference, ...]:
        """Git tells by times and sizes: a file that was touched, and holds what it held, is among them."""
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
    """In git's own words: there is none, or it belongs to somebody else."""
    try:
        git(folder, "rev-parse", "--show-toplevel")
    except InputError as why:
        return failure("no-repository", why.problems[0].message, "run it in the repository that holds the tables")
    return failure("no-repository", "no git repository here")


def _after(before: Mapping[str, File], differences: Iterable[Difference]) -> dict[str, File]:
    files = dict(before)
    for difference in differences:
        if difference.old:
            files.pop(difference.old.path, None)
    files.update((d.new.path, d.new) for d in differences if d.new)
    return files


def _with_untracked(found: list[Difference], others: list[File]) -> Iterator[Difference]:
    """A file that the index has dropped and that still lies there has changed at most."""
    dropped = {d.old.path: d.old for d in found if d.old and not d.new}
    still = {file.path for file in others if file.path in dropped}
    yield from (d for d in found if d.new or not d.old or d.old.path not in still)
    yield from (Difference(dropped.get(file.path), file) for file in others)


def _differences(raw: bytes) -> Iterator[Difference]:
    """`:mode mode blob blob status`, then one path, or two where the status is a renaming or a copy."""
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
    """The objects, by one process: `id type size`, a newline, the content, a newline."""
    if not wanted:
        return
    raw, at = git(folder, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted).encode()), 0
    for blob in wanted:
        end = raw.index(b"\n", at)
        head = raw[at:end].split()
        if len(head) != len(("id", "type", "size")):
            raise failure("git", f"git has no object {blob}", "the clone may be shallow or broken")
        begin, size = end + 1, int(head[2])
        yield blob, raw[begin : begin + size]
        at = begin + size + 1


_KEPT = (
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_OBJECT_DIRECTORY",  # where a push lies in quarantine while a hook looks at it
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_EXEC_PATH",
)
_SET = {
    "GIT_OPTIONAL_LOCKS": "0",  # the index is not written, not even to be refreshed
    "GIT_LITERAL_PATHSPECS": "1",  # a path is a path, and no pattern
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",  # its messages are shown, and tests read them
}
_SETTINGS = ("-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null")
"""A repository may name programs to be run; none is."""


def git(folder: Path, *words: str, given: bytes = b"") -> bytes:
    """What the command prints. InputError, in git's own words, where it fails or is missing."""
    finished = _run(folder, words, given)
    if finished.returncode:
        said = finished.stderr.decode("utf-8", "replace").strip() or f"exit status {finished.returncode}"
        raise failure("git", f"git {words[0]}: {' '.join(said.split())}")
    return finished.stdout


def answers(folder: Path, *words: str) -> str | None:
    """The one line that the command prints; None where it fails."""
    finished = _run(folder, words, b"")
    return None if finished.returncode else os.fsdecode(finished.stdout).removesuffix("\n")


def failure(code: str, message: str, hint: str = "", path: str = "") -> InputError:
    """One problem with the call, to be raised."""
    return InputError([Problem(Location(path), code, message, hint)])


def _run(folder: Path, words: tuple[str, ...], given: bytes) -> subprocess.CompletedProcess[bytes]:
    command = ["git", *_SETTINGS, *words]
    try:
        return subprocess.run(
            command, cwd=folder, env=environment(os.environ), input=given, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise failure("no-git", "git is not installed", "the gate compares two versions in a git repository") from None


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The variables that git is run with."""
    plain = {name: value for name, value in given.items() if not name.startswith("GIT_") or _passes_to_git(name)}
    return plain | _SET


def _passes_to_git(name: str) -> bool:
    return name in _KEPT or name.startswith("GIT_CONFIG")
