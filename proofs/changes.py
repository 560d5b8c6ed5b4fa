"""Every relevant change of a table: each field of each root, each property of the machine, each assumption.

A change is a field, a kind of change in words, and the changed table. Changes without effect are omitted. Values stay
terms, so that a bound moved by a byte is moved in every boot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from modalloc_model.params import (
    ARBITER,
    ARBITER_SEARCH,
    FREE_ACCESS,
    GUARD,
    PROTECT,
    AllocType,
    Machine,
    ParamSet,
    Protection,
    Range,
    Region,
)
from modalloc_model.words import Term, constant, negate, truth

NOTHING = Protection.of("nothing", "---")


@dataclass(frozen=True, slots=True)
class Change:
    """One field changed. `subject` is the type it was changed of, or empty for the machine and the assumptions."""

    field: str
    kind: str
    subject: str
    table: ParamSet


def changes(table: ParamSet) -> Iterator[Change]:
    """Every change of the table, in order."""
    for found in (*_of_roots(table), *_of_mapto(table), *_of_machine(table), *_of_assumptions(table)):
        if found.table != table:
            yield found


# -- the fields of a root --------------------------------------------------------------------------------------------


def _of_roots(table: ParamSet) -> Iterator[Change]:
    for root in table.roots:
        for field, kind, changed in (*_sizes(table, root), *_flags(table, root), *_ranges(table, root)):
            yield Change(field, kind, root.name, _with_type(table, changed))


def _with_type(table: ParamSet, changed: AllocType) -> ParamSet:
    return replace(table, types=tuple(changed if t.index == changed.index else t for t in table.types))


Changed = tuple[str, str, AllocType]


def _sizes(table: ParamSet, root: AllocType) -> Iterator[Changed]:
    bits, page, pmd = table.machine.bits, table.machine.page, table.machine.pmd
    zero, one = constant(0, bits), constant(1, bits)
    for field, value in {"granularity": root.granularity, "alignment": root.alignment}.items():
        options = {
            "0": zero, "1": one, "a page": page, "a large page": pmd, "half": value >> 1, "double": value << 1,
            "odd": value + 1, "three quarters": value - (value >> 2), "half the space": constant(1 << (bits - 1), bits),
        }  # fmt: skip
        for kind, new in options.items():
            changed = replace(root, granularity=new) if field == "granularity" else replace(root, alignment=new)
            yield field, kind, changed


def _flags(table: ParamSet, root: AllocType) -> Iterator[Changed]:
    yield "FLAG_SET_RO_AFTER_INIT", "toggled", replace(root, seals=_not(root.seals))
    yield "FLAG_SHARED_PMD", "toggled", replace(root, shared_pmd=_not(root.shared_pmd))
    yield "FLAG_SECOND_ADDRESS_SPACE", "toggled", replace(root, second=_not(root.second))
    yield "fill", "set, or NULL", replace(root, fill=_not(root.fill), fill_name="changed")
    yield "invalidate", "set, or NULL", replace(root, invalidate=_not(root.invalidate), invalidate_name="changed")
    for protection in (*table.machine.protections.values(), NOTHING):
        yield "pgprot", protection.name, replace(root, protection=protection)


def _not(flag: Term) -> Term:
    return truth(negate(flag))


def _ranges(table: ParamSet, root: AllocType) -> Iterator[Changed]:
    page, granule = table.machine.page, root.granularity
    zero = constant(0, table.machine.bits)
    first = root.ranges[0]
    for kind, by in (("a byte", 1), ("a page", page), ("a granule", granule)):
        yield "start[0]", f"{kind} up", _with_range(table, root, 0, first.start + by, first.end)
        yield "start[0]", f"{kind} down", _with_range(table, root, 0, first.start - by, first.end)
        yield "end[0]", f"{kind} up", _with_range(table, root, 0, first.start, first.end + by)
        yield "end[0]", f"{kind} down", _with_range(table, root, 0, first.start, first.end - by)
    yield "start[0]", "zero", _with_range(table, root, 0, zero, first.end)
    yield "end[0]", "zero", _with_range(table, root, 0, first.start, zero)
    yield "start[0]", "above end[0]", _with_range(table, root, 0, first.end + 1, first.end)
    yield "start[0] and end[0]", "swapped", _with_range(table, root, 0, first.end, first.start)
    yield "start[0] and end[0]", "zero", _with_range(table, root, 0, zero, zero)
    for window in table.machine.windows[:1]:
        yield "start[0]", "below the window", _with_range(table, root, 0, window.first - page * 16, first.end)
        yield "end[0]", "above the window", _with_range(table, root, 0, first.start, window.last + page * 16)
    yield "start[1] and end[1]", "given alone", replace(root, ranges=(first, replace(first)))
    added = replace(root, ranges=(first, first), second=truth(True))
    yield "start[1] and end[1]", "the first range again, with its flag", added
    unset = _with_range(table, root, 1, zero, zero)
    yield "start[1] and end[1]", "removed, with its flag", replace(unset, second=truth(False))
    yield "start[1] and end[1]", "removed alone", unset


def _with_range(table: ParamSet, root: AllocType, number: int, start: Term, end: Term) -> AllocType:
    changed = Range.from_bounds(start, end, table.dialect.inclusive_ends)
    return replace(root, ranges=tuple(changed if i == number else r for i, r in enumerate(root.ranges)))


def _of_mapto(table: ParamSet) -> Iterator[Change]:
    for t in table.types:
        for target in range(-1, len(table.types) + 1):
            inside = 0 <= target < len(table.types)
            kind = "to another root" if inside and table.types[target] in table.roots else "to a type that is no root"
            changed = replace(t, mapto=target)
            yield Change("mapto_type", kind if inside else "off the end", t.name, _with_type(table, changed))


# -- the machine and the assumptions ---------------------------------------------------------------------------------


def _of_machine(table: ParamSet) -> Iterator[Change]:
    machine = table.machine
    page, pmd = machine.page, machine.pmd

    def change(field: str, kind: str, changed: Machine) -> Change:
        return Change(field, kind, "", replace(table, machine=changed))

    yield change("page size", "double", replace(machine, page=page << 1))
    yield change("page size", "half", replace(machine, page=page >> 1))
    yield change("large page size", "double", replace(machine, pmd=pmd << 1))
    yield change("large page size", "half", replace(machine, pmd=pmd >> 1))
    yield change("KASAN's alignment", "a page", replace(machine, kasan_alignment=page))
    yield change("KASAN's alignment", "8 pages", replace(machine, kasan_alignment=page << 3))
    for window in machine.windows[:1]:
        low = replace(window, first=window.first + page)
        high = replace(window, last=window.last - pmd * 2)
        yield change("window", "a page less below", replace(machine, windows=(low,)))
        yield change("window", "two large pages less above", replace(machine, windows=(high,)))
        taken = Region("taken", window.last - pmd * 4, window.last)
        yield change("forbidden regions", "one at the window's end", replace(machine, forbidden=(taken,)))
        yield change("registered regions", "one at the window's end", replace(machine, registered=(taken,)))
        whole = replace(window, name="taken")
        yield change("registered regions", "the whole window", replace(machine, registered=(whole,)))
    if machine.image:
        far = replace(machine.image, first=page, last=page * 2 - 1)
        yield change("kernel image", "at the bottom of the address space", replace(machine, image=far))
    for number, reach in enumerate(machine.reach[:1]):
        near = replace(reach, lowest=-(1 << 20), highest=(1 << 20) - 1)
        rules = (*machine.reach[:number], near, *machine.reach[number + 1 :])
        yield change("reach", "1 MiB either way", replace(machine, reach=rules))


def _of_assumptions(table: ParamSet) -> Iterator[Change]:
    now = table.assumptions
    options = [
        *(("protect", value, replace(now, protect=value)) for value in PROTECT),
        *(("free-access", value, replace(now, free_access=value)) for value in FREE_ACCESS),
        *(("arbiter", value, replace(now, arbiter=value)) for value in ARBITER),
        *(("arbiter-search", value, replace(now, arbiter_search=value)) for value in ARBITER_SEARCH),
        *(("guard", value, replace(now, guard=value)) for value in GUARD),
        ("claims", "strict-rwx", replace(now, claims=("strict-rwx",))),
        ("claims", "none", replace(now, claims=())),
    ]
    for field, kind, changed in options:
        yield Change(field, kind, "", replace(table, assumptions=changed))
