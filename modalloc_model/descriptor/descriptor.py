"""A table as written: the fields of every type as text with its place.

The fronts (C, YAML) make it, :mod:`.resolve` computes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.descriptor.context import Context
from modalloc_model.descriptor.dialects import Field, Grammar
from modalloc_model.descriptor.source import Journal, Text
from modalloc_model.params import Location


@dataclass(frozen=True)
class FieldText:
    """One field, or one member of a field that is an array. Several texts are several flags."""

    field: Field
    index: int
    texts: tuple[Text, ...]
    where: Location

    @property
    def key(self) -> str:
        """The name of the field in rules: granularity, start0."""
        return self.field.key(self.index)


@dataclass(frozen=True)
class Entry:
    """The fields of one type."""

    where: Location
    fields: Mapping[str, FieldText] = field(default_factory=dict)


@dataclass(frozen=True)
class Descriptor:
    """One table as written. `entries` maps type names of the dialect to entries; types left out are missing.

    `short_names`: types may be named without the dialect's prefix, as in YAML. `broken`: a part could not be read, so
    the table is used only to find further problems. `mentions` are the names in it, including those that a conditional
    leaves out.
    """

    name: str
    where: Location
    grammar: Grammar
    entries: Mapping[str, Entry]
    context: Context
    short_names: bool = False
    broken: bool = False
    mentions: frozenset[str] = frozenset()


class EntryBuilder:
    """Collects entries as C does: a later one overrides an earlier one, with a warning."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._where: dict[str, Location] = {}
        self._fields: dict[str, dict[str, FieldText]] = {}

    def whole(self, name: str, where: Location, given: list[FieldText]) -> None:
        """An entry with all its fields; it replaces an earlier one, as in C."""
        if name in self._where:
            first = self._where[name].line
            message = f"the entry of {name} in line {where.line} replaces all of the one in line {first}"
            self._journal.warn(where, "overridden", message)
        self._where[name] = where
        self._fields[name] = {}
        for one in given:
            self.field(name, one)

    def field(self, name: str, given: FieldText) -> None:
        """A single field."""
        fields = self._fields.setdefault(name, {})
        self._where.setdefault(name, given.where)
        if given.key in fields:
            first = fields[given.key].where.line
            message = f"{name}: {given.key} in line {given.where.line} replaces the value given in line {first}"
            self._journal.warn(given.where, "overridden", message)
        fields[given.key] = given

    def entries(self) -> dict[str, Entry]:
        """The collected entries."""
        return {name: Entry(where, self._fields[name]) for name, where in self._where.items()}
