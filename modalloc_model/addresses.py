"""Formats addresses, sizes and terms for people: `MODULES_VADDR+0x3000`, `12 KiB`, `2 GiB - 64 KiB`.

`size` and `span` are exact and also used in machine-readable messages; `readable` and `readable_span` shorten.
"""

from __future__ import annotations

from collections.abc import Mapping

from modalloc_model.params import Machine
from modalloc_model.words import Term, is_constant, render, upwards, variable

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_FAR = 1 << 36  # bytes; a symbol farther away does not help to locate an address
_DIGITS = 9999  # the largest number that is readable without counting digits
_STEPS = [1 << 10 * n for n in range(6, -1, -1)]
"""EiB down to the byte."""


def size(count: int) -> str:
    """A number of bytes in the largest unit that divides it: `12 KiB`, `4097 bytes`."""
    unit = 0
    while count and count % 1024 == 0 and unit < len(_UNITS) - 1:
        count //= 1024
        unit += 1
    return "1 byte" if (count, unit) == (1, 0) else f"{count} {_UNITS[unit]}"


def place(address: int, symbols: Mapping[str, int]) -> str:
    """The address relative to the nearest symbol at or below it; plain hexadecimal if no symbol is near."""
    below = [(value, name) for name, value in symbols.items() if value <= address < value + _FAR and value]
    if not below:
        return hex(address)
    nearest = max(value for value, _ in below)
    name = min(name for value, name in below if value == nearest)
    return name if nearest == address else f"{name}+{address - nearest:#x}"


def span(lo: int, last: int, symbols: Mapping[str, int]) -> str:
    """The interval [lo, last] with its size."""
    return f"{place(lo, symbols)} .. {last:#x} ({size(last - lo + 1)})"


def readable(count: int) -> str:
    """The number of bytes in few digits: exact as one or two sizes (`1008 MiB - 4 KiB`), otherwise rounded with a ~."""
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
    """The interval [lo, last] with its size in few digits."""
    return f"{place(lo, symbols)} .. {last:#x} ({readable(last - lo + 1)})"


def term_text(term: Term, machine: Machine) -> str:
    """The term as a C expression in which the machine's symbols replace their values; a number in hexadecimal.

    If several symbols have the same value, the shortest is used.
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
    """The c of `(c ? 1 : 0) != 0`, the form in which C tests a condition."""
    match term:
        case Term("not", (Term("=", (Term("ite", (condition, yes, no)), zero)),)):
            asked = [is_constant(word) and word.value for word in (yes, no, zero)]
            return condition if asked == [1, 0, 0] else None
    return None
