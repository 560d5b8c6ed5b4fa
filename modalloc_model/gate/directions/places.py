"""What is compared with what: the loader's sections by kind and life, and the types that others allocate from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from modalloc_model.params import AllocType, Machine, ParamSet, Section, Unknown
from modalloc_model.words import Term, all_of, truth, variables


@dataclass(frozen=True, slots=True)
class Place:
    """A section or a type at both ends, and the roots that its memory comes from; None at an end without one."""

    name: str
    base: AllocType | None
    head: AllocType | None
    old: Section | None = None
    new: Section | None = None


def places(base: ParamSet, head: ParamSet) -> Iterator[Place]:
    """In the order of the head; sections first."""
    old = {(s.kind, s.init): s for s in base.sections}
    for section in head.sections:
        before = old.get((section.kind, section.init))
        yield Place(
            section.name, base.section_root(before) if before else None, head.section_root(section), before, section
        )
    theirs = {t.name: t for t in base.allocated_from if t.name in base.dialect.others}
    ours = {t.name: t for t in head.allocated_from if t.name in head.dialect.others}
    for name in dict.fromkeys([*ours, *theirs]):
        yield Place(name, theirs.get(name), ours.get(name))


def boots(here: ParamSet, there: ParamSet) -> Term:
    """The boots that one end may have; what only the other end leaves to the boot has the values that it has there."""
    own = {unknown.name for unknown in here.machine.unknowns}
    others = [unknown for unknown in there.machine.unknowns if unknown.name not in own]
    names = {unknown.name for unknown in others}
    ties = [term for term in there.machine.constraints if names & set(variables(term))]
    return truth(all_of(here.machine.domain, *(u.domain(here.machine.bits) for u in others), *ties))


def told_apart(tables: Sequence[ParamSet], *terms: Term) -> list[ParamSet]:
    """The tables in boots that differ in what the terms speak of, and in what constraints tie to that, alone.

    Whatever else the boot decides makes no difference to the terms.
    """
    names = set(variables(*terms))
    ties = [set(variables(term)) for table in tables for term in table.machine.constraints]
    while more := {name for tie in ties if tie & names for name in tie - names}:
        names |= more
    return [replace(table, machine=_of_boots(table.machine, names)) for table in tables]


def _of_boots(machine: Machine, names: Set[str]) -> Machine:
    return replace(
        machine,
        unknowns=tuple(unknown for unknown in machine.unknowns if unknown.name in names),
        constraints=tuple(term for term in machine.constraints if set(variables(term)) <= names),
    )


def unknowns(*tables: ParamSet) -> list[Unknown]:
    """What the boot decides at any of the ends, each once."""
    return list({unknown.name: unknown for table in reversed(tables) for unknown in table.machine.unknowns}.values())


def floors(*tables: ParamSet) -> dict[str, int]:
    """The least value of each unknown: what witnesses are chosen near to."""
    return {unknown.name: unknown.step * unknown.low for unknown in unknowns(*tables)}
