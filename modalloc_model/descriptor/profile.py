"""Profiles: a machine as written, the parts it declares absent, and consistency checks.

Every value has a source. An absent part is written `image: {value: none, source: ...}`, or as a reach of kind `none`. A
run names its reach rule, and a rule its target. A key that a kind does not use is refused: a reader would believe it
has an effect. :mod:`.loading` reads profiles, :mod:`.machine` evaluates them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from modalloc_model.descriptor.context import WrittenUnknown
from modalloc_model.descriptor.source import Journal, Text, excerpt
from modalloc_model.descriptor.yamltext import MappingReader, YamlNode
from modalloc_model.params import EVERYTHING, TARGETS_OF_TEXT, TEXT, Location, Machine, Protection, Reach


@dataclass(frozen=True)
class Sourced:
    """A value as written, and its source."""

    text: Text
    source: str
    bound: str = ""  # an assumption, if it does not count


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
    bound: str = ""  # the assumption about it


@dataclass(frozen=True)
class WrittenConstraint:
    """A constraint between unknowns. With a name it is an assumption with the reason `why`, and may be lifted."""

    text: Text
    name: str = ""
    why: str = ""


@dataclass(frozen=True)
class Profile:
    """A machine as written. `symbols` are addresses, `sizes` other numbers; expressions may use both."""

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
    none: Mapping[str, str] = field(default_factory=dict)  # absent parts: part -> source
    origin: Mapping[str, str] = field(default_factory=dict)  # of word_bits, ends, strict_module_rwx
    built: Machine | None = None

    @property
    def machine(self) -> Machine:
        """The machine without overrides. A profile that was loaded without problems has one."""
        assert self.built is not None
        return self.built

    @property
    def sources(self) -> dict[str, str]:
        """The source of every value: "symbols.MODULES_END" -> "6.12:arch/x86/...:197"."""
        found = dict(self.origin)
        singles = {"page_size": self.page, "pmd_size": self.pmd, "kasan_alignment": self.kasan_alignment}
        found |= {name: value.source for name, value in singles.items() if value}
        for group in ("symbols", "sizes", "unknowns", "protections"):
            found |= {f"{group}.{name}": value.source for name, value in getattr(self, group).items()}
        found |= {f"{part} (none)": source for part, source in self.none.items()}
        for group in ("windows", "forbidden", "registered", "targets", "reach"):
            found |= {f"{group}.{value.name}": value.source for value in getattr(self, group)}
        return found | ({"image": self.image.source} if self.image else {})

    @property
    def regions(self) -> tuple[WrittenRegion, ...]:
        """Every named region."""
        image = (self.image,) if self.image else ()
        return (*self.windows, *self.forbidden, *self.registered, *image, *self.targets)

    def protection(self, name: str) -> Protection | None:
        """The protection of that name."""
        given = self.protections.get(name)
        return Protection.of(name, given.text.text) if given else None


NONE = "none"


def source_of_none(reader: MappingReader | None, key: str, journal: Journal) -> str | None:
    """The source, if the key declares the part absent; None otherwise."""
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
    """Whether the node declares a part absent."""
    return _bare(node) or _has_value(node)


def _bare(node: YamlNode) -> bool:
    return node.kind == "text" and node.text.text == NONE


def _has_value(node: YamlNode) -> bool:
    return node.kind == "mapping" and any(key.text.text == "value" for key, _ in node.entries)


def parts_of(key: str) -> tuple[str, ...]:
    """The parts that the key declares absent: each target of a reach is a separate part."""
    return tuple(f"reach.{target}" for target in TARGETS_OF_TEXT) if key == "reach" else (key,)


def merge_absent(base: Mapping[str, str], own: Mapping[str, str | None], written: Iterable[str]) -> dict[str, str]:
    """The absent parts of a profile that extends another: a key that it writes replaces the other's."""
    replaced = {part for key in written for part in parts_of(key)}
    kept = {part: source for part, source in base.items() if part not in replaced}
    return kept | {part: source for key, source in own.items() if source is not None for part in parts_of(key)}


WIDEST = 64  # bits of a word
_BOUNDED = ("relative", "page", "absolute")
_KINDS_WITH = {"lowest": _BOUNDED, "highest": _BOUNDED, "segment_bits": ("segment",), "page_bits": ("page",)}
"""The numbers that only some kinds use."""


def complaints(reach: Reach, bits: int, given: Iterable[str]) -> Iterator[str]:
    """Inconsistencies within one rule, whatever the machine; `given` are its numbers."""
    for key in given:
        if reach.kind not in _KINDS_WITH.get(key, (reach.kind,)):
            yield f"{key} is of kind {' or '.join(_KINDS_WITH[key])}, not {reach.kind}; leave it out, or mend the kind"
    if not reach.targets:
        yield "it names nothing; list under targets what it names"
    yield from _complaints(reach, bits)


def _complaints(reach: Reach, bits: int) -> Iterator[str]:
    if not 0 <= bits <= WIDEST:
        yield f"bits is {bits}, not a number of bits"
    if bits and reach.kind != "absolute":
        yield f"bits is of kind absolute, not {reach.kind}; give lowest and highest"
    if reach.kind == "absolute" and not bits and reach.lowest == reach.highest == 0:
        yield "give bits, of a word that is extended by its sign, or lowest and highest"
    if reach.within_module and reach.targets != (TEXT,):
        yield f"within_module is of targets: [text], not {', '.join(reach.targets) or 'none'}"
    if reach.within_module and reach.kind not in ("relative", "anywhere"):
        yield f"within_module is of kind relative, not {reach.kind}"
    if reach.within_module and not reach.lowest <= 0 <= reach.highest:
        yield "within_module goes from lowest, 0 or below, to highest, 0 or above"
    if (reach.veneer_lowest or reach.veneer_highest) and not reach.veneer:
        yield "veneer_lowest and veneer_highest say how far a veneer may be, and there is no veneer"
    if reach.veneer_lowest > 0 or reach.veneer_highest < 0:
        yield "a veneer lies from veneer_lowest, 0 or below, to veneer_highest, 0 or above, bytes away"
    if reach.instruction < 1:
        yield f"instruction is {reach.instruction}, not a number of bytes"


def misfits(profile: Profile) -> Iterator[str]:
    """Inconsistencies between the profile's rules and its words, or each other."""
    for group in ("reach", "targets"):
        counted = Counter(one.name for one in getattr(profile, group))
        for name in (name for name, count in counted.items() if count > 1):
            yield f"{group}: {excerpt(name)} stands there twice; give each a name of its own"
    for reach in profile.reach:
        for complaint in _misfits(reach, profile.bits):
            yield f"{excerpt(reach.name)}: {complaint}"
        for target in (target for target in reach.targets if f"reach.{target}" in profile.none):
            yield f"{reach.name} reaches {target}, and another reach says none does"


def _misfits(reach: Reach, bits: int) -> Iterator[str]:
    yield from _beyond_words(reach, bits)
    if reach.kind in _BOUNDED and reach.lowest > reach.highest:
        yield "lowest is above highest"
    every = (1 << bits) - (reach.kind == "absolute")
    if reach.kind in _BOUNDED and reach.highest - reach.lowest >= every:
        yield f"every address of {bits} bits is in reach; write kind: anywhere"
    if reach.kind == "page" and not 0 < reach.page_bits < bits:
        yield f"page_bits is {reach.page_bits}"
    if reach.kind == "segment" and not 0 < reach.segment_bits < bits:
        yield f"segment_bits is {reach.segment_bits}"


def _beyond_words(reach: Reach, bits: int) -> Iterator[str]:
    """A number that no displacement, address or length can be; as a word it would be another number."""
    half, whole = 1 << (bits - 1), 1 << bits
    for key in ("lowest", "highest", "veneer_lowest", "veneer_highest"):
        value = getattr(reach, key)
        least, most = (-whole, whole - 1) if reach.kind == "absolute" else (-half, half - 1)
        if not least <= value <= most:
            what = "an address" if reach.kind == "absolute" else "a displacement"
            yield f"{key} is {value:#x}, and {what} of {bits} bits lies in {least:#x} .. {most:#x}"
    if reach.instruction >= whole:
        yield f"instruction is {reach.instruction:#x} bytes, more than {bits} bits address"
