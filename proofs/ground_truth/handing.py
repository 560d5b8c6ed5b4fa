"""Passes a random table to the tool: its boots become one table whose values depend on the boot.

A value that is equal in all boots is a constant; one that moves with the unknown is a sum; any other is chosen by the
unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

from modalloc_model.params import (
    AllocType,
    Dialect,
    Machine,
    ParamSet,
    Protection,
    Range,
    Reach,
    Region,
    Section,
    Unknown,
)
from modalloc_model.words import Term, choose, constant, eq, lift, ne, truth, variable
from proofs.ground_truth.world import Branch, Fields, Interval, World

UNKNOWN = "u"
Worlds = tuple[World, ...]


def param_set(name: str, worlds: Worlds) -> ParamSet:
    """The table as the tool has it."""
    first = worlds[0]
    sections = tuple(Section(part.name, part.kind, part.init, part.type) for part in first.parts)
    names = tuple(t.name for t in first.types)
    dialect = Dialect("drawn", names, sections, first.documented, others=first.others)
    types = tuple(_type(worlds, number) for number in range(len(names)))
    assumptions = replace(first.assumptions, arbiter_search="linux" if first.prunes else "exact")
    return ParamSet(name, "", 0, _machine(worlds), dialect, assumptions, types)


def _term(worlds: Worlds, value: Callable[[World], int]) -> Term:
    bits, values = worlds[0].bits, [value(world) for world in worlds]
    if len(set(values)) == 1:
        return constant(values[0], bits)
    unknown, start = variable(UNKNOWN, bits), worlds[0].unknown
    away = [world.unknown - start for world in worlds]
    for slope in (1, -1, 2):
        if all((values[0] + slope * d - v) % (1 << bits) == 0 for d, v in zip(away, values, strict=True)):
            return unknown * slope + (values[0] - slope * start)
    term: Term = constant(values[0], bits)
    for world, v in zip(worlds[1:], values[1:], strict=True):
        term = lift(choose(eq(unknown, world.unknown), constant(v, bits), term), bits)
    return term


def _type(worlds: Worlds, number: int) -> AllocType:
    t = worlds[0].types[number]

    def term(value: Callable[[Fields], int]) -> Term:
        return _term(worlds, lambda world: value(world.types[number]))

    ranges = tuple(
        Range.from_bounds(term(lambda f, k=k: f.starts[k]), term(lambda f, k=k: f.ends[k]), worlds[0].documented)  # type: ignore[misc]
        for k in range(len(t.starts))
    )
    return AllocType(
        t.name, number, t.mapto, term(lambda f: f.granularity), term(lambda f: f.alignment), ranges,
        truth(t.second), Protection.of(t.letters, t.letters), truth(t.seals), truth(t.shared_pmd),
        truth(bool(t.fill)), truth(bool(t.invalidate)), t.fill, t.invalidate, t.written, carved=truth(t.carved),
        large=term(lambda f: f.large) if t.large else None, promised=term(lambda f: f.promised) if t.carved else None,
    )  # fmt: skip


def _machine(worlds: Worlds) -> Machine:
    first, bits = worlds[0], worlds[0].bits
    return Machine(
        "drawn", bits, constant(first.page, bits), constant(first.pmd, bits), first.meant,
        windows=_windows(worlds),
        forbidden=_regions(worlds, "taken", lambda world: world.forbidden),
        registered=_regions(worlds, "known", lambda world: world.registered),
        image=_regions(worlds, "image", lambda world: (world.image,))[0] if first.image else None,
        targets=tuple(
            _region(worlds, name, lambda world, k=k: world.named[k][1])  # type: ignore[misc]
            for k, (name, _) in enumerate(first.named)
        ),
        reach=tuple(_reach(branch) for branch in first.branches),
        kasan_alignment=None if first.kasan is None else _term(worlds, lambda world: world.kasan or 0),
        symbols=_symbols(worlds),
        unknowns=_unknowns(worlds),
    )  # fmt: skip


def _windows(worlds: Worlds) -> tuple[Region, ...]:
    regions = _regions(worlds, "window", lambda world: world.windows)
    limits = zip_longest(regions, worlds[0].allows[: len(regions)], fillvalue="rwx")
    return tuple(replace(region, allows=letters) for region, letters in limits if isinstance(region, Region))


def _symbols(worlds: Worlds) -> dict[str, Term]:
    return {
        name: _term(worlds, lambda world, k=k: world.symbols[k][1])  # type: ignore[misc]
        for k, (name, _) in enumerate(worlds[0].symbols)
    }


def _unknowns(worlds: Worlds) -> tuple[Unknown, ...]:
    """Values step * k from the first boot's to the last's."""
    if len(worlds) == 1:
        return ()
    step = worlds[1].unknown - worlds[0].unknown
    low, high = worlds[0].unknown // step, worlds[-1].unknown // step
    return (Unknown(UNKNOWN, step, low, high, f"{step} * k, {low} <= k <= {high}"),)


def _regions(worlds: Worlds, name: str, of: Callable[[World], Sequence[Interval | None]]) -> tuple[Region, ...]:
    return tuple(_region(worlds, f"{name}{k}", lambda world, k=k: of(world)[k]) for k in range(len(of(worlds[0]))))  # type: ignore[misc]


def _region(worlds: Worlds, name: str, of: Callable[[World], Interval | None]) -> Region:
    """As first and last; or, where it is empty in some boot, as first and the byte after it.

    One that is the whole address space in another boot has no byte after it to tell it from an empty one by.
    """
    each = [of(world) or (0, 0) for world in worlds]
    first, last = (_term(worlds, lambda world, side=side: (of(world) or (0, 0))[side]) for side in (0, 1))  # type: ignore[misc]
    empty = [high == low - 1 for low, high in each]
    if any(empty) and (0, worlds[0].size - 1) in each:
        some = _term(worlds, lambda world: int(not empty[worlds.index(world)]))
        return Region(name, first, last, nonempty=truth(ne(some, 0)))
    return Region.before(name, first, last + 1) if any(empty) else Region(name, first, last)


def _reach(branch: Branch) -> Reach:
    return Reach(
        branch.name, branch.kind, branch.to, branch.lowest, branch.highest, branch.segment_bits, branch.instruction,
        branch.veneer, page_bits=branch.page_bits, places=branch.at, within_module=branch.inside,
        veneer_lowest=branch.near[0], veneer_highest=branch.near[1],
    )  # fmt: skip
