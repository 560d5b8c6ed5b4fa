"""A random table in several boots: values that move with the unknown, grow from nothing, vanish or change."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from proofs.ground_truth.world import Fields, Interval, World, wraps

Change = Callable[[random.Random, World, World, int], World]


def in_boots(draw: random.Random, world: World) -> tuple[World, ...]:
    """The table in its boots: one, for half of all tables."""
    count = draw.choice((1, 1, 1, 2, 2, 3, 4))
    if count == 1:
        return (world,)
    step, low = draw.choice((1, world.page, world.page, world.pmd)), draw.choice((0, 0, 1, 2))
    while step * (low + count - 1) >= world.size:
        step //= 2
    changes = [draw.choice(CHANGES) for _ in range(draw.choice((1, 2, 3)))]
    seed, lawless = draw.random(), draw.randrange(10) == 0
    changes = [*changes, *([_wraps] if lawless else [])]
    boots = []
    for k in range(count):
        boot = replace(world, unknown=step * (low + k))
        for number, change in enumerate(changes):
            boot = _keep_lawful(boot, change(random.Random(f"{seed} {number}"), boot, world, k * step), lawless)
        boots.append(boot)
    return tuple(boots)


def _keep_lawful(before: World, after: World, lawless: bool) -> World:
    """The change, unless it makes a region wrap that must not."""
    return before if not lawless and any(wraps(region) for region in after.regions()) else after


def _shift(world: World, region: Interval, low: int, high: int) -> Interval:
    """Each end moved by this much; one that is moved past the end of the address space wraps."""
    first, last = (region[0] + low) % world.size, (region[1] + high) % world.size
    return (first, last)


def _range_moves(draw: random.Random, boot: World, base: World, away: int) -> World:
    number, which = draw.randrange(len(boot.types)), draw.choice((0, 0, 1))
    low, high = draw.choice(((away, away), (away, away), (-away, -away), (0, away), (away, 0), (0, -away)))

    def moved(t: Fields) -> Fields:
        starts, ends = list(t.starts), list(t.ends)
        starts[which], ends[which] = (starts[which] + low) % boot.size, (ends[which] + high) % boot.size
        return replace(t, starts=tuple(starts), ends=tuple(ends))

    return _with_type(boot, number, moved)


def _with_type(world: World, number: int, change: Callable[[Fields], Fields]) -> World:
    types = tuple(change(t) if place == number else t for place, t in enumerate(world.types))
    return replace(world, types=types)


def _alignment_changes(draw: random.Random, boot: World, base: World, away: int) -> World:
    """It grows by powers, or by steps, which are no powers in some boot."""
    number, by_powers = draw.randrange(len(boot.types)), draw.randrange(3) > 0
    places = away // max(1, draw.choice((1, boot.page)))

    def changed(t: Fields) -> Fields:
        grown = t.wanted << min(places, 3) if by_powers else t.wanted + away
        if grown >= boot.size:
            return t
        return replace(t, promised=grown) if t.carved else replace(t, alignment=grown)

    return _with_type(boot, number, changed)


def _granularity_changes(draw: random.Random, boot: World, base: World, away: int) -> World:
    def changed(t: Fields) -> Fields:
        return t if t.carved else replace(t, granularity=boot.pmd if away else boot.page)

    return _with_type(boot, draw.randrange(len(boot.types)), changed)


def _region_changes(draw: random.Random, boot: World, base: World, away: int) -> World:
    which = draw.choice((0, 1, 1, 2, 2))
    regions = (boot.windows, boot.forbidden, boot.registered)[which]
    if not regions:
        return boot
    number = draw.randrange(len(regions))
    changed = _region_changed(draw, boot, regions[number], away)
    new = (*regions[:number], changed, *regions[number + 1 :])
    return (replace(boot, windows=new), replace(boot, forbidden=new), replace(boot, registered=new))[which]


def _region_changed(draw: random.Random, boot: World, region: Interval, away: int) -> Interval:
    """It moves, or grows from nothing: of `away` bytes in its boot."""
    first, last = region
    if draw.randrange(2) and first:
        return (first, (first + away - 1) % boot.size)
    low, high = draw.choice(((away, away), (-away, -away), (0, away)))
    return _shift(boot, (first, last), low, high)


def _image_changes(draw: random.Random, boot: World, base: World, away: int) -> World:
    return replace(boot, image=_region_changed(draw, boot, boot.image, away)) if boot.image else boot


def _named_changes(draw: random.Random, boot: World, base: World, away: int) -> World:
    return replace(boot, named=tuple((name, _region_changed(draw, boot, r, away)) for name, r in boot.named))


def _wraps(draw: random.Random, boot: World, base: World, away: int) -> World:
    """A forbidden region grows over the end of the address space, or moves so that its end is the first to cross it."""
    if not boot.forbidden:
        return boot
    (first, last), *rest = boot.forbidden
    grown = (max(1, first), (max(last, boot.size - 2) + away) % boot.size)
    return replace(boot, forbidden=(grown, *rest))


def _symbol_moves(draw: random.Random, boot: World, base: World, away: int) -> World:
    return replace(boot, symbols=tuple((name, (value + away) % boot.size) for name, value in boot.symbols))


def _kasan_changes(draw: random.Random, boot: World, base: World, away: int) -> World:
    return replace(boot, kasan=(boot.kasan + away) % boot.size) if boot.kasan is not None else boot


CHANGES: tuple[Change, ...] = (
    _range_moves, _range_moves, _range_moves, _alignment_changes, _alignment_changes, _granularity_changes,
    _region_changes, _region_changes, _region_changes, _image_changes, _named_changes, _symbol_moves, _kasan_changes,
)  # fmt: skip
