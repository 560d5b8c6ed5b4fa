"""Renames unknowns of the base to the names of the head.

An unknown of the base alone may correspond to an unknown of the head alone if both have the same values. If several
pairings are possible, the one with the fewest changes wins. Only names change; the decisions of the base stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import islice, permutations
from typing import Any

from modalloc_model.gate.changes import changes
from modalloc_model.params import ParamSet, Unknown
from modalloc_model.words import Term, replaced, variable

_PAIRINGS = 24  # pairings that are tried


def rename_unknowns(base: ParamSet, head: ParamSet) -> ParamSet:
    """The base with its unknowns renamed as the head names them, as far as that can be determined."""
    tables = [_with_names(base, names) for names in islice(_pairings(base, head), _PAIRINGS)]
    return min(tables, key=lambda table: len(changes(table, head))) if len(tables) > 1 else (*tables, base)[0]


def _pairings(base: ParamSet, head: ParamSet) -> Iterator[Mapping[str, str]]:
    """Each possible pairing of unknowns of the base and the head: old name -> new name."""
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
