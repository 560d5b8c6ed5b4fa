"""The configuration file: the compared paths, the policy, and the file of expectations.

    forbid: [lost-capacity]          # in addition to the default
    allow: [removed-table]
    paths: [tables]                  # compared if the command line names no PATH
    profiles: machines               # the folder of the repository's own profiles
    expect: known-failures.yaml      # of the same version of the repository
    shape: {TEXT: 4, DATA: 2}        # pages of each section of the module that capacity is counted in

Options for reading and deciding belong on the command line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from modalloc_model.descriptor.source import Journal, ReadError, Source, nearest
from modalloc_model.descriptor.yamltext import Lines, MappingReader, YamlNode, documents
from modalloc_model.failures import InputError
from modalloc_model.gate.findings import Shape
from modalloc_model.gate.policy import ALWAYS, KINDS, Policy

NAME = ".modalloc.yaml"
"""In the root folder of the repository."""


@dataclass(frozen=True)
class Config:
    """The content of a configuration file; empty if there is no file."""

    forbid: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    profiles: str | None = None
    expect: str | None = None
    shape: Shape = field(default_factory=Shape)

    @property
    def policy(self) -> Policy:
        """The policy of the file."""
        return Policy().changed(self.forbid, self.allow)


def read_config(content: bytes, path: str) -> Config:
    """Reads the file. InputError with every problem."""
    journal = Journal()
    root = root_of(content, path, journal)
    config = _read(MappingReader(root, journal, "configuration"), journal) if root else Config()
    refuse(journal)
    return config


def _read(reader: MappingReader, journal: Journal) -> Config:
    profiles, expect = reader.text("profiles"), reader.text("expect")
    config = Config(
        forbid=_kinds(reader, "forbid", journal),
        allow=_kinds(reader, "allow", journal),
        paths=tuple(text.text for text in reader.texts("paths")),
        profiles=profiles.text.strip("/") if profiles else None,
        expect=expect.text if expect else None,
        shape=_shape(reader, journal),
    )
    reader.finish()
    return config


def _kinds(reader: MappingReader, key: str, journal: Journal) -> tuple[str, ...]:
    """Kinds of change. An unknown kind, or one that no policy may allow, is a problem."""
    for text in reader.texts(key):
        if text.text not in KINDS:
            hint = nearest(text.text, KINDS) or f"known: {', '.join(KINDS)}"
            journal.error(text.at(), "bad-value", f"{key}: no such kind of change {text.text!r}", hint)
        elif key == "allow" and text.text in ALWAYS:
            journal.error(text.at(), "bad-value", f"{text.text} cannot be allowed")
    return tuple(text.text for text in reader.texts(key))


def _shape(reader: MappingReader, journal: Journal) -> Shape:
    from modalloc_model.descriptor.context import integer

    inner = reader.mapping("shape")
    pages = {}
    for name in inner.names() if inner else ():
        text = inner.text(name) if inner else None
        value = integer(text, journal) if text else None
        if text and value is not None and not 0 <= value <= _MOST:
            journal.error(text.at(), "bad-value", f"shape: {name} has {value} pages, not 0 to {_MOST}")
        pages[name] = value or 0
    return Shape(pages)


_MOST = 1 << 18
"""Pages of a section; a gigabyte."""


def kinds_let_through(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """Kinds that the old policy forbids and the new one allows, in the order of the list of kinds."""
    lost = set(old) - set(new)
    return [kind for kind in KINDS if kind in lost]


_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)


def root_of(content: bytes, path: str, journal: Journal) -> YamlNode | None:
    """The document's root; None for an empty file, and after a problem."""
    try:
        source = Source(path, content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        journal.error(Source(path, "").location(0), "bad-yaml", "not UTF-8")
        return None
    conflict = _CONFLICT.search(source.text)
    if conflict:
        journal.error(source.location(conflict.start()), "conflict-marker", "an unresolved merge conflict")
        return None
    return _only(source, journal)


def _only(source: Source, journal: Journal) -> YamlNode | None:
    try:
        roots = documents(Lines.of(source))
    except ReadError as found:
        journal.add(found.problem)
        return None
    if len(roots) > 1:
        journal.error(roots[1].where, "bad-yaml", "a second document; expected one")
    return roots[0] if roots and roots[0].kind != "null" else None


def refuse(journal: Journal) -> None:
    """Raises InputError with every problem if one of them is an error."""
    if journal.errors:
        raise InputError(journal.problems)
