"""The dialects: how a table is written in C, and what its fields are. One entry of data each.

Source of `mod_alloc`: struct mod_alloc_type, struct mod_alloc_type_params and the tables of the mail of December 2022.
Leaves out: what a field's value means; :mod:`.resolve` says so by the field's kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from modalloc_model.params import Dialect, Kind, Section


class FieldKind(StrEnum):
    """What a field holds."""

    TYPE = "type"
    FLAGS = "flags"
    UNSIGNED_INT = "unsigned int"
    ADDRESS = "address"
    PROTECTION = "protection"
    FUNCTION = "function"


@dataclass(frozen=True)
class Field:
    """A member of the descriptor: its name in C, the name by which the rules know it, its kind, its array length.

    `length` is 0 for what is no array.
    """

    member: str
    name: str
    kind: FieldKind
    length: int = 0

    def key(self, index: int) -> str:
        """The name under which one member of an array is known: start0, start1."""
        return f"{self.name}{index}" if self.length else self.name


@dataclass(frozen=True)
class Grammar:
    """How a dialect is written. `struct` is the struct's tag in C, `container` its member that holds the types."""

    dialect: Dialect
    struct: str
    container: str
    type_prefix: str
    fields: tuple[Field, ...]
    flags: Mapping[str, str]  # the name in C -> the attribute of an AllocType

    def field(self, member: str) -> Field | None:
        """The field with that name in C."""
        return next((f for f in self.fields if f.member == member), None)

    def field_named(self, name: str) -> Field:
        """The field that the rules know by that name; StopIteration if there is none."""
        return next(f for f in self.fields if f.name == name)

    @property
    def type_numbers(self) -> dict[str, int]:
        """The enumerators of the types, as C has them."""
        return {self.type_prefix + name: number for number, name in enumerate(self.dialect.types)}


def _mirror(kinds: tuple[tuple[str, Kind, bool], ...]) -> tuple[Section, ...]:
    return tuple(Section(name, kind, init, name) for name, kind, init in kinds)


_SECTIONS = _mirror(
    (
        ("TEXT", Kind.TEXT, False),
        ("DATA", Kind.DATA, False),
        ("RODATA", Kind.RODATA, False),
        ("RODATA_AFTER_INIT", Kind.RODATA_AFTER_INIT, False),
        ("INITTEXT", Kind.TEXT, True),
        ("INITDATA", Kind.DATA, True),
        ("INITRODATA", Kind.RODATA, True),
    )
)

MOD_ALLOC = Grammar(
    dialect=Dialect(
        name="mod_alloc",
        types=tuple(section.name for section in _SECTIONS),
        sections=_SECTIONS,
        inclusive_ends=True,
        source="kernel-doc of struct mod_alloc_type, mail of December 2022",
    ),
    struct="mod_alloc_type_params",
    container="types",
    type_prefix="MOD_ALLOC_TYPE_",
    fields=(
        Field("mapto_type", "mapto", FieldKind.TYPE),
        Field("flags", "flags", FieldKind.FLAGS),
        Field("granularity", "granularity", FieldKind.UNSIGNED_INT),
        Field("alignment", "alignment", FieldKind.UNSIGNED_INT),
        Field("start", "start", FieldKind.ADDRESS, 2),
        Field("end", "end", FieldKind.ADDRESS, 2),
        Field("pgprot", "pgprot", FieldKind.PROTECTION),
        Field("fill", "fill", FieldKind.FUNCTION),
        Field("invalidate", "invalidate", FieldKind.FUNCTION),
    ),
    flags={
        "FLAG_SHARED_PMD": "shared_pmd",
        "FLAG_SECOND_ADDRESS_SPACE": "second",
        "FLAG_SET_RO_AFTER_INIT": "seals",
    },
)

GRAMMARS: Mapping[str, Grammar] = {grammar.dialect.name: grammar for grammar in (MOD_ALLOC,)}
"""Every dialect that can be read, by name."""
