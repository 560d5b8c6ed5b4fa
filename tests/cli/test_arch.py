"""`arch` as a list: the real command, on the machines there are.

Without it, the list of machines could lose a machine, or a column.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import modalloc

WIDTH = 120


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    """What the list says of each machine, in one line; continuation lines begin with a blank."""
    found: dict[str, str] = {}
    for line in modalloc("arch").stdout.splitlines()[1:]:
        name = next(reversed(found)) if line.startswith(" ") else line.split()[0]
        assert line.startswith(" ") or name not in found
        found[name] = " ".join([*found.get(name, "").split(), *line.split()])
    return found


def test_the_list_has_every_profile_once(listed: dict[str, str], root: Path) -> None:
    assert sorted(listed) == sorted(path.stem for path in (root / "spec" / "arch").glob("*.yaml"))


def test_the_list_fits_a_terminal_of_120_columns() -> None:
    assert max(map(len, modalloc("arch").stdout.splitlines())) <= WIDTH


def test_a_machine_is_listed_with_word_pages_window_reach_and_unknowns(listed: dict[str, str]) -> None:
    assert listed["x86_64"].startswith(
        "x86_64 64 4 KiB 2 MiB modules 0xffffffffc0000000 .. 0xfffffffffeffffff (1008 MiB) PC32/PLT32 ±2 GiB; "
        "R_X86_64_32S -0x80000000 .. +0x7fffffff absolute; PC32 of tables ±2 GiB; "
    )
    assert listed["x86_64"].endswith("; boot: kaslr_offset")


def test_a_window_that_the_boot_moves_is_listed_by_its_symbols_and_with_its_size(listed: dict[str, str]) -> None:
    assert "modules MODULES_VADDR .. MODULES_END - 1 (2 GiB)" in listed["s390"]


def test_reach_is_listed_in_short(listed: dict[str, str]) -> None:
    assert "CALL26 256 MiB segment" in listed["nios2"]
    assert "CALL26/JUMP26 ±128 MiB, veneer: the module's own PLT; ADR_PREL_PG_HI21 ±4 GiB" in listed["arm64"]
    assert listed["arc"].endswith("(248 MiB) anywhere")


def test_where_the_encoding_is_ascii_the_list_is_too() -> None:
    listed = modalloc("arch", environment={"PYTHONIOENCODING": "ascii"}).stdout
    assert "PC32/PLT32 +-2 GiB" in listed
    assert listed.isascii()


def test_constraints_are_told_with_the_machines_own_symbols() -> None:
    assert "where module_plt_base <= _text\n" in modalloc("arch", "arm64-kaslr-full").stdout
