"""Git, asked through its own command: only commands that read, and nothing that the caller's environment could turn.

The repository is the one that the folder lies in, whatever GIT_DIR says: a hook sets that variable for its own
repository, and the gate may be asked about another. Kept are the variables that say where objects and settings lie.
Leaves out: fetching. A partial clone may fetch what it lacks, as git itself would.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from modalloc_model.failures import InputError
from modalloc_model.params import Location
from modalloc_model.verdict import Problem

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
    plain = {name: value for name, value in given.items() if not name.startswith("GIT_") or _is_kept(name)}
    return plain | _SET


def _is_kept(name: str) -> bool:
    return name in _KEPT or name.startswith("GIT_CONFIG")
