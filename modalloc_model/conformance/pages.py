"""Checks changes and tests of pages against the micro-steps of mail/protection.py and conclusions of mail/lives.py.

For each operation on an extent, some of its pages are followed: the protection before, the changes, and the protection
afterwards, as observed. The relation must agree for the extent and for every other extent of the root on the page, and
must give *fault* if and only if a fault was observed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.allocator.observation import LiveExtent, Observation, PageRun
from modalloc_model.concrete import Concrete
from modalloc_model.conformance.elements import is_power
from modalloc_model.designs.mail.lives import LIVES, Life
from modalloc_model.designs.mail.protection import (
    OPENED,
    Followed,
    Micro,
    in_order,
    neighbour_steps,
    opens_to_fill,
    opens_to_free,
    own_steps,
)
from modalloc_model.params import AllocType, ParamSet, Protection, Section
from modalloc_model.words import FALSE, Term, evaluate, truth

OWN = {"fill": "fill", "finalise": "loaded", "seal": "seal", "free": "free, and used again"}
"""The micro-step of the extent itself."""
BY_A_NEIGHBOUR = {
    "fill": ("neighbour opened to fill", "neighbour closed after fill"),
    "finalise": ("neighbour given its final protection",),
    "seal": ("neighbour sealed",),
    "free": ("neighbour restored to be freed", "neighbour opened to free", "neighbour closed after free"),
}
"""The micro-steps that extents beside it see, in order."""
STATES = ("MAP006", "ROI001", "ROI003", "PRT003", "PRT004", "PRT005")
"""Rules whose conclusion is about the protection of a page."""
SAMPLE = 6
"""Pages of an extent that are followed, at most."""


@dataclass(frozen=True)
class Progress:
    """How far an extent has come."""

    filled: bool = False
    loaded: bool = False
    sealed: bool = False


@dataclass(frozen=True)
class Acting:
    """An operation on one extent, between two states."""

    operation: str
    extent: LiveExtent
    before: Observation
    after: Observation
    events: list[Event]

    @property
    def fault(self) -> Event | None:
        """The fault it ended in."""
        return next((e for e in self.events if e.kind is EventKind.FAULT), None)


def letters(page: Followed) -> str:
    """The protection of the page."""
    return "".join(x if evaluate(page.letter(x)) else "-" for x in "rwx")


def follow(run: PageRun, progress: Progress) -> Followed:
    """An observed page, for an extent that has come so far."""
    read, write, execute = (truth(x in run.protection) for x in "rwx")
    filled, loaded, sealed = truth(progress.filled), truth(progress.loaded), truth(progress.sealed)
    return Followed(read, write, execute, filled, loaded, sealed, truth(run.taken))


@dataclass
class PageChecks:
    """Judges the changes of the pages of one table's memory; `met` counts the checks."""

    params: Concrete
    table: ParamSet
    met: Counter[str] = field(default_factory=Counter)
    loaded: set[tuple[str, str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.sections = {s.name: s for s in self.table.sections}

    def progress(self, extent: LiveExtent) -> Progress:
        """How far it has come."""
        return Progress(extent.filled, _key(extent) in self.loaded, extent.sealed)

    def root(self, extent: LiveExtent) -> AllocType:
        """The root of the extent."""
        return self.table.type(extent.root)

    # -- the effects of an operation ---------------------------------------------------------------------------------

    def judge(self, acting: Acting) -> None:
        """Its own step page by page, then the same as its neighbours see it."""
        self._keeps_to_its_pages(acting)
        samples = list(self._sample(acting))
        if not all(_is_mapped(acting.before, page) for page in samples):
            self.met["page: unmapped by another"] += 1  # another root's block lay there too: OVL002 or OVL003
            return
        wrong = [page for page in samples if not self._may_write(acting, page)]
        fault = acting.fault
        assert (fault is not None) == bool(wrong), f"{acting.operation}: fault {fault}, but the relation says {wrong}"
        if fault:
            assert fault.lo == min(wrong), f"the fault is at {fault.lo:#x}, and the relation says {min(wrong):#x}"
            self.met[f"page: {acting.operation} faults"] += 1
            return
        for page in samples:
            self._own(acting, page)
            for other in acting.before.on_pages(page, page):
                if other is not acting.extent and _key(other) != _key(acting.extent):
                    self._beside(acting, other, page)
        self.met[f"page: {acting.operation}"] += 1

    @staticmethod
    def _keeps_to_its_pages(acting: Acting) -> None:
        """Only pages that hold a byte of the extent change: not those beside it, be they of the same block."""
        lo, last = acting.before.whole_pages(acting.extent.lo, acting.extent.last)
        changes = [e for e in acting.events if e.kind in (EventKind.PROTECT, EventKind.SEAL)]
        strays = [e for e in changes if e.lo < lo or last < e.last]
        assert not strays, f"{acting.operation} of [{lo:#x}, {last:#x}] changes pages of another: {strays[0]}"

    def _sample(self, acting: Acting) -> Iterator[int]:
        """A page of every stretch of the extent that is uniform before, after, and for its neighbours."""
        lo, last = acting.before.whole_pages(acting.extent.lo, acting.extent.last)
        edges = {lo, last}
        for state in (acting.before, acting.after):
            edges |= {edge for run in state.runs(lo, last) for edge in (run.lo, run.last)}
        for other in acting.before.on_pages(lo, last):
            edges |= {edge for edge in (other.lo, other.last) if lo <= edge <= last}
        pages = sorted({edge - edge % self.params.page for edge in edges})
        keep = pages[: SAMPLE // 2] + pages[-(SAMPLE // 2) :]
        yield from sorted(set(keep) | ({acting.fault.lo} if acting.fault else set()))

    def _may_write(self, acting: Acting, page: int) -> bool:
        """Whether the relation lets the operation go on at this page."""
        root, section = self.root(acting.extent), self.sections[acting.extent.section.name]
        now = follow(_at(acting.before, page), self.progress(acting.extent))
        if acting.operation == "fill":
            return bool(evaluate(self._micro(acting, now).enabled))
        if acting.operation == "free":  # a seal is no excuse here
            bare = Followed(now.read, now.write, now.execute, now.filled, now.loaded, now.sealed, FALSE)
            return bool(evaluate(truth(LIVES["PRT002"][1](Life(self.table, root, section), section, bare))))
        return True

    def _micro(self, acting: Acting, now: Followed) -> Micro:
        root, section = self.root(acting.extent), self.sections[acting.extent.section.name]
        steps = own_steps(self.table, root, section, now)
        return next(step for step in steps if step.name == OWN[acting.operation])

    def _own(self, acting: Acting, page: int) -> None:
        root, section = self.root(acting.extent), self.sections[acting.extent.section.name]
        now = follow(_at(acting.before, page), self.progress(acting.extent))
        if self._is_the_roots(acting, page):
            assert evaluate(in_order(self.table, root, section, now)), f"{acting.operation} of {acting.extent}: {now}"
        step = self._micro(acting, now)
        if acting.operation == "free" and not evaluate(root.reuses):
            return  # the page is gone
        assert evaluate(step.enabled), f"{step.name} is not enabled at {page:#x}"
        through = _changes(letters(now), [*self._on_the_way(acting), letters(step.after)])
        seen = self._changes_of_page(acting, page)
        assert seen == through, f"{step.name} at {page:#x}: the relation goes through {through}, seen {seen}"
        self._same(acting, step, page, _at(acting.after, page))

    def _is_the_roots(self, acting: Acting, page: int) -> bool:
        """No block of another root has bytes in the page: elsewhere OVL002 or OVL003 is violated."""
        last = page + self.params.page - 1
        others = [block for block in acting.before.blocks if block.root != acting.extent.root]
        return not any(block.lo <= last and page <= block.last for block in others)

    def _on_the_way(self, acting: Acting) -> list[str]:
        """The observed protections of the extent's own pages; its own micro-step has only the last."""
        root = self.root(acting.extent)
        closed = _letters_of(root.protection)
        opens = {"fill": opens_to_fill, "free": opens_to_free}.get(acting.operation)
        restored = acting.operation == "free" and evaluate(self.table.assumptions.restored) and self._changes(acting)
        found = [closed] if restored else []
        return [*found, _letters_of(OPENED)] if opens and evaluate(opens(self.table, root)) else found

    def _same(self, acting: Acting, step: Micro, page: int, seen: PageRun) -> None:
        if seen.protection == "---" and acting.operation == "free":
            return  # its block went back
        said = (letters(step.after), bool(evaluate(step.after.stale)))
        what = f"{step.name} of {acting.extent.section.name} at {page:#x}"
        assert said == (seen.protection, seen.taken), f"{what}: the relation says {said}, seen {seen}"

    # -- as the neighbours see it -------------------------------------------------------------------------------------

    def _beside(self, acting: Acting, other: LiveExtent, page: int) -> None:
        root = self.root(acting.extent)
        if other.root != acting.extent.root or not self._pages_of_its_own(root):
            return
        assert evaluate(root.alignment) < self.params.page, f"{other} shares the page {page:#x} with {acting.extent}"
        now, through = follow(_at(acting.before, page), self.progress(other)), []
        for step in self._neighbour_steps(acting, now):
            through.append(letters(step.after))
            now = step.after
        assert _changes(letters(follow(_at(acting.before, page), Progress())), through) == self._changes_of_page(
            acting, page
        )
        self.met[f"page: {acting.operation} beside another"] += 1
        seen = _at(acting.after, page)
        assert (letters(now), bool(evaluate(now.stale))) == (seen.protection, seen.taken)

    def _pages_of_its_own(self, root: AllocType) -> bool:
        """Its blocks are whole pages, and `shared` is consistent; otherwise OVL003 is violated."""
        granularity, alignment = evaluate(root.granularity), evaluate(root.alignment)
        return is_power(alignment) and is_power(granularity) and granularity % self.params.page == 0

    def _neighbour_steps(self, acting: Acting, now: Followed) -> Iterator[Micro]:
        root, section = self.root(acting.extent), self.sections[acting.extent.section.name]
        for name in BY_A_NEIGHBOUR[acting.operation]:
            if name == "neighbour restored to be freed" and not self._changes(acting):
                continue
            steps = neighbour_steps(self.table, root, section, now)
            step = next(s for s in steps if s.name == name)
            if evaluate(step.enabled):
                yield step
                now = step.after

    def _changes(self, acting: Acting) -> bool:
        """Whether this extent changes, of the possible changes to those of its section."""
        progress = self.progress(acting.extent)
        return progress.sealed or (progress.loaded and self.params.assumptions.protect == "by-loader")

    def _changes_of_page(self, acting: Acting, page: int) -> list[str]:
        changes = [e for e in acting.events if e.kind in (EventKind.PROTECT, EventKind.SEAL) and e.lo <= page <= e.last]
        return [e.after for e in changes if e.after != e.before]

    # -- the conclusions ---------------------------------------------------------------------------------------------

    def suspects(self, state: Observation, event: Event) -> set[tuple[str, str]]:
        """(rule, subject): the conclusions of mail/lives.py that fail right after the event, for its extents."""
        concerned = state.of_module(event.module)
        if event.kind is not EventKind.PHASE:
            concerned = state.on_pages(event.lo, event.last)
        found = set()
        for extent in concerned:
            root, section = self.root(extent), self.sections[extent.section.name]
            for run in {alike(run): run for run in state.pages_of(extent)}.values():
                rules = self._missing_conclusions(Life(self.table, root, section), section, run, extent)
                found |= {(rule, root.name if rule == "ROI001" else section.name) for rule in rules}
        return found

    def _missing_conclusions(self, life: Life, section: Section, run: PageRun, extent: LiveExtent) -> Iterator[str]:
        page = follow(run, self.progress(extent))
        for rule in STATES:
            told: Term = truth(LIVES[rule][1](life, section, page))
            if not evaluate(told):
                yield rule


def alike(run: PageRun) -> tuple[str, bool]:
    """The distinguishing part of a run of pages."""
    return run.protection, run.taken


def _key(extent: LiveExtent) -> tuple[str, str, int]:
    return extent.module, extent.section.name, extent.lo


def _at(state: Observation, page: int) -> PageRun:
    return state.runs(page, page)[0]


def _letters_of(protection: Protection) -> str:
    rights = (protection.read, protection.write, protection.execute)
    return "".join(x if evaluate(right) else "-" for x, right in zip("rwx", rights, strict=True))


def _is_mapped(state: Observation, page: int) -> bool:
    return any(run.lo <= page <= run.last for run in state.pages)


def _changes(first: str, through: list[str]) -> list[str]:
    """The protections in order, without repetitions."""
    found = [first]
    for protection in through:
        if protection != found[-1]:
            found.append(protection)
    return found[1:]
