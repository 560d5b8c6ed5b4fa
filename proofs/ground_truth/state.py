"""The state of a run, as tuples that never change, and where an allocation may be placed in it.

Models: sections 2 and 3 (alloc) of spec/semantics.md. Modules have no names: they are kept in order of what they have,
so that states that differ in names alone are one.
Leaves out: what is filled. Between operations everything is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from proofs.ground_truth.table import Root, Table


class Extent(NamedTuple):
    """A live extent [lo, last], `asked` bytes of it asked for; `block` is the first address of its block."""

    lo: int
    last: int
    part: int
    asked: int
    block: int
    sealed: bool = False
    changed: bool = False  # the loader gave its pages a protection


class Module(NamedTuple):
    """A module that is not gone, and what it has, in the order of loading."""

    phase: int
    extents: tuple[Extent, ...]


class Block(NamedTuple):
    """Address space [lo, last] of a root, mapped."""

    root: int
    lo: int
    last: int


class Spare(NamedTuple):
    """A part [lo, last] of a block that is nobody's: free, or padding."""

    root: int
    block: int
    lo: int
    last: int
    free: bool


class State(NamedTuple):
    """Everything there is. `pages` holds one number a page of the address space."""

    blocks: tuple[Block, ...]
    spares: tuple[Spare, ...]
    modules: tuple[Module, ...]
    pages: tuple[int, ...]


def empty(table: Table) -> State:
    """Nothing is loaded."""
    return State((), (), (), (0,) * (table.size // table.page))


class Place(NamedTuple):
    """Where an allocation may go: in a free extent (`spare`), or as a block of `length` bytes in range `number`."""

    lo: int
    spare: Spare | None = None
    number: int = 0
    length: int = 0


def places(table: Table, state: State, number: int, rounded: int) -> list[Place]:
    """Every place open to an allocation of `rounded` bytes from the root; none if it fails."""
    root = table.roots[number]
    if not rounded:
        return []
    reused = list(_in_free(table, state, number, rounded)) if root.reuses else []
    return reused or _fresh(table, state, number, rounded)


def _in_free(table: Table, state: State, number: int, rounded: int) -> Iterator[Place]:
    for spare in state.spares:
        if spare.free and spare.root == number:
            lo = table.up(spare.lo, table.roots[number].alignment)
            if spare.lo <= lo <= spare.last and rounded - 1 <= spare.last - lo:
                yield Place(lo, spare)


def _fresh(table: Table, state: State, number: int, rounded: int) -> list[Place]:
    length = block_length(table, table.roots[number], rounded)
    if not length:
        return []
    root, gaps = table.roots[number], holes(table, state, number)
    for chosen, first, last in root.ranges:
        found = [
            Place(lo, None, chosen, length)
            for hole in gaps
            if (lo := _fit(table, root, hole, first, last, length)) is not None
        ]
        if found:
            return found
    return []


def block_length(table: Table, root: Root, rounded: int) -> int:
    """Bytes of a fresh block; 0 where the word is too short for it, or for it and its guard."""
    length = table.up(rounded, root.granularity)
    return length if rounded <= length and length + table.guard < table.size else 0


def _fit(table: Table, root: Root, hole: tuple[int, int], first: int, last: int, length: int) -> int | None:
    low, high = max(hole[0], first), min(hole[1], last)
    if low > high:
        return None
    lo = table.up(low, max(root.granularity, root.alignment))
    return lo if low <= lo <= high and length + table.guard - 1 <= high - lo else None


def holes(table: Table, state: State, number: int) -> list[tuple[int, int]]:
    """The maximal intervals outside every area that the root's arbiter knows."""
    busy = [(b.lo, b.last + table.guard) for b in state.blocks if b.root == number or not table.private]
    found, lowest = [], 0
    for lo, last in sorted([*busy, *table.registered]):
        if lowest < lo:
            found.append((lowest, lo - 1))
        lowest = max(lowest, last + 1)
    return [*found, (lowest, table.size - 1)] if lowest < table.size else found


def room(table: Table, state: State, number: int, rounded: int) -> bool:
    """Whether any multiple of the alignment, in a free extent or for a block, would do (CMP001)."""
    root = table.roots[number]
    if root.reuses and any(
        s.free and s.root == number and _multiple(s.lo, root.alignment) + rounded - 1 <= s.last for s in state.spares
    ):
        return True
    length = block_length(table, root, rounded)
    return bool(length) and any(room_in(table, state, number, length, chosen) for chosen, _, _ in root.ranges)


def room_in(table: Table, state: State, number: int, length: int, chosen: int) -> bool:
    """Whether range `chosen` has a multiple of the block's alignment where a block of that length would fit."""
    root, total = table.roots[number], length + table.guard
    step = max(root.granularity, root.alignment)
    first, last = next((first, last) for place, first, last in root.ranges if place == chosen)
    gaps = [(max(lo, first), min(hi, last)) for lo, hi in holes(table, state, number)]
    return any(lo <= hi and _multiple(lo, step) + total - 1 <= hi for lo, hi in gaps)


def _multiple(x: int, step: int) -> int:
    """The first multiple of `step` at or above x."""
    return -(-x // step) * step
