"""What running kernels said of their own ranges, against the boots that the profiles allow.

Without it, a profile could forbid a boot that has been seen.

A recording has lines `xm R type=N start=HEX end=HEX fb=HEX-HEX`, one for each of execmem's types, and may have lines of
/proc/kallsyms for _text and _end. One boot of the profile must explain all of them at once. Recordings of real
machines are read where they lie beside this checkout.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from modalloc_model.descriptor import Settings, read_path
from modalloc_model.engine.solvers import Budget, ask
from modalloc_model.params import ParamSet
from modalloc_model.paths import spec_root
from modalloc_model.smt.smtlib import Query
from modalloc_model.words import Term, eq, truth

LOGS = Path(__file__).resolve().parents[2].parent / "shared" / "real" / "logs"
FOLDER = spec_root() / "params" / "linux"
RANGE = re.compile(r"xm R type=(\d) start=([0-9a-f]+) end=([0-9a-f]+) fb=([0-9a-f]+)-([0-9a-f]+)")
SYMBOL = re.compile(r"^([0-9a-f]{16}) \w (_text|_end)\s*$", re.MULTILINE)

REAL = {
    "t612b": "variants/x86_64-6.12-kaslr-off.c",
    "t73b": "x86_64-mainline2026-rox.c",
    "t73c": "x86_64-mainline2026-rox.c",
    "ta612": "arm64-6.12-kaslr-full.c",
    "um": "generic-um-6.12.c",
    "um73": "variants/generic-um-7.3.c",
}
"""Each recording, and the table of the kernel that made it."""


@dataclass(frozen=True)
class Seen:
    """What a kernel said: each type's first range and its fallback (0, 0 where there is none), and symbols."""

    ranges: dict[int, tuple[int, int, int, int]]
    symbols: dict[str, int]


def _seen(text: str) -> Seen:
    ranges = {int(n): (int(a, 16), int(b, 16), int(c, 16), int(d, 16)) for n, a, b, c, d in RANGE.findall(text)}
    return Seen(ranges, {name: int(value, 16) for value, name in SYMBOL.findall(text)})


def _table(file: str, arch: str | None = None) -> ParamSet:
    reading = read_path(str(FOLDER / file), Settings(arch=arch))
    assert [p for p in reading.problems if p.severity == "error"] == []
    return reading.tables[0].params


def _equalities(table: ParamSet, seen: Seen) -> Iterator[tuple[str, Term]]:
    for number, values in sorted(seen.ranges.items()):
        t = table.types[number]
        bounds = [bound for chosen in t.ranges for bound in (chosen.start, chosen.end)]
        for name, bound, value in zip(("start", "end", "fallback", "its end"), bounds, values, strict=False):
            yield f"{t.name}.{name}", truth(eq(bound, value))
    for name, value in seen.symbols.items():
        if name in table.machine.symbols:
            yield name, truth(eq(table.machine.symbols[name], value))


def _is_a_boot(table: ParamSet, seen: Seen) -> bool:
    """Whether some boot of the table's machine has all of these values."""
    query = Query("recording", {"boot": table.machine.domain, **dict(_equalities(table, seen))})
    return ask(query, "z3", Budget()).status == "sat"


@pytest.mark.parametrize("name", sorted(REAL))
def test_a_real_machine_is_among_the_boots_of_its_profile(name: str) -> None:
    file = LOGS / f"{name}.log.gz"
    if not file.is_file():
        pytest.skip("recordings of real kernels are not beside this checkout")
    seen = _seen(gzip.decompress(file.read_bytes()).decode("utf-8", "replace"))
    assert sorted(seen.ranges) == [0, 1, 2, 3, 4]
    assert _is_a_boot(_table(REAL[name]), seen)


def _line(number: int, start: int, end: int) -> str:
    return f"[    4.5] xm R type={number} start={start:x} end={end:x} fb=0-0 prot=0 align=1 flags=0\r\n"


def _arm64(text: int, end: int, base: int, vmalloc: tuple[int, int]) -> str:
    symbols = f"{text:016x} T _text\r\n{end:016x} B _end\r\n"
    window = (base, base + (2 << 30))
    return symbols + "".join(_line(n, *(vmalloc if n in (1, 3) else window)) for n in range(5))


_NARROW = (0xFFFF_8000_8000_0000, 0xFFFF_FDFF_BF80_0000)
_WIDE = (0xFFFF_8000_8000_0000, 0xFFFF_C1FF_BF80_0000)
_HALF_TIB = 0xFFFF_FFC0_8000_0000

BOOTS = (
    # hardware of 48 bits: the image may lie three quarters up, hardware of 52 bits has a shorter area
    (
        "arm64-6.12-kaslr-full.c",
        None,
        _arm64(0xFFFF_D100_1041_0000, 0xFFFF_D100_1200_0000, 0xFFFF_D0FF_C000_1000, _NARROW),
    ),
    (
        "arm64-6.12-kaslr-full.c",
        None,
        _arm64(0xFFFF_9800_1041_0000, 0xFFFF_9800_1200_0000, 0xFFFF_97FF_C000_1000, _WIDE),
    ),
    (
        "arm64-6.12-kaslr-full.c",
        "arm64-va39",
        _arm64(0xFFFF_FFD5_0020_0000, 0xFFFF_FFD5_0200_0000, 0xFFFF_FFD4_A000_0000, (_HALF_TIB, 0xFFFF_FFFE_BF80_0000)),
    ),
    (  # without KASLR, and not at a multiple of 2 MiB
        "arm64-6.12-kaslr-full.c",
        "arm64-va39",
        _arm64(0xFFFF_FFC0_8003_0000, 0xFFFF_FFC0_8200_0000, 0xFFFF_FFC0_0200_0000, (_HALF_TIB, 0xFFFF_FFFE_BF80_0000)),
    ),
    ("riscv64-6.12.c", None, _line(1, 0xFF20_0000_0000_0000, 0xFF60_0000_0000_0000)),
    ("riscv64-6.12.c", None, _line(1, 0xFFFF_8F80_0000_0000, 0xFFFF_AF80_0000_0000)),
    ("riscv64-6.12.c", None, _line(1, 0xFFFF_FFC6_0000_0000, 0xFFFF_FFD6_0000_0000)),
    ("generic-um-6.12.c", None, _line(0, 0x9000_0000, 0x7F_7FFF_C000)),
    ("variants/generic-um-7.3.c", None, _line(0, 0x6480_0000, 0x7F7F_FFFF_E000)),
    ("variants/x86_64-6.12-kaslr-off.c", None, _line(0, 0xFFFF_FFFF_C000_0000, 0xFFFF_FFFF_FF00_0000)),
    ("x86_64-6.12-kaslr.c", None, _line(4, 0xFFFF_FFFF_C03F_F000, 0xFFFF_FFFF_FF00_0000)),
)

IMPOSSIBLE = (
    # the image where only hardware of 48 bits has vmalloc's middle half, with the end that hardware of 52 bits has
    (
        "arm64-6.12-kaslr-full.c",
        None,
        _arm64(0xFFFF_D100_1041_0000, 0xFFFF_D100_1200_0000, 0xFFFF_D0FF_C000_1000, _WIDE),
    ),
    # a window that does not hold the image's last page
    (
        "arm64-6.12-kaslr-full.c",
        None,
        _arm64(0xFFFF_D100_1041_0000, 0xFFFF_D100_1200_0000, 0xFFFF_D0FF_91FF_F000, _NARROW),
    ),
    # neither KASLR's quarter nor what the physical place makes
    (
        "arm64-6.12-kaslr-full.c",
        "arm64-va39",
        _arm64(0xFFFF_FFC0_8040_0000, 0xFFFF_FFC0_8200_0000, 0xFFFF_FFC0_0200_0000, (_HALF_TIB, 0xFFFF_FFFE_BF80_0000)),
    ),
    ("riscv64-6.12.c", None, _line(1, 0xFF20_0000_0000_0000, 0xFFFF_AF80_0000_0000)),
    ("generic-um-6.12.c", None, _line(0, 0x9000_0000, 0x7F_BFFF_C000)),
    ("generic-um-6.12.c", None, _line(0, 0x9000_0000, 0x7F7F_FFFF_E000)),
    ("x86_64-6.12-kaslr.c", None, _line(0, 0xFFFF_FFFF_C000_0000, 0xFFFF_FFFF_FF00_0000)),
)


@pytest.mark.parametrize(("file", "arch", "text"), BOOTS)
def test_a_boot_that_there_may_be_is_allowed(file: str, arch: str | None, text: str) -> None:
    seen = _seen(text)
    assert len(seen.ranges) == text.count("xm R")
    assert _is_a_boot(_table(file, arch), seen)


@pytest.mark.parametrize(("file", "arch", "text"), IMPOSSIBLE)
def test_a_boot_that_there_cannot_be_is_not(file: str, arch: str | None, text: str) -> None:
    assert not _is_a_boot(_table(file, arch), _seen(text))
