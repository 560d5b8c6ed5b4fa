"""arm64's page and address sizes: the profiles against arithmetic written from the kernel's headers alone.

Without it, arm64's profiles could carry a mistake in a page or address size into every verdict.
"""

from __future__ import annotations

import pytest

from modalloc_model.descriptor import Settings, load_profile, read_path
from modalloc_model.engine import verify_table
from modalloc_model.params import Machine
from modalloc_model.paths import spec_root
from modalloc_model.verdict import Verdict
from modalloc_model.words import evaluate

FOLDER = spec_root() / "params" / "linux"
WORD = 1 << 64
STRUCT_PAGE = 64

SIZES = {
    "arm64": (12, 52), "arm64-va39": (12, 39), "arm64-va48": (12, 48),
    "arm64-16k-va36": (14, 36), "arm64-16k-va47": (14, 47), "arm64-16k-va48": (14, 48), "arm64-16k-va52": (14, 52),
    "arm64-64k-va42": (16, 42), "arm64-64k-va48": (16, 48), "arm64-64k-va52": (16, 52),
}  # fmt: skip
"""PAGE_SHIFT and VA_BITS of every configuration of 6.12."""

SIZES_OLD = {
    "arm64-6.1-va39": (12, 39), "arm64-6.1-va48": (12, 48), "arm64-6.1-16k-va36": (14, 36),
    "arm64-6.1-16k-va47": (14, 47), "arm64-6.1-16k-va48": (14, 48), "arm64-6.1-64k-va42": (16, 42),
    "arm64-6.1-64k-va48": (16, 48), "arm64-6.1-64k-va52": (16, 52),
}  # fmt: skip
"""And of 6.1."""

MIDDLE = {"image_size": 1 << 20, "text_size": 1 << 19, "phys_offset": 0, "direct_offset": 0, "plt_offset": 0}


def _machine(name: str) -> Machine:
    profile, problems = load_profile(name)
    assert profile is not None
    assert problems == ()
    return profile.machine


def _least_bits(shift: int, bits: int) -> int:
    return bits if bits <= 48 else 47 if shift == 14 else 48


def _vmalloc_end(shift: int, bits: int, hardware: int) -> int:
    """VMALLOC_END of 6.12, where the hardware has so many bits."""
    pages = (((1 << bits) - (1 << (_least_bits(shift, bits) - 1))) >> shift) * STRUCT_PAGE
    unused = (((1 << bits) - (1 << hardware)) >> shift) * STRUCT_PAGE
    return WORD - (1 << 30) - pages + unused - (8 << 20)


@pytest.mark.parametrize("name", sorted(SIZES))
def test_the_map_of_6_12_follows_page_and_address_size(name: str) -> None:
    shift, bits = SIZES[name]
    machine, least = _machine(name), _least_bits(shift, bits)
    assert (machine.page.value, machine.pmd.value) == (1 << shift, 1 << (2 * shift - 3))
    for wide, hardware in ((0, least), (1, bits)):
        boot = {**MIDDLE, "wide_va": wide, "kaslr_offset": 0}
        start = WORD - (1 << (least - 1))
        assert evaluate(machine.symbols["MODULES_VADDR"], boot) == start
        assert evaluate(machine.symbols["KIMAGE_VADDR"], boot) == start + (2 << 30)
        assert evaluate(machine.symbols["VMALLOC_END"], boot) == _vmalloc_end(shift, bits, hardware)
    assert ("wide_va" in {u.name for u in machine.unknowns}) == (bits == 52)


@pytest.mark.parametrize("name", sorted({*SIZES, "arm64-kaslr"} - {"arm64"}))
def test_the_image_lies_in_the_middle_half_of_the_vmalloc_area(name: str) -> None:
    shift, bits = SIZES.get(name, SIZES["arm64"])
    machine, least = _machine(name), _least_bits(shift, bits)
    for wide, hardware in ((0, least), (1, bits)):
        half = (_vmalloc_end(shift, bits, hardware) - (WORD - (1 << (least - 1)) + (2 << 30))) // 2
        lowest, highest = half // 2, half // 2 + half - (64 << 10)
        boots = ({**MIDDLE, "wide_va": wide, "kaslr_offset": offset} for offset in _around(lowest, highest))
        assert [evaluate(machine.domain, boot) for boot in boots] == [0, 1, 1, 0]


def _around(lowest: int, highest: int) -> tuple[int, int, int, int]:
    return lowest - (64 << 10), lowest, highest, highest + (64 << 10)


@pytest.mark.parametrize("name", sorted({*SIZES_OLD, "arm64-6.1"}))
def test_the_map_of_6_1_follows_page_and_address_size(name: str) -> None:
    shift, bits = SIZES_OLD.get(name, (12, 48))
    machine, least = _machine(name), min(bits, 48)
    assert machine.symbols["MODULES_VADDR"].value == WORD - (1 << (least - 1))
    assert machine.symbols["VMALLOC_END"].value == WORD - (1 << (bits - shift + 6)) - (256 << 20)
    assert {u.name for u in machine.unknowns}.isdisjoint({"wide_va"})


@pytest.mark.parametrize("name", sorted(SIZES_OLD))
def test_kaslr_of_6_1_takes_an_eighth_to_three_eighths(name: str) -> None:
    least = min(SIZES_OLD[name][1], 48)
    machine, eighth = _machine(name), 1 << (least - 3)
    boots = (
        {**MIDDLE, "base_offset": 0, "kaslr_offset": offset} for offset in _around(eighth, 3 * eighth - (64 << 10))
    )
    assert [evaluate(machine.domain, boot) for boot in boots] == [0, 1, 1, 0]


@pytest.mark.parametrize("name", sorted({*SIZES, *SIZES_OLD} - {"arm64"}))
def test_linux_is_right_with_every_size(name: str) -> None:
    file = "arm64-6.1-kaslr-full.yaml" if name in SIZES_OLD else "arm64-6.12-kaslr-128m.c"
    (table,) = read_path(str(FOLDER / file), Settings(arch=name)).tables
    assert table.params.machine.name == name
    assert verify_table(table.params).verdict is Verdict.PROVED
