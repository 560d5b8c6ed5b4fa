"""The vocabulary everyone shares: machines, types, ranges, protections, assumptions, and the table they make up.

A :class:`ParamSet` is what a table *means*: every value is a term, so that one that depends on the boot stays open, and
so that the same rules are asked of a table with given values and of the theorems' table, in which nothing is given.
The same table in one boot, integers alone, is :class:`modalloc_model.concrete.Concrete`.

Source: struct mod_alloc_type and its kernel-doc (the mail of December 2022), struct execmem_range (Linux 6.10).
Addresses and sizes are in bytes. An interval is written [lo, last], the last byte included, so that it may end at the
top of the address space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    Word,
    all_of,
    any_of,
    choose,
    constant,
    decide,
    disjoint,
    eq,
    implies,
    is_constant,
    lift,
    ne,
    negate,
    truth,
    ule,
    ult,
    variable,
    within,
    wrap,
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


EVERYTHING = "rwx"


@dataclass(frozen=True, slots=True)
class Region:
    """A named part [first, last] of the address space, where `nonempty` holds; no byte of it where it does not.

    `allows` is the most that pages in it may allow, whatever a mapping asks for.
    """

    name: str
    first: Term
    last: Term
    source: str = ""
    nonempty: Term = TRUE
    allows: str = EVERYTHING
    where: Location = Location()

    @classmethod
    def before(cls, name: str, first: Term, end: Term, source: str = "") -> Region:
        """[first, end): empty where the two are the same. An end of 0 is that of the address space."""
        return cls(name, first, end - 1, source, truth(ne(first, end)))

    @property
    def ordered(self) -> Term:
        """It does not wrap: it is empty, or ends no lower than it begins."""
        return truth(implies(self.nonempty, ule(self.first, self.last)))

    def holds(self, address: Word) -> Truth:
        """The address is one of its bytes."""
        return all_of(self.nonempty, within(address, self.first, self.last))

    def apart(self, lo: Word, last: Word) -> Truth:
        """[lo, last], which is not empty, has none of its bytes."""
        return any_of(negate(self.nonempty), disjoint(lo, last, self.first, self.last))


KERNEL, TEXT, DATA, INIT_TEXT = "kernel", "text", "data", "init-text"
PLACES = (TEXT, DATA, INIT_TEXT)
"""Where what names something can stand, but for the types that others than the loader allocate from."""
TARGETS = (KERNEL, TEXT, DATA, INIT_TEXT)
"""What can be named, but for these types and the regions that a machine names."""
TARGETS_OF_TEXT = (KERNEL, TEXT, DATA)
"""Of these, what a profile must say of module text whether it reaches it. Init text is named by data alone."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an instruction, or a word of a table, can name.

    `kind` is "relative" (lowest <= target - place <= highest, two's complement), "page" (the same of the target's page
    less the place's, pages of 2**page_bits bytes: ADRP), "absolute" (lowest <= target <= highest: a word that is
    extended by its sign, or by zeros), "segment" (place and target alike above `segment_bits`) or "anywhere".

    `places` are where it stands: "text", "data", "init-text" (init text alone), or a type that others than the loader
    allocate from. `targets` are what it names: "kernel" (the image), "text" (of any module), "data" and "init-text" (of
    the module it stands in), such a type, or one of the machine's named targets. `within_module`: it names bytes of the
    same section alone, so that the size of one module bounds it, not where modules lie.

    `veneer` names what the loader puts between when the target is out of reach, or is empty; it stands in the same
    section, and from `veneer_lowest` to `veneer_highest` bytes away can be reached (both 0: nobody says how far).
    `checked`: the loader refuses a module that does not reach; otherwise it writes a wrong branch.
    """

    name: str
    kind: str
    targets: tuple[str, ...]
    lowest: int = 0
    highest: int = 0
    segment_bits: int = 0
    instruction: int = 4
    veneer: str = ""
    checked: bool = True
    source: str = ""
    page_bits: int = 12
    places: tuple[str, ...] = (TEXT,)
    within_module: bool = False
    veneer_lowest: int = 0
    veneer_highest: int = 0

    def names(self, place: Word, target: Word, bits: int) -> Truth:
        """The instruction at `place` can name `target`, by itself or through the veneer."""
        if self.veneer or self.kind == "anywhere":
            return True
        if self.kind == "segment":
            return eq(place >> self.segment_bits, target >> self.segment_bits)
        origin = {"absolute": 0, "page": paged(place, self.page_bits)}.get(self.kind, place)
        named = paged(target, self.page_bits) if self.kind == "page" else target
        lowest, width = self._displacements(bits)
        shifted = wrap(named - origin - lowest, bits)  # two's complement, moved so that the comparison is unsigned
        return ule(shifted, width) if width >= 0 else False

    def covers(self, places: Region, targets: Region) -> Truth:
        """Every place names every target. Displacements of two intervals are one interval: its two ends decide."""
        if self.veneer or self.kind == "anywhere":
            return True
        if self.kind == "segment":
            return same_segment(places, targets, self.segment_bits)
        lowest, width = self._displacements(targets.first.bits)
        if width < 0:
            return False
        if self.kind == "absolute":
            return values_fit(targets, lowest, width)
        if self.kind == "page":
            places, targets = (paged_region(region, self.page_bits) for region in (places, targets))
        return interval_fits(places, targets, lowest, width)

    def _displacements(self, bits: int) -> tuple[int, int]:
        """The lowest, and how far above it the highest is. Those of pages are whole pages: the bounds are too."""
        last = (1 << min(self.page_bits, bits)) - 1 if self.kind == "page" else 0
        lowest = (self.lowest + last) & ~last
        return lowest, (self.highest | last) - lowest


def paged(address: Word, page_bits: int) -> Word:
    """The address without the bits below its page."""
    return (address >> page_bits) << page_bits


def paged_region(region: Region, page_bits: Word) -> Region:
    """From the first page of the region to its last, by their addresses."""
    return Region(region.name, (region.first >> page_bits) << page_bits, (region.last >> page_bits) << page_bits)


def values_fit(targets: Region, lowest: Word, width: Word) -> Truth:
    """Every target, less `lowest`, is `width` or less; no sum wraps unnoticed."""
    length = targets.last - targets.first
    fits = all_of(ule(length, width), ule(targets.first - lowest, width - length))
    return any_of(goes_round(width, length.bits), fits)


def goes_round(width: Word, bits: int) -> Truth:
    """Of so wide an interval of words there is none outside."""
    return eq(lift(width, bits) + 1, 0)


def same_segment(places: Region, targets: Region, segment_bits: Word) -> Truth:
    """All ends of both regions are alike above the segment's bits, and so is what lies between."""
    first, *others = (x >> segment_bits for x in (places.first, places.last, targets.first, targets.last))
    return all_of(*(eq(first, other) for other in others))


def interval_fits(places: Region, targets: Region, lowest: Word, width: Word) -> Truth:
    """Every displacement from a place to a target, less `lowest`, is `width` or less; no sum wraps unnoticed."""
    from_places, from_targets = places.last - places.first, targets.last - targets.first
    least = targets.first - places.last - lowest
    fits = all_of(
        ule(from_places, width),
        ule(from_targets, width - from_places),
        ule(least, width - from_places - from_targets),
    )
    return any_of(goes_round(width, least.bits), fits)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the boot decides: `step * k`, low <= k <= high. `text` says so in words, for reports."""

    name: str
    step: int
    low: int
    high: int
    text: str
    source: str = ""

    @property
    def lowest(self) -> int:
        """The least of its values."""
        return self.step * self.low

    def domain(self, bits: int) -> Term:
        """The values it may have. Steps that do not divide are kept exact: value = step * k with no wrap."""
        value = variable(self.name, bits)
        return truth(
            all_of(
                ule(constant(self.step * self.low, bits), value),
                ule(value, constant(self.step * self.high, bits)),
                eq(value % self.step, 0),
                FALSE if self.low > self.high or self.step * self.high >= 1 << bits else TRUE,
            )
        )


@dataclass(frozen=True, slots=True)
class Bound:
    """What a profile assumes and the machine does not enforce: of an unknown, of a constraint, or of a region.

    `text` is the bound, `why` the reason; `--beyond` with what `lift` says lifts it: the name, or the name and an end.
    """

    name: str
    text: str
    why: str
    lift: str = ""


@dataclass(frozen=True)
class Machine:
    """An architecture in one configuration (spec/arch/): its words, pages, address map, protections and branches."""

    name: str
    bits: int
    page: Term
    pmd: Term
    inclusive_ends: bool  # how the architecture's own *_END symbols are meant
    protections: Mapping[str, Protection] = field(default_factory=dict)
    windows: tuple[Region, ...] = ()  # where module memory may lie
    forbidden: tuple[Region, ...] = ()  # taken, and the arbiter does not know
    registered: tuple[Region, ...] = ()  # taken, and the arbiter knows
    image: Region | None = None
    reach: tuple[Reach, ...] = ()
    targets: tuple[Region, ...] = ()  # what reach rules name beyond image, text and data
    kasan_alignment: Term | None = None
    symbols: Mapping[str, Term] = field(default_factory=dict)
    unknowns: tuple[Unknown, ...] = ()
    constraints: tuple[Term, ...] = ()  # between unknowns
    strict_module_rwx: bool | None = None  # whether its loader protects what it has loaded; None: nobody says
    bounds: tuple[Bound, ...] = ()  # beyond which nothing is decided
    none: Mapping[str, str] = field(default_factory=dict)  # what it is said not to have ("image"), and who says so

    @property
    def floors(self) -> dict[str, int]:
        """The least value of each unknown: the least boot, where no constraint forbids it."""
        return {unknown.name: unknown.lowest for unknown in self.unknowns}

    def target(self, name: str) -> Region | None:
        """The named target; None for a name of another sort."""
        return next((region for region in self.targets if region.name == name), None)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Every region that it names."""
        image = (self.image,) if self.image else ()
        return (*self.windows, *self.forbidden, *self.registered, *image, *self.targets)

    @cached_property
    def domain(self) -> Term:
        """Every boot this machine may have."""
        return truth(all_of(*(unknown.domain(self.bits) for unknown in self.unknowns), *self.constraints))


PROTECT = ("at-map", "after-fill", "by-loader")
FREE_ACCESS = ("as-is", "restored")
ARBITER = ("shared", "private")
GUARD = ("none", "page")
CLAIMS = ("strict-rwx",)
NO_CLAIM = "none"  # withdraws what a table, or its machine, claims
ARBITER_SEARCH = ("exact", "linux")


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the source leaves open, decided and printed with every verdict. Section 3 of spec/semantics.md."""

    protect: str = "at-map"
    free_access: str = "as-is"
    arbiter: str = "shared"
    guard: str = "none"
    claims: tuple[str, ...] = ()
    arbiter_search: str = "exact"

    @property
    def after_fill(self) -> Term:
        """Pages are opened for filling, and get their protection once filled."""
        return truth(self.protect == "after-fill")

    @property
    def by_loader(self) -> Term:
        """Pages are filled under the table's protection; then the loader gives each section its final one."""
        return truth(self.protect == "by-loader")

    @property
    def restored(self) -> Term:
        """Write permission comes back before memory is invalidated (VM_FLUSH_RESET_PERMS)."""
        return truth(self.free_access == "restored")

    @property
    def shared(self) -> Term:
        """One arbiter hands out address space for all roots."""
        return truth(self.arbiter == "shared")

    @property
    def exact_search(self) -> Term:
        """The arbiter finds every hole that has an aligned place; Linux passes over some (mm/vmalloc.c)."""
        return truth(self.arbiter_search == "exact")

    @property
    def guarded(self) -> Term:
        """A guard page follows each block, inside the range."""
        return truth(self.guard == "page")

    @property
    def strict(self) -> Term:
        """The table claims that nothing is writable and executable at once."""
        return truth("strict-rwx" in self.claims)


@dataclass(frozen=True)
class Dialect:
    """A way to describe module memory: its types, what the loader asks of them, and what its words mean."""

    name: str
    types: tuple[str, ...]
    sections: tuple[Section, ...]
    inclusive_ends: bool  # how its own documentation means `end`
    assumptions: Assumptions = Assumptions()
    has_granularity: bool = True  # struct mod_alloc_type has; execmem allocates pages
    has_mapto: bool = True  # struct mod_alloc_type has; in execmem each type is its own root
    others: tuple[str, ...] = ()  # types that are allocated from, though not by the loader
    source: str = ""
    design: str = "mail"  # of modalloc_model.designs: what gives its tables a meaning


@dataclass(frozen=True)
class ParamSet:
    """A table on a machine, under assumptions: what is verified.

    `configuration` and `assumed` are those of a table out of a kernel tree; of another nothing is said.
    """

    id: str
    path: str
    line: int
    machine: Machine
    dialect: Dialect
    assumptions: Assumptions
    types: tuple[AllocType, ...]
    configuration: Mapping[str, str] = field(default_factory=dict)  # options of the kernel that the table is of
    conditions: tuple[Term, ...] = ()  # the boots that the table is of, among the machine's
    assumed: tuple[str, ...] = ()  # of the profile, in place of what was not read in the kernel's source

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
        """The type whose parameters are used: one hop, as the mail's `real_types[i]`; None off the table's end."""
        return self.types[alloc_type.mapto] if 0 <= alloc_type.mapto < len(self.types) else None

    def section_root(self, section: Section) -> AllocType | None:
        """The root that the section's memory comes from."""
        return self._roots_by_type[section.type]

    @cached_property
    def _roots_by_type(self) -> dict[str, AllocType | None]:
        return {name: self.root(t) for name, t in self._by_name.items()}

    @property
    def sections(self) -> tuple[Section, ...]:
        """What the loader asks for."""
        return self.dialect.sections

    @cached_property
    def roots(self) -> tuple[AllocType, ...]:
        """The types that some section really allocates from, in the table's order."""
        used = {root.index for section in self.sections if (root := self.section_root(section))}
        return tuple(t for t in self.types if t.index in used)

    @property
    def allocated_from(self) -> tuple[AllocType, ...]:
        """The roots, and the given types that others than the loader allocate from, in the table's order."""
        others = [t for t in self.types if t.name in self.dialect.others and t.written and self.root(t) is t]
        return tuple(t for t in self.types if t in (*self.roots, *others))

    @cached_property
    def others(self) -> tuple[AllocType, ...]:
        """The types that others than the loader allocate from, given or left out, where each is its own root."""
        return tuple(t for t in self.types if t.name in self.dialect.others and self.root(t) is t)

    def sections_of(self, root: AllocType) -> tuple[Section, ...]:
        """The sections whose memory comes from `root`."""
        return tuple(s for s in self.sections if self.section_root(s) is root)

    def location(self, type_name: str, field_name: str = "") -> Location:
        """Where the field was written, or else the type, or else the table."""
        where = next((t.where for t in self.types if t.name == type_name), {})
        return where.get(field_name) or where.get("") or Location(self.path, self.line, 1)

    def seals_section(self, section: Section) -> Term:
        """finish_init() takes write permission from it: by its root's flag, or by the loader's own hand."""
        root = self.section_root(section)
        flagged = root.seals if root else FALSE
        by_hand = self.assumptions.by_loader if section.kind is Kind.RODATA_AFTER_INIT else FALSE
        return truth(any_of(flagged, by_hand))

    def final_protection(self, section: Section) -> Protection:
        """What the section's pages allow once it is loaded, before any seal."""
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
"""What the loader gives: set_memory_rox/ro/nx, kernel/module/strict_rwx.c:32-79 of Linux 6.12."""
