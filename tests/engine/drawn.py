"""Tables drawn at random, as `ParamSet`s: machine, dialect, sections, assumptions and roots, each value a constant.

Two kinds. A *right* table (`right_params`) is one that violates no rule of severity error, by construction: a root for
everything, a root for each kind, or Linux's loader. *Any* table (`any_params`) is a right one with up to three things
in it replaced (what a mistake looks like), or one in which nothing needs to make sense: `mapto` off the table's end,
zero or odd granularity and alignment, ranges that wrap, are empty, nest, or touch either end of the address space.
Every machine is sane (powers of two, large page above page): a profile is checked for that when it is read.

Three ways to draw, all the same tables:

- Hypothesis: `@given(any_params())`, `@given(right_params(widths=(16,)))`;
- a seed: `any_table(random.Random(7))`, `right_table(random.Random(7), widths=(6, 7, 8))`;
- the table in its one boot, for the executable allocator: `in_boot(params, {})`.

Widths are of words, in bits: `SMALL` (6 to 8, which an enumeration can take), `WIDE` (16, 32, 64), `WIDTHS` (all).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from hypothesis import strategies as st

from modalloc_model.params import (
    ARBITER,
    CLAIMS,
    FREE_ACCESS,
    GUARD,
    PROTECT,
    AllocType,
    Assumptions,
    Dialect,
    Kind,
    Machine,
    ParamSet,
    Protection,
    Range,
    Reach,
    Region,
    Section,
)
from modalloc_model.words import constant, evaluate, truth

T = TypeVar("T")

SMALL = (6, 7, 8)
WIDE = (16, 32, 64)
WIDTHS = (*SMALL, *WIDE)

PAGES = {
    6: ((2, 4), (2, 8), (4, 8)),
    7: ((2, 8), (4, 8), (4, 16)),
    8: ((2, 8), (4, 8), (4, 16), (8, 16)),
    16: ((16, 64), (256, 1024)),
    32: ((4096, 1 << 22),),
    64: ((4096, 1 << 21), (65536, 1 << 29)),
}
"""Page and large page, by the bits of a word."""

PROTECTIONS = {
    "PAGE_KERNEL": Protection.of("PAGE_KERNEL", "rw-"),
    "PAGE_KERNEL_EXEC": Protection.of("PAGE_KERNEL_EXEC", "rwx"),
    "PAGE_KERNEL_RO": Protection.of("PAGE_KERNEL_RO", "r--"),
    "PAGE_KERNEL_ROX": Protection.of("PAGE_KERNEL_ROX", "r-x"),
}
NOTHING = Protection.of("", "---")

TYPES = {
    "TEXT": (Kind.TEXT, False),
    "DATA": (Kind.DATA, False),
    "RODATA": (Kind.RODATA, False),
    "RODATA_AFTER_INIT": (Kind.RODATA_AFTER_INIT, False),
    "INITTEXT": (Kind.TEXT, True),
    "INITDATA": (Kind.DATA, True),
    "INITRODATA": (Kind.RODATA, True),
}
"""The mail's seven types, each a section of its own: kind, and whether it goes after init."""

TWINS = {"INITTEXT": "TEXT", "INITDATA": "DATA", "INITRODATA": "RODATA"}


# -- the three ways to draw ------------------------------------------------------------------------------------------


def any_params(widths: Sequence[int] = WIDE) -> st.SearchStrategy[ParamSet]:
    """Any table, for Hypothesis."""
    return st.randoms(use_true_random=False).map(lambda generator: any_table(generator, widths))


def right_params(widths: Sequence[int] = WIDE) -> st.SearchStrategy[ParamSet]:
    """A right table, for Hypothesis."""
    return st.randoms(use_true_random=False).map(lambda generator: right_table(generator, widths))


def any_table(generator: random.Random, widths: Sequence[int] = WIDE) -> ParamSet:
    """Any table: two of three are right ones with something replaced, the third is wild."""
    return grafted_table(generator, widths) if _chance(generator, 2, 3) else wild_table(generator, widths)


# -- right by construction -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Style:
    """A root of a right table, but for where it lies. `granularity` and `alignment` are in bytes."""

    name: str
    pgprot: str
    granularity: int
    alignment: int
    seals: bool = False
    fill: bool = False
    invalidate: bool = False


def right_table(generator: random.Random, widths: Sequence[int] = WIDE) -> ParamSet:
    """A table that violates no rule of severity error, whatever happens to it."""
    machine = _machine(generator, generator.choice(widths))
    assumptions, styles = generator.choice((_legacy, _separate, _by_loader))(generator, machine)
    assumptions = _with_room(machine, assumptions, styles)
    inclusive = machine.inclusive_ends
    names = [style.name for style in styles]
    ranges = _placed(generator, machine, assumptions, styles)
    roots = {style.name: _root(machine, style, ranges[style.name], inclusive) for style in styles}
    types = tuple(_type(machine, name, index, names, roots) for index, name in enumerate(TYPES))
    return ParamSet("drawn", "", 0, machine, _dialect(inclusive), assumptions, types)


def _machine(generator: random.Random, bits: int) -> Machine:
    """The upper half is the module window, the lower half holds user space and the kernel image."""
    page, pmd = generator.choice(PAGES[bits])
    space = 1 << bits

    def region(name: str, first: int, last: int) -> Region:
        return Region(name, constant(first, bits), constant(last, bits))

    window = region("modules", space // 2, space - page - 1)
    registered = (region("taken", space // 2, space // 2 + page - 1),)
    return Machine(
        "drawn", bits, constant(page, bits), constant(pmd, bits),
        inclusive_ends=generator.choice((True, False)),
        protections=PROTECTIONS,
        windows=(window,),
        forbidden=(region("user space", 0, space // 4 - 1), region("last page", space - page, space - 1)),
        registered=generator.choice(((), (), registered)),
        image=generator.choice((None, region("image", space // 4, space // 4 + page - 1))),
        reach=generator.choice(((), *((reach,) for reach in _reaches(bits)[:2]))),
    )  # fmt: skip


def _reaches(bits: int) -> tuple[Reach, ...]:
    """One that names every address, one with a veneer, and two that do not suffice."""
    half, everyone = 1 << (bits - 1), ("kernel", "text", "data")
    return (
        Reach("CALL", "relative", everyone, -half, half - 1, instruction=1),
        Reach("SHORT", "relative", everyone, -half // 8, half // 8 - 1, instruction=1, veneer="PLT"),
        Reach("NEAR", "relative", everyone, -half // 4, half // 4 - 1, instruction=1, checked=False),
        Reach("JUMP", "segment", ("kernel", "text"), segment_bits=bits - 3, instruction=1),
    )


def _dialect(inclusive: bool) -> Dialect:
    sections = tuple(Section(name, kind, init, name) for name, (kind, init) in TYPES.items())
    return Dialect("mod_alloc", tuple(TYPES), sections, inclusive)


def _legacy(generator: random.Random, machine: Machine) -> tuple[Assumptions, list[_Style]]:
    """module_alloc() of Linux 6.1: one root, everything allowed; small alignments share pages."""
    page, pmd = evaluate(machine.page), evaluate(machine.pmd)
    assumptions = Assumptions(
        generator.choice(("at-map", "after-fill")),
        generator.choice(FREE_ACCESS),
        generator.choice(ARBITER),
        generator.choice(GUARD),
    )
    granularity, alignment = generator.choice((page, page, pmd)), generator.choice((page, page // 2, 1))
    return assumptions, [_Style("TEXT", "PAGE_KERNEL_EXEC", granularity, alignment)]


def _separate(generator: random.Random, machine: Machine) -> tuple[Assumptions, list[_Style]]:
    """Strict separation: a root for each kind, with functions where memory is not writable."""
    page, pmd = evaluate(machine.page), evaluate(machine.pmd)
    restored = generator.choice(FREE_ACCESS)
    assumptions = Assumptions(
        "at-map", restored, generator.choice(ARBITER), generator.choice(GUARD), generator.choice(((), CLAIMS))
    )
    large = generator.choice((page, pmd))
    sealed = large if restored == "restored" else page  # a seal without a way back must not meet reuse
    small = generator.choice((page, page // 2))
    return assumptions, [
        _Style("TEXT", "PAGE_KERNEL_ROX", large, generator.choice((page, small)), fill=True, invalidate=True),
        _Style("DATA", "PAGE_KERNEL", large, small),
        _Style("RODATA", "PAGE_KERNEL_RO", large, page, fill=True, invalidate=True),
        _Style("RODATA_AFTER_INIT", "PAGE_KERNEL", sealed, page, seals=True, invalidate=True),
    ]


def _by_loader(generator: random.Random, machine: Machine) -> tuple[Assumptions, list[_Style]]:
    """execmem of Linux 6.10: pages, mapped writable, and the loader gives each section what it needs."""
    page = evaluate(machine.page)
    assumptions = Assumptions("by-loader", "restored", "shared", "page", generator.choice(((), CLAIMS)))
    return assumptions, [_Style("TEXT", "PAGE_KERNEL", page, page)]


def _slots(machine: Machine, styles: Sequence[_Style], guarded: bool) -> tuple[int, int]:
    """(bytes, number): what one root's smallest range takes, and how many of these the window holds."""
    unit = max(style.granularity for style in styles)
    length = unit * (2 if guarded else 1)
    window, page = machine.windows[0], evaluate(machine.page)
    low = evaluate(window.first) + max(unit, page)  # above what may be registered there
    return length, (evaluate(window.last) + 1 - low) // length


def _with_room(machine: Machine, assumptions: Assumptions, styles: Sequence[_Style]) -> Assumptions:
    """The assumptions, less what such small a window cannot give: a guard, private arbiters."""
    if _slots(machine, styles, guarded=True)[1] < 1:
        assumptions = replace(assumptions, guard="none")
    number = _slots(machine, styles, assumptions.guard == "page")[1]
    return assumptions if number >= len(styles) else replace(assumptions, arbiter="shared")


Bounds = tuple[int, int]


def _placed(
    generator: random.Random, machine: Machine, assumptions: Assumptions, styles: Sequence[_Style]
) -> dict[str, tuple[Bounds, ...]]:
    """First and last bytes of each root's ranges: of its own where arbiters are private, else one for all."""
    length, number = _slots(machine, styles, assumptions.guard == "page")
    unit = max(style.granularity for style in styles)
    low = evaluate(machine.windows[0].first) + max(unit, evaluate(machine.page))
    if assumptions.arbiter == "private":
        share = number // len(styles)
        starts = {style.name: low + i * share * length for i, style in enumerate(styles)}
    else:
        share, starts = number, dict.fromkeys((style.name for style in styles), low)
    counts = {style.name: min(share, generator.randint(1, 6)) for style in styles}
    found: dict[str, tuple[Bounds, ...]] = {}
    for style in styles:
        first = (starts[style.name], starts[style.name] + counts[style.name] * length - 1)
        beyond = (first[1] + 1, first[1] + length)
        room = counts[style.name] < share
        found[style.name] = (first, beyond) if room and _chance(generator, 1, 3) else (first,)
    return found


def _root(machine: Machine, style: _Style, bounds: tuple[Bounds, ...], inclusive: bool) -> AllocType:
    bits = machine.bits
    ranges = tuple(_range(*pair, bits, inclusive) for pair in bounds) + (_unset(bits, inclusive),) * (2 - len(bounds))
    index = list(TYPES).index(style.name)
    written = frozenset({"mapto", "granularity", "alignment", "start0", "end0", "pgprot"})
    return AllocType(
        style.name, index, index, constant(style.granularity, bits), constant(style.alignment, bits),
        ranges=ranges, second=truth(len(bounds) > 1),
        protection=PROTECTIONS[style.pgprot], seals=truth(style.seals),
        shared_pmd=truth(style.granularity == evaluate(machine.pmd)),
        fill=truth(style.fill), invalidate=truth(style.invalidate),
        fill_name="poke" if style.fill else "", invalidate_name="clear" if style.invalidate else "", written=written,
    )  # fmt: skip


def _range(first: int, last: int, bits: int, inclusive: bool) -> Range:
    return Range.from_bounds(constant(first, bits), constant(last if inclusive else last + 1, bits), inclusive)


def _unset(bits: int, inclusive: bool) -> Range:
    return Range.from_bounds(constant(0, bits), constant(0, bits), inclusive)


def _type(machine: Machine, name: str, index: int, names: Sequence[str], roots: dict[str, AllocType]) -> AllocType:
    """The root of that name, or a type that is merged into the one for its kind."""
    if name in roots:
        return roots[name]
    twin = TWINS.get(name, name)
    return _merged(machine, name, index, list(TYPES).index(twin if twin in names else names[0]))


def _merged(machine: Machine, name: str, index: int, into: int) -> AllocType:
    nothing, unset = constant(0, machine.bits), _unset(machine.bits, machine.inclusive_ends)
    return AllocType(
        name, index, into, nothing, nothing, ranges=(unset, unset), second=truth(False), protection=NOTHING,
        seals=truth(False), shared_pmd=truth(False), fill=truth(False), invalidate=truth(False),
        written=frozenset({"mapto"}),
    )  # fmt: skip


# -- anything at all -------------------------------------------------------------------------------------------------


def grafted_table(generator: random.Random, widths: Sequence[int] = WIDE) -> ParamSet:
    """A right table in which up to three things are replaced by whatever comes."""
    table = right_table(generator, widths)
    for _ in range(generator.randint(1, 3)):
        table = generator.choice((_grafted_root, _grafted_root, _grafted_root, _remapped, _assumed, _moved))(
            generator, table
        )
    return table


FIELDS = ("granularity", "alignment", "ranges", "second", "protection", "seals", "shared_pmd", "fill", "invalidate")


def _grafted_root(generator: random.Random, table: ParamSet) -> ParamSet:
    root = generator.choice(table.roots) if table.roots else table.types[0]
    wrong, field = _wild_type(generator, table, root.name, root.index), generator.choice(FIELDS)
    return with_type(table, replace(root, **{field: getattr(wrong, field)}))


def _remapped(generator: random.Random, table: ParamSet) -> ParamSet:
    moved = generator.choice(table.types)
    return with_type(table, replace(moved, mapto=generator.randint(-1, len(table.types))))


def _assumed(generator: random.Random, table: ParamSet) -> ParamSet:
    return replace(table, assumptions=_any_assumptions(generator))


def _moved(generator: random.Random, table: ParamSet) -> ParamSet:
    """The range of one root is copied to another, or the machine's branches do not reach."""
    machine = table.machine
    if _chance(generator, 1, 3):
        short = generator.choice(_reaches(machine.bits)[2:])
        return replace(table, machine=replace(machine, reach=(short,)))
    one, other = generator.choice(table.types), generator.choice(table.types)
    return with_type(table, replace(one, ranges=other.ranges, second=other.second))


def with_type(table: ParamSet, changed: AllocType) -> ParamSet:
    """The table with one type replaced by another of the same index."""
    types = tuple(changed if t.index == changed.index else t for t in table.types)
    return replace(table, types=types)


def wild_table(generator: random.Random, widths: Sequence[int] = WIDE) -> ParamSet:
    """A table in which nothing needs to make sense; the machine does."""
    table = right_table(generator, widths)
    reach = generator.choice(((), (generator.choice(_reaches(table.machine.bits)),)))
    registered = tuple(
        Region("taken", r.first, r.last)
        for _ in range(generator.randint(0, 2))
        for r in [_wild_range(generator, table)]
    )
    registered = tuple(r for r in registered if evaluate(r.first) <= evaluate(r.last))
    machine = replace(table.machine, reach=reach, registered=registered)
    table = replace(table, machine=machine, assumptions=_any_assumptions(generator))
    wild = tuple(_wild_type(generator, table, name, index) for index, name in enumerate(TYPES))
    roots = generator.sample(range(len(wild)), generator.randint(1, 3))
    targets = [*roots, *roots, *roots, *roots, generator.randint(-1, len(wild))]
    types = (t if t.index in roots else replace(t, mapto=generator.choice(targets)) for t in wild)
    return replace(table, types=tuple(types))


def _any_assumptions(generator: random.Random) -> Assumptions:
    return Assumptions(
        generator.choice(PROTECT),
        generator.choice(FREE_ACCESS),
        generator.choice(ARBITER),
        generator.choice(GUARD),
        generator.choice(((), CLAIMS)),
    )


def _wild_type(generator: random.Random, table: ParamSet, name: str, index: int) -> AllocType:
    bits = table.machine.bits
    fill, invalidate = _flag(generator), _flag(generator)
    return AllocType(
        name, index, index, constant(_wild_step(generator, table), bits), constant(_wild_step(generator, table), bits),
        ranges=(_wild_range(generator, table), _wild_range(generator, table)), second=truth(_flag(generator)),
        protection=generator.choice((*PROTECTIONS.values(), PROTECTIONS["PAGE_KERNEL_EXEC"], NOTHING)),
        seals=truth(_flag(generator)), shared_pmd=truth(_flag(generator)),
        fill=truth(fill), invalidate=truth(invalidate),
        fill_name="poke" if fill else "", invalidate_name="clear" if invalidate else "",
        written=frozenset({"mapto", "granularity", "alignment", "start0", "end0", "pgprot"}),
    )  # fmt: skip


def _wild_step(generator: random.Random, table: ParamSet) -> int:
    """A granularity or alignment, in bytes."""
    bits, page, pmd = table.machine.bits, evaluate(table.machine.page), evaluate(table.machine.pmd)
    usual = (1, page // 2, page, page, pmd, 2 * page)
    odd = (0, 3, page - 1, page + 1, 3 * page // 2, 3 * page, 1 << (bits - 1), generator.randrange(1 << bits))
    return generator.choice((*usual, *usual, *odd)) % (1 << bits)


def _wild_range(generator: random.Random, table: ParamSet) -> Range:
    bits, page = table.machine.bits, evaluate(table.machine.page)
    space = 1 << bits
    length = generator.choice((generator.randint(1, 8 * page), generator.randint(1, space - 1), 4 * page))
    first = generator.choice((generator.randrange(space), space - length, space // 2, space // 2 + page, 0))
    last = generator.choice((min(space - 1, first + length - 1), (first + length - 1) % space, 0))
    inclusive = table.dialect.inclusive_ends
    return Range.from_bounds(constant(first, bits), constant(last if inclusive else last + 1, bits), inclusive)


def _flag(generator: random.Random) -> bool:
    return generator.choice((True, False))


def _chance(generator: random.Random, wins: int, of: int) -> bool:
    return generator.randrange(of) < wins
