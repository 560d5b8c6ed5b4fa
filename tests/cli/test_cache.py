"""What was decided before is not decided again, and looks the same.

Without it, a verdict out of the cache could differ from one that is decided.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.exit_status import ExitStatus
from tests.cli.running import CHAIN, LEGACY, modalloc

NO_ROOM = ("--table-memory", "16")
"""Nothing can be decided in it."""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_second_run_says_the_same_and_decides_nothing(tmp_path: Path, form: str) -> None:
    table, cache = tmp_path / "two.c", {"MODALLOC_CACHE": str(tmp_path / "cache")}
    table.write_text(LEGACY + CHAIN)
    words = ("verify", table, "--arch", "x86_64", "--format", form)
    first = modalloc(*words, environment=cache)
    again = modalloc(*words, *NO_ROOM, environment=cache)
    assert first.returncode == again.returncode == ExitStatus.REFUTED
    assert first.stdout == again.stdout
    anew = modalloc(*words, *NO_ROOM, "--no-cache", environment=cache)
    assert anew.returncode == ExitStatus.UNDECIDED
    assert "it ran out of memory (the limit is 16 MiB)" in anew.stdout


def test_a_trace_whose_process_runs_out_of_memory_is_left_open(tmp_path: Path) -> None:
    table = tmp_path / "t.c"
    table.write_text(LEGACY)
    told = modalloc("trace", table, "--arch", "x86_64", "--rule", "PRT003", *NO_ROOM)
    assert told.returncode == ExitStatus.UNDECIDED
    assert "PRT003 is undecided; there is no counterexample" in told.stdout
    assert "it ran out of memory (the limit is 16 MiB)" in told.stdout


def test_only_the_table_that_changed_is_decided_again(tmp_path: Path) -> None:
    one, two, cache = tmp_path / "one.c", tmp_path / "two.c", {"MODALLOC_CACHE": str(tmp_path / "cache")}
    one.write_text(LEGACY)
    two.write_text(LEGACY.replace("legacy", "other"))
    words = ("verify", one, two, "--arch", "x86_64")
    assert modalloc(*words, environment=cache).returncode == ExitStatus.PROVED
    two.write_text(LEGACY.replace("legacy", "other").replace("PAGE_KERNEL_EXEC", "PAGE_KERNEL"))
    again = modalloc(*words, *NO_ROOM, environment=cache)
    assert again.returncode == ExitStatus.UNDECIDED
    assert "2 tables: 1 proved, 0 refuted, 1 undecided" in again.stdout
