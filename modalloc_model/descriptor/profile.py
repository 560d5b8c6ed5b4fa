"""Profiles: what one machine is, as it is written, and what it does not have. Every value carries its source.

What is absent is written `image: {value: none, source: ...}`, or as a reach of kind `none`.
Leaves out: how profiles are read (:mod:`.loading`), and what the values come to under -D (:mod:`.machine`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from modalloc_model.descriptor.context import WrittenUnknown
from modalloc_model.descriptor.source import Journal, Text, excerpt
from modalloc_model.descriptor.yamltext import MappingReader, YamlNode
from modalloc_model.params import EVERYTHING, TARGETS_OF_TEXT, Location, Machine, Protection, Reach


@dataclass(frozen=True)
class Sourced:
    """A value as written, and where it comes from."""

    text: Text
    source: str


@dataclass(frozen=True)
class WrittenRegion:
    """A part of the address space: [first, last], or [first, last) where `exclusive`."""

    name: str
    first: Text
    last: Text
    exclusive: bool
    source: str
    where: Location
    allows: str = EVERYTHING
    bound: str = ""  # what is assumed of it


@dataclass(frozen=True)
class WrittenConstraint:
    """What holds between unknowns. With a name it is assumed, for the reason `why`, and may be lifted."""

    text: Text
    name: str = ""
    why: str = ""


@dataclass(frozen=True)
class Profile:
    """A machine as written. `symbols` are addresses, `sizes` other numbers; both may stand in expressions."""

    name: str
    path: str
    where: Location
    bits: int = 0
    inclusive_ends: bool = False
    page: Sourced | None = None
    pmd: Sourced | None = None
    kasan_alignment: Sourced | None = None
    symbols: Mapping[str, Sourced] = field(default_factory=dict)
    sizes: Mapping[str, Sourced] = field(default_factory=dict)
    unknowns: Mapping[str, WrittenUnknown] = field(default_factory=dict)
    constraints: tuple[WrittenConstraint, ...] = ()
    protections: Mapping[str, Sourced] = field(default_factory=dict)
    windows: tuple[WrittenRegion, ...] = ()
    forbidden: tuple[WrittenRegion, ...] = ()
    registered: tuple[WrittenRegion, ...] = ()
    image: WrittenRegion | None = None
    reach: tuple[Reach, ...] = ()
    targets: tuple[WrittenRegion, ...] = ()
    strict_module_rwx: bool | None = None
    none: Mapping[str, str] = field(default_factory=dict)  # what it is said not to have: part -> source
    origin: Mapping[str, str] = field(default_factory=dict)  # of word_bits, ends, strict_module_rwx
    built: Machine | None = None

    @property
    def machine(self) -> Machine:
        """The machine with nothing overridden. A profile that was loaded without problems has one."""
        assert self.built is not None
        return self.built

    @property
    def sources(self) -> dict[str, str]:
        """Where every value comes from: "symbols.MODULES_END" -> "6.12:arch/x86/...:197"."""
        found = dict(self.origin)
        singles = {"page_size": self.page, "pmd_size": self.pmd, "kasan_alignment": self.kasan_alignment}
        found |= {name: value.source for name, value in singles.items() if value}
        for group in ("symbols", "sizes", "unknowns", "protections"):
            found |= {f"{group}.{name}": value.source for name, value in getattr(self, group).items()}
        found |= {f"{part} (none)": source for part, source in self.none.items()}
        for group in ("windows", "forbidden", "registered", "targets", "reach"):
            found |= {f"{group}.{value.name}": value.source for value in getattr(self, group)}
        return found | ({"image": self.image.source} if self.image else {})

    def protection(self, name: str) -> Protection | None:
        """The protection of that name."""
        given = self.protections.get(name)
        return Protection.of(name, given.text.text) if given else None


NONE = "none"


def source_of_none(reader: MappingReader | None, key: str, journal: Journal) -> str | None:
    """The source, where the key says that there is none; None where it says anything else, or nothing."""
    node = reader.node(key) if reader else None
    if node is None or not says_none(node):
        return None
    if _bare(node):
        hint = f'write {key}: {{value: none, source: "6.12:mm/nommu.c:134"}}, with the place that shows it'
        journal.error(node.where, "missing-key", f"{key}: none has no source", hint)
        return ""
    entry = MappingReader(node, journal, key)
    value, source = entry.required("value"), entry.required("source")
    entry.finish()
    if value and value.text != NONE:
        journal.error(value.at(), "bad-value", f"{key}: {excerpt(value.text)!r} is not none")
    return source.text if source else ""


def says_none(node: YamlNode) -> bool:
    """Whether the node is what stands where there is none of something."""
    return _bare(node) or _has_value(node)


def _bare(node: YamlNode) -> bool:
    return node.kind == "text" and node.text.text == NONE


def _has_value(node: YamlNode) -> bool:
    return node.kind == "mapping" and any(key.text.text == "value" for key, _ in node.entries)


def parts_of(key: str) -> tuple[str, ...]:
    """What is none where the key says so: each target of a reach is a part of its own."""
    return tuple(f"reach.{target}" for target in TARGETS_OF_TEXT) if key == "reach" else (key,)


def merged(base: Mapping[str, str], own: Mapping[str, str | None], written: Iterable[str]) -> dict[str, str]:
    """What is none in a profile that extends another: what it writes itself replaces what the other says of the key."""
    replaced = {part for key in written for part in parts_of(key)}
    kept = {part: source for part, source in base.items() if part not in replaced}
    return kept | {part: source for key, source in own.items() if source is not None for part in parts_of(key)}
