"""What a table gives of one type, ranges, protections and flags; and what the loader asks it for."""

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
    """What a section holds, as the module loader sees it."""

    TEXT = "text"
    DATA = "data"
    RODATA = "rodata"
    RODATA_AFTER_INIT = "ro-after-init"


@dataclass(frozen=True, slots=True)
class Section:
    """One thing the loader asks memory for, and the type of the table it asks with."""

    name: str
    kind: Kind
    init: bool  # gone once the module is live
    type: str  # of the dialect's types: the section's own in the mail, MODULE_TEXT or MODULE_DATA in execmem


@dataclass(frozen=True, slots=True)
class Location:
    """Where something was written; lines and columns count from 1, and 0 says nobody wrote it."""

    path: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Protection:
    """What the pages of a mapping allow on this machine. `name` is the kernel's, PAGE_KERNEL_EXEC."""

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
    """An address range, normalised: [first, last] where `nonempty` holds, nothing where it does not."""

    first: Term
    last: Term
    nonempty: Term
    start: Term  # as written
    end: Term  # as written, in the dialect's convention

    @classmethod
    def from_bounds(cls, start: Term, end: Term, inclusive: bool) -> Range:
        """[start, end] or [start, end), read once and for all."""
        last = end if inclusive else end - 1
        return cls(start, last, truth(ule(start, end) if inclusive else ult(start, end)), start, end)


@dataclass(frozen=True)
class AllocType:
    """One descriptor of the table: struct mod_alloc_type, each value a term.

    `mapto` is an index into the table's types, and may be none of them. `written` names the fields that the source
    gives, `where` says at which place.
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
    carved: Term = FALSE  # blocks have any number of granules, and are used again (7.3:mm/execmem.c)
    large: Term | None = None  # what the size of a carved block is rounded up to where that fits
    promised: Term | None = None  # the alignment that the table asks for, where carving goes by another
    flags: frozenset[str] = frozenset()  # those that none of the terms above stands for, as the dialect calls them

    @cached_property
    def reuses(self) -> Term:
        """Free space in mapped pages is used again: granularity above alignment (the mail's kernel-doc), or carving."""
        return truth(any_of(self.carved, ult(self.alignment, self.granularity)))

    @property
    def wanted(self) -> Term:
        """The alignment that whoever allocates may rely on."""
        return self.alignment if self.promised is None else self.promised

    def attempts(self) -> tuple[AllocType, ...]:
        """What is tried for a fresh block in one range, in order: large pages, and then what the type itself says."""
        return (self,) if self.large is None else (replace(self, granularity=self.large), self)

    def usable(self, number: int) -> Term:
        """Whether range `number` may be allocated from: the second takes its flag."""
        return truth(all_of(self.ranges[number].nonempty, TRUE if number == 0 else self.second))
