"""load, finish_init and unload, micro-step by micro-step: every possible result, with its violations.

Source: section 3 of spec/semantics.md. An operation is a generator of :class:`Way`: a next state, or None after a
fault, and the violations at any moment of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from proofs.ground_truth.rules import (
    Violation,
    across_extents,
    became_writable,
    collision,
    erase_fault,
    fill_fault,
    on_pages,
    refused,
    seal_takes,
    second_range,
    stale_reuse,
    turned_live,
)
from proofs.ground_truth.state import Block, Choice, Extent, Module, Place, Spare, State, choice
from proofs.ground_truth.table import INIT, LIVE, LOADING, OPENED, STALE, UNMAPPED, WRITE, Table

Wrong = frozenset[Violation]
NOTHING: Wrong = frozenset()


class Way(NamedTuple):
    """One result of an operation. `state` is None if it ends the run in a fault."""

    label: tuple[object, ...]
    state: State | None
    wrong: Wrong


class Moment(NamedTuple):
    """The middle of an operation: the state without its module, the module, and the violations so far."""

    state: State
    module: Module
    wrong: Wrong
    faulted: bool = False


def load(table: Table, state: State, wanted: tuple[tuple[int, int, int], ...]) -> Iterator[Way]:
    """A module that asks for sections, each as (part, size, what the size is rounded to)."""
    begun = Moment(state, Module(LOADING, ()), NOTHING)
    yield from _allocated(table, begun, wanted, ())


def _allocated(
    table: Table, now: Moment, wanted: tuple[tuple[int, int, int], ...], asked: tuple[tuple[object, ...], ...]
) -> Iterator[Way]:
    if now.faulted:
        yield Way(("load", *asked), None, now.wrong)
        return
    if not wanted:
        yield _filled(table, now, ("load", *asked))
        return
    (part, size, rounded), rest = wanted[0], wanted[1:]
    root, name = table.parts[part].root, table.parts[part].name
    whole = _with(now.state, now.module)
    found = Choice([], True) if root is None else choice(table, whole, root, rounded)
    for place in found.places:
        yield from _allocated(
            table, _placed(table, now, part, size, rounded, place), rest, (*asked, (name, size, place.lo))
        )
    if found.refused:
        why = NOTHING if root is None else refused(table, whole, part, size, rounded)
        label = ("load", *asked, (name, size, None))
        yield from _rolled_back(table, now._replace(wrong=now.wrong | why), label)


def _with(state: State, module: Module) -> State:
    return state._replace(modules=(*state.modules, module)) if module.extents else state


def _placed(table: Table, now: Moment, part: int, size: int, rounded: int, place: Place) -> Moment:
    root = table.parts[part].root
    assert root is not None
    if place.spare is None:
        return _mapped(table, now, part, size, rounded, place, root)
    spare, last = place.spare, place.lo + rounded - 1
    parts = [Spare(root, spare.block, spare.lo, place.lo - 1, True)] if spare.lo < place.lo else []
    if last < spare.last:
        parts.append(Spare(root, spare.block, last + 1, spare.last, True))
    spares = tuple(sorted([*(s for s in now.state.spares if s != spare), *parts]))
    extent = Extent(place.lo, last, part, size, spare.block)
    state = now.state._replace(spares=spares)
    return _add_extent(table, now._replace(state=state, wrong=now.wrong | stale_reuse(table, state, extent)), extent)


def _mapped(table: Table, now: Moment, part: int, size: int, rounded: int, place: Place, root: int) -> Moment:
    early = second_range(table, _with(now.state, now.module), root, place)
    block, last = Block(root, place.lo, place.lo + place.length - 1), place.lo + rounded - 1
    met = collision(table, now.state, block)
    if met:
        return now._replace(wrong=now.wrong | met, faulted=True)
    tail = [Spare(root, place.lo, last + 1, block.last, table.roots[root].reuses)] if last < block.last else []
    state = now.state._replace(
        blocks=tuple(sorted([*now.state.blocks, block])), spares=tuple(sorted([*now.state.spares, *tail]))
    )
    extent = Extent(place.lo, last, part, size, place.lo)
    mapped = now._replace(state=state, wrong=now.wrong | early)
    return _add_extent(table, _painted(table, mapped, block.lo, block.last, table.roots[root].given), extent)


def _add_extent(table: Table, now: Moment, extent: Extent) -> Moment:
    module = now.module._replace(extents=(*now.module.extents, extent))
    wrong = now.wrong | across_extents(table, _with(now.state, now.module), now.module, extent)
    return _check_pages(table, now._replace(module=module, wrong=wrong), extent)


def _check_pages(table: Table, now: Moment, extent: Extent) -> Moment:
    """The violations by the pages of this extent."""
    return now._replace(wrong=now.wrong | on_pages(table, now.state.pages, now.module.phase, extent))


def _painted(table: Table, now: Moment, lo: int, last: int, value: int) -> Moment:
    """The pages of [lo, last] get a protection."""
    first, end = lo // table.page, last // table.page + 1
    return _changed(table, now, first, (value,) * (end - first))


def _changed(table: Table, now: Moment, first: int, values: tuple[int, ...]) -> Moment:
    """Set the pages from the first on to these values, and check the extents on them."""
    before, end = now.state.pages, first + len(values)
    if before[first:end] == values:
        return now
    pages = before[:first] + values + before[end:]
    wrong = set(now.wrong)
    for module in (*now.state.modules, now.module):
        for extent in module.extents:
            if extent.lo // table.page < end and extent.last // table.page >= first:
                wrong |= on_pages(table, pages, module.phase, extent)
                wrong |= became_writable(table, before, pages, extent)
    return Moment(now.state._replace(pages=pages), now.module, frozenset(wrong))


def _filled(table: Table, now: Moment, label: tuple[object, ...]) -> Way:
    for extent in now.module.extents:
        now = _fill(table, now, extent)
        if now.faulted:
            return Way(label, None, now.wrong)
    if table.by_loader:
        for number, extent in enumerate(now.module.extents):
            given = extent._replace(changed=True)
            extents = (*now.module.extents[:number], given, *now.module.extents[number + 1 :])
            now = now._replace(module=now.module._replace(extents=extents))
            now = _painted(table, now, extent.lo, extent.last, table.parts[extent.part].final)
    return _settled(table, now, INIT, label)


def _settled(table: Table, now: Moment, phase: int, label: tuple[object, ...]) -> Way:
    """The module enters the phase."""
    module = now.module._replace(phase=phase)
    now = now._replace(module=module)
    for extent in module.extents:
        now = _check_pages(table, now, extent)
    if phase == LIVE:
        now = now._replace(wrong=now.wrong | turned_live(table, module))
    return Way(label, _ordered(now.state, module), now.wrong)


def _ordered(state: State, module: Module) -> State:
    return state._replace(modules=tuple(sorted((*state.modules, module))))


def _fill(table: Table, now: Moment, extent: Extent) -> Moment:
    """fill()."""
    root = table.roots[table.parts[extent.part].root or 0]
    if root.fill:
        return now
    opens = table.after_fill and not root.given & WRITE
    if opens:
        now = _painted(table, now, extent.lo, extent.last, OPENED)
    if not _writable(table, now.state, extent):
        return now._replace(wrong=now.wrong | fill_fault(table, extent), faulted=True)
    return _painted(table, now, extent.lo, extent.last, root.given) if opens else now


def _writable(table: Table, state: State, extent: Extent) -> bool:
    pages = state.pages[extent.lo // table.page : extent.last // table.page + 1]
    return all(page & WRITE for page in pages)


def _rolled_back(table: Table, now: Moment, label: tuple[object, ...]) -> Iterator[Way]:
    for end in _all_freed(table, now, now.module.extents[::-1]):
        yield Way(label, None if end.faulted else end.state, end.wrong)


def _all_freed(table: Table, now: Moment, extents: tuple[Extent, ...]) -> Iterator[Moment]:
    """Each is freed in turn; an empty block stays or goes back."""
    if not extents or now.faulted:
        yield now
        return
    for after in _freed(table, now, extents[0]):
        yield from _all_freed(table, after, extents[1:])


def _freed(table: Table, now: Moment, extent: Extent) -> list[Moment]:
    number = table.parts[extent.part].root
    assert number is not None
    root = table.roots[number]
    now = now._replace(module=now.module._replace(extents=tuple(e for e in now.module.extents if e != extent)))
    if table.restored and (extent.sealed or extent.changed):
        now = _painted(table, now, extent.lo, extent.last, root.given)
    if not root.invalidate:
        opens = table.restored and not root.given & WRITE
        if opens:
            now = _painted(table, now, extent.lo, extent.last, OPENED)
        if not _writable(table, now.state, extent):
            return [now._replace(wrong=now.wrong | erase_fault(table, now.state, extent), faulted=True)]
        if opens:
            now = _painted(table, now, extent.lo, extent.last, root.given)
    block = next(b for b in now.state.blocks if b.root == number and b.lo == extent.block)
    if not root.reuses:
        return [_given_back(table, now, block)]
    now = now._replace(state=now.state._replace(spares=_merged(now.state.spares, number, extent)))
    whole = Spare(number, block.lo, block.lo, block.last, True)
    return [now, _given_back(table, now, block)] if whole in now.state.spares else [now]


def _merged(spares: tuple[Spare, ...], root: int, extent: Extent) -> tuple[Spare, ...]:
    lo, last, rest = extent.lo, extent.last, []
    mine = [s for s in spares if s.root == root and s.block == extent.block and s.free]
    for spare in mine:
        if spare.last + 1 == extent.lo:
            lo = spare.lo
        elif extent.last + 1 == spare.lo:
            last = spare.last
        else:
            rest.append(spare)
    kept = [s for s in spares if s not in mine]
    return tuple(sorted([*kept, *rest, Spare(root, extent.block, lo, last, True)]))


def _given_back(table: Table, now: Moment, block: Block) -> Moment:
    """The block's pages are unmapped and its area is gone."""
    spares = tuple(s for s in now.state.spares if (s.root, s.block) != (block.root, block.lo))
    blocks = tuple(b for b in now.state.blocks if b != block)
    state = now.state._replace(blocks=blocks, spares=spares)
    return _painted(table, now._replace(state=state), block.lo, block.last, UNMAPPED)


def finish_init(table: Table, state: State, number: int) -> Iterator[Way]:
    """Module `number` is sealed where it is to be, loses its INIT sections, and is live."""
    module = state.modules[number]
    sealed = tuple(e._replace(sealed=e.sealed or table.parts[e.part].sealed) for e in module.extents)
    others = state.modules[:number] + state.modules[number + 1 :]
    now = Moment(state._replace(modules=others), module._replace(extents=sealed), NOTHING)
    for extent in sealed:
        if extent.sealed:
            now = _sealed(table, now, extent)
    initial = tuple(e for e in sealed if table.parts[e.part].init)
    for end in _all_freed(table, now, initial):
        if end.faulted:
            yield Way(("finish_init", _label(table, module)), None, end.wrong)
        else:
            yield _settled(table, end, LIVE, ("finish_init", _label(table, module)))


def _sealed(table: Table, now: Moment, extent: Extent) -> Moment:
    first, end = extent.lo // table.page, extent.last // table.page + 1
    pages = now.state.pages[first:end]
    taken = tuple((page & ~WRITE) | STALE if page & WRITE else page for page in pages)
    wrong = seal_takes(table, now.state, now.module, extent)
    return _changed(table, now._replace(wrong=now.wrong | wrong), first, taken)


def unload(table: Table, state: State, number: int) -> Iterator[Way]:
    """Module `number` is freed and gone."""
    module = state.modules[number]
    others = state.modules[:number] + state.modules[number + 1 :]
    for end in _all_freed(table, Moment(state._replace(modules=others), module, NOTHING), module.extents):
        yield Way(("unload", _label(table, module)), None if end.faulted else end.state, end.wrong)


def _label(table: Table, module: Module) -> tuple[object, ...]:
    return tuple((table.parts[e.part].name, e.lo) for e in module.extents)
