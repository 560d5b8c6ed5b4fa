"""`show` on what the boot decides: the real command, on machines made for it.

Without it, `show` could leave out a value that the boot decides.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modalloc_model.cli.application import main
from modalloc_model.engine.solvers import Answer
from modalloc_model.exit_status import ExitStatus
from tests.cli.running import LEGACY, READ_ONLY, ROOT, modalloc

RIGHT = LEGACY.replace("= MODULES_END", "= MODULES_END - 1")
"""Its end is written as the machine means it, so that not even a warning is left."""

BY_TWO = LEGACY.replace("= MODULES_VADDR", "= MODULES_BASE + kaslr_offset + spare")
"""Its range begins where two unknowns say."""


def machine(folder: Path, constraint: str, spare: str = "[1, 3]") -> Path:
    """x86_64 with an offset that may leave no room at all, and one unknown more."""
    profile = folder / "toy.yaml"
    profile.write_text(
        "name: toy\n"
        "extends: x86_64\n"
        "unknowns:\n"
        "  kaslr_offset: {step: PAGE_SIZE, k: [0, 0x40000], source: a test}\n"
        f"  spare: {{step: SZ_1M, k: {spare}, source: a test}}\n"
        f"constraints: [{constraint!r}]\n",
        encoding="utf-8",
    )
    return profile


def decided(table: str, arch: str | Path) -> str:
    """What `show` says of the boot, in one line."""
    finished = modalloc("show", "-", "--arch", arch, stdin=table)
    assert finished.returncode == ExitStatus.PROVED, finished.stderr
    return " ".join(finished.stdout.partition("what the boot decides\n")[2].split())


def test_an_unknown_is_shown_with_its_values_and_that_no_rule_depends_on_it() -> None:
    said = decided(LEGACY, "x86_64")
    assert "kaslr_offset PAGE_SIZE * k, 1 <= k <= 1024: 1024 values, 0x1000 .. 0x400000 no rule depends on it" in said
    assert "fails: RNG002, a warning (TEXT); ALN005, a note (TEXT)" in said


def test_a_table_whose_conditions_hold_in_every_boot_is_shown_as_proved_for_all_values() -> None:
    assert "holds: every condition, 83 in all: proved for all values" in decided(RIGHT, "x86_64")


def test_a_rule_that_fails_in_every_boot_depends_on_no_unknown() -> None:
    said = decided(READ_ONLY, "x86_64")
    assert "no rule depends on it" in said
    assert "PRT001 (TEXT, DATA, RODATA" in said.partition("fails: ")[2]
    assert "proved" not in said


def test_a_rule_that_an_unknown_turns_is_shown_with_the_values_between_which_it_does(tmp_path: Path) -> None:
    toy = machine(tmp_path, "spare <= 0x200000")
    said = decided(LEGACY, toy)
    assert "INITRODATA) depends on it: holds with 0x3efff000 and fails with 0x3f000000" in said
    assert "spare SZ_1M * k, 1 <= k <= 3: 3 values, 0x100000 .. 0x300000 no rule depends on it where spare" in said
    assert "where spare <= 0x200000" in said


@pytest.mark.parametrize(("offset", "verdict"), [("0x3efff000", "proved"), ("0x3f000000", "refuted")])
def test_the_rule_turns_where_show_says_that_it_does(tmp_path: Path, offset: str, verdict: str) -> None:
    words = ("--arch", machine(tmp_path, "spare <= 0x200000"), "-D", f"kaslr_offset={offset}", "--select", "RNG001")
    finished = modalloc("verify", "-", *words, stdin=LEGACY)
    assert f"7 {verdict}" in finished.stdout


def test_a_rule_that_two_unknowns_turn_is_shown_under_each_with_the_value_of_the_other(tmp_path: Path) -> None:
    said = decided(BY_TWO, machine(tmp_path, "spare <= 0x200000"))
    assert "holds with 0x3eeff000 and fails with 0x3ef00000, where spare = 0x100000" in said
    assert "holds with 0x100000 and fails with 0x200000, where kaslr_offset = 0x3ee00000" in said


def test_a_rule_that_unknowns_turn_only_together_is_shown_as_such(tmp_path: Path) -> None:
    said = decided(BY_TWO, machine(tmp_path, "spare == kaslr_offset", "[1, 1023]"))
    assert said.count("no rule depends on it alone") == 2
    assert "depends on several unknowns at once: RNG001 (TEXT" in said


def test_unknowns_without_a_value_in_common_are_an_error(tmp_path: Path) -> None:
    finished = modalloc("show", "-", "--arch", machine(tmp_path, "spare < 0x1000"), stdin=LEGACY)
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert finished.stdout == ""
    assert "no values of the unknowns satisfy the constraints of toy [no-boot]" in finished.stderr


def test_a_domain_that_the_solver_leaves_open_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("modalloc_model.engine.solvers.settle", lambda query: Answer("unknown", reason="out of budget"))
    table, toy = tmp_path / "legacy.c", machine(tmp_path, "spare == 0x200000")
    table.write_text(LEGACY, encoding="utf-8")
    assert main(["show", str(table), "--arch", str(toy)]) == ExitStatus.BAD_INPUT
    assert "could not decide whether toy has a boot: out of budget [open-boot]" in capsys.readouterr().err


def test_the_map_is_drawn_in_a_boot_that_lies_between_the_least_and_the_greatest(tmp_path: Path) -> None:
    finished = modalloc("show", "-", "--arch", machine(tmp_path, "spare == 0x200000"), stdin=LEGACY)
    assert "spare = 0x200000\n" in finished.stdout
    assert "MODULES_BASE" in finished.stdout.partition("address map\n")[2]


def test_where_every_boot_is_alike_no_solver_is_loaded() -> None:
    script = "import sys; from modalloc_model.cli.application import main; main(); print('z3' in sys.modules)"
    words = [sys.executable, "-c", script, "show", "spec/params/nios2-16m.c"]
    shown = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT, encoding="utf-8").stdout
    assert "what the boot decides\n  nothing; every boot is alike\n" in shown
    assert shown.endswith("False\n")
