"""PRT: writes that fault, and pages that allow more than strict RWX does."""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.allocator.events import EventKind
from modalloc_model.allocator.observation import LiveExtent, PageRun
from modalloc_model.allocator.oracles.moment import EventContext, Violation, about, interval
from modalloc_model.params import Kind

_GRANTS = (EventKind.MAP, EventKind.ALLOC, EventKind.PROTECT, EventKind.SEAL, EventKind.PHASE)


def fill_faults(moment: EventContext) -> Iterator[Violation]:
    """PRT001: fill() faults."""
    event, state = moment.event, moment.state
    if event.kind is EventKind.FAULT and event.note == "fill":
        found = state.runs(event.lo, event.last)[0]
        where = interval(state, event.lo, event.last)
        message = f"memcpy() of {event.section} of {event.module} into pages that are {found.protection}: {where}"
        yield Violation("PRT001", event.section, message, event.lo, event.last)


def invalidate_faults(moment: EventContext) -> Iterator[Violation]:
    """PRT002: free() faults, and the page lacks write permission for another reason than a seal."""
    event, state = moment.event, moment.state
    if event.kind is not EventKind.FAULT or event.note != "free" or state.leaving is None:
        return
    for run in state.pages_of(state.leaving):
        if not run.writable and not run.taken:
            what = f"is freed with memset(), and its page is {run.protection}"
            yield about("PRT002", event.section, state, state.leaving, what)
            return


def writable_and_executable(moment: EventContext) -> Iterator[Violation]:
    """PRT003: under strict-rwx, a page is writable and executable, or a loaded text section's is writable."""
    for extent, run in _pages(moment):
        if run.writable and run.executable:
            yield about("PRT003", extent.section.name, moment.state, extent, f"is on a page that is {run.protection}")
        elif run.writable and extent.section.kind is Kind.TEXT and moment.state.loaded(extent):
            yield about("PRT003", extent.section.name, moment.state, extent, f"is loaded text, {run.protection}")


def read_only_data_writable(moment: EventContext) -> Iterator[Violation]:
    """PRT004: under strict-rwx, a page of loaded rodata, or of ro-after-init once live, is writable."""
    for extent, run in _pages(moment):
        if run.writable and _read_only_now(moment, extent):
            phase = moment.state.phase(extent)
            what = f"is read-only in phase {phase}, and its page is {run.protection}"
            yield about("PRT004", extent.section.name, moment.state, extent, what)


def _read_only_now(moment: EventContext, extent: LiveExtent) -> bool:
    if extent.section.kind is Kind.RODATA:
        return moment.state.loaded(extent)
    return extent.section.kind is Kind.RODATA_AFTER_INIT and moment.state.phase(extent) == "live"


def data_executable(moment: EventContext) -> Iterator[Violation]:
    """PRT005: under strict-rwx, a page of a section that is not text is executable."""
    for extent, run in _pages(moment):
        if run.executable and extent.section.kind is not Kind.TEXT:
            yield about("PRT005", extent.section.name, moment.state, extent, f"is on a page that is {run.protection}")


def _pages(moment: EventContext) -> Iterator[tuple[LiveExtent, PageRun]]:
    """The pages of live extents to which the event may have added rights; none unless strict-rwx is claimed."""
    if moment.strict and moment.event.kind in _GRANTS:
        for extent in moment.nearby():
            for run in moment.state.pages_of(extent):
                yield extent, run
