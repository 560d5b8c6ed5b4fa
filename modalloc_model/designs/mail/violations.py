"""When the last operation of a symbolic run violates a rule (spec/semantics.md, section 6), as a formula.

Each function gives the formula for the rule's subject; a free variable `probe` is the address of the page to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product

from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.lives import NEEDS
from modalloc_model.designs.mail.operations import block_alignment
from modalloc_model.designs.mail.reach import in_question, is_of, stands_in
from modalloc_model.designs.mail.run_pages import Assignment, page_at
from modalloc_model.designs.mail.runs import Fault, Held, Run, late, room_for, written_before
from modalloc_model.params import Kind, Reach
from modalloc_model.properties import behaviour_of, functions
from modalloc_model.smt.spans import Span, aligned, pages_of
from modalloc_model.words import (
    FALSE,
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

Violation = Callable[[Matter, Run], Truth]


def _own(suspect: Matter, run: Run) -> Iterator[Held]:
    """Live extents of the subject."""
    return (e for e in run.held if e.root is suspect.root and suspect.section in (None, e.section))


def _covers(suspect: Matter, extent: Held) -> Term:
    return pages_of(extent.span, suspect.table.machine.page).holds(suspect.probe)


@dataclass(frozen=True)
class Moment:
    """The pages at some point of the last operation; `reached` unless a write faulted before; `over`: at its end."""

    pages: tuple[Assignment, ...]
    reached: Term
    over: bool


def _moments(run: Run) -> Iterator[Moment]:
    """Before the last operation's first assignment, after each, and at its end.

    What a fresh block was mapped for is not there before that, and for anything else the moment before is an old one.
    """
    mapped = len(run.placed) == 1 and not run.placed[0].reused  # of two that are placed, both are there from the start
    for end in range(run.since + mapped, len(run.pages) + 1):
        yield Moment(run.pages[:end], written_before(run, end), over=False)
    yield Moment(run.pages, _went_well(run), over=True)


def _went_well(run: Run) -> Term:
    return written_before(run, len(run.pages) + 1)


def _is_live(run: Run, extent: Held, moment: Moment) -> bool:
    """Its module is live at that moment: finish_init() makes it so at its end."""
    becomes = run.asked[-1].op == "finish_init" and run.asked[-1].module == extent.module
    return extent.live and (not becomes or moment.over)


def _is_loaded(run: Run, extent: Held, moment: Moment) -> bool:
    """Its module is in phase init, or live, at that moment."""
    return extent not in run.placed or moment.over


def refused_at_first(suspect: Matter, run: Run) -> Truth:
    """RNG001. One byte is refused, nothing is there, and no hole has a place."""
    if run.refused is None or run.asked[-1].section != (suspect.section and suspect.section.name):
        return False
    if run.held or run.others or any(not block.gone for block in run.refused.blocks):
        return False
    return all_of(eq(run.refused.size, 1), run.refused.nowhere)


def misaligned(suspect: Matter, run: Run) -> Truth:
    """ALN004."""
    placed = [extent for extent in run.placed if extent.root is suspect.root]
    return any_of(*(negate(eq(extent.span.lo % suspect.root.wanted, 0)) for extent in placed))


def overlaps_other_root(suspect: Matter, run: Run) -> Truth:
    """OVL002: what is mapped meets what another root has mapped."""
    if not run.apart:
        return False
    new, before = run.blocks[-1], [block for block in run.blocks[:-1] if not block.gone]
    pairs = [(new, other) for other in before if new.root is not other.root and suspect.root in (new.root, other.root)]
    return any_of(FALSE, *(negate(one.span.apart(two.span)) for one, two in pairs))


def _involving(suspect: Matter, run: Run) -> Iterator[tuple[Held, Held]]:
    for one, two in combinations(run.held, 2):
        if suspect.root in (one.root, two.root) and (one in run.placed or two in run.placed):
            yield one, two


def shares_page(suspect: Matter, run: Run) -> Truth:
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


def lacks_what_it_needs(suspect: Matter, run: Run) -> Truth:
    """MAP006."""
    found = []
    for extent, moment in product(_own(suspect, run), _moments(run)):
        at = page_at(moment.pages, suspect.probe)
        wanted = NEEDS[extent.section.kind].replace("w", "" if extent.sealed else "w")
        has = {"r": at.read, "w": at.write, "x": at.execute}
        lacking = negate(all_of(*(has[letter] for letter in wanted)))
        found.append(all_of(_is_loaded(run, extent, moment), moment.reached, _covers(suspect, extent), lacking))
    return any_of(*found)


def seal_hurts(suspect: Matter, run: Run) -> Truth:
    """MAP007."""
    section = suspect.section
    assert section is not None
    if section.kind is Kind.DATA and not section.init:
        return _seal_takes(suspect, run, list(_own(suspect, run)), list(run.sealed_now))
    unsealed = any(e.live and not e.sealed and e.section is section for e in run.held)
    return all_of(late(section), unsealed, suspect.table.assumptions.strict, _went_well(run))


def _seal_takes(suspect: Matter, run: Run, losing: list[Held], sealed: list[Held]) -> Truth:
    """The probe's page was writable, holds a byte of a losing extent, and is sealed with another, or with it."""
    before = page_at(run.pages[: run.since], suspect.probe).write
    return all_of(
        before,
        any_of(*(_covers(suspect, extent) for extent in losing)),
        any_of(*(_covers(suspect, extent) for extent in sealed)),
    )


def sealed_becomes_writable(suspect: Matter, run: Run) -> Truth:
    """ROI001."""
    sealed = [e for e in _own(suspect, run) if e.sealed and e not in run.sealed_now]
    return any_of(
        *(
            all_of(moment.reached, _covers(suspect, e), page_at(moment.pages, suspect.probe).write)
            for e in sealed
            for moment in _moments(run)
        )
    )


def seals_neighbour(suspect: Matter, run: Run) -> Truth:
    """ROI002."""
    found = []
    for mine in [e for e in run.sealed_now if e.root is suspect.root]:
        others = [e for e in run.held if e.module != mine.module]
        found.append(_seal_takes(suspect, run, others, [mine]))
    return any_of(*found)


def unwritable_before_seal(suspect: Matter, run: Run) -> Truth:
    """ROI003."""
    found = []
    for extent, moment in product(_own(suspect, run), _moments(run)):
        waiting = not extent.sealed and not extent.live and _is_loaded(run, extent, moment)
        lacking = negate(page_at(moment.pages, suspect.probe).write)
        found.append(all_of(waiting, moment.reached, _covers(suspect, extent), lacking))
    return any_of(*found)


def sealed_comes_back_wrong(suspect: Matter, run: Run) -> Truth:
    """ROI004: a fault when sealed memory is freed, or an old seal on memory that is used again."""
    found: list[Truth] = []
    for number, write in enumerate(run.writes):
        if write.what == "free" and write.extent.sealed and write.extent.root is suspect.root:
            lacking = negate(page_at(write.before, suspect.probe).write)
            found.append(all_of(_covers(suspect, write.extent), lacking, _allowed(run.writes[:number])))
    for extent in [e for e in run.placed if e.root is suspect.root and e.reused]:
        at = page_at(run.pages[: run.since], suspect.probe)
        found.append(all_of(_covers(suspect, extent), at.stale, extent.root.protection.write))
    return any_of(*found)


def init_is_sealed(suspect: Matter, run: Run) -> Truth:
    """ROI005."""
    return any(e.section is suspect.section for e in run.sealed_now)


def fill_faults(suspect: Matter, run: Run) -> Truth:
    """PRT001."""
    return _faults(suspect, run, "fill", lambda at: negate(at.write))


def free_faults(suspect: Matter, run: Run) -> Truth:
    """PRT002."""
    return _faults(suspect, run, "free", lambda at: all_of(negate(at.write), negate(at.stale)))


def _faults(suspect: Matter, run: Run, what: str, wrong: Callable[..., Truth]) -> Truth:
    found = [
        all_of(_covers(suspect, f.extent), wrong(page_at(f.before, suspect.probe)), _allowed(run.writes[:number]))
        for number, f in enumerate(run.writes)
        if f.what == what and f.extent.section is suspect.section
    ]
    return any_of(*found)


def _allowed(writes: Iterable[Fault]) -> Truth:
    """None of them faults: after a fault nothing comes."""
    return all_of(*(write.allowed for write in writes))


@dataclass(frozen=True)
class Phase:
    """How far an extent's module is at one moment."""

    loaded: bool
    live: bool


def _forbidden(wrong: Callable[[Held, Phase, Truth, Truth], Truth]) -> Violation:
    def violation(suspect: Matter, run: Run) -> Truth:
        found = []
        for extent, moment in product(_own(suspect, run), _moments(run)):
            at = page_at(moment.pages, suspect.probe)
            phase = Phase(_is_loaded(run, extent, moment), _is_live(run, extent, moment))
            seen = all_of(moment.reached, _covers(suspect, extent))
            found.append(all_of(seen, wrong(extent, phase, at.write, at.execute)))
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


writable_and_executable = _forbidden(_w_and_x)
read_only_data_writable = _forbidden(_writable)
data_executable = _forbidden(_executable)


def fails_with_room(suspect: Matter, run: Run) -> Truth:
    """CMP001."""
    if run.refused is None or run.refused.root is not suspect.root:
        return False
    refused, root, size = run.refused, run.refused.root, run.refused.size
    run = replace(run, blocks=refused.blocks, elements=refused.elements)
    place, s, frees = suspect.probe, aligned(size, root.alignment), [e.span for e in run.free(root)]
    in_free = [
        all_of(f.exists, ule(f.lo, place), ule(place, f.last), ule(s - 1, f.last - place), ule(size, s)) for f in frees
    ]
    aligned_in_free = all_of(root.reuses, eq(place % root.alignment, 0), any_of(*in_free))
    in_hole = [fits for _, fits in room_for(run, root, size, place)]
    aligned_in_hole = all_of(eq(place % block_alignment(root), 0), any_of(*in_hole), ule(size, s))
    return any_of(aligned_in_free, aligned_in_hole)


def second_too_early(suspect: Matter, run: Run) -> Truth:
    """CMP002."""
    if not run.placed:
        return False
    extent, size = run.placed[-1], next(a.size for a in reversed(run.asked) if a.place is not None)
    if extent.reused or extent.root is not suspect.root or extent.number == 0 or size is None:
        return False
    before = replace(run, blocks=run.blocks[:-1])
    fits = [f for number, f in room_for(before, suspect.root, size, suspect.probe) if number == 0]
    return all_of(eq(suspect.probe % block_alignment(suspect.root), 0), any_of(*fits))


def _out_of_reach(rule: str) -> Violation:
    """RCH001 to RCH003: a free variable `target` is what the instruction or word at `probe` names."""

    def violation(suspect: Matter, run: Run) -> Truth:
        found = out_of_reach(rule, run, suspect.probe)
        return all_of(_went_well(run), any_of(*(broken for e, _, broken in found if e.root is suspect.root)))

    return violation


def out_of_reach(rule: str, run: Run, place: Term) -> Iterator[tuple[Held, Reach, Truth]]:
    """For each extent and what may stand in it: it stands at `place`, names a `target` there is, and does not reach."""
    target = variable("target", place.bits)
    for e in run.held:
        for reach, what in in_question(rule, run.table):
            if stands_in(reach, e.section):
                broken = all_of(
                    e.span.holds(place),
                    ule(place - e.span.lo, _size_of(run, e) - reach.instruction),  # inside what was asked for
                    ule(reach.instruction, _size_of(run, e)),
                    any_of(*(span.holds(target) for span in _targets(run, e, what))),
                    negate(reach.names(place, target, place.bits)),
                )
                yield e, reach, broken


def _size_of(run: Run, extent: Held) -> Term:
    """The bytes that were asked for."""
    sizes = [a.size for a in run.asked if a.module == extent.module and a.section == extent.section.name]
    return next(size for size in sizes if size is not None)


def _targets(run: Run, holder: Held, what: str) -> Iterator[Span]:
    machine = run.table.machine
    region = machine.image if what == "kernel" else machine.target(what)
    if region:
        yield Span(region.first, region.last, region.nonempty)
        return
    for e in run.held:
        if is_of(e.section, what) and (what == "text" or e.module == holder.module):
            yield e.span


kernel_out_of_reach = _out_of_reach("RCH001")
text_out_of_reach = _out_of_reach("RCH002")
data_out_of_reach = _out_of_reach("RCH003")

VIOLATIONS: Mapping[str, Violation] = functions("symbolic")
"""For each rule that a table can violate by a run: when the run's last operation does. RNG004, OVL001 and OVL004 hold
of every table."""


def violated(rule: str, suspect: Matter, run: Run) -> Term:
    """The formula, with the run's constraints; FALSE where the run cannot violate the rule.

    A rule may be violated before a fault of the same operation, or by it: each function says what must go well.
    """
    met = () if behaviour_of(rule).by_collision else run.apart
    wrong = truth(all_of(VIOLATIONS[rule](suspect, run), *met))
    return FALSE if wrong == FALSE else truth(all_of(*run.constraints, wrong))
