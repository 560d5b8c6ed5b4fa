"""Facts of a tree about the machine, compared with the profile: protections by their bits, symbols by their values.

The tree's value goes into the table, with a warning if it differs from the profile's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from modalloc_model.c.tokens import SourceLine
from modalloc_model.descriptor.dialects import EXECMEM
from modalloc_model.kernel.configuration import BY_LOADER, STRICT
from modalloc_model.kernel.importing import Imported, MachineSet
from modalloc_model.kernel.sets import Allowed, TypeRow
from modalloc_model.kernel.tree import GENERIC
from modalloc_model.params import Location
from modalloc_model.verdict import Problem
from modalloc_model.words import Term, is_constant, variables

_NAME = re.compile(r"\b(?:[A-Z]\w*_)?PAGE_\w+|\bPAGE_KERNEL\w*|\b[A-Z]\w*PGPROT\w*")
_DEFAULT = "PAGE_KERNEL"
_CHANGED = "_X"  # suffix of a protection to which the loader adds execution


@dataclass(frozen=True)
class Facts:
    """`defines`: symbols with other values; `names`: each type's protection; `protections`: their accesses.

    `assumed` are values taken from the profile: names that the table uses and the tree does not define, constants that
    could not be computed, and protections whose bits could not be read. `rows` are written to the table: those that the
    function sets up, and those that the kernel completes differently from the dialect.
    """

    defines: Mapping[str, tuple[int, SourceLine]]
    names: Mapping[str, str]
    protections: Mapping[str, tuple[str, str]]
    differences: tuple[tuple[SourceLine, str], ...]
    assumed: tuple[str, ...] = ()
    rows: tuple[TypeRow, ...] = ()


def facts_of(imported: Imported, placed: MachineSet) -> Facts:
    """The facts to write beside the types."""
    names: dict[str, str] = {}
    protections: dict[str, tuple[str, str]] = {}
    differences: list[tuple[SourceLine, str]] = []
    rows = _rows(imported, placed)
    for row in (*rows, *_by_name(imported, placed)):
        if row.protection is None:
            continue
        mapped = row.protection.mapped or row.protection
        name = _name(mapped, imported, placed)
        names[row.name] = f"{name}{_CHANGED}" if row.protection.mapped else name
        place = mapped.trail[0] if mapped.trail else SourceLine()
        for known, allowed in ((name, mapped), (names[row.name], row.protection)):
            if allowed.letters is not None:
                protections[known] = (allowed.letters, _source(allowed, place))
        differences += _difference(name, mapped, placed, place)
    differences += [(_place(row), _completion_message(row, names)) for row in rows if _is_other(row, imported, placed)]
    defines = placed.constants.defines
    differences += [(place, _otherwise(name, value, placed)) for name, (value, place) in defines.items()]
    unread = {name for name in names.values() if name not in protections}
    undecided = {STRICT} if imported.configuration is None else set()
    assumed = tuple(sorted(unread | undecided | _symbolic_names(placed)))
    return Facts(defines, names, protections, tuple(dict.fromkeys(differences)), assumed, rows)


def _symbolic_names(placed: MachineSet) -> set[str]:
    """The names that stay symbolic, with values in the profile, except the table's own unknowns."""
    one = placed.set
    terms = [given.term for row in one.rows for given in row.fields.values()]
    own = {drawn.name for drawn in one.drawn}
    return {name for name in variables(*terms, *one.constraints) if name not in own} | set(placed.constants.lost)


def _rows(imported: Imported, placed: MachineSet) -> tuple[TypeRow, ...]:
    """The rows of the function, and the completed rows that differ from the dialect's completion."""
    rows = {row.name: row for row in placed.set.rows}
    if default := rows.get(EXECMEM.default):
        completed = placed.set.completed
        rows |= {row.name: row for row in completed if not _matches_dialect(row, default, imported, placed)}
    return tuple(sorted(rows.values(), key=lambda row: _order(row.name)))


def _order(name: str) -> int:
    types = EXECMEM.dialect.types
    return types.index(name) if name in types else len(types)


def _matches_dialect(row: TypeRow, default: TypeRow, imported: Imported, placed: MachineSet) -> bool:
    """Whether the kernel completes the type as the dialect does."""
    if _terms(row) != _terms(default) or row.flags != default.flags:
        return False
    own = EXECMEM.own_protection.get(row.name)
    if own is not None:
        return row.protection is not None and _name(row.protection, imported, placed) == own
    return _permissions(row) == _permissions(default)


def _is_other(row: TypeRow, imported: Imported, placed: MachineSet) -> bool:
    """Whether the kernel completes the type differently, rather than the loader changing the default."""
    default = next((one for one in placed.set.rows if one.name == EXECMEM.default), None)
    if row not in placed.set.completed or default is None:
        return False
    mapped = default.protection and (default.protection.mapped or default.protection)
    return not _matches_dialect(row, replace(default, protection=mapped), imported, placed)


def _permissions(row: TypeRow) -> tuple[str | None, Term] | None:
    return (row.protection.letters, row.protection.bits) if row.protection else None


def _by_name(imported: Imported, placed: MachineSet) -> Iterator[TypeRow]:
    """Types left out with a protection of their own: its name determines the accesses in the tree."""
    written = {row.name for row in _rows(imported, placed)}
    for row in placed.set.completed:
        own = placed.profile.protections.get(EXECMEM.own_protection.get(row.name, ""))
        letters = row.protection.letters if row.protection else None
        if row.name not in written and own is not None and letters not in (None, own.text.text):
            yield row


def _terms(row: TypeRow) -> dict[str, Term]:
    """The nonzero numbers of a row."""
    return {name: one.term for name, one in row.fields.items() if not is_constant(one.term) or one.term.value}


def _place(row: TypeRow) -> SourceLine:
    trails = [row.protection.trail if row.protection else (), *(one.trail for one in row.fields.values())]
    return next(
        (place for trail in trails for place in trail if place.path == GENERIC.path), SourceLine(GENERIC.path, 1)
    )


def _completion_message(row: TypeRow, names: Mapping[str, str]) -> str:
    letters = row.protection.letters if row.protection else None
    allows = f", {letters}" if letters else ""
    name = names.get(row.name, "")
    return f"{row.name}, which is left out, is filled in otherwise than by Linux 6.12: {name}{allows}"


def _source(allowed: Allowed, place: SourceLine) -> str:
    bits = f"bits {allowed.bits.value:#x}" if is_constant(allowed.bits) else "its bits"
    changed = f", and {BY_LOADER}" if allowed.mapped else ""
    return f"{place}, {bits}{changed}" if place.path else f"{bits}{changed}"


def _difference(name: str, allowed: Allowed, placed: MachineSet, place: SourceLine) -> Iterator[tuple[SourceLine, str]]:
    profile = placed.profile.protections.get(name)
    said = profile.text.text if profile else None
    if allowed.letters is None:
        word = f"the profile's word, {said}, stands" if said else "nothing is known of it"
        yield place, f"what {name} allows could not be read off its bits: {word}"
    elif said is not None and said != allowed.letters:
        yield place, f"{name} is {allowed.letters} in this tree, and {said} in the profile {placed.profile.name}"


def _name(allowed: Allowed, imported: Imported, placed: MachineSet) -> str:
    """The name in the source; of several, the one to which the profile gives the same letters."""
    written = [name for place in allowed.trail for name in _names_at(imported, place)]
    alike = [name for name in placed.profile.protections if _letters(placed, name) == allowed.letters]
    both = [name for name in written if name in alike]
    known = [name for name in written if name in placed.profile.protections]
    return next(iter([*both, *(known if len(written) == 1 else []), *written[:1], *alike, _DEFAULT]))


def _letters(placed: MachineSet, name: str) -> str:
    return placed.profile.protections[name].text.text


def _names_at(imported: Imported, place: SourceLine) -> list[str]:
    return _NAME.findall(imported.tree.line(place.path, place.line)) if imported.tree else []


def _otherwise(name: str, value: int, placed: MachineSet) -> str:
    return f"{name} is {value:#x} in this tree, and another value in the profile {placed.profile.name}"


def problems(imported: Imported) -> tuple[Problem, ...]:
    """The warnings of an import: code that was not followed, and differences between tree and profile."""
    found = {(warned.place, warned.message): None for warned in imported.warnings}
    for placed in imported.placed:
        found |= dict.fromkeys(facts_of(imported, placed).differences)
    return tuple(
        Problem(Location(place.path, place.line, 1), "import", message, severity="warning") for place, message in found
    )
