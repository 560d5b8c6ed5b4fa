"""Pairs the tables of base and head: by file and name, by id, and otherwise by similarity.

A table that moved to another file, from C to YAML, or was renamed is the same table; so is the table of a machine whose
kernel now sets it up in another function. An unpaired table was added or removed. In a kernel's source, a table for all
boots can stand for a table for some: if the KASLR offset is dropped, the table for all boots covers those with KASLR.
If one table became two, one is paired and the other counts as added.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from modalloc_model.gate.changes import likeness
from modalloc_model.gate.reading import Ends

if TYPE_CHECKING:
    from modalloc_model.descriptor import Table

_LIKE = 0.6  # the minimal share of equal values for a table with another name
_LIKE_WITH_ITS_NAME = 0.3


@dataclass(frozen=True)
class Match:
    """A table at both ends; None at the end that lacks it."""

    base: Table | None
    head: Table | None


def matches(ends: Ends) -> list[Match]:
    """Every table of both ends once, in the order of the head; removed tables last."""
    before = [table for tables in ends.base.values() for table in tables]
    after = [table for tables in ends.head.values() for table in tables]
    rename_unknowns = {new: old for old, new in ends.pairs if old is not None and new is not None}
    partner = {id(new): old for new, old in _partners(before, after, rename_unknowns, ends.by_machine)}
    taken = {id(table) for table in partner.values()}
    found = [Match(partner.get(id(table)) or _wider(table, before, ends.by_machine), table) for table in after]
    gone = [table for table in before if id(table) not in taken and not any(one.base is table for one in found)]
    return found + [Match(table, _wider(table, after, ends.by_machine)) for table in gone]


def _wider(table: Table, others: list[Table], by_machine: bool) -> Table | None:
    """The other end's table of the same machine whose boots include this one's: it assumes less about the boot."""
    own = set(_boots(table)[1].replace("no-", "no ").split("-"))
    for other in others if by_machine else ():
        asked = {word for word in _boots(other)[1].replace("no-", "no ").split("-") if word}
        if _boots(other)[0] == _boots(table)[0] and asked < own:
            return other
    return None


def _partners(
    before: list[Table], after: list[Table], rename_unknowns: dict[str, str], by_machine: bool
) -> Iterator[tuple[Table, Table]]:
    """Each table of the head that has a partner, with it, the most certain pairs first."""

    def place(table: Table) -> tuple[str, str]:
        return rename_unknowns.get(table.params.path, table.params.path), _name(table)

    found = list(_of_one_key(before, after, lambda t: (t.params.path, _name(t)), place))
    found += _of_one_key(*_unmatched(before, after, found), _id, _id)
    if by_machine:
        found += _of_one_key(*_unmatched(before, after, found), _boots, _boots)
    found += _likest(*_unmatched(before, after, found))
    return iter(found)


def _unmatched(
    before: list[Table], after: list[Table], found: list[tuple[Table, Table]]
) -> tuple[list[Table], list[Table]]:
    taken = {id(table) for pair in found for table in pair}
    return [t for t in before if id(t) not in taken], [t for t in after if id(t) not in taken]


Key = Callable[["Table"], Hashable]


def _of_one_key(before: list[Table], after: list[Table], old: Key, new: Key) -> Iterator[tuple[Table, Table]]:
    known = {old(table): table for table in reversed(before)}
    for table in after:
        partner = known.pop(new(table), None)
        if partner is not None:
            yield table, partner


def _likest(before: list[Table], after: list[Table]) -> Iterator[tuple[Table, Table]]:
    """The most similar pairs first, each table in at most one pair."""
    scored = [(likeness(old.params, new.params), old, new) for new, old in product(after, before)]
    taken: set[int] = set()
    for like, old, new in sorted(scored, key=lambda item: -item[0]):
        enough = _LIKE_WITH_ITS_NAME if _name(old) == _name(new) else _LIKE
        if like >= enough and not taken & {id(old), id(new)}:
            taken |= {id(old), id(new)}
            yield new, old


def _id(table: Table) -> str:
    return table.params.id


def _boots(table: Table) -> tuple[str, str]:
    """The machine, and the boots of the table: the words after the function's name."""
    return table.params.machine.name, _name(table).partition("-")[2]


def _name(table: Table) -> str:
    return table.params.id.partition(":")[2]
