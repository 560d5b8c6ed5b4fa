"""Sizes in few digits: exact, or with a ~.

Without it, a report could show a size that is not the one it means.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modalloc_model.addresses import readable

UNITS = {unit: 1 << 10 * n for n, unit in enumerate(("byte", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))}


def worth(text: str) -> int:
    """What an exact size says: one size, or the sum or difference of two."""
    total = 0
    for sign, count, unit in re.findall(r"([+-]?) ?(\d+) (\w+)", text):
        total += (-1 if sign == "-" else 1) * int(count) * UNITS[unit.replace("bytes", "byte")]
    return total


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (0x3F000000, "1008 MiB"),
        (0x3EFFF000, "1008 MiB - 4 KiB"),
        (0x2001000, "32 MiB + 4 KiB"),
        (0x1FFFFFF, "32 MiB - 1 byte"),
        (1 << 64, "16 EiB"),
        (0x107FCFE10000, "~16.5 TiB"),
    ],
)
def test_a_size_is_told_in_few_digits(count: int, told: str) -> None:
    assert readable(count) == told


@given(
    st.one_of(st.integers(0, 1 << 64), st.builds(lambda n, k: (n << 12) + k, st.integers(1, 99), st.integers(-9, 9)))
)
def test_a_size_is_told_exactly_unless_it_is_told_to_be_rounded(count: int) -> None:
    told = readable(count)
    assert told.startswith("~") or worth(told) == count
    assert all(len(digits) <= 4 for digits in re.findall(r"\d+", told))


@given(st.integers(1 << 40, 1 << 64))
def test_a_size_that_is_rounded_is_right_to_a_twentieth_of_its_unit(count: int) -> None:
    told = re.fullmatch(r"~(.+) (\w+)", readable(count))
    if told:
        assert abs(float(told[1]) * UNITS[told[2]] - count) <= UNITS[told[2]] / 20 + 2**12
