"""Unknowns that are called otherwise at the head: the base, as if they had these names there already.

An unknown that only the base has may be one that only the head has, if both have the same values. Where several may be
each other, they are paired so that the least changes. Names alone become others: what is decided of the base is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import islice, permutations
from typing import Any

from modalloc_model.gate.changes import changes
from modalloc_model.params import ParamSet, Unknown
from modalloc_model.words import Term, replaced, variable

_PAIRINGS = 24  # of which the best is taken


def renamed(base: ParamSet, head: ParamSet) -> ParamSet:
    """The base with its unknowns called as the head calls them, as far as that can be told."""
    tables = [_with_names(base, names) for names in islice(_pairings(base, head), _PAIRINGS)]
    return min(tables, key=lambda table: len(changes(table, head))) if len(tables) > 1 else (*tables, base)[0]


def _pairings(base: ParamSet, head: ParamSet) -> Iterator[Mapping[str, str]]:
    """Each way in which unknowns of the base may be others of the head: old name -> new name."""
    old, new = ({(u.name, _values(u)) for u in table.machine.unknowns} for table in (base, head))
    gone, come = sorted(old - new), sorted(new - old)
    if gone and sorted(values for _, values in gone) == sorted(values for _, values in come):
        for others in permutations(come):
            pairs = list(zip(gone, others, strict=True))
            if all(one[1] == other[1] for one, other in pairs):
                yield {one[0]: other[0] for one, other in pairs}


def _values(unknown: Unknown) -> tuple[int, int, int]:
    return unknown.step, unknown.low, unknown.high


def _with_names(table: ParamSet, names: Mapping[str, str]) -> ParamSet:
    bits = table.machine.bits
    terms = {variable(old, bits): variable(new, bits) for old, new in names.items()}
    found: ParamSet = _within(table, names, terms)
    return found


def _within(value: Any, names: Mapping[str, str], terms: Mapping[Term, Term]) -> Any:
    """The value with every unknown and every term in it renamed."""
    if isinstance(value, Term):
        return replaced(value, terms)
    if isinstance(value, tuple):
        return tuple(_within(part, names, terms) for part in value)
    if isinstance(value, Mapping):
        return {key: _within(part, names, terms) for key, part in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {f.name: _within(getattr(value, f.name), names, terms) for f in fields(value) if f.init}
    if isinstance(value, Unknown):
        parts["name"] = names.get(value.name, value.name)
    return replace(value, **parts)
