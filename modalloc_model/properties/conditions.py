"""Formulas that several rules share: what ranges hold, when pages belong to one extent alone, what the loader does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from modalloc_model.params import AllocType, Kind, ParamSet, Protection, Range, Reach, Region, Section
from modalloc_model.properties.rule import Condition, Fact, NotApplicable, Outcome, Subject, each_root
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    align_down,
    align_up,
    all_of,
    any_of,
    choose,
    constant,
    iff,
    implies,
    is_power_of_two,
    largest,
    lift,
    negate,
    truth,
    ule,
    variable,
)


def up(x: Term, alignment: Term) -> Term:
    """ALIGN(x, alignment)."""
    return lift(align_up(x, alignment, x.bits), x.bits)


def down(x: Term, alignment: Term) -> Term:
    """ALIGN_DOWN(x, alignment)."""
    return lift(align_down(x, alignment, x.bits), x.bits)


def block_alignment(root: AllocType) -> Term:
    """The larger of granularity and alignment: what a block's address is rounded up to."""
    return lift(largest(root.granularity, root.alignment), root.granularity.bits)


def granule(root: AllocType) -> Term:
    """Bytes of the smallest block."""
    one = constant(1, root.granularity.bits)
    return up(up(one, root.alignment), root.granularity)


def holding(table: ParamSet, root: AllocType, chosen: Range) -> tuple[Term, Region]:
    """(any, region): whether a block fits into the range, and the bytes from its lowest to its highest block's end."""
    lo = up(chosen.first, block_alignment(root))
    room = chosen.last - lo  # bytes from lo to the end, less one
    least = granule(root) + table.guard - 1
    region = Region("", lo, lo + down(room - table.guard + 1, root.granularity) - 1)
    fits = all_of(chosen.nonempty, ule(chosen.first, lo), ule(lo, chosen.last), ule(least, room))
    return truth(fits), region


def holdings(table: ParamSet, root: AllocType) -> Iterator[tuple[Term, Region]]:
    """What each range of the root can hold."""
    for number, chosen in enumerate(root.ranges):
        fits, region = holding(table, root, chosen)
        yield truth(all_of(root.usable(number), fits)), region


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
    """Memory that a seal made read-only is not handed out again as it is."""
    unmapped = negate(root.reuses)
    return truth(implies(seals_any(table, root), any_of(table.assumptions.restored, unmapped)))


def quiet_loader(table: ParamSet, root: AllocType) -> Term:
    """What the loader does to the pages of one section changes none of another's."""
    unchanged = all_of(*(same(table.final_protection(s), root.protection) for s in table.sections_of(root)))
    return truth(implies(table.assumptions.by_loader, any_of(exclusive(table, root), unchanged)))


def same(x: Protection, y: Protection) -> Truth:
    """They allow the same."""
    return all_of(iff(x.read, y.read), iff(x.write, y.write), iff(x.execute, y.execute))


def needs(section: Section) -> str:
    """What the section must be able to do once it is loaded (semantics, section 4)."""
    return {Kind.TEXT: "x", Kind.DATA: "rw", Kind.RODATA: "r", Kind.RODATA_AFTER_INIT: "rw"}[section.kind]


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


# -- what branches reach ---------------------------------------------------------------------------------------------

NAMED: Mapping[str, tuple[Kind, ...]] = MappingProxyType(
    {
        "kernel": (),
        "text": (Kind.TEXT,),
        "data": (Kind.DATA, Kind.RODATA, Kind.RODATA_AFTER_INIT),
    }
)
"""What text can name, and the kinds of the sections in which that lies."""


def text_roots(table: ParamSet) -> Iterator[Subject]:
    """Roots on which text lies."""
    wanted = {root.index for root in of_kind(table, Kind.TEXT)}
    return (subject for subject in each_root(table) if subject.parts[0].index in wanted)


def reaching(table: ParamSet, root: AllocType, what: str) -> Outcome:
    """Every place in the root's text names every target of that kind, by each rule of the machine for such targets."""
    rules = [reach for reach in table.machine.reach if what in reach.targets]
    if not rules:
        return NotApplicable(f"{table.machine.name} names no reach for {what}")
    others = [other for other in target_roots(table, what) if other is not root]
    place, target = (variable(name, table.machine.bits) for name in ("place", "target"))
    names = ", ".join(reach.name for reach in rules)
    refused = (
        "the loader refuses the module" if all(r.checked for r in rules) else "the branch goes elsewhere, unchecked"
    )
    return Condition(
        truth(all_of(all_reach(table, root, what, rules), *(in_powers(other) for other in others))),
        f"{names} at {{place}} does not reach {{target}} ({{distance}} away), and there is no veneer: {refused}",
        facts={
            "place": Fact(place, "address"),
            "target": Fact(target, "address"),
            "distance": Fact(lift(choose(ule(place, target), target - place, place - target), place.bits), "bytes"),
        },
        blame="start0",
    )


def all_reach(table: ParamSet, root: AllocType, what: str, rules: list[Reach]) -> Truth:
    """What a range holds is a region, and so is where targets lie: they are compared as wholes."""
    return all_of(
        *(
            implies(all_of(any_text, any_target), reach.covers(places, targets))
            for any_text, places in instructions(table, root, rules[0].instruction)
            for any_target, targets in named_by(table, what)
            for reach in rules
        )
    )


def instructions(table: ParamSet, root: AllocType, length: int) -> Iterator[tuple[Term, Region]]:
    """For each range of the root: whether it holds any instruction of `length` bytes, and where they can begin."""
    for fits, text in holdings(table, root):
        any_text = all_of(fits, ule(length - 1, text.last - text.first))
        yield truth(any_text), Region(text.name, text.first, text.last - (length - 1))


def named_by(table: ParamSet, what: str) -> Iterator[tuple[Term, Region]]:
    """Where targets of a kind can lie: whether there is any, and the region."""
    image = table.machine.image
    if what == "kernel" and image is not None:
        yield TRUE, image
    for other in target_roots(table, what):
        yield from holdings(table, other)


def target_roots(table: ParamSet, what: str) -> tuple[AllocType, ...]:
    """The roots on which sections lie that text names; the kernel lies on none."""
    return of_kind(table, *NAMED[what])


def in_powers(root: AllocType) -> Truth:
    """Otherwise its blocks lie elsewhere than from the lowest to the highest multiple."""
    return all_of(is_power_of_two(root.granularity), is_power_of_two(root.alignment))
