"""The configuration file: what is compared, by which policy, and where the expectations are.

    forbid: [lost-capacity]          # beside what is forbidden by itself
    allow: [removed-table]
    paths: [tables]                  # what is compared where no PATH is given
    profiles: machines               # the folder of the repository's own profiles
    expect: known-failures.yaml      # of the same version of the repository
    shape: {TEXT: 4, DATA: 2}        # pages of each section of the module that capacity is counted in

Leaves out: options for reading and deciding, which belong on the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from modalloc_model.descriptor.source import Journal, nearest
from modalloc_model.descriptor.yamltext import MappingReader
from modalloc_model.gate.directions.shape import Shape
from modalloc_model.gate.policy import ALWAYS, KINDS, Policy
from modalloc_model.gate.yamlfile import refuse, root_of

NAME = ".modalloc.yaml"
"""In the repository's uppermost folder."""


@dataclass(frozen=True)
class Config:
    """What a configuration file says; nothing, where there is none."""

    forbid: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    profiles: str | None = None
    expect: str | None = None
    shape: Shape = field(default_factory=Shape)

    @property
    def policy(self) -> Policy:
        """The policy that the file lays down."""
        return Policy().changed(self.forbid, self.allow)


def read_config(content: bytes, path: str) -> Config:
    """InputError with every problem."""
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
    """Kinds of change; one that there is not, or that cannot be allowed, is a problem."""
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


def weakened(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """What was forbidden and is not, in the order in which kinds are listed."""
    lost = set(old) - set(new)
    return [kind for kind in KINDS if kind in lost]
