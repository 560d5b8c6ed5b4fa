"""Tables at the edges: a random table on a random profile, in one boot or several, with values where mistakes are made.

Ranges touch address 0 and the word's end, wrap, are empty, nest and adjoin; alignments exceed the granularity or are no
powers of two; regions begin and end at the bounds of ranges, blocks and other regions, or one byte beside; branches
reach exactly as far as necessary, or a byte less. Values that depend on the boot move, grow from nothing or change.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from modalloc_model.params import Kind
from proofs.ground_truth.boots import in_boots
from proofs.ground_truth.branches import branches, with_a_shorter_one, with_all_pages
from proofs.ground_truth.tables import chance, plain
from proofs.ground_truth.world import Fields, Interval, Part, World, wraps

FUNCTIONS = ("", "", "poke", "patch")


def table(number: int, bits: int | None = None) -> tuple[World, ...]:
    """Table `number`, boot by boot; the same everywhere. One of four is as plain as can be."""
    world, draw = plain(number, bits), random.Random(f"edges {number}")
    if chance(draw, 1, 4):
        return (world,)
    world = _with_text(draw, world)
    world = replace(world, types=tuple(_on_an_edge(draw, world, t) for t in world.types), documented=chance(draw, 2, 3))
    world = _carved(random.Random(f"carved {number}"), world)
    world = replace(world, types=tuple(_draw_written_fields(draw, t) for t in world.types), meant=chance(draw, 1, 2))
    world = replace(world, prunes=chance(draw, 1, 3))
    world = _with_others(draw, _with_symbols(draw, world))
    world = _with_regions(draw, world)
    world = replace(world, named=_draw_targets(draw, world))
    world = replace(world, branches=branches(draw, world))
    world = with_a_shorter_one(random.Random(f"branches {number}"), world)
    world = with_all_pages(random.Random(f"pages {number}"), world)
    return in_boots(draw, world)


def _with_text(draw: random.Random, world: World) -> World:
    """Where there is no text one section becomes text, most often: branches stand in it."""
    if any(part.kind is Kind.TEXT for part in world.parts) or chance(draw, 1, 4):
        return world
    number, name = draw.randrange(len(world.parts)), draw.choice(("TEXT", "TEXT", "INITTEXT"))
    parts, types = list(world.parts), list(world.types)
    parts[number] = Part(name, Kind.TEXT, name == "INITTEXT", name)
    types[number] = replace(types[number], name=name)
    return replace(world, parts=tuple(parts), types=tuple(types))


def _on_an_edge(draw: random.Random, world: World, t: Fields) -> Fields:
    """Up to two of its parameters are put on an edge."""
    for _ in range(draw.choice((0, 1, 1, 2))):
        change = draw.choice((_alignment, _alignment, _first_range, _second_range, _second_range, _flags))
        t = change(draw, world, t)
    return t


def _alignment(draw: random.Random, world: World, t: Fields) -> Fields:
    factor = draw.choice((2, 2, 2, 4, 8, 3))
    return replace(t, alignment=min(t.granularity * factor, world.size // 2))


def _first_range(draw: random.Random, world: World, t: Fields) -> Fields:
    top, page = world.size - 1, world.page
    start, end = t.starts[0], t.ends[0]
    length = max(end - start, page - 1)
    bounds = draw.choice(
        ((0, length), (top - length, top), (page, page + length), (end, start), (top - length - page, top - page),
         (top - length - page + 1, top - page + 1), (start, start), (start, max(0, start - 1)), (0, top),
         (page, top - page), (start, min(top, end + 1)), (start + 1, end),
         (min(top, start + page), min(top, end + 2 * page)))
    )  # fmt: skip
    return replace(t, starts=(bounds[0] % (top + 1), t.starts[1]), ends=(bounds[1] % (top + 1), t.ends[1]))


def _second_range(draw: random.Random, world: World, t: Fields) -> Fields:
    top, page, start, end = world.size - 1, world.page, t.starts[0], t.ends[0]
    bounds = draw.choice(
        ((start, end), (start, max(start, end - page)), (end + 1, end + 2 * page), (start - 2 * page, start - 1),
         (0, 0), (end, start), (start - page, end + page), (top - 2 * page, top), (0, page - 1),
         (end - page + 1, end + page))
    )  # fmt: skip
    second = chance(draw, 4, 5)
    return replace(t, starts=(start, bounds[0] % (top + 1)), ends=(end, bounds[1] % (top + 1)), second=second)


def _flags(draw: random.Random, world: World, t: Fields) -> Fields:
    flipped = (
        replace(t, second=not t.second), replace(t, shared_pmd=not t.shared_pmd), replace(t, seals=not t.seals)
    )  # fmt: skip
    return draw.choice(flipped)


def _carved(draw: random.Random, world: World) -> World:
    """Now and then a type whose blocks are carved page by page, whatever alignment it asks for."""
    number, page = draw.randrange(len(world.types)), world.page
    old = world.types[number]
    new = replace(
        old, granularity=page, alignment=page, carved=True, large=draw.choice((world.pmd,) * 5 + (0,)),
        promised=draw.choice((page, page, max(1, old.alignment), 2 * page, world.pmd, page // 2)),
        letters=draw.choice(("r-x", "r-x", old.letters)), shared_pmd=old.shared_pmd and chance(draw, 1, 4),
        fill=old.fill or draw.choice(("poke", "poke", "")), invalidate=old.invalidate or draw.choice(("poison", "")),
    )  # fmt: skip
    types = (*world.types[:number], new, *world.types[number + 1 :])
    return replace(world, types=types) if chance(draw, 1, 7) else world


def _draw_written_fields(draw: random.Random, t: Fields) -> Fields:
    """The fields that the source gives, and the names of its functions."""
    every = ("mapto", "flags", "granularity", "alignment", "start0", "end0", "start1", "end1", "pgprot", "fill")
    written = frozenset(draw.sample(every, draw.choice((0, 1, 4, 8, 10))))
    fill = draw.choice(("poke", "patch")) if t.fill else ""
    return replace(t, written=written | ({"invalidate"} if chance(draw, 1, 2) else set()), fill=fill)


def _with_others(draw: random.Random, world: World) -> World:
    """A type that no section asks with, and that others allocate from."""
    if not chance(draw, 1, 6):
        return world
    t = replace(draw.choice(world.types), name="BPF", mapto=len(world.types))
    return replace(world, types=(*world.types, t), others=("BPF",))


def _with_symbols(draw: random.Random, world: World) -> World:
    ends = [end for t in world.types for end in t.ends]
    values = [draw.choice([*ends, draw.randrange(world.size)]) for _ in range(draw.choice((0, 1, 1, 2)))]
    names = (("MODULES_END", "VMALLOC_END"), ("MODULES_VADDR", "MODULES_END"))[chance(draw, 1, 4)]
    return replace(world, symbols=tuple(zip(names, values, strict=False)))


# -- regions ---------------------------------------------------------------------------------------------------------


def landmarks(world: World) -> list[int]:
    """Bounds of regions, and the bytes beside them."""
    found = {0, world.page, world.size - world.page, world.size - 1}
    for t in world.allocated():
        step = max(t.granularity, t.alignment, 1)
        for _, first, last in world.ranges(t):
            found |= {
                first,
                last,
                -(-first // step) * step,
                (last + 1) // step * step,
                (last + 1) // step * step - step,
            }
            found |= {(last + 1 - world.guard) // max(1, t.granularity) * t.granularity}
    near = {x + d for x in found for d in (-world.page, -1, 0, 1, world.page)}
    return sorted(x for x in near if 0 <= x < world.size)


def _with_regions(draw: random.Random, world: World) -> World:
    marks = landmarks(world)
    windows = _windows(draw, world, marks)
    forbidden = tuple(_region(draw, world, marks) for _ in range(draw.choice((0, 0, 1, 1, 2))))
    if chance(draw, 1, 3):
        forbidden = (*forbidden[:1], *_harmless(draw, world))
    registered = list(_related(draw, world, marks, draw.choice((0, 0, 1, 1, 2, 3, 4))))
    image = draw.choice((None, world.image, _region(draw, world, marks), _region(draw, world, marks)))
    if image and chance(draw, 1, 3):
        registered.append(image)
    if forbidden and chance(draw, 1, 4):
        registered.append(_part_of(draw, forbidden[0]))
    allows = tuple(draw.choice(("rwx", "rwx", "rwx", "rw-", "r-x")) for _ in windows)
    kasan = draw.choice((None, None, world.page, world.page * 2, world.pmd))
    return replace(
        world,
        windows=windows,
        allows=allows,
        forbidden=forbidden,
        registered=tuple(registered[:4]),
        image=image,
        kasan=kasan,
    )


def _harmless(draw: random.Random, world: World) -> Iterator[Interval]:
    """A forbidden region that no block can touch: the rest of a range behind its last block, or an empty one."""
    ranges = [(t, first, last) for t in world.allocated() for _, first, last in world.ranges(t)]
    if not ranges:
        return
    t, first, last = draw.choice(ranges)
    step = max(t.granularity, t.alignment, 1)
    low = -(-first // step) * step
    end = low + (last + 1 - low - world.guard) // step * step
    middle = max(1, (low + last) // 2)
    tail = [(max(first, end), last)] if low < end <= last else []
    yield draw.choice([*tail, *tail, (middle, middle - 1)])


def _draw_targets(draw: random.Random, world: World) -> tuple[tuple[str, Interval], ...]:
    """Regions beside the image that something may name."""
    marks = landmarks(world)
    return tuple((name, _region(draw, world, marks)) for name in ("percpu", "symbols")[: draw.choice((0, 0, 0, 1, 2))])


def _windows(draw: random.Random, world: World, marks: Sequence[int]) -> tuple[Interval, ...]:
    """Most often one that holds the ranges, or nearly."""
    bounds = [(first, last) for t in world.allocated() for _, first, last in world.ranges(t)]
    if not bounds or chance(draw, 1, 4):
        return tuple(_region(draw, world, marks) for _ in range(draw.choice((0, 0, 1, 2))))
    low, high = min(first for first, _ in bounds), max(last for _, last in bounds)
    around = (max(0, low + draw.choice((0, 0, 0, 1, -world.page, world.page))),
              min(world.size - 1, high + draw.choice((0, 0, 0, -1, -world.page, world.page))))  # fmt: skip
    return (around if around[0] <= around[1] else (low, high), *((_region(draw, world, marks),) * chance(draw, 1, 5)))


def _region(draw: random.Random, world: World, marks: Sequence[int]) -> Interval:
    first = draw.choice(marks)
    length = draw.choice((1, 1, world.page, world.page, 2 * world.page, world.pmd, draw.randrange(world.size // 2)))
    if first and chance(draw, 1, 10):
        return (first, first - 1)
    return (first, min(world.size - 1, first + max(1, length) - 1))


def _part_of(draw: random.Random, region: Interval) -> Interval:
    """A region that begins or ends with another, or holds it."""
    first, last = region
    return draw.choice(
        ((first, last), (first, (first + last + 1) // 2), (max(0, first - 1), last), ((first + last) // 2, last))
    )


def _related(draw: random.Random, world: World, marks: Sequence[int], count: int) -> Iterator[Interval]:
    """Regions of which one may lie beside, across or inside the one before."""
    region = _region(draw, world, marks)
    for _ in range(count):
        yield region
        first, last = region
        beside = (min(world.size - 1, last + 1), min(world.size - 1, last + world.page))
        region = draw.choice((beside, _part_of(draw, region), _region(draw, world, marks), _region(draw, world, marks)))
        region = region if not wraps(region) else (first, last)
