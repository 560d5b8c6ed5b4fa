"""RCH: whether an instruction in module text can name an address."""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.addresses import place as named
from modalloc_model.allocator.events import EventKind
from modalloc_model.allocator.observation import LiveExtent, Observation
from modalloc_model.allocator.oracles.moment import Moment, Violation
from modalloc_model.params import Kind, Reach


def reaches(reach: Reach, place: int, target: int, bits: int) -> bool:
    """Whether an instruction at `place` can name `target` by itself; ValueError for a kind of reach not known."""
    if reach.kind == "relative":
        return reach.lowest <= _displacement(place, target, bits) <= reach.highest
    if reach.kind == "segment":
        return place >> reach.segment_bits == target >> reach.segment_bits
    if reach.kind == "anywhere":
        return True
    raise ValueError(f"reach rule {reach.name} is of kind {reach.kind!r}")


def _displacement(place: int, target: int, bits: int) -> int:
    """target - place in two's complement."""
    difference = (target - place) % (1 << bits)
    return difference - (1 << bits) if difference >> (bits - 1) else difference


def branching_text(state: Observation, module: str, place: int) -> LiveExtent | None:
    """The live text extent of the module that holds the instruction."""
    return next(
        (e for e in state.of_module(module) if e.section.kind is Kind.TEXT and e.lo <= place <= e.last),
        None,
    )


def targets(state: Observation, module: str, target: int) -> set[str]:
    """What the address belongs to, of "kernel", "text" (of any live module) and "data" (of this module)."""
    image = state.params.image
    found = {"kernel"} if image and image.first <= target <= image.last else set()
    for extent in state.live:
        if extent.lo <= target <= extent.last:
            if extent.section.kind is Kind.TEXT:
                found.add("text")
            elif extent.module == module:
                found.add("data")
    return found


def kernel_out_of_reach(moment: Moment) -> Iterator[Violation]:
    """RCH001: a branch to the kernel image is out of reach."""
    return _out_of_reach(moment, "RCH001", "kernel")


def text_out_of_reach(moment: Moment) -> Iterator[Violation]:
    """RCH002: a branch to module text is out of reach."""
    return _out_of_reach(moment, "RCH002", "text")


def data_out_of_reach(moment: Moment) -> Iterator[Violation]:
    """RCH003: an address in the module's own data is out of reach."""
    return _out_of_reach(moment, "RCH003", "data")


def _out_of_reach(moment: Moment, rule: str, aim: str) -> Iterator[Violation]:
    event, state = moment.event, moment.state
    if event.kind is not EventKind.BRANCH:
        return
    text = branching_text(state, event.module, event.lo)
    reach = next(r for r in state.params.reach if r.name == event.note)
    if text is None or reach.veneer or aim not in reach.targets or aim not in targets(state, event.module, event.last):
        return
    if not reaches(reach, event.lo, event.last, state.params.bits):
        symbols = state.params.symbols
        where = (
            f"{named(event.lo, symbols)} ({event.lo:#x}) cannot reach {named(event.last, symbols)} ({event.last:#x})"
        )
        distance = _displacement(event.lo, event.last, state.params.bits)
        message = f"{reach.name} at {where}, {distance:+#x} bytes away, and there is no veneer"
        yield Violation(rule, text.root, message, event.lo, event.lo + reach.instruction - 1)
