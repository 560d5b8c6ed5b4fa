"""OVL: nothing lies in two places, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from modalloc_model.allocator.events import EventKind, Tile
from modalloc_model.allocator.observation import LiveExtent, Observation
from modalloc_model.allocator.oracles.moment import EventContext, Violation, about, describe, interval


def overlap_in_a_root(state: Observation, tiles: list[Tile]) -> Iterator[Violation]:
    """OVL001: two live extents of one root have a byte in common."""
    for x, y in _overlapping(state):
        if x.root == y.root:
            yield about("OVL001", x.root, state, x, f"overlaps {describe(state, y)}")


def mapped_over_another_root(moment: EventContext) -> Iterator[Violation]:
    """OVL002: a block is to be mapped where a block of another root is mapped."""
    event, state = moment.event, moment.state
    if event.kind is not EventKind.COLLISION:
        return
    for block in state.blocks:
        if block.root != event.root and _overlap((event.lo, event.last), (block.lo, block.last)):
            there = f"overlaps the block of {block.root} at {interval(state, block.lo, block.last)}"
            what = f"{event.section} of {event.module} at {interval(state, event.lo, event.last)}"
            for root in (event.root, block.root):
                yield Violation("OVL002", root, f"{what} {there}", event.lo, event.last)


def overlap_of_roots(state: Observation, tiles: list[Tile]) -> Iterator[Violation]:
    """OVL002: two live extents of different roots have a byte in common."""
    for x, y in _overlapping(state):
        if x.root != y.root:
            for root in (x.root, y.root):
                yield about("OVL002", root, state, x, f"overlaps {describe(state, y)}")


def shared_page_of_two_protections(state: Observation, tiles: list[Tile]) -> Iterator[Violation]:
    """OVL003: two live extents share a page, and were given different protections."""
    for x, y in combinations(state.live, 2):
        if x.given != y.given and _overlap(state.whole_pages(x.lo, x.last), state.whole_pages(y.lo, y.last)):
            what = f"is {x.given} and shares a page with {describe(state, y)}, which is {y.given}"
            for root in dict.fromkeys((x.root, y.root)):
                yield about("OVL003", root, state, x, what)


def bytes_lost_or_twice(state: Observation, tiles: list[Tile]) -> Iterator[Violation]:
    """OVL004: some byte of a block is in no extent, or in two; or a failed load leaves a live extent behind."""
    for block in state.blocks:
        expected = block.lo
        for tile in sorted((t for t in tiles if _tiles(t, block.root, block.lo, block.last)), key=lambda t: t.lo):
            if tile.lo != expected:
                yield _seam(state, block.root, min(tile.lo, expected), max(tile.lo, expected) - 1)
            expected = max(expected, tile.last + 1)
        if expected != block.last + 1:
            yield _seam(state, block.root, min(expected, block.last + 1), max(expected - 1, block.last))
    for extent in state.live:
        if state.phase(extent) == "gone":
            yield about("OVL004", extent.root, state, extent, "is live, and its module is gone")


def _tiles(tile: Tile, root: str, lo: int, last: int) -> bool:
    return tile.root == root and tile.lo <= last and lo <= tile.last


def _seam(state: Observation, root: str, lo: int, last: int) -> Violation:
    message = f"bytes of a block of {root} are in no extent or in two: {interval(state, lo, last)}"
    return Violation("OVL004", root, message, lo, last)


def _overlapping(state: Observation) -> Iterator[tuple[LiveExtent, LiveExtent]]:
    for x, y in combinations(state.live, 2):
        if _overlap((x.lo, x.last), (y.lo, y.last)):
            yield x, y


def _overlap(x: tuple[int, int], y: tuple[int, int]) -> bool:
    return x[0] <= y[1] and y[0] <= x[1]
