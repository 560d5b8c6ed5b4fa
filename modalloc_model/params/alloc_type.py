"""The types of a table: ranges, protections and flags; and the loader's sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    all_of,
    any_of,
    truth,
    ule,
    ult,
)

MAX_ADDRESS_SPACES = 2  # MOD_MAX_ADDR_SPACES of the mail; execmem has a range and a fallback range


class Kind(StrEnum):
    """The content of a section, as the module loader classifies it."""

    TEXT = "text"
    DATA = "data"
    RODATA = "rodata"
    RODATA_AFTER_INIT = "ro-after-init"


@dataclass(frozen=True, slots=True)
class Section:
    """A memory request of the loader, and the type of the table that serves it."""

    name: str
    kind: Kind
    init: bool  # freed once the module is live
    type: str  # a type of the dialect: the section's own in the mail, MODULE_TEXT or MODULE_DATA in execmem


@dataclass(frozen=True, slots=True)
class Location:
    """A position in the input; lines and columns count from 1, 0 means that there is none."""

    path: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Protection:
    """The accesses that a mapping's pages allow on this machine. `name` is the kernel's, PAGE_KERNEL_EXEC."""

    name: str
    read: Term
    write: Term
    execute: Term

    @classmethod
    def of(cls, name: str, letters: str) -> Protection:
        """The protection written `rwx`, `r-x`, ..."""
        return cls(name, truth("r" in letters), truth("w" in letters), truth("x" in letters))


@dataclass(frozen=True, slots=True)
class Range:
    """A normalised address range: [first, last] if `nonempty`, otherwise empty."""

    first: Term
    last: Term
    nonempty: Term
    start: Term  # as written
    end: Term  # as written, in the dialect's convention

    @classmethod
    def from_bounds(cls, start: Term, end: Term, inclusive: bool) -> Range:
        """The range [start, end] or [start, end)."""
        last = end if inclusive else end - 1
        return cls(start, last, truth(ule(start, end) if inclusive else ult(start, end)), start, end)


@dataclass(frozen=True)
class AllocType:
    """One descriptor of the table: struct mod_alloc_type, each value a term.

    `mapto` is an index into the table's types, possibly out of range. `written` names the fields in the source, `where`
    gives their places.
    """

    name: str
    index: int
    mapto: int
    granularity: Term
    alignment: Term
    ranges: tuple[Range, ...]
    second: Term  # FLAG_SECOND_ADDRESS_SPACE
    protection: Protection
    seals: Term  # FLAG_SET_RO_AFTER_INIT
    shared_pmd: Term  # FLAG_SHARED_PMD
    fill: Term  # whether a function is given; memcpy() otherwise
    invalidate: Term  # whether a function is given; memset() otherwise
    fill_name: str = ""
    invalidate_name: str = ""
    written: frozenset[str] = frozenset()
    where: Mapping[str, Location] = field(default_factory=dict)
    carved: Term = FALSE  # blocks have any number of granules, and their free space is reused (7.3:mm/execmem.c)
    large: Term | None = None  # the size of a carved block is rounded up to this if it fits
    promised: Term | None = None  # the alignment that the table requests, if carving uses another
    flags: frozenset[str] = frozenset()  # flags without a term above, with the dialect's names

    @cached_property
    def reuses(self) -> Term:
        """Free space in mapped pages is reused: granularity above alignment (the mail's kernel-doc), or carving."""
        return truth(any_of(self.carved, ult(self.alignment, self.granularity)))

    @property
    def wanted(self) -> Term:
        """The alignment that a caller may rely on."""
        return self.alignment if self.promised is None else self.promised

    def attempts(self) -> tuple[AllocType, ...]:
        """The attempts for a fresh block in one range, in order: large pages, then the type's own granularity."""
        return (self,) if self.large is None else (replace(self, granularity=self.large), self)

    def usable(self, number: int) -> Term:
        """Whether range `number` may be allocated from: the second needs its flag."""
        return truth(all_of(self.ranges[number].nonempty, TRUE if number == 0 else self.second))
