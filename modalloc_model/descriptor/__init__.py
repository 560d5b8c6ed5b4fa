"""Readers: text in, tables out.

A text becomes descriptors (what was written, with line and column), and these, with a machine's profile, parameter sets
(what it means). Nothing here raises for what a file holds: every problem is said, all at once.

`Settings`, `Case`, `Table`, `Reading` are the data, `read_path` and `read_text` read tables, `profiles` and
`load_profile` machines. The readers themselves are imported when they are first called.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modalloc_model.descriptor.reading import Case, Reading, Settings, Table
from modalloc_model.verdict import Problem

if TYPE_CHECKING:
    from modalloc_model.descriptor.profile import Profile

__all__ = ["Case", "Reading", "Settings", "Table", "load_profile", "profiles", "read_path", "read_text"]


def read_path(path: str, settings: Settings) -> Reading:
    """The tables in a file, in every file of a folder, or in standard input for "-"; and every problem with them."""
    from modalloc_model.descriptor import files

    return files.read_path(path, settings)


def read_text(text: bytes, path: str, settings: Settings, alone: bool = True) -> Reading:
    """The tables in the bytes of a file; `path` names it in messages and ids. `alone`: it must hold one."""
    from modalloc_model.descriptor import files

    return files.read_text(text, path, settings, alone)


def profiles() -> dict[str, Path]:
    """The machines that are known, by name, and the files that describe them."""
    from modalloc_model.descriptor import loading

    return loading.profiles()


def load_profile(name: str) -> tuple[Profile | None, tuple[Problem, ...]]:
    """The machine of that name, or of that path, and every problem with it; None where a problem is an error."""
    from modalloc_model.descriptor import loading
    from modalloc_model.descriptor.source import Journal, Text
    from modalloc_model.params import Location

    journal = Journal()
    loaded = loading.load(Text.given(name, Location("--arch")), journal)
    return loaded, journal.problems
