"""Reach of other allocators: no run involves them, so every block is checked.

Source: the end of section 6 of spec/semantics.md. A block may lie wherever the arbiter can place one in the empty
state, whatever else is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from proofs.ground_truth.reach import OF_MODULES, common, fixed_targets
from proofs.ground_truth.space import blocks, byte_set
from proofs.ground_truth.table import Table
from proofs.ground_truth.world import Branch, Fields, Interval, World, sorts

Key = tuple[str, str]
SORTS = tuple(OF_MODULES)


def reach_of_others(worlds: tuple[World, ...]) -> dict[Key, bool]:
    """For each rule of reach and each such type that takes part in it: whether all is in reach, in every boot."""
    found: dict[Key, bool] = {}
    for world in worlds:
        for key, holds in _judgements(world):
            found[key] = found.get(key, True) and holds
    return found


def _judgements(world: World) -> Iterator[tuple[Key, bool]]:
    for other, branch, place, what in _involving_others(world):
        reached = branch.veneer or all(
            not targets & ~common(branch, lo, last, world.bits)
            for lo, last in _blocks(world, place)
            for targets in _targets(world, what)
        )
        yield (_rule(world, what), other.name), bool(reached)


def _involving_others(world: World) -> Iterator[tuple[Fields, Branch, str, str]]:
    """Each branch from such a type to anything, and from a module's sections to it."""
    for other, branch in product(world.of_others(), world.branches):
        for place, what in product(branch.at, branch.to):
            if place == other.name or (what == other.name and place in SORTS):
                yield other, branch, place, what


def _rule(world: World, what: str) -> str:
    fixed = {"kernel", *(name for name, _ in world.named)}
    return "RCH001" if what in fixed else OF_MODULES.get(what, "RCH002")


def _targets(world: World, what: str) -> Iterator[int]:
    fixed = dict(fixed_targets(world))
    if what in fixed or what == "kernel":
        yield fixed.get(what, 0)
        return
    yield from (byte_set(lo, last) for lo, last in _blocks(world, what))


def _blocks(world: World, sort: str) -> Iterator[Interval]:
    """Every block in which something of the sort may lie."""
    table = Table(world)
    numbers = {part.root for part in table.parts if part.root is not None and sort in sorts(part.kind, part.init)}
    roots: list[Fields] = [root for number, root in enumerate(world.roots()) if number in numbers]
    roots += [t for t in world.of_others() if t.name == sort]
    for root in roots:
        yield from blocks(world, root)
