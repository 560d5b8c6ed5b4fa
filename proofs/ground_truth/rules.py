"""Violations: section 6 of spec/semantics.md, each line as a predicate.

A violation is the rule and its subject: a section or a root, with the tool's name for it. Every rule with a behaviour
is here; reach.py has those of reach.
"""

from __future__ import annotations

from functools import cache

from modalloc_model.params import Kind
from proofs.ground_truth.reach import out_of_reach
from proofs.ground_truth.state import Block, Extent, Module, Place, State, room, room_in
from proofs.ground_truth.table import EXECUTE, INIT, LIVE, LOADING, READ, STALE, WRITE, Part, Table

Violation = tuple[str, str]

OF_RUNS = (
    "RNG001", "RNG004", "ALN004", "OVL001", "OVL002", "OVL003", "OVL004", "MAP006", "MAP007", "ROI001", "ROI002",
    "ROI003", "ROI004", "ROI005", "PRT001", "PRT002", "PRT003", "PRT004", "PRT005", "RCH001", "RCH002", "RCH003",
    "CMP001", "CMP002",
)  # fmt: skip
"""The rules that runs are looked at for. OVL004 needs no look: a state is made of parts that fill their blocks."""

NEEDS = {
    Kind.TEXT: (EXECUTE, EXECUTE),
    Kind.DATA: (READ | WRITE, READ | WRITE),
    Kind.RODATA: (READ, READ),
    Kind.RODATA_AFTER_INIT: (READ | WRITE, READ),
}
"""The rights that a section needs in phase init, and once live (section 4)."""


@cache
def wrong_page(part: Part, phase: int, sealed: bool, page: int, strict: bool) -> frozenset[Violation]:
    """The violations by one page of a live extent of the section."""
    found = set()
    if phase != LOADING:
        needs = NEEDS[part.kind][phase == LIVE] & ~(WRITE if sealed else 0)
        if needs & ~page:
            found.add("MAP006")
    if part.kind is Kind.RODATA_AFTER_INIT and phase == INIT and not sealed and not page & WRITE:
        found.add("ROI003")
    if strict:
        found |= _too_much(part, phase, page)
    return frozenset((rule, part.name) for rule in found)


def _too_much(part: Part, phase: int, page: int) -> set[str]:
    """PRT003, PRT004, PRT005."""
    found, loaded = set(), phase != LOADING
    if page & WRITE and (page & EXECUTE or (part.kind is Kind.TEXT and loaded)):
        found.add("PRT003")
    if page & WRITE and part.kind is Kind.RODATA and loaded:
        found.add("PRT004")
    if page & WRITE and part.kind is Kind.RODATA_AFTER_INIT and phase == LIVE:
        found.add("PRT004")
    if page & EXECUTE and part.kind is not Kind.TEXT:
        found.add("PRT005")
    return found


def _pages(table: Table, extent: Extent) -> range:
    return range(extent.lo // table.page, extent.last // table.page + 1)


def on_pages(table: Table, pages: tuple[int, ...], phase: int, extent: Extent) -> frozenset[Violation]:
    """MAP006, ROI003, PRT003, PRT004, PRT005: the violations by the extent's pages at this moment."""
    part, found = table.parts[extent.part], frozenset[Violation]()
    for value in set(pages[extent.lo // table.page : extent.last // table.page + 1]):
        found |= wrong_page(part, phase, extent.sealed, value, table.strict)
    return found


def became_writable(
    table: Table, before: tuple[int, ...], after: tuple[int, ...], extent: Extent
) -> frozenset[Violation]:
    """ROI001."""
    if extent.sealed and any(after[p] & WRITE and not before[p] & WRITE for p in _pages(table, extent)):
        return frozenset({("ROI001", _root_name(table, extent))})
    return frozenset()


def _root_name(table: Table, extent: Extent) -> str:
    return table.roots[table.parts[extent.part].root or 0].name


def across_extents(table: Table, state: State, mine: Module, extent: Extent) -> frozenset[Violation]:
    """OVL001, OVL002, OVL003, RNG004, ALN004 and reach: a new extent, and each that was there."""
    part, found = table.parts[extent.part], set()
    root = table.roots[part.root or 0]
    if extent.lo % root.wanted:
        found.add(("ALN004", root.name))
    if not any(first <= extent.lo and extent.last <= last for _, first, last in root.ranges):
        found.add(("RNG004", root.name))
    for module in state.modules:
        for other in module.extents:
            found |= _pair(table, extent, other)
    return frozenset(found) | out_of_reach(table, state, mine, extent)


def _pair(table: Table, one: Extent, two: Extent) -> set[Violation]:
    found: set[Violation] = set()
    names = {_root_name(table, one), _root_name(table, two)}
    if one.lo <= two.last and two.lo <= one.last:
        found |= {("OVL001" if len(names) == 1 else "OVL002", name) for name in names}
    share = one.lo // table.page <= two.last // table.page and two.lo // table.page <= one.last // table.page
    if share and table.parts[one.part].final != table.parts[two.part].final:
        found |= {("OVL003", name) for name in names}
    return found


def collision(table: Table, state: State, new: Block) -> frozenset[Violation]:
    """OVL002: it is to be mapped over another root's block, which ends the run."""
    met = [b for b in state.blocks if b.root != new.root and b.lo <= new.last and new.lo <= b.last]
    roots = {block.root for block in met} | ({new.root} if met else set())
    return frozenset(("OVL002", table.roots[root].name) for root in roots)


def refused(table: Table, state: State, part: int, size: int, rounded: int) -> frozenset[Violation]:
    """CMP001; RNG001 is asked once, of the empty state."""
    number = table.parts[part].root
    if number is None or not rounded or not room(table, state, number, rounded):
        return frozenset()
    return frozenset({("CMP001", table.roots[number].name)})


def second_range(table: Table, state: State, number: int, place: Place) -> frozenset[Violation]:
    """CMP002."""
    root = table.roots[number]
    first = [chosen for chosen, _, _ in root.ranges if chosen == 0]
    if place.number == 1 and first and room_in(table, state, number, place.length, 0):
        return frozenset({("CMP002", root.name)})
    return frozenset()


def fill_fault(table: Table, extent: Extent) -> frozenset[Violation]:
    """PRT001."""
    return frozenset({("PRT001", table.parts[extent.part].name)})


def erase_fault(table: Table, state: State, extent: Extent) -> frozenset[Violation]:
    """PRT002 and ROI004."""
    found = set()
    if any(not state.pages[p] & (WRITE | STALE) for p in _pages(table, extent)):
        found.add(("PRT002", table.parts[extent.part].name))
    if extent.sealed:
        found.add(("ROI004", _root_name(table, extent)))
    return frozenset(found)


def stale_reuse(table: Table, state: State, extent: Extent) -> frozenset[Violation]:
    """ROI004: reused memory has lost its write permission to a seal."""
    given = table.roots[table.parts[extent.part].root or 0].given
    if given & WRITE and any(state.pages[p] & STALE for p in _pages(table, extent)):
        return frozenset({("ROI004", _root_name(table, extent))})
    return frozenset()


def seal_takes(table: Table, state: State, mine: Module, extent: Extent) -> frozenset[Violation]:
    """ROI002, MAP007, ROI005: whom the seal of the extent takes write permission from."""
    found: set[Violation] = set()
    if table.parts[extent.part].init:
        found.add(("ROI005", table.parts[extent.part].name))
    taken = {p for p in _pages(table, extent) if state.pages[p] & WRITE}
    for module in (*state.modules, mine):
        for other in module.extents:
            if taken.isdisjoint(_pages(table, other)):
                continue
            part = table.parts[other.part]
            if part.kind is Kind.DATA and not part.init:
                found.add(("MAP007", part.name))
            if module is not mine:
                found.add(("ROI002", _root_name(table, extent)))
    return frozenset(found)


def turned_live(table: Table, module: Module) -> frozenset[Violation]:
    """MAP007 and ROI005, once the module is live."""
    found = set()
    for extent in module.extents:
        part = table.parts[extent.part]
        if table.strict and part.kind is Kind.RODATA_AFTER_INIT and not extent.sealed:
            found.add(("MAP007", part.name))
        if part.init:
            found.add(("ROI005", part.name))
    return frozenset(found)
