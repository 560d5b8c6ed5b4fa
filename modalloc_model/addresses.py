"""Addresses and sizes as people read them: `MODULES_VADDR+0x3000`, `12 KiB`."""

from __future__ import annotations

from collections.abc import Mapping

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_FAR = 1 << 36  # bytes; a symbol further away than this says nothing about an address


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
