"""Readers: text in, tables out.

A text becomes descriptors (the written values, with line and column), and these, with a machine's profile, parameter
sets (their meaning). A wrong input raises no exception: every problem is collected and reported.

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
    """The tables in a file, in every file of a folder, or in standard input for "-"; and every problem."""
    from modalloc_model.descriptor import files

    return files.read_path(path, settings)


def read_text(text: bytes, path: str, settings: Settings, alone: bool = True) -> Reading:
    """The tables in the bytes of a file; `path` names it in messages and ids. `alone`: it must hold a table."""
    from modalloc_model.descriptor import files

    return files.read_text(text, path, settings, alone)


def profiles() -> dict[str, Path]:
    """The machine profiles, by name, and their files."""
    from modalloc_model.descriptor import loading

    return loading.profiles()


def load_profile(name: str) -> tuple[Profile | None, tuple[Problem, ...]]:
    """The machine of that name or path, and every problem with it; None if one is an error."""
    from modalloc_model.descriptor import loading
    from modalloc_model.descriptor.source import Journal, Text
    from modalloc_model.params import Location

    journal = Journal()
    loaded = loading.load(Text.with_location(name, Location("--arch")), journal)
    return loaded, journal.problems
