"""When the last operation of a symbolic run violates a rule (spec/semantics.md, section 6), as a formula.

Each function gives the formula for the rule's subject; a free variable `probe` is the address of the page to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from types import MappingProxyType

from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.smt.lives import NEEDS
from modalloc_model.smt.operations import Span, aligned, block_alignment, pages_of
from modalloc_model.smt.runs import Assignment, Held, Run, late, page_at, room_for, settled
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    all_of,
    any_of,
    eq,
    iff,
    negate,
    overlap,
    truth,
    ule,
    variable,
)


@dataclass(frozen=True)
class Suspect:
    """The subject of the rule: a root, and a section of it where the rule speaks of sections."""

    table: ParamSet
    root: AllocType
    section: Section | None = None

    @property
    def probe(self) -> Term:
        """The page to blame."""
        return variable("probe", self.table.machine.bits)

    def own(self, run: Run) -> Iterator[Held]:
        """Live extents of the subject."""
        for extent in run.held:
            if extent.root is self.root and self.section in (None, extent.section):
                yield extent


Violation = Callable[[Suspect, Run], Truth]


def _covers(suspect: Suspect, extent: Held) -> Term:
    return pages_of(extent.span, suspect.table.machine.page).holds(suspect.probe)


def _moments(run: Run) -> Iterator[tuple[Assignment, ...]]:
    """The pages after each assignment of the last operation, and at its end."""
    for end in range(run.since + 1, len(run.pages)):
        yield run.pages[:end]
    yield run.pages


def _is_live(run: Run, extent: Held, moment: tuple[Assignment, ...]) -> bool:
    """Its module is live at that moment: finish_init() makes it so at its end."""
    becomes = run.asked[-1].op == "finish_init" and run.asked[-1].module == extent.module
    return extent.live and (not becomes or moment is run.pages)


def _refused_at_first(suspect: Suspect, run: Run) -> Truth:
    """RNG001. One operation, refused, for one byte."""
    if run.refused is None or len(run.asked) > 1 or run.asked[0].section != (suspect.section and suspect.section.name):
        return False
    return eq(run.refused[1], 1)


def _misaligned(suspect: Suspect, run: Run) -> Truth:
    """ALN004."""
    if run.placed is None or run.placed.root is not suspect.root:
        return False
    return negate(eq(run.placed.span.lo % suspect.root.alignment, 0))


def _overlaps_other_root(suspect: Suspect, run: Run) -> Truth:
    """OVL002."""
    pairs = _involving(suspect, run)
    return any_of(*(overlap(a.span.lo, a.span.last, b.span.lo, b.span.last) for a, b in pairs if a.root is not b.root))


def _involving(suspect: Suspect, run: Run) -> Iterator[tuple[Held, Held]]:
    for one, two in combinations(run.held, 2):
        if suspect.root in (one.root, two.root) and run.placed in (one, two):
            yield one, two


def _shares_page(suspect: Suspect, run: Run) -> Truth:
    """OVL003."""
    page, table = suspect.table.machine.page, suspect.table
    found = []
    for one, two in _involving(suspect, run):
        mine, its = table.final_protection(one.section), table.final_protection(two.section)
        letters = ((mine.read, its.read), (mine.write, its.write), (mine.execute, its.execute))
        differ = negate(all_of(*(iff(x, y) for x, y in letters)))
        a, b = pages_of(one.span, page), pages_of(two.span, page)
        found.append(all_of(differ, overlap(a.lo, a.last, b.lo, b.last)))
    return any_of(*found)


def _lacks(suspect: Suspect, run: Run) -> Truth:
    """MAP006."""
    found = []
    for extent, moment in product(suspect.own(run), _moments(run)):
        at = page_at(moment, suspect.probe)
        wanted = NEEDS[extent.section.kind].replace("w", "" if extent.sealed else "w")
        has = {"r": at.read, "w": at.write, "x": at.execute}
        loaded = extent is not run.placed or moment is run.pages
        found.append(all_of(loaded, _covers(suspect, extent), negate(all_of(*(has[letter] for letter in wanted)))))
    return any_of(*found)


def _seal_hurts(suspect: Suspect, run: Run) -> Truth:
    """MAP007."""
    section = suspect.section
    assert section is not None
    if section.kind is Kind.DATA and not section.init:
        return any(e.section is section for e in run.sealed_now)
    unsealed = any(e.live and not e.sealed and e.section is section for e in run.held)
    return late(section) and unsealed and suspect.table.assumptions.strict == TRUE


def _unsealed(suspect: Suspect, run: Run) -> Truth:
    """ROI001."""
    sealed = [e for e in suspect.own(run) if e.sealed and e not in run.sealed_now]
    return any_of(
        *(all_of(_covers(suspect, e), page_at(moment, suspect.probe).write) for e in sealed for moment in _moments(run))
    )


def _seals_neighbour(suspect: Suspect, run: Run) -> Truth:
    """ROI002."""
    seals = [e for e in run.sealed_now if e.root is suspect.root]
    before = page_at(run.pages[: run.since], suspect.probe).write
    found = [
        all_of(before, _covers(suspect, mine), _covers(suspect, other))
        for mine in seals
        for other in run.held
        if other.module != mine.module
    ]
    return any_of(*found)


def _unwritable_before_seal(suspect: Suspect, run: Run) -> Truth:
    """ROI003."""
    waiting = [e for e in suspect.own(run) if not e.sealed and not e.live]
    at = page_at(run.pages, suspect.probe)
    return any_of(*(all_of(_covers(suspect, e), negate(at.write)) for e in waiting))


def _sealed_comes_back_wrong(suspect: Suspect, run: Run) -> Truth:
    """ROI004: a fault when sealed memory is freed, or an old seal on memory that is used again."""
    faults = [f for f in run.writes if f.what == "free" and f.extent.sealed and f.extent.root is suspect.root]
    found: list[Truth] = []
    for fault in faults:
        at = page_at(fault.before, suspect.probe)
        found.append(all_of(_covers(suspect, fault.extent), negate(at.write)))
    extent = run.placed
    if extent and extent.root is suspect.root and extent.reused:
        at = page_at(run.pages[: run.since], suspect.probe)
        found.append(all_of(_covers(suspect, extent), at.stale, extent.root.protection.write))
    return any_of(*found)


def _init_is_sealed(suspect: Suspect, run: Run) -> Truth:
    """ROI005."""
    return any(e.section is suspect.section for e in run.sealed_now)


def _fill_faults(suspect: Suspect, run: Run) -> Truth:
    """PRT001."""
    return _faults(suspect, run, "fill", lambda at: negate(at.write))


def _free_faults(suspect: Suspect, run: Run) -> Truth:
    """PRT002."""
    return _faults(suspect, run, "free", lambda at: all_of(negate(at.write), negate(at.stale)))


def _faults(suspect: Suspect, run: Run, what: str, wrong: Callable[..., Truth]) -> Truth:
    found = [
        all_of(_covers(suspect, f.extent), wrong(page_at(f.before, suspect.probe)))
        for f in run.writes
        if f.what == what and f.extent.section is suspect.section
    ]
    return any_of(*found)


@dataclass(frozen=True)
class Phase:
    """How far an extent's module is at one moment."""

    loaded: bool
    live: bool


def _forbidden(wrong: Callable[[Held, Phase, Truth, Truth], Truth]) -> Violation:
    def violation(suspect: Suspect, run: Run) -> Truth:
        found = []
        for extent, moment in product(suspect.own(run), _moments(run)):
            at = page_at(moment, suspect.probe)
            phase = Phase(extent is not run.placed or moment is run.pages, _is_live(run, extent, moment))
            found.append(all_of(_covers(suspect, extent), wrong(extent, phase, at.write, at.execute)))
        return all_of(suspect.table.assumptions.strict, any_of(*found))

    return violation


def _w_and_x(extent: Held, phase: Phase, write: Truth, execute: Truth) -> Truth:
    """PRT003."""
    written_text = phase.loaded and extent.section.kind is Kind.TEXT
    return any_of(all_of(write, execute), all_of(written_text, write))


def _writable(extent: Held, phase: Phase, write: Truth, execute: Truth) -> Truth:
    """PRT004."""
    over = phase.live if extent.section.kind is Kind.RODATA_AFTER_INIT else phase.loaded
    return all_of(over, write)


def _executable(extent: Held, phase: Phase, write: Truth, execute: Truth) -> Truth:
    """PRT005."""
    return execute


def _fails_with_room(suspect: Suspect, run: Run) -> Truth:
    """CMP001."""
    if run.refused is None or run.refused[0] is not suspect.root:
        return False
    root, size = run.refused
    place, s = suspect.probe, aligned(size, root.alignment)
    frees = [f for b in run.blocks if b.root is root and not b.gone for f in b.free]
    in_free = [
        all_of(f.exists, ule(f.lo, place), ule(place, f.last), ule(s - 1, f.last - place), ule(size, s)) for f in frees
    ]
    aligned_in_free = all_of(root.reuses, eq(place % root.alignment, 0), any_of(*in_free))
    in_hole = [fits for _, fits in room_for(run, root, size, place)]
    aligned_in_hole = all_of(eq(place % block_alignment(root), 0), any_of(*in_hole), ule(size, s))
    return any_of(aligned_in_free, aligned_in_hole)


def _second_too_early(suspect: Suspect, run: Run) -> Truth:
    """CMP002."""
    extent, size = run.placed, run.asked[-1].size
    if extent is None or extent.root is not suspect.root or extent.number == 0 or size is None:
        return False
    before = replace(run, blocks=run.blocks[:-1])
    fits = [f for number, f in room_for(before, suspect.root, size, suspect.probe) if number == 0]
    return all_of(eq(suspect.probe % block_alignment(suspect.root), 0), any_of(*fits))


def _out_of_reach(what: str) -> Violation:
    """RCH001 to RCH003: a free variable `target` is what the instruction at `probe` names."""

    def violation(suspect: Suspect, run: Run) -> Truth:
        machine = suspect.table.machine
        rules = [reach for reach in machine.reach if what in reach.targets]
        target = variable("target", machine.bits)
        texts = [e for e in run.held if e.root is suspect.root and e.section.kind is Kind.TEXT]
        found = [
            all_of(
                e.span.holds(suspect.probe),
                ule(suspect.probe - e.span.lo, _size_of(run, e) - reach.instruction),  # inside what was asked for
                ule(reach.instruction, _size_of(run, e)),
                any_of(*(span.holds(target) for span in _targets(suspect, run, e, what))),
                negate(reach.names(suspect.probe, target, machine.bits)),
            )
            for e in texts
            for reach in rules
        ]
        return any_of(*found)

    return violation


def _size_of(run: Run, extent: Held) -> Term:
    """The bytes that were asked for."""
    sizes = [a.size for a in run.asked if a.module == extent.module and a.section == extent.section.name]
    return next(size for size in sizes if size is not None)


def _targets(suspect: Suspect, run: Run, text: Held, what: str) -> Iterator[Span]:
    image = suspect.table.machine.image
    if what == "kernel" and image:
        yield Span(image.first, image.last)
    for e in run.held:
        if what == "text" and e.section.kind is Kind.TEXT:
            yield e.span
        if what == "data" and e.module == text.module and e.section.kind is not Kind.TEXT:
            yield e.span


VIOLATIONS: Mapping[str, Violation] = MappingProxyType(
    {
        "RNG001": _refused_at_first,
        "ALN004": _misaligned,
        "OVL002": _overlaps_other_root,
        "OVL003": _shares_page,
        "MAP006": _lacks,
        "MAP007": _seal_hurts,
        "ROI001": _unsealed,
        "ROI002": _seals_neighbour,
        "ROI003": _unwritable_before_seal,
        "ROI004": _sealed_comes_back_wrong,
        "ROI005": _init_is_sealed,
        "PRT001": _fill_faults,
        "PRT002": _free_faults,
        "PRT003": _forbidden(_w_and_x),
        "PRT004": _forbidden(_writable),
        "PRT005": _forbidden(_executable),
        "RCH001": _out_of_reach("kernel"),
        "RCH002": _out_of_reach("text"),
        "RCH003": _out_of_reach("data"),
        "CMP001": _fails_with_room,
        "CMP002": _second_too_early,
    }
)
"""For each rule that a table can violate by a run: when the run's last operation does. RNG004, OVL001 and OVL004 hold
of every table."""


FAULTS = ("PRT001", "PRT002", "ROI004")
"""Rules whose violation is a fault itself."""


def violated(rule: str, suspect: Suspect, run: Run) -> Term:
    """The formula, with the run's constraints; FALSE where the run cannot violate the rule."""
    wrong = truth(VIOLATIONS[rule](suspect, run))
    if wrong == FALSE:
        return FALSE
    lasting = run if rule in FAULTS else settled(run)  # a fault ends the run before anything else can be seen
    return truth(all_of(*lasting.constraints, wrong))
