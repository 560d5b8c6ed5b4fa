"""Addresses, sizes and terms as people read them: `MODULES_VADDR+0x3000`, `12 KiB`, `2 GiB - 64 KiB`.

Messages that programs read as well have `size` and `span`; `readable` and `readable_span` are for reading at a glance.
"""

from __future__ import annotations

from collections.abc import Mapping

from modalloc_model.params import Machine
from modalloc_model.words import Term, is_constant, render, upwards, variable

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_FAR = 1 << 36  # bytes; a symbol further away than this says nothing about an address
_DIGITS = 9999  # a number that is taken in without counting its digits
_STEPS = [1 << 10 * n for n in range(6, -1, -1)]
"""EiB down to the byte."""


def size(count: int) -> str:
    """A number of bytes in the largest unit that divides it, or else with its nearest one: `12 KiB`, `4097 bytes`."""
    unit = 0
    while count and count % 1024 == 0 and unit < len(_UNITS) - 1:
        count //= 1024
        unit += 1
    return "1 byte" if (count, unit) == (1, 0) else f"{count} {_UNITS[unit]}"


def place(address: int, symbols: Mapping[str, int]) -> str:
    """The address against the nearest symbol at or below it; in hexadecimal alone where none is near."""
    below = [(value, name) for name, value in symbols.items() if value <= address < value + _FAR and value]
    if not below:
        return hex(address)
    nearest = max(value for value, _ in below)
    name = min(name for value, name in below if value == nearest)
    return name if nearest == address else f"{name}+{address - nearest:#x}"


def span(lo: int, last: int, symbols: Mapping[str, int]) -> str:
    """The interval [lo, last], with its size."""
    return f"{place(lo, symbols)} .. {last:#x} ({size(last - lo + 1)})"


def readable(count: int) -> str:
    """The number of bytes in few digits: exactly, as one size or as two (`1008 MiB - 4 KiB`), or else with a ~."""
    if _is_short(count):
        return size(count)
    for unit in _STEPS:
        whole = (count + unit // 2) // unit
        rest = abs(count - whole * unit)
        if 0 < whole <= _DIGITS and _is_short(rest):
            return f"{size(whole * unit)} {'+' if whole * unit < count else '-'} {size(rest)}"
    unit = next(unit for unit in _STEPS if unit <= count)
    return f"~{count / unit:.1f} {size(unit).removeprefix('1 ')}"


def _is_short(count: int) -> bool:
    return int(size(count).split()[0]) <= _DIGITS


def readable_span(lo: int, last: int, symbols: Mapping[str, int]) -> str:
    """The interval [lo, last], with its size in few digits."""
    return f"{place(lo, symbols)} .. {last:#x} ({readable(last - lo + 1)})"


def term_text(term: Term, machine: Machine) -> str:
    """The term as C has it, with the machine's symbols in place of what they stand for; a number in hexadecimal.

    Of several symbols with one value, the shortest.
    """
    if is_constant(term):
        return f"{term.value:#x}"
    known = sorted(machine.symbols.items(), key=lambda symbol: (-len(symbol[0]), symbol[0]))
    return render(_by_names(term, {value: variable(name, value.bits) for name, value in known if value.args}))


def _by_names(term: Term, names: Mapping[Term, Term]) -> Term:
    known: dict[Term, Term] = {}
    for part in upwards(term):
        args = tuple(known[arg] for arg in part.args)
        condition = _condition_of(part)
        plain = Term(part.op, args, part.bits, part.value, part.name) if condition is None else known[condition]
        known[part] = names.get(part, plain)
    return known[term]


def _condition_of(term: Term) -> Term | None:
    """The c of `(c ? 1 : 0) != 0`, which is how C has a condition that is asked for its truth."""
    match term:
        case Term("not", (Term("=", (Term("ite", (condition, yes, no)), zero)),)):
            asked = [is_constant(word) and word.value for word in (yes, no, zero)]
            return condition if asked == [1, 0, 0] else None
    return None
