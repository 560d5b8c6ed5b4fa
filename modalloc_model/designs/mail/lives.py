"""Proof obligations about protection over a section's life, one invariant a rule.

For a subject section, an invariant says what holds of every page of every extent of its root. It is kept by the steps
of extents of any section of the root (`mail/protection.py`), and implies the rule for the subject. Steps involve two
extents at most, so that sub-tables of the subject and two more sections are enough: every condition of a rule is a
conjunction over the sections of a root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modalloc_model.designs.mail.protection import (
    Followed,
    Micro,
    in_order,
    neighbour_steps,
    opens_to_fill,
    opens_to_free,
    own_steps,
)
from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.smt.induction import Obligation
from modalloc_model.words import FALSE, Term, Truth, all_of, any_of, implies, negate, truth

NEEDS = MappingProxyType(
    {Kind.TEXT: "x", Kind.DATA: "rw", Kind.RODATA: "r", Kind.RODATA_AFTER_INIT: "rw"}
)  # semantics, section 4


@dataclass(frozen=True, slots=True)
class Life:
    """A subject section on its root."""

    table: ParamSet
    root: AllocType
    subject: Section

    @property
    def by_loader(self) -> Term:
        """The loader gives final protections."""
        return self.table.assumptions.by_loader

    def kept(self, letter: str, section: Section, page: Followed) -> Truth:
        """The page still allows what it was given, but for a seal's work on `w`."""
        final = self.table.final_protection(section)
        given = {"r": final.read, "w": final.write, "x": final.execute}[letter]
        mapped = {"r": self.root.protection.read, "w": self.root.protection.write, "x": self.root.protection.execute}
        excused = page.sealed if letter == "w" else truth(False)
        has = page.letter(letter)
        return all_of(
            implies(all_of(negate(self.by_loader), mapped[letter]), any_of(has, excused)),
            implies(all_of(self.by_loader, page.loaded, given), any_of(has, excused)),
        )


Statement = Callable[[Life, Section, Followed], Truth]


def _needs_kept(life: Life, section: Section, page: Followed) -> Truth:
    return all_of(*(life.kept(letter, section, page) for letter in NEEDS[life.subject.kind]))


def _needs_met(life: Life, section: Section, page: Followed) -> Truth:
    wanted = [
        any_of(page.letter(letter), page.sealed if letter == "w" else False) for letter in NEEDS[life.subject.kind]
    ]
    return implies(page.loaded, all_of(*wanted))


def _writable_kept(life: Life, section: Section, page: Followed) -> Truth:
    return life.kept("w", section, page)


def _writable_until_sealed(life: Life, section: Section, page: Followed) -> Truth:
    return implies(all_of(page.loaded, negate(page.sealed)), page.write)


def _copyable_kept(life: Life, section: Section, page: Followed) -> Truth:
    """Unless something else writes, pages that wait for memcpy() allow it."""
    other_way = any_of(life.root.fill, opens_to_fill(life.table, life.root))
    waiting = implies(all_of(negate(page.loaded), life.root.protection.write), page.write)
    return any_of(other_way, all_of(waiting, life.kept("w", section, page)))


def _can_be_filled(life: Life, section: Section, page: Followed) -> Truth:
    return implies(negate(page.filled), any_of(life.root.fill, opens_to_fill(life.table, life.root), page.write))


def _erasable_kept(life: Life, section: Section, page: Followed) -> Truth:
    """Unless something else writes, pages allow memset(), or a seal is why not."""
    final = life.table.final_protection(section).write
    early = implies(all_of(negate(page.loaded), life.root.protection.write), any_of(page.write, page.stale))
    late = implies(all_of(page.loaded, final), any_of(page.write, page.stale))
    return any_of(life.root.invalidate, opens_to_free(life.table, life.root), all_of(early, late))


def _can_be_erased(life: Life, section: Section, page: Followed) -> Truth:
    assume = life.table.assumptions
    reset = all_of(
        assume.restored, any_of(page.sealed, all_of(assume.by_loader, page.loaded)), life.root.protection.write
    )
    return any_of(life.root.invalidate, opens_to_free(life.table, life.root), reset, page.write, page.stale)


def _seal_stays(life: Life, section: Section, page: Followed) -> Truth:
    return implies(page.sealed, negate(page.write))


def _no_old_seal(life: Life, section: Section, page: Followed) -> Truth:
    return implies(all_of(page.stale, life.root.protection.write), page.sealed)


def _comes_back(life: Life, section: Section, page: Followed) -> Truth:
    erased = any_of(life.table.assumptions.restored, life.root.invalidate)
    fresh = implies(negate(page.filled), negate(all_of(page.stale, life.root.protection.write)))
    return all_of(implies(page.sealed, erased), fresh)


def _w_xor_x(life: Life, section: Section, page: Followed) -> Truth:
    text = life.subject.kind is Kind.TEXT and section.kind is Kind.TEXT
    as_mapped = implies(negate(life.by_loader), negate(page.write))
    loaded = implies(page.loaded, negate(page.write))
    return all_of(
        negate(all_of(page.write, page.execute)),
        any_of(not text, loaded),
        any_of(life.subject.kind is not Kind.TEXT, as_mapped),
    )


def _read_only(life: Life, section: Section, page: Followed) -> Truth:
    if life.subject.kind is Kind.RODATA_AFTER_INIT:
        return _seal_stays(life, section, page)
    loaded = implies(page.loaded, negate(page.write)) if section.kind is Kind.RODATA else truth(True)
    return all_of(implies(negate(life.by_loader), negate(page.write)), loaded)


def _is_sealed(life: Life, section: Section, page: Followed) -> Truth:
    """finish_init() seals it: then the seal stays. INIT data is gone by then."""
    late = life.subject.kind is Kind.RODATA_AFTER_INIT and not life.subject.init
    return all_of(_read_only(life, section, page), any_of(not late, life.table.seals_section(life.subject)))


def _not_executable(life: Life, section: Section, page: Followed) -> Truth:
    return any_of(negate(page.execute), all_of(section.kind is Kind.TEXT, life.by_loader, page.loaded))


LIVES: Mapping[str, tuple[Statement, Statement]] = MappingProxyType(
    {
        "MAP006": (_needs_kept, _needs_met),
        "ROI001": (_seal_stays, _seal_stays),
        "ROI003": (_writable_kept, _writable_until_sealed),
        "ROI004": (_no_old_seal, _comes_back),
        "PRT001": (_copyable_kept, _can_be_filled),
        "PRT002": (_erasable_kept, _can_be_erased),
        "PRT003": (_w_xor_x, _w_xor_x),
        "PRT004": (_read_only, _is_sealed),
        "PRT005": (_not_executable, _not_executable),
    }
)
"""For each rule: the invariant of every extent of the root, and what it must imply for the subject's own."""


def lives(rule: str, life: Life, sections: tuple[Section, ...]) -> Iterator[Obligation]:
    """The steps of extents of `sections` keep the rule's invariant, and it implies the rule for the subject."""
    invariant, conclusion = LIVES[rule]
    page, everyone = Followed.anything(), _one_of_each_kind((life.subject, *sections))

    def holds(section: Section, at: Followed) -> Term:
        return truth(all_of(invariant(life, section, at), in_order(life.table, life.root, section, at)))

    own = all_of(*(_own_kept(life, holds, section, everyone, page) for section in everyone))
    yield Obligation(f"{life.subject.name}: an extent's own steps", "step", {}, truth(own))
    by_others = all_of(*(_kept_by_neighbours(life, holds, section, everyone, page) for section in everyone))
    yield Obligation(f"{life.subject.name}: the steps of others in its pages", "step", {}, truth(by_others))
    known = {"invariant": holds(life.subject, page)}
    yield Obligation(life.subject.name, "conclusion", known, truth(conclusion(life, life.subject, page)))


def _one_of_each_kind(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """The first of each: what a section's steps do is said by its root and its kind."""
    first: dict[Kind, Section] = {}
    for section in sections:
        first.setdefault(section.kind, section)
    return tuple(first.values())


Holds = Callable[[Section, Followed], Term]


def _own_kept(life: Life, holds: Holds, section: Section, everyone: tuple[Section, ...], page: Followed) -> Truth:
    """Memory that is free may go to any section of the root: then the invariant holds for each as its heir."""
    kept = []
    for micro in _possible(own_steps(life.table, life.root, section, page)):
        heirs = everyone if micro.frees else (section,)
        kept.append(implies(micro.enabled, all_of(*(holds(heir, micro.after) for heir in heirs))))
    return implies(holds(section, page), all_of(*kept))


def _kept_by_neighbours(
    life: Life, holds: Holds, section: Section, everyone: tuple[Section, ...], page: Followed
) -> Truth:
    kept = [
        implies(micro.enabled, holds(section, micro.after))
        for acting in everyone
        for micro in _possible(neighbour_steps(life.table, life.root, acting, page))
    ]
    return implies(holds(section, page), all_of(*kept))


def _possible(steps: Iterable[Micro]) -> Iterator[Micro]:
    """Those that the table's values do not rule out: nothing needs to be kept where nothing happens."""
    return (micro for micro in steps if micro.enabled != FALSE)
