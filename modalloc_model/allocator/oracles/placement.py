"""RNG, ALN and CMP: where allocations are, and whether one had to fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modalloc_model import addresses
from modalloc_model.allocator.events import EventKind, Tile
from modalloc_model.allocator.observation import Observation
from modalloc_model.allocator.oracles.moment import EventContext, Violation, about, interval
from modalloc_model.concrete import ConcreteRange, ConcreteRoot
from modalloc_model.words import align_up


def first_byte_refused(moment: EventContext) -> Iterator[Violation]:
    """RNG001: in the empty state, an allocation of one byte fails, and not for a hole that was passed over."""
    event, state = moment.event, moment.state
    empty = not state.blocks and not state.live and not state.foreign
    if event.kind is EventKind.REFUSED and event.size == 1 and empty and not (event.root and _some_hole_does(moment)):
        message = f"no place for one byte of {event.section}, with nothing allocated"
        yield Violation("RNG001", event.section, message)


def _some_hole_does(moment: EventContext) -> bool:
    """Some hole has room for a block of one byte at the place that the search tries."""
    state, root, bits = moment.state, moment.root, moment.state.params.bits
    length = align_up(1, root.alignment, bits)
    block = align_up(length, root.granularity, bits)
    area = block + state.params.guard
    holes = [hole for chosen in root.ranges if chosen is not None for hole in state.holes(root.name, chosen)]
    tried = [(lo, align_up(lo, max(root.granularity, root.alignment), bits), last) for lo, last in holes]
    possible = 1 <= length <= block and area < 1 << bits
    return possible and any(lo <= place and place + area - 1 <= last for lo, place, last in tried)


def outside_its_ranges(state: Observation, tiles: list[Tile]) -> Iterator[Violation]:
    """RNG004: a live extent is not inside one of its root's usable ranges."""
    for extent in state.live:
        usable = [r for r in state.params.root(extent.root).ranges if r is not None]
        if not any(_inside(r, extent.lo, extent.last) for r in usable):
            yield about("RNG004", extent.root, state, extent, f"is outside the ranges of {extent.root}")


def misaligned(state: Observation, tiles: list[Tile]) -> Iterator[Violation]:
    """ALN004: a live extent's address is no multiple of its root's alignment."""
    for extent in state.live:
        alignment = state.params.root(extent.root).wanted
        off = extent.lo % alignment if alignment else extent.lo
        if off:
            yield about("ALN004", extent.root, state, extent, f"is {off} bytes off the alignment of {alignment}")


def refused_for_no_reason(moment: EventContext) -> Iterator[Violation]:
    """CMP001: an allocation fails although some free extent or some hole has an aligned place for it."""
    event, state = moment.event, moment.state
    if event.kind is not EventKind.REFUSED or not event.root or not event.size:
        return
    length = align_up(event.size, moment.root.alignment, state.params.bits)
    assert isinstance(length, int)
    if length < event.size:  # section 3, step 1: this one has to fail
        return
    room = _room(state, moment.root, length)
    if room is not None:
        what = f"{addresses.size(event.size)} of {event.section} refused, with room at {interval(state, *room)}"
        yield Violation("CMP001", event.root, what, *room)


def second_range_without_need(moment: EventContext) -> Iterator[Violation]:
    """CMP002: a block is placed in the second range although the first had room."""
    event, state = moment.event, moment.state
    if event.kind is not EventKind.MAP:
        return
    last = event.last + state.params.guard
    first, second = (*moment.root.ranges, None, None)[:2]
    if first is None or second is None or _inside(first, event.lo, last) or not _inside(second, event.lo, last):
        return
    before = replace(state, blocks=state.blocks[:-1])
    room = _hole_with_room(before, moment.root, first, last - event.lo + 1)
    if room is not None:
        what = f"is in the second range, with room in the first at {interval(state, *room)}"
        block = f"block of {event.root} at {interval(state, event.lo, event.last)}"
        yield Violation("CMP002", event.root, f"{block} {what}", event.lo, event.last)


def _inside(chosen: ConcreteRange, lo: int, last: int) -> bool:
    return chosen.first <= lo and last <= chosen.last


def _room(state: Observation, root: ConcreteRoot, length: int) -> tuple[int, int] | None:
    """A place for an extent of `length` bytes: in a free extent, or at the start of a fresh block."""
    for lo, last in state.free_space(root.name) if root.reuses else ():
        place = _multiple(lo, root.alignment)
        if place + length - 1 <= last:
            return place, place + length - 1
    block = align_up(length, root.granularity, state.params.bits)
    assert isinstance(block, int)
    area = block + state.params.guard
    if block < length or area >= 1 << state.params.bits:  # section 3, step 3: no fresh block can be asked for
        return None
    found = (_hole_with_room(state, root, chosen, area) for chosen in root.ranges if chosen is not None)
    return next((place for place in found if place is not None), None)


def _hole_with_room(
    state: Observation, root: ConcreteRoot, chosen: ConcreteRange, length: int
) -> tuple[int, int] | None:
    for lo, last in state.holes(root.name, chosen):
        place = _multiple(lo, max(root.granularity, root.alignment))
        if place + length - 1 <= last:
            return place, place + length - 1
    return None


def _multiple(address: int, alignment: int) -> int:
    """The first multiple of the alignment at or above the address, by division: right for 48 too."""
    return -(-address // alignment) * alignment
