"""A counterexample as a film: the memory before the run and after each step, with the changes marked.

The executable allocator replays the trace; a frame is the state after a step. All maps of a film have the same rows, so
that unchanged regions keep their places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.allocator.observation import Observation
from modalloc_model.designs.replay import Replay, StepRecord, replay
from modalloc_model.report.maps.model import AddressMap, BranchArrow, Column, ColumnMark, Role, bounds_of, ranges_of
from modalloc_model.report.story import event_text, step_text
from modalloc_model.trace import Trace


@dataclass(frozen=True)
class Frame:
    """The memory after a step; number 0 is before the first. `events` describe the step, a line each."""

    number: int
    title: str
    events: tuple[str, ...]
    shown: AddressMap


@dataclass(frozen=True)
class Film:
    """A trace, replayed. `problem` says why it does not reproduce, and is empty where it does."""

    trace: Trace
    frames: tuple[Frame, ...]
    violation: str
    problem: str


def film(trace: Trace) -> Film:
    """The trace, run again, and a frame for each step that was played."""
    replayed = replay(trace)
    return Film(trace, tuple(_frames(trace, replayed)), trace.violation or replayed.violation, replayed.problem)


def _frames(trace: Trace, replayed: Replay) -> Iterator[Frame]:
    shots = _shots(trace, replayed.steps)
    events = [event for record in replayed.steps for event in record.events]
    ranges = tuple(ranges_of(trace.params, {event.root for event in events if event.root}))
    around = tuple(_surroundings(trace, events))
    bounds = _bounds(events).union(bounds_of((*ranges, *around)), *(bounds_of(shot.seen) for shot in shots))
    always = (Role.RANGE, Role.BLOCK, Role.EXTENT, Role.PAGES)
    shown = AddressMap((*ranges, *around, *shots[0].end), trace.params.symbols, bounds, always=always)
    yield Frame(0, "before the first step", (), shown)
    for number, (record, (before, after)) in enumerate(zip(replayed.steps, pairwise(shots), strict=True), 1):
        columns = (*ranges, *around, *_mark_changes(before.end, after, record.events))
        told = tuple(line for event in record.events if (line := event_text(event, trace.params.symbols)))
        title = step_text(record.step, trace.params.symbols)
        yield Frame(number, title, told, replace(shown, columns=columns, branch=_branch(record.events)))


def _surroundings(trace: Trace, events: Iterable[Event]) -> Iterator[Column]:
    """The kernel image if there is a branch, and the regions registered at boot."""
    image = trace.params.image
    if image and any(event.kind is EventKind.BRANCH for event in events):
        yield Column("kernel image", image.first, image.last, Role.IMAGE)
    for region in trace.params.registered:
        yield Column("registered", region.first, region.last, Role.REGISTERED)


def _branch(events: Iterable[Event]) -> BranchArrow | None:
    branches = (event for event in events if event.kind is EventKind.BRANCH)
    return next((BranchArrow(event.lo, event.last, event.note) for event in branches), None)


def _bounds(events: Iterable[Event]) -> frozenset[int]:
    """Where a branch is, and where it goes."""
    return frozenset(at for event in events if event.kind is EventKind.BRANCH for at in (event.lo, event.last))


# -- the state, as regions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shot:
    """The state at the end of a step, and whatever was there at some moment of it."""

    end: list[Column]
    seen: list[Column]


def _shots(trace: Trace, records: Sequence[StepRecord]) -> list[_Shot]:
    """The state before the run and in each step. Pages are cut at the same addresses in all states."""
    state = Observation(trace.params)
    moments = [[_state(state)]]
    for record in records:
        moments.append([moments[-1][-1]])
        for event in record.events:
            state.apply(event)
            moments[-1].append(_state(state))
    pages = (c for states in moments for columns in states for c in columns if c.role is Role.PAGES)
    cuts = bounds_of(pages)
    cut = [[[piece for c in columns for piece in _cut(c, cuts)] for columns in states] for states in moments]
    return [_Shot(states[-1], [c for columns in states for c in columns]) for states in cut]


def _state(state: Observation) -> list[Column]:
    """Areas of others, blocks, guard pages, live extents, free space and pages, in this order, each by address."""
    parts = (_foreign(state), _blocks(state), _extents(state), _free(state), _pages(state))
    return [column for part in parts for column in sorted(part, key=lambda c: (c.first, c.last, c.title))]


def _foreign(state: Observation) -> Iterator[Column]:
    for area in state.foreign:
        yield Column(f"others, beside {area.root}" if area.root else "others", area.lo, area.last, Role.REGISTERED)


def _blocks(state: Observation) -> Iterator[Column]:
    guard = state.params.guard
    for block in state.blocks:
        yield Column(f"block of {block.root}", block.lo, block.last, Role.BLOCK)
        if guard:
            yield Column("guard page", block.last + 1, block.last + guard, Role.BLOCK)


def _extents(state: Observation) -> Iterator[Column]:
    for extent in state.live:
        sealed = ", sealed" if extent.sealed else ""
        title = f"{extent.section.name} of {extent.module}"
        yield Column(title, extent.lo, extent.last, Role.EXTENT, f"{state.phase(extent)}{sealed}")


def _free(state: Observation) -> Iterator[Column]:
    for root in dict.fromkeys(block.root for block in state.blocks):
        for lo, last in state.free_space(root):
            yield Column(f"free, of {root}", lo, last, Role.FREE)


def _pages(state: Observation) -> Iterator[Column]:
    return (Column("pages", run.lo, run.last, Role.PAGES, run.protection) for run in state.pages)


def _cut(column: Column, cuts: Iterable[int]) -> list[Column]:
    """Pages, cut wherever any state has a border; other regions stay whole."""
    if column.role is not Role.PAGES:
        return [column]
    inside = sorted(cut for cut in cuts if column.first < cut <= column.last)
    starts = [column.first, *inside]
    return [replace(column, first=lo, last=after - 1) for lo, after in pairwise([*starts, column.last + 1])]


# -- the changes of a step --------------------------------------------------------------------------------------------


def _mark_changes(before: Sequence[Column], shot: _Shot, events: Iterable[Event]) -> list[Column]:
    """The state after a step: new and changed regions marked, removed regions kept, and the pages of a fault."""
    was = {column.key: column for column in before}
    seen = {column.key: column for column in shot.seen if column.role is not Role.FREE}
    now = {column.key for column in shot.end}
    gone = [replace(column, mark=ColumnMark.GONE) for key, column in seen.items() if key not in now]
    left = [column for column in gone if column.role is Role.EXTENT]
    there = [c for c in shot.end if c.role is not Role.FREE or not any(c.meets(extent) for extent in left)]
    faults = [event for event in events if event.kind in (EventKind.FAULT, EventKind.COLLISION)]
    marked = [replace(column, mark=_mark(column, was.get(column.key), faults)) for column in there]
    return sorted([*marked, *gone], key=lambda column: _ORDER.index(column.role))


_ORDER = (Role.REGISTERED, Role.BLOCK, Role.EXTENT, Role.FREE, Role.PAGES)


def _mark(column: Column, was: Column | None, faults: Iterable[Event]) -> ColumnMark:
    if column.role is Role.PAGES and any(event.lo <= column.last and column.first <= event.last for event in faults):
        return ColumnMark.FAULT
    if was is None:
        return ColumnMark.NEW
    return ColumnMark.SAME if was.detail == column.detail else ColumnMark.CHANGED
