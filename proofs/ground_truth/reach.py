"""Reach of branches: for each place, the set of all bytes that its instruction or word can refer to.

Source: RCH001 to RCH003 of section 6 of spec/semantics.md, and its table of kinds. Every branch has its own places,
since all of its bytes must be inside a section. A set of addresses is an integer with one bit for each byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from proofs.ground_truth.space import byte_set
from proofs.ground_truth.state import Extent, Module, State
from proofs.ground_truth.table import Table
from proofs.ground_truth.world import Branch, World, sorts

Violation = tuple[str, str]
OF_MODULES = {"text": "RCH002", "data": "RCH003", "init-text": "RCH003"}
"""The rule for a kind of target; for the image and named regions it is RCH001."""


def out_of_reach(table: Table, state: State, mine: Module, extent: Extent) -> frozenset[Violation]:
    """RCH001, RCH002, RCH003: the new extent as a place and as a target, of itself too."""
    return frozenset(_violations(table, state, mine, extent)) if table.source.branches else frozenset()


def _violations(table: Table, state: State, mine: Module, new: Extent) -> Iterator[Violation]:
    for name, targets in fixed_targets(table.source):
        yield from _missed(table, name, "RCH001", new, targets)
    for place, target, own in _pairs(state, mine, new):
        for sort in _sorts(table, target):
            if own or sort == "text":
                yield from _missed(table, sort, OF_MODULES[sort], place, byte_set(target.lo, target.last))


def fixed_targets(world: World) -> Iterator[tuple[str, int]]:
    """The image, and the other regions that can be named, by their names."""
    if world.image:
        yield "kernel", byte_set(*world.image)
    for name, region in world.named:
        yield name, byte_set(*region)


def _sorts(table: Table, extent: Extent) -> tuple[str, ...]:
    part = table.parts[extent.part]
    return sorts(part.kind, part.init)


def _pairs(state: State, mine: Module, new: Extent) -> Iterator[tuple[Extent, Extent, bool]]:
    """(place, target, of one module) for the new extent and each that was there, both ways."""
    yield new, new, True
    for module in state.modules:
        for other in module.extents:
            yield new, other, module is mine
            yield other, new, module is mine


def _missed(table: Table, what: str, rule: str, text: Extent, targets: int) -> Iterator[Violation]:
    """The violation if some branch there cannot reach all the targets."""
    own, root = _sorts(table, text), table.parts[text.part].root or 0
    bound = (b for b in table.source.branches if what in b.to and not b.veneer and not b.inside)
    standing = (b for b in bound if any(sort in b.at for sort in own))
    if any(targets & ~common(b, text.lo, text.lo + text.asked - 1, table.bits) for b in standing):
        yield rule, table.roots[root].name


@lru_cache(maxsize=1 << 15)
def common(branch: Branch, lo: int, last: int, bits: int) -> int:
    """The bytes that it reaches from every place inside [lo, last]; all bytes if there is no place."""
    found = byte_set(0, (1 << bits) - 1)
    for place in range(lo, last - branch.instruction + 2):
        found &= reachable(branch, place, bits)
    return found


@lru_cache(maxsize=1 << 14)
def reachable(branch: Branch, place: int, bits: int) -> int:
    """Every byte that the branch can name from the place."""
    return sum(1 << target for target in range(1 << bits) if _names(branch, place, target, bits))


def _names(branch: Branch, place: int, target: int, bits: int) -> bool:
    if branch.kind == "anywhere":
        return True
    if branch.kind == "segment":
        return place >> branch.segment_bits == target >> branch.segment_bits
    page = 1 << branch.page_bits
    away = {
        "relative": target - place,
        "page": target // page * page - place // page * page,
        "absolute": target,
    }[branch.kind]  # fmt: skip
    return any(branch.lowest <= away + turn <= branch.highest for turn in (-(1 << bits), 0, 1 << bits))
