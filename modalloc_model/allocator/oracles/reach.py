"""RCH: whether an instruction, or a word of a table, in a module's memory can name an address."""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.addresses import place as named
from modalloc_model.allocator.events import EventKind
from modalloc_model.allocator.observation import LiveExtent, Observation
from modalloc_model.allocator.oracles.moment import EventContext, Violation
from modalloc_model.params import Kind, Reach


def reaches(reach: Reach, place: int, target: int, bits: int) -> bool:
    """Whether an instruction at `place` reaches `target` without a veneer; ValueError for an unknown kind of reach."""
    if reach.kind == "relative":
        return reach.lowest <= _displacement(place, target, bits) <= reach.highest
    if reach.kind == "page":
        away = _displacement(place >> reach.page_bits, target >> reach.page_bits, bits - reach.page_bits)
        return reach.lowest <= away << reach.page_bits <= reach.highest
    if reach.kind == "absolute":  # the word is extended to `bits` by its sign or by zeros: either reading may do
        return any(reach.lowest <= value <= reach.highest for value in (target, target - (1 << bits)))
    if reach.kind == "segment":
        return place >> reach.segment_bits == target >> reach.segment_bits
    if reach.kind == "anywhere":
        return True
    raise ValueError(f"reach rule {reach.name} is of kind {reach.kind!r}")


def _displacement(place: int, target: int, bits: int) -> int:
    """target - place in two's complement."""
    difference = (target - place) % (1 << bits)
    return difference - (1 << bits) if difference >> (bits - 1) else difference


def standing_in(state: Observation, module: str, place: int) -> LiveExtent | None:
    """The live extent of the module that holds the place."""
    return next((e for e in state.of_module(module) if e.lo <= place <= e.last), None)


def places(extent: LiveExtent) -> set[str]:
    """The kinds of a place in the extent: "data", or "text" and possibly "init-text"."""
    if extent.section.kind is not Kind.TEXT:
        return {"data"}
    return {"text", "init-text"} if extent.section.init else {"text"}


def targets(state: Observation, module: str, target: int) -> set[str]:
    """The kinds of the address: "kernel", a named target, "text" of any module, "data" or "init-text" of this one."""
    image = state.params.image
    found = {"kernel"} if image and image.first <= target <= image.last else set()
    found |= {name for name, named in state.params.targets.items() if named.first <= target <= named.last}
    for extent in state.live:
        if extent.lo <= target <= extent.last:
            own = extent.module == module
            found |= {what for what in places(extent) if own or what == "text"}
    return found


def kernel_out_of_reach(moment: EventContext) -> Iterator[Violation]:
    """RCH001: the kernel image, or a region that the machine names, is out of reach."""
    return _out_of_reach(moment, "RCH001", {"kernel", *moment.state.params.targets})


def text_out_of_reach(moment: EventContext) -> Iterator[Violation]:
    """RCH002: module text is out of reach."""
    return _out_of_reach(moment, "RCH002", {"text"})


def data_out_of_reach(moment: EventContext) -> Iterator[Violation]:
    """RCH003: an address in the module's own data or init text is out of reach."""
    return _out_of_reach(moment, "RCH003", {"data", "init-text"})


def _out_of_reach(moment: EventContext, rule: str, aims: set[str]) -> Iterator[Violation]:
    event, state = moment.event, moment.state
    if event.kind is not EventKind.BRANCH:
        return
    holder = standing_in(state, event.module, event.lo)
    reach = next(r for r in state.params.reach if r.name == event.note)
    if holder is None or reach.veneer or reach.within_module or not places(holder) & {*reach.places}:
        return
    if not aims & {*reach.targets} & targets(state, event.module, event.last):
        return
    if not reaches(reach, event.lo, event.last, state.params.bits):
        symbols = state.params.symbols
        where = (
            f"{named(event.lo, symbols)} ({event.lo:#x}) cannot reach {named(event.last, symbols)} ({event.last:#x})"
        )
        distance = _displacement(event.lo, event.last, state.params.bits)
        message = f"{reach.name} at {where}, {distance:+#x} bytes away, and there is no veneer"
        yield Violation(rule, holder.root, message, event.lo, event.lo + reach.instruction - 1)
