"""Which table of the base is which of the head: by file and name, by id, and else by likeness.

A table that went into another file, from C to YAML, or got another name is the same one; so is that of a machine whose
kernel sets it up in another function than before. What has no partner was added or removed. Of a kernel's source, the
table of all boots stands for that of some: where KASLR's offset is forgotten, boots with KASLR have the table of all.
Leaves out: another table that became two; one of them is the old one, and the other was added.
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

_LIKE = 0.6  # the share of its values that a table must have kept to be the same one under another name
_LIKE_WITH_ITS_NAME = 0.3


@dataclass(frozen=True)
class Match:
    """A table at both ends; None at the end that lacks it."""

    base: Table | None
    head: Table | None


def matches(ends: Ends) -> list[Match]:
    """Every table of both ends, once, in the order of the head; removed ones last."""
    before = [table for tables in ends.base.values() for table in tables]
    after = [table for tables in ends.head.values() for table in tables]
    renamed = {new: old for old, new in ends.pairs if old is not None and new is not None}
    partner = {id(new): old for new, old in _partners(before, after, renamed, ends.by_machine)}
    taken = {id(table) for table in partner.values()}
    found = [Match(partner.get(id(table)) or _wider(table, before, ends.by_machine), table) for table in after]
    gone = [table for table in before if id(table) not in taken and not any(one.base is table for one in found)]
    return found + [Match(table, _wider(table, after, ends.by_machine)) for table in gone]


def _wider(table: Table, others: list[Table], by_machine: bool) -> Table | None:
    """The other end's table of the same machine that is of this one's boots, and of more: it asks less of the boot."""
    own = set(_boots(table)[1].replace("no-", "no ").split("-"))
    for other in others if by_machine else ():
        asked = {word for word in _boots(other)[1].replace("no-", "no ").split("-") if word}
        if _boots(other)[0] == _boots(table)[0] and asked < own:
            return other
    return None


def _partners(
    before: list[Table], after: list[Table], renamed: dict[str, str], by_machine: bool
) -> Iterator[tuple[Table, Table]]:
    """Each of the head's tables that has a partner, and it: the surest first."""

    def place(table: Table) -> tuple[str, str]:
        return renamed.get(table.params.path, table.params.path), _name(table)

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
    """The likest pairs first, each table in one of them."""
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
    """The machine, and which of its boots the table is of, in the words after the function's name."""
    return table.params.machine.name, _name(table).partition("-")[2]


def _name(table: Table) -> str:
    return table.params.id.partition(":")[2]
