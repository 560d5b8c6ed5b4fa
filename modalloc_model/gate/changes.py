"""Changes by meaning: the values of each type and field, the assumptions, and the machine.

Two values are equal if they are equal in every boot of either end, however they are written. So a table that was
renamed, reordered, reformatted, or moved from C to YAML has not changed. Constraints are compared by the boots they
allow. Rules look at whether a field is written or left to its default, so that difference counts, and so does an option
of the configuration that both ends name. Comments, the cases beside a table, and the sources of a profile's values do
not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as columns
from functools import lru_cache
from typing import Any, TypeAlias

from modalloc_model import addresses
from modalloc_model.addresses import term_text
from modalloc_model.params import (
    EVERYTHING,
    TEXT,
    AllocType,
    Assumptions,
    Machine,
    ParamSet,
    Protection,
    Range,
    Reach,
    Region,
    Unknown,
)
from modalloc_model.words import FALSE, TRUE, Term, all_of, any_of, eq, is_constant, truth

FieldKey: TypeAlias = tuple[str, str]
"""A type's name (or "assumptions", "configuration", "machine"), and the field."""

CONFIGURATION = "configuration"

EQUAL_RESOURCES = 4_000_000
"""Of the solver, for each pair of terms; real tables need less than a tenth."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value: its terms, and words that must be equal literally.

    `text` is for people. `exact` contains no symbols, since the value of a symbol may have changed.
    """

    text: str
    terms: tuple[Term, ...] = ()
    words: tuple[Any, ...] = ()
    exact: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A field with a changed value; "" stands for a missing one."""

    subject: str
    field: str
    old: str
    new: str


def changes(base: ParamSet, head: ParamSet) -> tuple[Change, ...]:
    """Every field that differs, in the order of the table; empty for tables with the same meaning."""
    before, after = fields(base), fields(head)
    boots = truth(any_of(base.machine.domain, head.machine.domain))
    same = _same_boots(base.machine, head.machine)
    return tuple(
        Change(*key, *_both_texts(before.get(key), after.get(key)))
        for key in dict.fromkeys([*before, *after])
        if not (same and _is_of_boots(key)) and not _is_named_once(key, base, head)
        if not _alike(before.get(key), after.get(key), boots)
    )


def _same_boots(base: Machine, head: Machine) -> bool:
    """Both have the same unknowns and allow the same boots."""
    names = [{unknown.name for unknown in machine.unknowns} for machine in (base, head)]
    return names[0] == names[1] and (base.domain == head.domain or _equal(base.domain, head.domain, TRUE))


def _is_named_once(key: FieldKey, *ends: ParamSet) -> bool:
    """An option of one end only, as between kernels of different versions. Its effects are compared instead."""
    return key[0] == CONFIGURATION and not all(key[1] in end.configuration for end in ends)


def _is_of_boots(key: FieldKey) -> bool:
    return key[0] == "machine" and (key[1] == "constraints" or key[1].startswith("unknowns."))


def likeness(base: ParamSet, head: ParamSet) -> float:
    """The share of the types' fields with identical values: 1 for tables with the same types."""
    before, after = (_of_types(table) for table in (base, head))
    kept = sum(before.get(key) == value for key, value in after.items())
    return kept / max(len(before), len(after), 1)


def _both_texts(old: FieldValue | None, new: FieldValue | None) -> tuple[str, str]:
    if old and new and old.text == new.text:
        return old.exact or old.text, new.exact or new.text
    return old.text if old else "", new.text if new else ""


def _alike(old: FieldValue | None, new: FieldValue | None, boots: Term) -> bool:
    if old is None or new is None:
        return old is new
    if old.words != new.words or len(old.terms) != len(new.terms):
        return False
    return all(x == y or _equal(x, y, boots) for x, y in zip(old.terms, new.terms, strict=True))


@lru_cache(maxsize=1 << 10)  # a table gives one start to several types
def _equal(x: Term, y: Term, boots: Term) -> bool:
    """Two distinct terms have the same value in every boot. An undecided question counts as a difference."""
    if x.bits != y.bits or (is_constant(x) and is_constant(y)):
        return False
    from modalloc_model.engine.solvers import Budget, settle
    from modalloc_model.smt.smtlib import Query

    query = Query.validity("two values are alike", {"boot": boots}, truth(eq(x, y)))
    return settle(query, budget=Budget(resources=EQUAL_RESOURCES)).status == "unsat"


# -- values of a table -----------------------------------------------------------------------------------------------


def fields(table: ParamSet) -> Mapping[FieldKey, FieldValue]:
    """Every value of the table, of its assumptions, and of its machine."""
    return {
        ("table", "dialect"): FieldValue(table.dialect.name, (), (table.dialect.name,)),
        **_of_types(table),
        **_of_assumptions(table.assumptions),
        **{(CONFIGURATION, name): FieldValue(said, (), (said,)) for name, said in sorted(table.configuration.items())},
        **_of_machine(table.machine),
    }


def _of_types(table: ParamSet) -> dict[FieldKey, FieldValue]:
    return {(t.name, name): value for t in table.types for name, value in _of_type(table, t)}


def _of_type(table: ParamSet, t: AllocType) -> Iterator[tuple[str, FieldValue]]:
    if table.dialect.has_mapto:
        target = table.root(t)
        yield "mapto", _with_source(t, "mapto", FieldValue(target.name if target else str(t.mapto), (), (t.mapto,)))
    yield "granularity", _with_source(t, "granularity", _size(t.granularity))
    yield "alignment", _with_source(t, "alignment", _size(t.wanted))
    for number, chosen in enumerate(t.ranges):
        yield from _of_range(table, t, number, chosen)
    yield "pgprot", _with_source(t, "pgprot", _protection(t.protection))
    yield "flags", _flags(t)
    yield "fill", _function(t.fill, t.fill_name, "memcpy()")
    yield "invalidate", _function(t.invalidate, t.invalidate_name, "memset()")


def _of_range(table: ParamSet, t: AllocType, number: int, chosen: Range) -> Iterator[tuple[str, FieldValue]]:
    yield f"start[{number}]", _with_source(t, f"start{number}", _address(chosen.start, table.machine))
    yield f"end[{number}]", _with_source(t, f"end{number}", _address(chosen.end, table.machine))


def _with_source(t: AllocType, name: str, value: FieldValue) -> FieldValue:
    """The value, and whether the source gives it: an explicit 0 differs from a default."""
    given = name in t.written
    texts = [one if given or not one else f"left out ({one})" for one in (value.text, value.exact)]
    return FieldValue(texts[0], value.terms, (*value.words, given), texts[1])


def _flags(t: AllocType) -> FieldValue:
    named = {"seal after init": t.seals, "second range": t.second, "shared PMD": t.shared_pmd}
    shown = [name if term == TRUE else f"{name} in some boots" for name, term in named.items() if term != FALSE]
    others = tuple(sorted(t.flags))
    text = ", ".join([*shown, *(name.replace("_", " ") for name in others)])
    return FieldValue(text or "none", tuple(named.values()), others)


def _function(given: Term, name: str, otherwise: str) -> FieldValue:
    return FieldValue(otherwise if given == FALSE else f"{name}()" if name else "a function", (given,), (name,))


def _protection(protection: Protection) -> FieldValue:
    terms = (protection.read, protection.write, protection.execute)
    letters = "".join(_letter(term, letter) for term, letter in zip(terms, "rwx", strict=True))
    return FieldValue(f"{protection.name} {letters}".strip(), terms, (protection.name,))


def _letter(term: Term, letter: str) -> str:
    return letter if term == TRUE else "-" if term == FALSE else f"{letter}?"


def _size(term: Term) -> FieldValue:
    return FieldValue(addresses.size(term.value) if is_constant(term) else str(term), (term,))


def _address(term: Term, machine: Machine) -> FieldValue:
    if is_constant(term):
        return FieldValue(hex(term.value), (term,))
    return FieldValue(term_text(term, machine), (term,), exact=str(term))


# -- values of its assumptions and its machine -----------------------------------------------------------------------


def _of_assumptions(assumptions: Assumptions) -> dict[FieldKey, FieldValue]:
    found = {}
    for column in columns(assumptions):
        value = getattr(assumptions, column.name)
        text = value if isinstance(value, str) else ", ".join(value) or "none"
        found["assumptions", column.name.replace("_", "-")] = FieldValue(text, (), (value,))
    return found


def _of_machine(machine: Machine) -> dict[FieldKey, FieldValue]:
    found: dict[FieldKey, FieldValue] = {}
    for name, value in _all_of_machine(machine):
        found["machine", name if ("machine", name) not in found else f"{name}, number {len(found)}"] = value
    return found


def _all_of_machine(machine: Machine) -> Iterator[tuple[str, FieldValue]]:
    yield "name", FieldValue(machine.name, (), (machine.name,))
    yield "word_bits", FieldValue(str(machine.bits), (), (machine.bits,))
    yield "page_size", _size(machine.page)
    yield "pmd_size", _size(machine.pmd)
    yield "ends", FieldValue("inclusive" if machine.inclusive_ends else "exclusive", (), (machine.inclusive_ends,))
    yield "strict_module_rwx", FieldValue(str(machine.strict_module_rwx), (), (machine.strict_module_rwx,))
    if machine.kasan_alignment is not None:
        yield "kasan_alignment", _size(machine.kasan_alignment)
    for name, protection in sorted(machine.protections.items()):
        yield f"protections.{name}", _protection(protection)
    for name, term in sorted(machine.symbols.items()):
        yield f"symbols.{name}", FieldValue(str(term), (term,))
    yield from _regions(machine)
    yield from _boots(machine)
    for reach in machine.reach:
        words = tuple(getattr(reach, column.name) for column in columns(reach) if column.name != "source")
        yield f"reach.{reach.name}", FieldValue(_reach_text(reach), (), words)


def _regions(machine: Machine) -> Iterator[tuple[str, FieldValue]]:
    groups = {"windows": machine.windows, "forbidden": machine.forbidden, "registered": machine.registered}
    groups |= {"targets": machine.targets}
    for group, regions in groups.items():
        for region in regions:
            yield f"{group}.{region.name}", _region(region, machine)
    if machine.image:
        yield "image", _region(machine.image, machine)
    for part in sorted(machine.none):
        yield f"none.{part}", FieldValue("none", (), (part,))


def _region(region: Region, machine: Machine) -> FieldValue:
    first, last = (_address(term, machine) for term in (region.first, region.last))
    exact = f"{first.exact or first.text} .. {last.exact or last.text}"
    limit = "" if region.allows == EVERYTHING else f", allows {region.allows}"
    return FieldValue(f"{first.text} .. {last.text}{limit}", (region.first, region.last), (region.allows,), exact=exact)


def _boots(machine: Machine) -> Iterator[tuple[str, FieldValue]]:
    for unknown in machine.unknowns:
        yield f"unknowns.{unknown.name}", _unknown(unknown)
    yield "constraints", _constraints(machine)


def _constraints(machine: Machine) -> FieldValue:
    text = "; ".join(term_text(term, machine) for term in machine.constraints)
    exact = "; ".join(map(str, machine.constraints))
    return FieldValue(text or "none", (truth(all_of(TRUE, *machine.constraints)),), exact=exact)


def _unknown(unknown: Unknown) -> FieldValue:
    text = f"{unknown.step:#x} * k, {unknown.low} <= k <= {unknown.high}"
    return FieldValue(text, (), (unknown.step, unknown.low, unknown.high))


def _reach_text(reach: Reach) -> str:
    span = f"{reach.lowest:#x} .. {reach.highest:#x}"
    extent = {"relative": span, "page": f"{span} by pages", "absolute": f"{span} absolute", "anywhere": "anywhere"}
    start = "" if reach.places == (TEXT,) else f"from {'/'.join(reach.places)}"
    whole = extent.get(reach.kind, f"segment of {reach.segment_bits} bits")
    within = "within a module" if reach.within_module else ""
    named = f"to {'/'.join(reach.targets)}"
    return ", ".join(filter(None, (whole, start, named, within, reach.veneer, "" if reach.checked else "unchecked")))
