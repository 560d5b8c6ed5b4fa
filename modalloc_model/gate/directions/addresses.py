"""Addresses that memory of a section may occupy at one end and not at the other, over all boots.

An address may be occupied if it lies in no registered region, and between the lowest block of a usable range and the
end of the highest. Pairs (boot, address) are compared; a boot of one end alone counts for that end. Guard pages are
not occupied. Addresses that another root may take first still count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modalloc_model import addresses
from modalloc_model.engine.deciding import decide
from modalloc_model.gate.directions.extremes import BUDGET, LeftOpen, measure
from modalloc_model.gate.directions.pairs import (
    Interval,
    Pair,
    boots,
    floors,
    length_outside,
    pairs,
    restrict_unknowns,
    unknowns,
    without,
)
from modalloc_model.gate.findings import Finding, Measure, Witness
from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.blocks import holdings
from modalloc_model.words import Term, Truth, all_of, any_of, evaluate, implies, truth, variable, variables, within

_ADDRESS = "the address"


@dataclass(frozen=True)
class _End:
    table: ParamSet
    root: AllocType | None


def compare(base: ParamSet, head: ParamSet) -> Iterator[Finding]:
    """At most one finding a direction for each set of sections that may occupy the same addresses."""
    groups: dict[tuple[Term, Term], list[Pair]] = {}
    for place in pairs(base, head):
        key = _may_occupy(_End(base, place.base)), _may_occupy(_End(head, place.head))
        groups.setdefault(key, []).append(place)
    for (old, new), members in groups.items():
        before, after = restrict_unknowns((base, head), old, new)
        if old != new or before.machine.domain != after.machine.domain:
            name = ", ".join(member.name for member in members)
            ends = _End(before, members[0].base), _End(after, members[0].head)
            yield from _direction("gained-addresses", name, ends[1], ends[0], ends[1])
            yield from _direction("lost-addresses", name, *ends, ends[1])


def _intervals(end: _End) -> list[Interval]:
    """Disjoint intervals of addresses that each range's blocks may occupy, without registered regions."""
    if end.root is None:
        return []
    found: list[Interval] = []
    taken = [Interval(r.nonempty, r.first, r.last) for r in end.table.machine.registered]
    for fits, region in holdings(end.table, end.root):
        found += without([Interval(fits, region.first, region.last)], [*taken, *found])
    return found


def _may_occupy(end: _End) -> Term:
    """Whether the address may be occupied."""
    address = variable(_ADDRESS, end.table.machine.bits)
    parts: list[Truth] = [all_of(i.there, within(address, i.first, i.last)) for i in _intervals(end)]
    return truth(any_of(*parts))


def _direction(kind: str, name: str, here: _End, there: _End, head: _End) -> Iterator[Finding]:
    """The addresses that one end may occupy and the other may not."""
    where = head.table.location(head.root.name if head.root else "", "start0")
    if here.table.machine.bits != there.table.machine.bits:
        return
    domain = boots(here.table, there.table)
    theirs = truth(all_of(there.table.machine.domain, _may_occupy(there)))
    only = truth(implies(_may_occupy(here), theirs))
    least = {**floors(here.table, there.table), _ADDRESS: 0}
    found = decide(f"no {kind}", domain, only, least, BUDGET, "z3")
    if found.holds is None:
        message = "could not determine whether there are any"
        yield Finding(kind, head.table.id, name, message, where, open=found.reason)
    elif not found.holds:
        witness = Witness(_boot(found.boot, here, there), found.boot[_ADDRESS])
        size = _size(here, there, domain)
        yield Finding(kind, head.table.id, name, _message(size, witness, here), where, witness=witness, measure=size)


def _boot(model: Mapping[str, int], *ends: _End) -> tuple[tuple[str, int], ...]:
    names = {unknown.name for end in ends for unknown in end.table.machine.unknowns}
    low = floors(*(end.table for end in ends))
    return tuple(sorted((name, model.get(name, low[name])) for name in names))


def _size(here: _End, there: _End, domain: Term) -> Measure | None:
    """The number of addresses in a boot; None if the solver finds no number."""
    possible = there.table.machine.domain
    holes = [Interval(truth(all_of(possible, i.there)), i.first, i.last) for i in _intervals(there)]
    term = length_outside(_intervals(here), holes, here.table.machine.bits)
    try:
        return measure(term, domain, unknowns(here.table, there.table), "bytes")
    except LeftOpen:
        return None


def _message(size: Measure | None, witness: Witness, here: _End) -> str:
    symbols = {name: evaluate(term, dict(witness.boot)) for name, term in _symbols_of_boot(here, witness)}
    at = f"{addresses.place(witness.address, symbols)}"
    boot = ", ".join(f"{name} = {value:#x}" for name, value in witness.boot)
    return f"{size_text(size)}, such as {at}{f' with {boot}' if boot else ''}"


def _symbols_of_boot(end: _End, witness: Witness) -> Iterator[tuple[str, Term]]:
    known = dict(witness.boot)
    return ((name, term) for name, term in end.table.machine.symbols.items() if set(variables(term)) <= set(known))


def size_text(size: Measure | None) -> str:
    """`16 MiB in every boot`, or the greatest size and a boot that has it."""
    from modalloc_model.addresses import readable

    if size is None:
        return "some bytes"
    if size.least == size.greatest and size.exact:
        return f"{readable(size.greatest)} in every boot"
    boot = ", ".join(f"{name} = {value:#x}" for name, value in size.greatest_boot)
    return f"up to {readable(size.greatest)}{f' (with {boot})' if boot else ''}{'' if size.exact else ' or more'}"
