"""MAP006 and MAP007: a section's pages lack what it needs, or a seal takes it."""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.allocator.events import EventKind
from modalloc_model.allocator.observation import LiveExtent
from modalloc_model.allocator.oracles.moment import CHANGES_PAGES, EventContext, Violation, about
from modalloc_model.params import Kind

NEEDS = {
    ("init", Kind.TEXT): "x",
    ("init", Kind.DATA): "rw",
    ("init", Kind.RODATA): "r",
    ("init", Kind.RODATA_AFTER_INIT): "rw",
    ("live", Kind.TEXT): "x",
    ("live", Kind.DATA): "rw",
    ("live", Kind.RODATA): "r",
    ("live", Kind.RODATA_AFTER_INIT): "r",
}
"""By phase and kind of section: section 4 of spec/semantics.md."""


def lacks_what_it_needs(moment: EventContext) -> Iterator[Violation]:
    """MAP006: a page of a loaded section lacks what the section needs, at any moment."""
    state = moment.state
    if moment.event.kind not in (*CHANGES_PAGES, EventKind.PHASE):
        return
    for extent in moment.nearby():
        phase = state.phase(extent)
        lacking = sorted({x for run in state.pages_of(extent) for x in _lacking(extent, phase, run.protection)})
        if lacking:
            what = f"needs {''.join(lacking)} in phase {phase}, and a page of it lacks that"
            yield about("MAP006", extent.section.name, state, extent, what)


def _lacking(extent: LiveExtent, phase: str, protection: str) -> str:
    needed = NEEDS.get((phase, extent.section.kind), "")
    return "".join(x for x in needed if x not in protection and not (x == "w" and extent.sealed))


def seal_takes_what_is_needed(moment: EventContext) -> Iterator[Violation]:
    """MAP007: a seal takes what a section needs once live; or, under strict-rwx, leaves what it should take."""
    if moment.event.kind is EventKind.PHASE and moment.event.note == "live" and moment.strict:
        for extent in moment.state.of_module(moment.event.module):
            if extent.section.kind is Kind.RODATA_AFTER_INIT and not extent.sealed:
                yield about("MAP007", extent.section.name, moment.state, extent, "is never sealed")
    if moment.event.kind is not EventKind.SEAL:
        return
    for run in moment.was:
        for extent in moment.state.on_pages(run.lo, run.last) if run.writable else ():
            if extent.section.kind is Kind.DATA and not extent.section.init:
                what = f"is sealed with {moment.event.section} of {moment.event.module}, and needs w"
                yield about("MAP007", extent.section.name, moment.state, extent, what)
