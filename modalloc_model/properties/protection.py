"""The protection of a root's pages over their life: seals, the loader's changes, and the extents on a page."""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.params import AllocType, Kind, ParamSet, Protection
from modalloc_model.properties.rule import Subject, each_root
from modalloc_model.words import FALSE, TRUE, Term, Truth, all_of, any_of, iff, implies, negate, truth, ule


def exclusive(table: ParamSet, root: AllocType) -> Term:
    """No page holds bytes of two extents of the root."""
    return truth(ule(table.machine.page, root.alignment))


def opens(table: ParamSet, root: AllocType) -> Term:
    """Pages of the root are made writable for a while, to be filled or invalidated."""
    assume = table.assumptions
    for_fill = all_of(assume.after_fill, negate(root.fill))
    for_memset = all_of(assume.restored, negate(root.invalidate))
    return truth(all_of(negate(root.protection.write), any_of(for_fill, for_memset)))


def seals_any(table: ParamSet, root: AllocType) -> Term:
    """finish_init() seals something that lies on the root."""
    return truth(any_of(*(table.seals_section(section) for section in table.sections_of(root))))


def no_stale_seal(table: ParamSet, root: AllocType) -> Term:
    """Memory that a seal made read-only is not reused while it is read-only."""
    unmapped = negate(root.reuses)
    return truth(implies(seals_any(table, root), any_of(table.assumptions.restored, unmapped)))


def quiet_loader(table: ParamSet, root: AllocType) -> Term:
    """The loader's changes to the pages of one section do not change those of another."""
    unchanged = all_of(*(same(table.final_protection(s), root.protection) for s in table.sections_of(root)))
    return truth(implies(table.assumptions.by_loader, any_of(exclusive(table, root), unchanged)))


def same(x: Protection, y: Protection) -> Truth:
    """They allow the same."""
    return all_of(iff(x.read, y.read), iff(x.write, y.write), iff(x.execute, y.execute))


def needs(kind: Kind) -> str:
    """The rights that a section needs once it is loaded (semantics, section 4)."""
    return {Kind.TEXT: "x", Kind.DATA: "rw", Kind.RODATA: "r", Kind.RODATA_AFTER_INIT: "rw"}[kind]


def allows(protection: Protection, wanted: str) -> Term:
    """The protection allows every one of the wanted letters."""
    parts = {"r": protection.read, "w": protection.write, "x": protection.execute}
    return truth(all_of(TRUE, *(parts[letter] for letter in wanted)))


def of_kind(table: ParamSet, *kinds: Kind) -> tuple[AllocType, ...]:
    """The roots on which sections of these kinds lie, in the table's order."""
    wanted = {root.index for s in table.sections if s.kind in kinds and (root := table.section_root(s))}
    return tuple(root for root in table.roots if root.index in wanted)


def sealing_roots(table: ParamSet) -> Iterator[Subject]:
    """Roots on which finish_init() seals something."""
    for subject in each_root(table):
        if seals_any(table, subject.parts[0]) != FALSE:
            yield subject
