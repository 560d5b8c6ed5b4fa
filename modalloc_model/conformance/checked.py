"""An allocator that holds each of its operations to the reference and to the symbolic reading, as it performs them.

Everything is taken from its events. Extents and holes are judged by steps.py, pages by pages.py; the wrapped methods
are those of allocator/allocator.py, and its loader does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from modalloc_model.allocator import Event, EventKind, Policy
from modalloc_model.allocator.events import Ended
from modalloc_model.allocator.observation import LiveExtent, Observation
from modalloc_model.allocator.oracles.moment import CHANGES_PAGES
from modalloc_model.concrete import Concrete
from modalloc_model.conformance.adapter import as_terms
from modalloc_model.conformance.elements import Elements, State
from modalloc_model.conformance.pages import Acting, PageChecks
from modalloc_model.conformance.reference import Open, open_places
from modalloc_model.conformance.steps import Steps
from modalloc_model.designs.mail.allocator import Allocator, Collision
from modalloc_model.designs.mail.loader import Phase
from modalloc_model.designs.mail.pool import Extent
from modalloc_model.words import evaluate


class CheckedAllocator(Allocator):
    """An allocator that holds each of its steps to the reference and to the symbolic reading."""

    def __init__(self, params: Concrete, policy: Policy, events: list[Event], met: Counter[str]) -> None:
        super().__init__(params, policy, events)
        self.table = as_terms(params)
        self.elements = Elements(params, self.table)
        self.steps = Steps(params, self.table, self.elements, met)
        self.protections = PageChecks(params, self.table, met)
        self.seen = Observation(params)
        self.told = 0
        self.record = events
        self.suspects: set[tuple[str, str]] = set()
        self.was: State = self.elements.of(self.seen)
        self.elements.check(self.was, frozenset())

    # -- events ------------------------------------------------------------------------------------------------------

    def catch_up(self) -> list[Event]:
        """Follow the events since the last time, and give them."""
        new = self.record[self.told :]
        for event in new:
            self.seen.apply(event)
            if event.kind is EventKind.PHASE and event.note in (Phase.INIT, Phase.LIVE):
                for extent in self.seen.of_module(event.module):
                    self._check_load(extent)
            if event.kind in (*CHANGES_PAGES, EventKind.ALLOC, EventKind.PHASE):
                self.suspects |= self.protections.suspects(self.seen, event)
        self.told = len(self.record)
        return new

    def _check_load(self, extent: LiveExtent) -> None:
        self.protections.loaded.add((extent.module, extent.section.name, extent.lo))

    def _state(self) -> Observation:
        return copy_of(self.seen)

    def _extent(self, extent: Extent) -> LiveExtent:
        wanted = (extent.lo, extent.last, extent.section, extent.module)
        return next(e for e in self.seen.live if (e.lo, e.last, e.section.name, e.module) == wanted)

    def _now(self) -> State:
        """The state after the step, as elements."""
        before, self.was = self.was, self.elements.of(self.seen)
        return before

    # -- the operations -------------------------------------------------------------------------------------------

    def alloc(self, name: str, size: int, module: str) -> Extent | None:
        """Allocate; compare the place with the open places of the reference, and the step with the relation."""
        self.catch_up()
        places = open_places(self.seen, name, size)
        try:
            extent = super().alloc(name, size, module)
        except Collision as collision:
            self._check_collision(collision, places)
            raise
        assert places.allows(extent.lo) if extent else places.may_fail
        new = self.catch_up()
        before = self._now()
        self.steps.alloc(name, size, new, before, self.was)
        for block in (event for event in new if event.kind is EventKind.MAP):
            assert places.makes(block.lo, block.last - block.lo + 1 + self.params.guard)
        return extent

    def _check_collision(self, collision: Collision, places: Open) -> None:
        """The block could be placed there, and another root has mapped some of it; nothing was changed."""
        lo, last = collision.span
        assert places.makes(lo, last - lo + 1 + self.params.guard)
        theirs = [b for b in self.seen.blocks if b.root != collision.block.root]
        assert any(b.lo <= last and lo <= b.last for b in theirs)
        self.catch_up()
        self._check_unchanged()

    def take(self, lo: int, last: int, root: str = "") -> None:
        """Let others take an area, and compare the step with the relation."""
        self.catch_up()
        super().take(lo, last, root)
        self._by_others()

    def restore(self, lo: int, last: int, root: str = "") -> None:
        """Let others return an area, and compare the step with the relation."""
        self.catch_up()
        super().restore(lo, last, root)
        self._by_others()

    def _by_others(self) -> None:
        (event,) = self.catch_up()
        before = self._now()
        self.steps.others(event, before, self.was)

    def fill(self, extent: Extent) -> None:
        """Fill the extent, and follow its pages."""
        self._watch("fill", extent, lambda: super(CheckedAllocator, self).fill(extent))

    def finalise(self, extent: Extent) -> None:
        """Give the extent its section's protection, and follow its pages."""
        self._watch("finalise", extent, lambda: super(CheckedAllocator, self).finalise(extent))
        self._check_load(self._extent(extent))

    def seal(self, extents: Sequence[Extent]) -> None:
        """Seal the extents, and follow their pages."""
        self.catch_up()
        before = self._state()
        expected = [e for e in before.of_module(extents[0].module) if self._seals(e)] if extents else []
        assert [e.lo for e in expected] == [e.lo for e in extents]
        super().seal(extents)
        self._judge_seals(extents, before, self.catch_up())
        self._check_unchanged()

    def free(self, extent: Extent) -> None:
        """Free the extent, and compare the step with the relation."""
        root, lo = extent.root, extent.lo
        key = (extent.module, extent.section, lo)
        done = len(self.record)
        self._watch("free", extent, lambda: super(CheckedAllocator, self).free(extent), keeps=False)
        self.protections.loaded.discard(key)
        before = self._now()
        self.steps.free(root, lo, self.record[done:], before, self.was)

    # -- how they are judged --------------------------------------------------------------------------------------

    def _watch(self, operation: str, extent: Extent, run: Callable[[], None], keeps: bool = True) -> None:
        self.catch_up()
        before, subject = self._state(), replace(self._extent(extent))
        fault = None
        try:
            run()
        except Ended as found:
            fault = found
        new = self.catch_up()
        self.protections.judge(Acting(operation, subject, before, self.seen, new))
        if fault:
            raise fault
        if keeps:
            self._check_unchanged()

    def _check_unchanged(self) -> None:
        before = self._now()
        assert self.was == before, "extents or holes changed where only pages may"

    def _seals(self, extent: LiveExtent) -> bool:
        section = next(s for s in self.table.sections if s.name == extent.section.name)
        return bool(evaluate(self.table.seals_section(section)))

    def _judge_seals(self, extents: Sequence[Extent], before: Observation, events: list[Event]) -> None:
        """One after the other, each with its own changes."""
        changes = [e for e in events if e.kind is EventKind.SEAL]
        for extent in extents:
            lo, last = before.whole_pages(extent.lo, extent.last)
            own = [e for e in changes if e.section == extent.section and lo <= e.lo and e.last <= last]
            changes = [e for e in changes if e not in own]
            after = copy_of(before)
            for event in own:
                after.apply(event)
            wanted = (extent.lo, extent.section, extent.module)
            subject = next(e for e in before.live if (e.lo, e.section.name, e.module) == wanted)
            self.protections.judge(Acting("seal", subject, before, after, own))
            before = after
        assert not changes


def copy_of(state: Observation) -> Observation:
    """The state as it is now, whatever happens next."""
    live = [replace(extent) for extent in state.live]
    own = replace(state, live=live, blocks=list(state.blocks), foreign=list(state.foreign))
    return replace(own, phases=dict(state.phases), pages=list(state.pages))
