"""The state of a run as an observer reconstructs it from the events: live extents, blocks, phases, page protections.

The state is that of section 2 of spec/semantics.md. It uses none of the allocator's data structures, only lists that
are searched linearly, so that a mistake there is not repeated here; it is slow on purpose. violations.py judges it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteSection
from modalloc_model.params import Kind

FINAL = {Kind.TEXT: "r-x", Kind.DATA: "rw-", Kind.RODATA: "r--", Kind.RODATA_AFTER_INIT: "rw-"}
"""The protections that the loader gives under `protect=by-loader` (spec/semantics.md, load)."""


@dataclass(slots=True)
class LiveExtent:
    """A live extent [lo, last] of `size` bytes; `given` is the protection from its mapping or from the loader."""

    lo: int
    last: int
    root: str
    section: ConcreteSection
    module: str
    size: int
    given: str
    filled: bool = False
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class PageRun:
    """Mapped pages [lo, last] with one protection; `taken` if a seal removed write permission."""

    lo: int
    last: int
    protection: str
    taken: bool = False

    @property
    def writable(self) -> bool:
        """Whether the pages can be written."""
        return "w" in self.protection

    @property
    def executable(self) -> bool:
        """Whether the pages can be executed."""
        return "x" in self.protection


@dataclass(frozen=True, slots=True)
class Area:
    """A busy interval [lo, last] of the root's arbiter; of every arbiter if `root` is empty."""

    root: str
    lo: int
    last: int


@dataclass(slots=True)
class Observation:
    """The state of a run, from its events."""

    params: Concrete
    live: list[LiveExtent] = field(default_factory=list)
    blocks: list[Area] = field(default_factory=list)
    foreign: list[Area] = field(default_factory=list)  # of the shared arbiter if `root` is empty
    phases: dict[str, str] = field(default_factory=dict)
    pages: list[PageRun] = field(default_factory=list)
    leaving: LiveExtent | None = None  # the extent of the last free()

    # -- queries ----------------------------------------------------------------------------------------------------

    def whole_pages(self, lo: int, last: int) -> tuple[int, int]:
        """The pages of [lo, last], as an interval."""
        page = self.params.page
        return lo // page * page, last // page * page + page - 1

    def runs(self, lo: int, last: int) -> list[PageRun]:
        """The pages of the interval in address order, clipped to its whole pages; unmapped pages are "---"."""
        lo, last = self.whole_pages(lo, last)
        found: list[PageRun] = []
        for run in self.pages:
            if run.lo <= last and lo <= run.last:
                if lo < run.lo:
                    found.append(PageRun(lo, run.lo - 1, "---"))
                found.append(PageRun(max(lo, run.lo), min(last, run.last), run.protection, run.taken))
                lo = found[-1].last + 1
        return [*found, PageRun(lo, last, "---")] if lo <= last else found

    def pages_of(self, extent: LiveExtent) -> list[PageRun]:
        """The pages of a live extent."""
        return self.runs(extent.lo, extent.last)

    def on_pages(self, lo: int, last: int) -> list[LiveExtent]:
        """The live extents with a byte on a page of the interval."""
        lo, last = self.whole_pages(lo, last)
        return [extent for extent in self.live if extent.lo <= last and lo <= extent.last]

    def of_module(self, module: str) -> list[LiveExtent]:
        """The live extents of a module, in the order of their allocation."""
        return [extent for extent in self.live if extent.module == module]

    def phase(self, extent: LiveExtent) -> str:
        """The phase of the extent's module."""
        return self.phases.get(extent.module, "gone")

    def loaded(self, extent: LiveExtent) -> bool:
        """Whether the extent's module is in phase init or live."""
        return self.phase(extent) in ("init", "live")

    def areas(self, root: str) -> list[Area]:
        """The busy areas of the root's arbiter: blocks with their guards, areas of others, registered regions."""
        private = self.params.assumptions.arbiter == "private"
        guard = self.params.guard
        mine = [Area(b.root, b.lo, b.last + guard) for b in self.blocks if b.root == root or not private]
        regions = [Area("", region.first, region.last) for region in self.params.registered]
        others = [area for area in self.foreign if area.root in ("", root)]
        return [area for area in (*mine, *others, *regions) if area.lo <= area.last]

    def holes(self, root: str, chosen: ConcreteRange) -> list[tuple[int, int]]:
        """The holes of the root's arbiter in the range, by brute force, in address order."""
        return _between(sorted((a.lo, a.last) for a in self.areas(root)), chosen.first, chosen.last)

    def free_space(self, root: str) -> list[tuple[int, int]]:
        """The parts of the root's blocks outside all live extents, as maximal intervals inside a block."""
        held = sorted((e.lo, e.last) for e in self.live if e.root == root)
        return [gap for b in self.blocks if b.root == root for gap in _between(held, b.lo, b.last)]

    # -- events -----------------------------------------------------------------------------------------------------

    def apply(self, event: Event) -> None:
        """Advance to the state after the event."""
        action: Callable[[Event], None] | None = {
            EventKind.MAP: self._map,
            EventKind.ALLOC: self._alloc,
            EventKind.FILL: self._fill,
            EventKind.PROTECT: self._protect,
            EventKind.SEAL: self._protect,
            EventKind.SEALED: self._sealed,
            EventKind.FREE: self._free,
            EventKind.UNMAP: self._unmap,
            EventKind.PHASE: self._phase,
            EventKind.TAKE: lambda e: self.foreign.append(Area(e.root, e.lo, e.last)),
            EventKind.RETURN: lambda e: self.foreign.remove(Area(e.root, e.lo, e.last)),
        }.get(event.kind)
        if action is not None:
            action(event)

    def _map(self, event: Event) -> None:
        self.blocks.append(Area(event.root, event.lo, event.last))
        self._paint(PageRun(*self.whole_pages(event.lo, event.last), event.after))

    def _unmap(self, event: Event) -> None:
        self.blocks.remove(Area(event.root, event.lo, event.last))
        self.pages = self._around(*self.whole_pages(event.lo, event.last))

    def _alloc(self, event: Event) -> None:
        section, root = self.params.section(event.section), self.params.root(event.root)
        by_loader = self.params.assumptions.protect == "by-loader"
        given = FINAL[section.kind] if by_loader else root.protection
        self.live.append(LiveExtent(event.lo, event.last, event.root, section, event.module, event.size, given))

    def _fill(self, event: Event) -> None:
        self._extent(event).filled = True

    def _sealed(self, event: Event) -> None:
        self._extent(event).sealed = True

    def _free(self, event: Event) -> None:
        self.leaving = self._extent(event)
        self.live = [extent for extent in self.live if extent is not self.leaving]

    def _phase(self, event: Event) -> None:
        self.phases[event.module] = event.note

    def _protect(self, event: Event) -> None:
        lo, last = self.whole_pages(event.lo, event.last)
        seals = event.kind is EventKind.SEAL
        for run in self.runs(lo, last):
            taken = seals and (run.taken or run.writable) and "w" not in event.after
            self._paint(PageRun(run.lo, run.last, event.after, taken))

    def _extent(self, event: Event) -> LiveExtent:
        wanted = (event.lo, event.last, event.section, event.module)
        return next(e for e in self.live if (e.lo, e.last, e.section.name, e.module) == wanted)

    def _paint(self, run: PageRun) -> None:
        self.pages = sorted([*self._around(run.lo, run.last), run], key=lambda r: r.lo)

    def _around(self, lo: int, last: int) -> list[PageRun]:
        """The mapped pages outside the interval."""
        kept: list[PageRun] = []
        for run in self.pages:
            if run.lo < lo:
                kept.append(PageRun(run.lo, min(run.last, lo - 1), run.protection, run.taken))
            if run.last > last:
                kept.append(PageRun(max(run.lo, last + 1), run.last, run.protection, run.taken))
        return kept


def _between(held: list[tuple[int, int]], lo: int, last: int) -> list[tuple[int, int]]:
    """The parts of [lo, last] outside all intervals of `held`, which is sorted and may overlap."""
    gaps: list[tuple[int, int]] = []
    for first, end in held:
        if lo < first and lo <= last:
            gaps.append((lo, min(first - 1, last)))
        lo = max(lo, end + 1)
    return [*gaps, (lo, last)] if lo <= last else gaps
