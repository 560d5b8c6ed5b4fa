"""The table: its dialect, its types, its machine, and its assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from modalloc_model.params.alloc_type import AllocType, Kind, Location, Protection, Section
from modalloc_model.params.machine import Machine
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    any_of,
    choose,
    decide,
    is_constant,
    lift,
    truth,
)

PROTECT = ("at-map", "after-fill", "by-loader")
FREE_ACCESS = ("as-is", "restored")
ARBITER = ("shared", "private")
GUARD = ("none", "page")
CLAIMS = ("strict-rwx",)
NO_CLAIM = "none"  # withdraws the claims of a table, or of its machine
ARBITER_SEARCH = ("exact", "linux")


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Choices that the source leaves open, printed with every verdict. Section 3 of spec/semantics.md."""

    protect: str = "at-map"
    free_access: str = "as-is"
    arbiter: str = "shared"
    guard: str = "none"
    claims: tuple[str, ...] = ()
    arbiter_search: str = "exact"

    @property
    def after_fill(self) -> Term:
        """Pages are mapped writable for filling, and get their protection afterwards."""
        return truth(self.protect == "after-fill")

    @property
    def by_loader(self) -> Term:
        """Pages are filled under the table's protection; then the loader gives each section its final one."""
        return truth(self.protect == "by-loader")

    @property
    def restored(self) -> Term:
        """Write permission returns before memory is invalidated (VM_FLUSH_RESET_PERMS)."""
        return truth(self.free_access == "restored")

    @property
    def shared(self) -> Term:
        """One arbiter hands out address space for all roots."""
        return truth(self.arbiter == "shared")

    @property
    def exact_search(self) -> Term:
        """The arbiter finds every hole with an aligned place; Linux skips some (mm/vmalloc.c)."""
        return truth(self.arbiter_search == "exact")

    @property
    def guarded(self) -> Term:
        """A guard page follows each block, inside the range."""
        return truth(self.guard == "page")

    @property
    def strict(self) -> Term:
        """The table claims that no page is writable and executable at once."""
        return truth("strict-rwx" in self.claims)


@dataclass(frozen=True)
class Dialect:
    """A way to describe module memory: its types, the loader's sections, and conventions."""

    name: str
    types: tuple[str, ...]
    sections: tuple[Section, ...]
    inclusive_ends: bool  # the convention of `end` in its documentation
    assumptions: Assumptions = Assumptions()
    has_granularity: bool = True  # a field of struct mod_alloc_type; execmem allocates pages
    has_mapto: bool = True  # a field of struct mod_alloc_type; in execmem each type is its own root
    others: tuple[str, ...] = ()  # types with users other than the loader
    source: str = ""
    design: str = "mail"  # of modalloc_model.designs: the semantics of its tables


@dataclass(frozen=True)
class ParamSet:
    """A table on a machine, under assumptions: the object of verification.

    `configuration` and `assumed` are set for tables from a kernel tree only.
    """

    id: str
    path: str
    line: int
    machine: Machine
    dialect: Dialect
    assumptions: Assumptions
    types: tuple[AllocType, ...]
    configuration: Mapping[str, str] = field(default_factory=dict)  # options of the table's kernel
    conditions: tuple[Term, ...] = ()  # the boots of the table, among the machine's
    assumed: tuple[str, ...] = ()  # values of the profile, in place of values that were not read in the kernel's source

    @property
    def guard(self) -> Term:
        """Bytes kept free after each block, inside the range."""
        return lift(choose(self.assumptions.guarded, self.machine.page, 0), self.machine.bits)

    def type(self, name: str) -> AllocType:
        """The type of that name; KeyError if the dialect has none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, AllocType]:
        return {t.name: t for t in reversed(self.types)}

    def root(self, alloc_type: AllocType) -> AllocType | None:
        """The type whose parameters apply: one hop, as the mail's `real_types[i]`; None for an index out of range."""
        return self.types[alloc_type.mapto] if 0 <= alloc_type.mapto < len(self.types) else None

    def section_root(self, section: Section) -> AllocType | None:
        """The root of the section's memory."""
        return self._roots_by_type[section.type]

    @cached_property
    def _roots_by_type(self) -> dict[str, AllocType | None]:
        return {name: self.root(t) for name, t in self._by_name.items()}

    @property
    def sections(self) -> tuple[Section, ...]:
        """The requests of the loader."""
        return self.dialect.sections

    @cached_property
    def roots(self) -> tuple[AllocType, ...]:
        """The types that some section allocates from, in the table's order."""
        used = {root.index for section in self.sections if (root := self.section_root(section))}
        return tuple(t for t in self.types if t.index in used)

    @property
    def allocated_from(self) -> tuple[AllocType, ...]:
        """The roots, and the written types with users other than the loader, in the table's order."""
        others = [t for t in self.types if t.name in self.dialect.others and t.written and self.root(t) is t]
        return tuple(t for t in self.types if t in (*self.roots, *others))

    @cached_property
    def others(self) -> tuple[AllocType, ...]:
        """The types with users other than the loader, written or not, that are their own root."""
        return tuple(t for t in self.types if t.name in self.dialect.others and self.root(t) is t)

    def sections_of(self, root: AllocType) -> tuple[Section, ...]:
        """The sections allocated from `root`."""
        return tuple(s for s in self.sections if self.section_root(s) is root)

    def location(self, type_name: str, field_name: str = "") -> Location:
        """The position of the field, or else of the type, or else of the table."""
        where = next((t.where for t in self.types if t.name == type_name), {})
        return where.get(field_name) or where.get("") or Location(self.path, self.line, 1)

    def seals_section(self, section: Section) -> Term:
        """finish_init() makes it read-only: by its root's flag, or by the loader itself."""
        root = self.section_root(section)
        flagged = root.seals if root else FALSE
        by_hand = self.assumptions.by_loader if section.kind is Kind.RODATA_AFTER_INIT else FALSE
        return truth(any_of(flagged, by_hand))

    def final_protection(self, section: Section) -> Protection:
        """The protection of the section's pages once it is loaded, before any seal."""
        root = self.section_root(section)
        mapped = root.protection if root else Protection.of("nothing", "---")
        return _either(self.assumptions.by_loader, BY_LOADER[section.kind], mapped)


def _either(condition: Term, yes: Protection, no: Protection) -> Protection:
    if is_constant(condition):
        return yes if condition == TRUE else no
    return Protection(
        yes.name if condition == TRUE else no.name,
        truth(decide(condition, yes.read, no.read)),
        truth(decide(condition, yes.write, no.write)),
        truth(decide(condition, yes.execute, no.execute)),
    )


BY_LOADER = {
    Kind.TEXT: Protection.of("read+execute", "r-x"),
    Kind.DATA: Protection.of("read+write", "rw-"),
    Kind.RODATA: Protection.of("read", "r--"),
    Kind.RODATA_AFTER_INIT: Protection.of("read+write", "rw-"),
}
"""The protections that the loader sets: set_memory_rox/ro/nx, kernel/module/strict_rwx.c:32-79 of Linux 6.12."""
