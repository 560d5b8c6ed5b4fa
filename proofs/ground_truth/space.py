"""The possible places of blocks in one boot: sets of bytes, holes, and every block of every size.

Source: alloc(), step 3, of spec/semantics.md in the empty state. Other allocations only remove places; whether one
remains is decided by runs (explore.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from proofs.ground_truth.world import Fields, Interval, World


def byte_set(first: int, last: int) -> int:
    """The bytes from first to last, one bit each; 0 if last lies before first."""
    return (1 << last + 1) - (1 << first) if first <= last else 0


def holes(size: int, busy: Iterable[Interval]) -> list[Interval]:
    """The maximal intervals of an address space outside all that is busy."""
    found, lowest = [], 0
    for first, last in sorted(busy):
        if last < first:
            continue
        if lowest < first:
            found.append((lowest, first - 1))
        lowest = max(lowest, last + 1)
    return [*found, (lowest, size - 1)] if lowest < size else found


def lengths(world: World, root: Fields) -> list[int]:
    """Every length of a block, in bytes, that some size leads to."""
    found = set()
    for size in range(1, world.size):
        rounded = world.up(size, root.alignment)
        length = world.up(rounded, root.granularity)
        if size <= rounded <= length and length + world.guard < world.size:
            found.add(length)
    return sorted(found)


def block_places(world: World, root: Fields, room: Interval) -> Iterator[int]:
    """Every aligned address in the room."""
    mask = max(root.granularity, root.alignment) - 1
    return (place for place in range(room[0], room[1] + 1) if not place & mask)


def rooms(world: World, root: Fields) -> Iterator[Interval]:
    """The free part of each usable range before anything is allocated."""
    gaps = holes(world.size, world.registered)
    for _, first, last in world.ranges(root):
        for low, high in gaps:
            if max(low, first) <= min(high, last):
                yield max(low, first), min(high, last)


def blocks(world: World, root: Fields) -> Iterator[Interval]:
    """The longest block (first, last) that the root can have at each place: every other is a part of one of them."""
    every = lengths(world, root)
    for room in rooms(world, root):
        for place in block_places(world, root, room):
            fitting = [length for length in every if place + length + world.guard - 1 <= room[1]]
            if fitting:
                yield place, place + fitting[-1] - 1
