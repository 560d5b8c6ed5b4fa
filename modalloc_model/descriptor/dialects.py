"""The dialects: the C syntax of a table and its fields. One data entry each.

Source of `mod_alloc`: struct mod_alloc_type, struct mod_alloc_type_params and the tables of the mail of December 2022.
Source of `execmem`: struct execmem_info and execmem_init_missing(), include/linux/execmem.h and mm/execmem.c of Linux
6.12. Source of `module_alloc`: kernel/module/main.c of Linux 6.1. :mod:`.resolve` computes the meaning of a field by
its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from modalloc_model.params import MAX_ADDRESS_SPACES, Assumptions, Dialect, Kind, Section


class FieldKind(StrEnum):
    """The kind of value that a field holds."""

    TYPE = "type"
    FLAGS = "flags"
    UNSIGNED_INT = "unsigned int"
    ADDRESS = "address"
    PROTECTION = "protection"
    FUNCTION = "function"


class LeftOut(StrEnum):
    """The treatment of a type that a table leaves out."""

    ZERO = "zero"  # zero, as in C
    COPIED = "copied"  # copied from the default type, and a root of its own
    MERGED = "merged"  # merged into the default type: one memory for both


@dataclass(frozen=True)
class Field:
    """A member of the descriptor: its name in C, its name in rules, its kind, its array length.

    `length` is 0 if the member is no array.
    """

    member: str
    name: str
    kind: FieldKind
    length: int = 0

    def key(self, index: int) -> str:
        """The name of one member of an array: start0, start1."""
        return f"{self.name}{index}" if self.length else self.name


@dataclass(frozen=True)
class Cache:
    """A flag for blocks that are large pages, carved into pages, and the functions that write to them."""

    flag: str  # as the values of Grammar.flags have it
    fill: str
    invalidate: str


@dataclass(frozen=True)
class Grammar:
    """The syntax of a dialect. `struct` is the struct's tag in C, `container` its member that holds the types.

    A dialect without a `struct` exists in YAML only. `default` is the type whose values fill in types that are left
    out, except the protections in `own_protection`. `loader_follows_machine`: on machines that select
    STRICT_MODULE_RWX, and only there, the loader protects loaded sections and the table claims strict-rwx.
    """

    dialect: Dialect
    struct: str
    container: str
    type_prefix: str
    fields: tuple[Field, ...]
    flags: Mapping[str, str]  # the name in C -> the attribute of an AllocType
    aliases: Mapping[str, str] = field(default_factory=dict)  # further names of types
    left_out: LeftOut = LeftOut.ZERO
    default: str = ""
    own_protection: Mapping[str, str] = field(default_factory=dict)
    loader_follows_machine: bool = False
    cache: Cache | None = None
    takers: Mapping[str, str] = field(default_factory=dict)  # type -> the option that builds its only user

    def configured(self, configuration: Mapping[str, str]) -> Dialect:
        """The dialect of a kernel with that configuration: types without users are removed."""
        others = tuple(t for t in self.dialect.others if configuration.get(self.takers.get(t, "")) != "n")
        return replace(self.dialect, others=others)

    def field(self, member: str) -> Field | None:
        """The field with that name in C."""
        return next((f for f in self.fields if f.member == member), None)

    def bound(self, name: str, number: int) -> tuple[Field, int]:
        """The field, and the index in it, of `start` or `end` of a range."""
        for f in self.fields:
            if f.kind is FieldKind.ADDRESS and name in (f.name, f.name.removesuffix(str(number))):
                return f, number if f.length else 0
        raise KeyError(name)

    def type_by_name(self, name: str) -> str:
        """The type of a name, with or without the dialect's prefix; the name itself if there is none."""
        short = name.removeprefix(self.type_prefix)
        return self.aliases.get(short, short)

    @property
    def type_numbers(self) -> dict[str, int]:
        """The enumerators of the types, as C has them."""
        numbers = {name: number for number, name in enumerate(self.dialect.types)}
        aliases = {name: numbers[meant] for name, meant in self.aliases.items()}
        return {self.type_prefix + name: number for name, number in (numbers | aliases).items()}


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
    flags={"FLAG_SHARED_PMD": "shared_pmd", "FLAG_SECOND_ADDRESS_SPACE": "second", "FLAG_SET_RO_AFTER_INIT": "seals"},
)

_ONE_SCALAR_EACH = tuple(
    Field(f"{prefix}{bound}", f"{bound}{number}", FieldKind.ADDRESS)
    for number, prefix in zip(range(MAX_ADDRESS_SPACES), ("", "fallback_"), strict=True)
    for bound in ("start", "end")
)

_BY_VMALLOC = Assumptions(
    protect="by-loader", free_access="restored", arbiter="shared", guard="page", arbiter_search="linux"
)
"""What __vmalloc_node_range() and the loader do: mm/vmalloc.c:1548-1621 (the search) and 3190 (the guard page), and
kernel/module/strict_rwx.c of Linux 6.12."""


def _by_text_and_data(text: str, data: str) -> tuple[Section, ...]:
    """The memory that the loader asks for, enum mod_mem_type (include/linux/module.h:332-343 of Linux 6.12)."""
    kinds = (
        ("TEXT", Kind.TEXT, False),
        ("DATA", Kind.DATA, False),
        ("RODATA", Kind.RODATA, False),
        ("RO_AFTER_INIT", Kind.RODATA_AFTER_INIT, False),
        ("INIT_TEXT", Kind.TEXT, True),
        ("INIT_DATA", Kind.DATA, True),
        ("INIT_RODATA", Kind.RODATA, True),
    )
    return tuple(Section(name, kind, init, text if kind is Kind.TEXT else data) for name, kind, init in kinds)


# KPROBES, FTRACE and BPF have no section: the loader asks for none of them, nor relocates what lies there. Others
# allocate from them (kernel/kprobes.c, arch/x86/kernel/ftrace.c, kernel/bpf/core.c): their ranges are looked at alone.
EXECMEM = Grammar(
    dialect=Dialect(
        name="execmem",
        types=("MODULE_TEXT", "KPROBES", "FTRACE", "BPF", "MODULE_DATA"),
        sections=_by_text_and_data("MODULE_TEXT", "MODULE_DATA"),
        others=("KPROBES", "FTRACE", "BPF"),
        inclusive_ends=False,  # as __vmalloc_node_range() takes them, whatever the kernel-doc says
        assumptions=_BY_VMALLOC,
        has_granularity=False,
        has_mapto=False,
        source="6.12:include/linux/execmem.h, 6.12:mm/execmem.c, 6.12:kernel/module/main.c:1226-1242",
    ),
    struct="execmem_info",
    container="ranges",
    type_prefix="EXECMEM_",
    fields=(
        *_ONE_SCALAR_EACH,
        Field("pgprot", "pgprot", FieldKind.PROTECTION),
        Field("alignment", "alignment", FieldKind.UNSIGNED_INT),
        Field("flags", "flags", FieldKind.FLAGS),
    ),
    flags={"EXECMEM_KASAN_SHADOW": "kasan_shadow", "EXECMEM_ROX_CACHE": "rox_cache"},
    aliases={"DEFAULT": "MODULE_TEXT"},
    left_out=LeftOut.COPIED,  # execmem_init_missing(), 6.12:mm/execmem.c:84-104
    default="MODULE_TEXT",
    own_protection={"MODULE_DATA": "PAGE_KERNEL"},
    loader_follows_machine=True,
    # Later kernels: a block is a large page, filled with traps, read-only and executable but while somebody writes.
    cache=Cache("rox_cache", "execmem_alloc_rw", "execmem_fill_trapping_insns"),
    # 6.12:kernel/kprobes.c:121, arch/x86/kernel/ftrace.c:266, kernel/bpf/core.c:1130
    takers={"KPROBES": "KPROBES", "FTRACE": "DYNAMIC_FTRACE", "BPF": "BPF_JIT"},
)

# A kernel with KPROBES or a BPF compiler and no loader (6.12:mm/Kconfig, EXECMEM): nothing is loaded, and whoever takes
# memory has a range of its own. What the table leaves out, nobody takes memory from.
EXECMEM_WITHOUT_MODULES = replace(
    EXECMEM,
    dialect=replace(EXECMEM.dialect, name="execmem-without-modules", sections=(), others=EXECMEM.dialect.types),
    struct="",
    left_out=LeftOut.ZERO,
)

# Two machines keep data in vmalloc space (ARCH_WANTS_MODULES_DATA_IN_VMALLOC); on all others there is one type. A core
# and an init block hold several sections each, page-aligned: here each section is a block of its own.
MODULE_ALLOC = Grammar(
    dialect=Dialect(
        name="module_alloc",
        types=("MODULE", "DATA"),
        sections=_by_text_and_data("MODULE", "DATA"),
        inclusive_ends=False,
        assumptions=_BY_VMALLOC,
        has_granularity=False,
        has_mapto=False,
        source="6.1:kernel/module/main.c:1627-1632,2135-2188",
    ),
    struct="",
    container="",
    type_prefix="",
    fields=(
        *_ONE_SCALAR_EACH,
        Field("pgprot", "pgprot", FieldKind.PROTECTION),
        Field("alignment", "alignment", FieldKind.UNSIGNED_INT),
    ),
    flags={},
    left_out=LeftOut.MERGED,
    default="MODULE",
    loader_follows_machine=True,
)

_ALL = (MOD_ALLOC, EXECMEM, EXECMEM_WITHOUT_MODULES, MODULE_ALLOC)

GRAMMARS: Mapping[str, Grammar] = {grammar.dialect.name: grammar for grammar in _ALL}
"""Every dialect that can be read, by name."""

WRITTEN_IN_C: Mapping[str, Grammar] = {grammar.struct: grammar for grammar in GRAMMARS.values() if grammar.struct}
"""The dialects that C text may hold, by the tag of their struct."""
