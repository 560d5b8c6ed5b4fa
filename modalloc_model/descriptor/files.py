"""Paths and texts to readings: the files to read, their kinds, and problems with whole files.

The content decides the kind: C, or text that contains C, if a table of a known dialect begins in it; YAML if it has a
key `types`. Only files, folders and standard input are read, no archives.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from modalloc_model.descriptor import cfront, yamlfront
from modalloc_model.descriptor.context import CallerSettings, check_settings
from modalloc_model.descriptor.ctext import CText
from modalloc_model.descriptor.descriptor import Descriptor
from modalloc_model.descriptor.dialects import WRITTEN_IN_C
from modalloc_model.descriptor.reading import Names, Reading, Settings, Table
from modalloc_model.descriptor.resolve import Profiles, resolve
from modalloc_model.descriptor.source import Journal, Source
from modalloc_model.descriptor.uses import of_table, together
from modalloc_model.params import Location

MAX_SIZE = 8 * 1024 * 1024
"""Bytes of a file. Tables have a few thousand; the largest archive of one discussion a few million."""

_SUFFIXES = (".c", ".h", ".yaml", ".yml", ".txt", ".patch", ".diff", ".mbox", ".eml", ".mail")
_STRUCTS = tuple(WRITTEN_IN_C)
_TYPES_KEY = re.compile(r"^[\"']?types[\"']?\s*:|\A\s*\{(?s:.*)[\"']?\btypes[\"']?\s*:", re.MULTILINE)
_TABLE_KEY = re.compile(r"^[\"']?(?:dialect|arch|define|assume|claims|cases)[\"']?\s*:", re.MULTILINE)
_PROFILE_KEY = re.compile(r"^[\"']?(?:word_bits|extends)[\"']?\s*:", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read_text(text: bytes, path: str, settings: Settings, alone: bool = True) -> Reading:
    """The tables in the bytes of a file. `path` names it in messages and starts the tables' ids.

    `alone`: the call names it, so it must hold a table.
    """
    reader = _Reader(settings)
    reader.content(text, path, alone)
    return reader.reading()


def read_path(path: str, settings: Settings) -> Reading:
    """The tables in a file, in every file of a folder that may hold tables, or in standard input for "-"."""
    reader = _Reader(settings)
    if path == "-":
        reader.content(sys.stdin.buffer.read(MAX_SIZE + 1), path, alone=True)
    elif Path(path).is_dir():
        reader.folder(Path(path))
    else:
        reader.file(Path(path), path, alone=True)
    return reader.reading()


class _Reader:
    """Collects tables and problems of all files of one call."""

    def __init__(self, settings: Settings) -> None:
        self._journal = Journal()
        self._profiles = Profiles(self._journal)
        self._demands: CallerSettings = check_settings(settings, self._journal)
        self._tables: list[Table] = []
        self._names: list[Names] = []

    def reading(self) -> Reading:
        """The collected tables; equal ids get numbers."""
        tables = _number(self._tables, self._journal)
        return Reading(tuple(tables), self._journal.problems, together(self._names))

    def folder(self, folder: Path) -> None:
        """Reads every file below the folder whose extension allows a table."""
        before = len(self._tables), self._journal.errors
        for file in _files(folder):
            self.file(file, str(file), alone=False)
        if (len(self._tables), self._journal.errors) == before:
            self._error(str(folder), "no-table", "no table in any file of this folder")

    def file(self, file: Path, path: str, alone: bool) -> None:
        """Reads one file. `alone`: the call names it, so it must hold a table."""
        try:
            with file.open("rb") as stream:
                content = stream.read(MAX_SIZE + 1)
        except (OSError, ValueError) as failure:
            code = "not-found" if isinstance(failure, FileNotFoundError) else "unreadable"
            self._error(path, code, f"cannot be read: {getattr(failure, 'strerror', None) or failure}")
            return
        self.content(content, path, alone)

    def content(self, content: bytes, path: str, alone: bool) -> None:
        """The bytes of one file."""
        if not alone and not any(word in content for word in (*(s.encode() for s in _STRUCTS), b"types")):
            return
        if len(content) > MAX_SIZE:
            self._error(path, "too-large", f"more than {MAX_SIZE // 1024 // 1024} MiB")
            return
        text = _decode(content)
        if text is None:
            if alone:
                self._error(path, "binary", "not a text")
            return
        self._text(Source(path, text), alone)

    def _text(self, source: Source, alone: bool) -> None:
        before = self._journal.errors
        descriptors = self._descriptors(source, alone)
        if not descriptors and self._journal.errors == before and alone:
            self._say_empty(source)
        for descriptor in descriptors:
            table = resolve(descriptor, source, self._demands, self._profiles, self._journal)
            arch = self._demands.arch or descriptor.context.arch
            self._names.append(of_table(descriptor, self._profiles.find(arch) if arch else None))
            if table:
                self._tables.append(table)

    def _descriptors(self, source: Source, alone: bool) -> list[Descriptor]:
        text = CText(source)
        is_yaml = not text.tables and _is_yaml(source.text, alone)
        conflict = _CONFLICT.search(source.text) if text.tables or is_yaml else None
        if conflict and "<<<<<<<" in source.text:
            where = source.location(conflict.start())
            self._journal.error(where, "conflict-marker", "an unresolved merge conflict")
            return []
        if is_yaml:
            return yamlfront.read_tables(source, self._journal)
        return cfront.read_tables(text, self._demands, self._journal)

    def _say_empty(self, source: Source) -> None:
        if not source.text.strip():
            self._error(source.path, "empty", "the file is empty")
        elif _PROFILE_KEY.search(source.text):
            self._error(
                source.path, "no-table", "a machine's profile, not a table", f"use it with --arch {source.path}"
            )
        else:
            known = ", ".join(f"struct {name}" for name in _STRUCTS)
            hint = f"a table begins with {known} and an opening brace, or is YAML with a key 'types'"
            self._error(source.path, "no-table", "no table in this file", hint)

    def _error(self, path: str, code: str, message: str, hint: str = "") -> None:
        self._journal.error(Location(path, 1, 1), code, message, hint)


def _is_yaml(text: str, alone: bool) -> bool:
    return bool(_TYPES_KEY.search(text)) and (alone or bool(_TABLE_KEY.search(text)))


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not hidden and file.suffix.lower() in _SUFFIXES and file.is_file():
            yield file


def _decode(content: bytes) -> str | None:
    """The text: UTF-8, or else Latin-1, which some mails use; None for a binary file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    controls = len(_CONTROL.findall(text[:65536]))
    return None if "\x00" in text or controls * 20 > min(len(text), 65536) else text


def _number(tables: list[Table], journal: Journal) -> list[Table]:
    seen: dict[str, Table] = {}
    for table in tables:
        name, number = table.params.id, 1
        while name in seen:
            number += 1
            name = f"{table.params.id}-{number}"
        if number > 1:
            first = seen[table.params.id].params
            where = Location(table.params.path, table.params.line, 1)
            message = f"the id {first.id} is that of the table in {first.path}:{first.line}; this one is called {name}"
            journal.warn(where, "duplicate-id", message)
        seen[name] = replace(table, params=replace(table.params, id=name))
    return list(seen.values())
