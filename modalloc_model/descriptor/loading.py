"""Loads profiles from spec/arch/*.yaml or from a file that the caller names.

A contradictory profile is refused. A profile that `extends` another inherits the keys that it does not give itself; in
its mappings, null removes a name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from modalloc_model.descriptor.context import WrittenUnknown, integer, read_unknowns
from modalloc_model.descriptor.dialects import GRAMMARS
from modalloc_model.descriptor.machine import Overrides, build
from modalloc_model.descriptor.profile import (
    NONE,
    WIDEST,
    Profile,
    Sourced,
    WrittenConstraint,
    WrittenRegion,
    complaints,
    merge_absent,
    misfits,
    says_none,
    source_of_none,
)
from modalloc_model.descriptor.source import Journal, ReadError, Source, Text, excerpt, nearest
from modalloc_model.descriptor.yamltext import Lines, MappingReader, YamlNode, documents
from modalloc_model.params import EVERYTHING, PLACES, TARGETS, TEXT, Location, Reach
from modalloc_model.paths import spec_root
from modalloc_model.verdict import Problem

_MAX_EXTENDS = 5
_REACH_KINDS = ("relative", "segment", "anywhere", "page", "absolute", NONE)
_REACH_NUMBERS = {  # and their defaults
    "lowest": 0,
    "highest": 0,
    "segment_bits": 0,
    "instruction": 4,
    "page_bits": 12,
    "bits": 0,
    "veneer_lowest": 0,
    "veneer_highest": 0,
}
_OTHERS = tuple(dict.fromkeys(name for grammar in GRAMMARS.values() for name in grammar.dialect.others))
_LETTERS = frozenset(r + w + x for r in "r-" for w in "w-" for x in "x-")

ValueT = TypeVar("ValueT")


_OWN: ContextVar[Path | None] = ContextVar("a folder of profiles", default=None)


@contextmanager
def own_profiles(folder: Path | None) -> Iterator[None]:
    """A context in which the profiles of a folder override the tool's."""
    token = _OWN.set(folder)
    try:
        yield
    finally:
        _OWN.reset(token)


def profiles() -> dict[str, Path]:
    """The machine profiles, by name, and their files."""
    own = _OWN.get()
    files = [*(spec_root() / "arch").glob("*.yaml"), *(own.glob("*.yaml") if own else ())]
    return dict(sorted({path.stem: path for path in files}.items()))


def file_of(text: Text, folder: Path | None = None) -> Path | None:
    """The file that a text names: one of :func:`profiles`, or the path of a YAML file; None for an unknown name.

    A path is relative to the folder of the file that names it, or otherwise to the current one.
    """
    name = text.text.strip()
    if not (name.endswith((".yaml", ".yml")) or "/" in name):
        return profiles().get(name)
    near = folder if folder is not None else _folder_of(text)
    found = [Path(os.path.normpath(start / name)) for start in (near, Path()) if start is not None]
    return next((path for path in found if path.is_file()), found[0])


def _folder_of(text: Text) -> Path | None:
    """The folder of the file that contains the text; None for a pipe and the command line."""
    path = text.at().path
    return None if not path or path.startswith("-") else Path(path).parent


def load(text: Text, journal: Journal) -> Profile | None:
    """The profile that a text names, as in :func:`file_of`. None after a problem."""
    before = journal.errors
    try:
        profile = _load(text, journal, (), None)
    except ReadError as found:
        journal.add(found.problem)
        return None
    if journal.errors > before or not _sane(profile, journal):
        return None
    built = build(profile, Overrides(), journal)
    return replace(profile, built=built[0]) if built and journal.errors == before else None


def _load(text: Text, journal: Journal, seen: tuple[str, ...], folder: Path | None) -> Profile:
    """Loads a profile; `folder` is that of the profile that extends it, None for the first."""
    name, file = text.text.strip(), file_of(text, folder)
    if file is None:
        known = profiles()
        hint = nearest(name, known) or f"known: {', '.join(known)}"
        raise ReadError(Problem(text.at(), "unknown-arch", f"no profile for the architecture {excerpt(name)!r}", hint))
    path = str(file)
    if path in seen or len(seen) >= _MAX_EXTENDS:
        raise ReadError(Problem(text.at(), "profile", f"profile {excerpt(name)} extends itself"))
    return _read(_root(text, path), path, journal, (*seen, path))


def _root(text: Text, path: str) -> YamlNode:
    try:
        content = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or "not UTF-8"
        hint = "a path is seen from the file that names it, then from the current folder"
        named = excerpt(text.text.strip())
        raise ReadError(Problem(text.at(), "unknown-arch", f"profile {named}: {reason}", hint)) from None
    roots = documents(Lines.of(Source(_display_path(path), content)))
    if len(roots) != 1:
        where = Location(_display_path(path), 1, 1)
        raise ReadError(Problem(where, "profile", f"a profile is one YAML mapping, not {len(roots)}"))
    return roots[0]


def _display_path(path: str) -> str:
    """The path in reports: without the location of the checkout."""
    root = str(spec_root().parent)
    return path.removeprefix(root).lstrip("/") if path.startswith(root + "/") else path


def _read(root: YamlNode, path: str, journal: Journal, seen: tuple[str, ...]) -> Profile:
    reader = MappingReader(root, journal, "profile")
    extended = reader.text("extends")
    base = _load(extended, journal, seen, Path(path).parent) if extended else Profile("", "", root.where)
    name = reader.required("name")
    profile = _Fields(reader, journal, base).read(name.text if name else "", _display_path(path), root.where)
    reader.finish()
    return profile


class _Fields:
    """Reads a profile's keys, with those of the profile that it extends as defaults."""

    def __init__(self, reader: MappingReader, journal: Journal, base: Profile) -> None:
        self._reader = reader
        self._journal = journal
        self._base = base

    def read(self, name: str, path: str, where: Location) -> Profile:
        base, regions = self._base, self._reader.mapping("regions")
        bits, ends = self._single("word_bits"), self._single("ends")
        strict = self._single("strict_module_rwx", optional=True)
        singles = {"word_bits": bits, "ends": ends, "strict_module_rwx": strict}
        targets = self._targets()
        none = self._none(regions)
        reach = self._reach((*TARGETS, *_OTHERS, *(target.name for target in targets)))
        profile = Profile(
            name=name,
            path=path,
            where=where,
            bits=self._bits(bits),
            inclusive_ends=self._inclusive(ends),
            page=self._single("page_size") or base.page,
            pmd=self._single("pmd_size") or base.pmd,
            kasan_alignment=self._kasan() or base.kasan_alignment,
            symbols=self._merge("symbols", base.symbols, self._with_source),
            sizes=self._merge("sizes", base.sizes, self._with_source),
            unknowns=self._unknowns(),
            constraints=self._constraints(),
            protections=self._merge("protections", base.protections, self._allows),
            windows=() if "windows" in none else self._regions(self._reader, "windows", base.windows),
            forbidden=() if "forbidden" in none else self._regions(regions, "forbidden", base.forbidden),
            registered=self._regions(regions, "registered", base.registered),
            image=None if "image" in none else self._image(),
            reach=tuple(one for one in reach if one.kind != NONE),
            targets=targets,
            strict_module_rwx=self._truth(strict),
            none=none | {f"reach.{target}": one.source for one in reach if one.kind == NONE for target in one.targets},
            origin={**base.origin, **{key: value.source for key, value in singles.items() if value}},
        )
        if regions:
            regions.finish()
        return profile

    def _single(self, key: str, optional: bool = False) -> Sourced | None:
        reader = self._reader.mapping(key)
        if reader is None:
            if not self._base.name and not optional and not self._reader.has(key):
                self._error(self._reader.where, "missing-key", f"profile: {key!r} is missing")
            return None
        return self._with_source(reader)

    def _kasan(self) -> Sourced | None:
        """The alignment under KASAN. With a bound it does not apply until --beyond lifts that."""
        reader = self._reader.mapping("kasan_alignment")
        if reader is None:
            return None
        bound, value = reader.text("bound"), self._with_source(reader)
        return replace(value, bound=bound.text if bound else "") if value else None

    def _error(self, where: Location, code: str, message: str, hint: str = "") -> None:
        self._journal.error(where, code, message, hint)

    def _with_source(self, reader: MappingReader) -> Sourced | None:
        value, source = reader.required("value"), reader.required("source")
        reader.finish()
        return Sourced(value, source.text) if value and source else None

    def _allows(self, reader: MappingReader) -> Sourced | None:
        letters, source = self._letters(reader.required("allows")), reader.required("source")
        reader.finish()
        return Sourced(letters, source.text) if letters and source else None

    def _letters(self, letters: Text | None) -> Text | None:
        if letters and letters.text not in _LETTERS:
            self._error(letters.at(), "bad-value", f"allows: {excerpt(letters.text)!r} is not like rwx, r-x, rw-, r--")
            return None
        return letters

    def _merge(
        self, key: str, base: Mapping[str, ValueT], read: Callable[[MappingReader], ValueT | None]
    ) -> dict[str, ValueT]:
        found = dict(base)
        reader = self._reader.mapping(key)
        for name in reader.names() if reader else ():
            entry = reader.mapping(name) if reader else None
            value = read(entry) if entry else None
            if value is not None:
                found[name] = value
            elif entry is None:
                found.pop(name, None)
        return found

    def _unknowns(self) -> dict[str, WrittenUnknown]:
        reader = self._reader.mapping("unknowns")
        removed = [name for name in reader.names() if reader.node(name) is None] if reader else []
        merged = {**self._base.unknowns, **read_unknowns(reader, self._journal)}
        return {name: unknown for name, unknown in merged.items() if name not in removed}

    def _constraints(self) -> tuple[WrittenConstraint, ...]:
        node = self._reader.node("constraints")
        if not self._reader.has("constraints"):
            return self._base.constraints
        if node and node.kind == "text":
            return (WrittenConstraint(node.text),)
        return tuple(one for item in self._reader.items("constraints") if (one := self._constraint(item)))

    def _constraint(self, node: YamlNode) -> WrittenConstraint | None:
        """An expression, or an assumed one: {name, holds, why}."""
        if node.kind == "text":
            return WrittenConstraint(node.text)
        reader = MappingReader(node, self._journal, "a constraint")
        name, holds, why = (reader.required(key) for key in ("name", "holds", "why"))
        reader.finish()
        return WrittenConstraint(holds, name.text, why.text) if name and holds and why else None

    def _bits(self, given: Sourced | None) -> int:
        if given is None:
            return self._base.bits
        bits = integer(given.text, self._journal)
        if bits not in (32, 64, None):
            self._error(given.text.at(), "bad-value", f"word_bits is {bits}, not 32 or 64")
        return bits or 0

    def _inclusive(self, given: Sourced | None) -> bool:
        words = ("inclusive", "exclusive")
        if given and given.text.text not in words:
            message = f"ends is {excerpt(given.text.text)!r}, not one of {', '.join(words)}"
            self._error(given.text.at(), "bad-value", message, nearest(given.text.text, words))
        return given.text.text == "inclusive" if given else self._base.inclusive_ends

    def _truth(self, given: Sourced | None) -> bool | None:
        if given and given.text.text not in ("true", "false"):
            self._error(given.text.at(), "bad-value", f"{excerpt(given.text.text)!r} is neither true nor false")
        return given.text.text == "true" if given else self._base.strict_module_rwx

    def _regions(
        self, reader: MappingReader | None, key: str, base: tuple[WrittenRegion, ...]
    ) -> tuple[WrittenRegion, ...]:
        if reader is None or not reader.has(key):
            return base
        found = (self._region(item, limits=key == "windows") for item in reader.items(key))
        return tuple(region for region in found if region)

    def _none(self, regions: MappingReader | None) -> dict[str, str]:
        """The parts that this profile, or the one it extends, declares absent."""
        readers = {"windows": self._reader, "image": self._reader, "reach": self._reader, "forbidden": regions}
        own = {key: source_of_none(reader, key, self._journal) for key, reader in readers.items()}
        written = [key for key, reader in readers.items() if reader and reader.node(key)]
        return merge_absent(self._base.none, own, written)

    def _image(self) -> WrittenRegion | None:
        image = self._reader.node("image")
        return self._region(image) if image else self._base.image

    def _region(self, node: YamlNode, limits: bool = False) -> WrittenRegion | None:
        reader = MappingReader(node, self._journal, "a region")
        name, first, source = reader.required("name"), reader.required("first"), reader.required("source")
        last, end, assumed = reader.text("last"), reader.text("end"), reader.text("bound")
        allows = self._letters(reader.text("allows")) if limits else None
        reader.finish()
        if (last is None) == (end is None):
            message = "a region has either 'last', its last byte, or 'end', the byte after it"
            self._error(node.where, "missing-key", message)
        bound = last or end
        if not (name and first and source and bound):
            return None
        most, why = allows.text if allows else EVERYTHING, assumed.text if assumed else ""
        return WrittenRegion(name.text, first, bound, last is None, source.text, node.where, most, why)

    def _targets(self) -> tuple[WrittenRegion, ...]:
        found = self._regions(self._reader, "targets", self._base.targets)
        for target in found if self._reader.has("targets") else ():
            if target.name in (*TARGETS, *_OTHERS):
                message = f"target {target.name!r}: the name has a meaning of its own; choose another"
                self._error(target.where, "bad-value", message)
        return found

    def _reach(self, targets: Sequence[str]) -> tuple[Reach, ...]:
        if not self._reader.has("reach"):
            return self._base.reach
        node = self._reader.node("reach")
        if node and says_none(node):
            return ()
        return tuple(reach for item in self._reader.items("reach") if (reach := self._one_reach(item, targets)))

    def _one_reach(self, node: YamlNode, known: Sequence[str]) -> Reach | None:
        reader = MappingReader(node, self._journal, "a reach")
        name, source = reader.required("name"), reader.required("source")
        kind = reader.one_of("kind", _REACH_KINDS)
        numbers = {key: self._number(reader, key) for key in _REACH_NUMBERS}
        options = self._reach_options(reader, known)
        reader.finish()
        if kind is None:
            self._error(node.where, "missing-key", f"a reach has a kind: {', '.join(_REACH_KINDS)}")
        if not (name and source and kind):
            return None
        bits = numbers.pop("bits")
        if 0 < bits <= WIDEST:
            numbers |= {"lowest": -(1 << (bits - 1)), "highest": (1 << (bits - 1)) - 1}
        reach = Reach(name=name.text, kind=kind, source=source.text, **{**numbers, **options})
        for complaint in complaints(reach, bits, [key for key in _REACH_NUMBERS if reader.has(key)]):
            self._error(node.where, "bad-value", f"{excerpt(reach.name)}: {complaint}")
        return reach

    def _reach_options(self, reader: MappingReader, known: Sequence[str]) -> dict[str, Any]:
        veneer, checked = reader.text("veneer"), reader.one_of("checked", ("true", "false"))
        within = reader.one_of("within_module", ("true", "false"))
        return {
            "targets": self._names(reader, "targets", "target", known),
            "places": self._names(reader, "places", "place", (*PLACES, *_OTHERS)) if reader.has("places") else (TEXT,),
            "veneer": veneer.text if veneer else "",
            "checked": checked != "false",
            "within_module": within == "true",
        }

    def _names(self, reader: MappingReader, key: str, what: str, known: Sequence[str]) -> tuple[str, ...]:
        """The names in a key's list; an unknown name is a problem."""
        found = reader.texts(key)
        for text in found:
            if text.text not in known:
                hint = nearest(text.text, known) or f"known: {', '.join(known)}"
                self._error(text.at(), "bad-value", f"unknown {what} {excerpt(text.text)!r}", hint)
        return tuple(dict.fromkeys(text.text for text in found))

    def _number(self, reader: MappingReader, key: str) -> int:
        text = reader.text(key)
        return (integer(text, self._journal) or 0) if text else _REACH_NUMBERS[key]


def _sane(profile: Profile, journal: Journal) -> bool:
    """Whether the values of a profile are consistent; problems are reported."""
    before = journal.errors
    for name, source in sorted(profile.sources.items()):
        if not source.strip():
            journal.error(profile.where, "profile", f"{name} has no source")
    for complaint in misfits(profile):
        journal.error(profile.where, "profile", complaint)
    return journal.errors == before
