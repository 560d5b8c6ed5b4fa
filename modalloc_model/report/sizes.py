"""Sizes and spans for reading at a glance: `2 GiB - 64 KiB` rather than `2097088 KiB`.

Leaves out: sizes in messages that programs read as well; these are `addresses.size`.
"""

from __future__ import annotations

from collections.abc import Mapping

from modalloc_model import addresses

_DIGITS = 9999  # a number that is taken in without counting its digits
_UNITS = [1 << 10 * n for n in range(6, -1, -1)]
"""EiB down to the byte."""


def readable(count: int) -> str:
    """The number of bytes in few digits: exactly, as one size or as two (`1008 MiB - 4 KiB`), or else with a ~."""
    if _is_short(count):
        return addresses.size(count)
    for unit in _UNITS:
        whole = (count + unit // 2) // unit
        rest = abs(count - whole * unit)
        if 0 < whole <= _DIGITS and _is_short(rest):
            return f"{addresses.size(whole * unit)} {'+' if whole * unit < count else '-'} {addresses.size(rest)}"
    unit = next(unit for unit in _UNITS if unit <= count)
    return f"~{count / unit:.1f} {addresses.size(unit).removeprefix('1 ')}"


def _is_short(count: int) -> bool:
    return int(addresses.size(count).split()[0]) <= _DIGITS


def span(lo: int, last: int, symbols: Mapping[str, int]) -> str:
    """The interval [lo, last], with its size."""
    return f"{addresses.place(lo, symbols)} .. {last:#x} ({readable(last - lo + 1)})"
