"""The state of a run as immutable tuples, and the possible places of an allocation.

Source: sections 2 and 3 (alloc) of spec/semantics.md; a block may go to any aligned place of a hole. Modules have no
names: they are sorted, so that states that differ only in names are equal. Between operations every section is filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from proofs.ground_truth.space import holes as unused
from proofs.ground_truth.table import Table
from proofs.ground_truth.world import Interval


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
    """A module that is not gone, with its extents in the order of loading."""

    phase: int
    extents: tuple[Extent, ...]


class Block(NamedTuple):
    """Address space [lo, last] of a root, mapped."""

    root: int
    lo: int
    last: int


class Spare(NamedTuple):
    """A free or padding part [lo, last] of a block."""

    root: int
    block: int
    lo: int
    last: int
    free: bool


class Taken(NamedTuple):
    """Address space [lo, last] of others, from the arbiter of a root or from the shared arbiter (-1)."""

    owner: int
    lo: int
    last: int


class State(NamedTuple):
    """The whole state. `pages` has one number for each page of the address space."""

    blocks: tuple[Block, ...]
    spares: tuple[Spare, ...]
    modules: tuple[Module, ...]
    pages: tuple[int, ...]
    taken: tuple[Taken, ...] = ()


def empty(table: Table) -> State:
    """Nothing is loaded."""
    return State((), (), (), (0,) * (table.size // table.page))


class Place(NamedTuple):
    """Where an allocation may go: in a free extent (`spare`), or as a block of `length` bytes in range `number`."""

    lo: int
    spare: Spare | None = None
    number: int = 0
    length: int = 0


class Choice(NamedTuple):
    """The possible results of an allocation: any of the places, or a refusal."""

    places: list[Place]
    refused: bool


def choice(table: Table, state: State, number: int, rounded: int) -> Choice:
    """Every place open to an allocation of `rounded` bytes from the root, and whether it may fail."""
    root = table.roots[number]
    if not rounded:
        return Choice([], True)
    reused = list(_in_free(table, state, number, rounded)) if root.reuses else []
    return Choice(reused, False) if reused else _fresh(table, state, number, rounded)


def _in_free(table: Table, state: State, number: int, rounded: int) -> Iterator[Place]:
    for spare in state.spares:
        if spare.free and spare.root == number:
            lo = table.up(spare.lo, table.roots[number].alignment)
            if spare.lo <= lo <= spare.last and rounded - 1 <= spare.last - lo:
                yield Place(lo, spare)


def _fresh(table: Table, state: State, number: int, rounded: int) -> Choice:
    """In the first range; and in the next only if no hole with room is one that the search is sure to come upon.

    A carved block's length is tried in large pages first, and then as it is.
    """
    root, found = table.roots[number], list[Place]()
    for (chosen, first, last), granule in product(root.ranges, root.granules):
        length, step, sure = block_length(table, granule, rounded), max(granule, root.alignment), False
        for hole in holes(table, state, number) if length else ():
            fitting = [Place(lo, None, chosen, length) for lo in _fits(table, step, hole, (first, last), length)]
            found += fitting
            sure = sure or (bool(fitting) and hole[1] - hole[0] + 1 >= _sought(table, step, (first, last), length))
        if sure:
            return Choice(found, False)
    return Choice(found, True)


def _sought(table: Table, step: int, chosen: Interval, length: int) -> int:
    """The length from which the search surely finds a hole; Linux adds the cost of an alignment above a page."""
    total = length + table.guard
    if not table.source.prunes or step <= table.page or chosen[1] - chosen[0] + 1 == total:
        return total
    return (total + step - 2) % table.size + 1


def block_length(table: Table, granule: int, rounded: int) -> int:
    """Bytes of a fresh block; 0 where the word is too short for it, or for it and its guard."""
    length = table.up(rounded, granule)
    return length if rounded <= length and length + table.guard < table.size else 0


def _fits(table: Table, step: int, hole: Interval, chosen: Interval, length: int) -> Iterator[int]:
    """Where the block may go in the hole: if it fits at ALIGN(), at any address that is aligned."""
    low, high = max(hole[0], chosen[0]), min(hole[1], chosen[1])
    lowest, highest = table.up(low, step), high + 1 - length - table.guard
    if low <= lowest <= highest:
        yield from (lo for lo in range(low, highest + 1) if not lo & (step - 1))


def holes(table: Table, state: State, number: int) -> list[tuple[int, int]]:
    """The maximal intervals outside every area that the root's arbiter knows."""
    busy = [(b.lo, b.last + table.guard) for b in state.blocks if b.root == number or not table.private]
    busy += [(t.lo, t.last) for t in state.taken if t.owner in (-1, number)]
    return unused(table.size, [*busy, *table.registered])


def room(table: Table, state: State, number: int, rounded: int) -> bool:
    """Whether any multiple of the alignment, in a free extent or for a block, would do (CMP001)."""
    root = table.roots[number]
    if root.reuses and any(
        s.free and s.root == number and _multiple(s.lo, root.alignment) + rounded - 1 <= s.last for s in state.spares
    ):
        return True
    length = block_length(table, root.granularity, rounded)
    return bool(length) and any(room_in(table, state, number, length, chosen) for chosen, _, _ in root.ranges)


def room_in(table: Table, state: State, number: int, length: int, chosen: int) -> bool:
    """Whether range `chosen` has a multiple of the block's alignment where a block of that length would fit."""
    root, total = table.roots[number], length + table.guard
    first, last = next((first, last) for place, first, last in root.ranges if place == chosen)
    gaps = [(max(lo, first), min(hi, last)) for lo, hi in holes(table, state, number)]
    return any(lo <= hi and _multiple(lo, root.step) + total - 1 <= hi for lo, hi in gaps)


def _multiple(x: int, step: int) -> int:
    """The first multiple of `step` at or above x."""
    return -(-x // step) * step
