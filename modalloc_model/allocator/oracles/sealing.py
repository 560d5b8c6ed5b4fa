"""ROI: read-only after init, for the sealed extent and for other extents on its pages."""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.allocator.events import EventKind
from modalloc_model.allocator.oracles.moment import CHANGES_PAGES, EventContext, Violation, about, interval
from modalloc_model.params import Kind


def sealed_becomes_writable(moment: EventContext) -> Iterator[Violation]:
    """ROI001: a page of a sealed live extent becomes writable."""
    if moment.event.kind not in CHANGES_PAGES or "w" not in moment.event.after:
        return
    for run in moment.was:
        for extent in moment.state.on_pages(run.lo, run.last) if not run.writable else ():
            if extent.sealed:
                what = f"is sealed, and its page becomes {moment.event.after}"
                yield about("ROI001", extent.root, moment.state, extent, what)


def seal_reaches_another_module(moment: EventContext) -> Iterator[Violation]:
    """ROI002: a seal takes write permission from a page that holds a byte of another module."""
    event = moment.event
    if event.kind is not EventKind.SEAL:
        return
    for run in moment.was:
        for extent in moment.state.on_pages(run.lo, run.last) if run.writable else ():
            if extent.module != event.module:
                what = f"shares a page that is sealed with {event.section} of {event.module}"
                yield about("ROI002", event.root, moment.state, extent, what)


def read_only_before_its_seal(moment: EventContext) -> Iterator[Violation]:
    """ROI003: a page of an ro-after-init extent of a module in phase init, not yet sealed, is not writable."""
    if moment.event.kind not in (*CHANGES_PAGES, EventKind.PHASE):
        return
    for extent in moment.nearby():
        waiting = moment.state.phase(extent) == "init" and not extent.sealed
        if extent.section.kind is Kind.RODATA_AFTER_INIT and waiting:
            lacking = [run for run in moment.state.pages_of(extent) if not run.writable]
            if lacking:
                what = f"is not sealed yet, and its page is {lacking[0].protection}"
                yield about("ROI003", extent.section.name, moment.state, extent, what)


def sealed_memory_not_usable_again(moment: EventContext) -> Iterator[Violation]:
    """ROI004: free() of a sealed extent faults; or reused memory has lost its write permission to a seal."""
    event, state = moment.event, moment.state
    if event.kind is EventKind.FAULT and event.note == "free" and state.leaving and state.leaving.sealed:
        yield about("ROI004", event.root, state, state.leaving, "is sealed, and free() of it faults")
    if event.kind is EventKind.ALLOC and "w" in moment.root.protection:
        for run in state.runs(event.lo, event.last):
            if run.taken:
                what = (
                    f"{event.section} of {event.module} is placed in pages that an earlier seal left {run.protection}"
                )
                message = f"{what}: {interval(state, run.lo, run.last)}"
                yield Violation("ROI004", event.root, message, event.lo, event.last)


def init_section_stays(moment: EventContext) -> Iterator[Violation]:
    """ROI005: an INIT extent is sealed; or one is live once its module is live."""
    event, state = moment.event, moment.state
    if event.kind is EventKind.SEALED and state.params.section(event.section).init:
        message = f"{event.section} of {event.module} is sealed: {interval(state, event.lo, event.last)}"
        yield Violation("ROI005", event.section, message, event.lo, event.last)
    if event.kind is EventKind.PHASE and event.note == "live":
        for extent in state.of_module(event.module):
            if extent.section.init:
                yield about("ROI005", extent.section.name, state, extent, "is left, and its module is live")
