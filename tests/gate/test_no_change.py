"""What is no change: renaming, reordering, formatting, another language, another way to write a value.

Without it, a renaming could fail the gate, and people would switch it off.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.gate.repositories import LEGACY, SPLIT, Repository

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "tables"
ENTRY = re.compile(r"^        \[.*?^        \},\n", re.MULTILINE | re.DOTALL)


def is_no_change(repository: Repository) -> bool:
    document = repository.report()
    fates = {table["fate"] for table in document["tables"]}
    return document["status"] == 0 and document["findings"] == [] and fates <= {"alike"}


def test_an_unchanged_repository_passes_and_reads_nothing(legacy: Repository) -> None:
    finished = legacy.gate()
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "1 file compared, 1 alike" in finished.stdout
    assert "0 files read" in finished.stdout
    assert "passed" in finished.stdout


def test_a_file_that_was_touched_is_no_change(legacy: Repository) -> None:
    os.utime(legacy.folder / "tables/legacy.c", (1, 1))
    assert legacy.report()["summary"]["differing"] == 0


def test_comments_and_white_space_are_no_change(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", "/* new */\n\n" + LEGACY.replace("    ", "\t").replace(" = ", "="))
    assert is_no_change(legacy)


def test_a_renamed_file_is_no_change(legacy: Repository) -> None:
    legacy.write("elsewhere/another.c", LEGACY)
    legacy.remove("tables/legacy.c")
    assert is_no_change(legacy)
    legacy.commit()
    document = legacy.report("--head", "HEAD", base="HEAD~1")
    assert [(t["before"]["path"], t["path"]) for t in document["tables"]] == [
        ("tables/legacy.c", "elsewhere/another.c")
    ]
    assert document["findings"] == []


def test_a_renamed_variable_is_no_change(legacy: Repository) -> None:
    legacy.replace("tables/legacy.c", "params legacy", "params modules")
    assert is_no_change(legacy)


def test_entries_in_another_order_are_no_change(repository: Repository) -> None:
    repository.write("split.c", SPLIT)
    repository.commit()
    entries = ENTRY.findall(SPLIT)
    assert len(entries) == 2
    repository.write("split.c", SPLIT.replace("".join(entries), "".join(reversed(entries))))
    assert (repository.folder / "split.c").read_text(encoding="utf-8") != SPLIT
    assert is_no_change(repository)


def test_a_table_that_moved_from_c_to_yaml_is_no_change(repository: Repository) -> None:
    repository.write("three-roots.c", (FIXTURES / "three-roots.c").read_text(encoding="utf-8"))
    repository.commit()
    repository.write("three-roots.yaml", (FIXTURES / "three-roots.yaml").read_text(encoding="utf-8"))
    repository.remove("three-roots.c")
    document = repository.report()
    assert [table["fate"] for table in document["tables"]] == ["alike"]
    assert is_no_change(repository)


@pytest.mark.parametrize(
    "other",
    [
        "MODULES_VADDR + PAGE_SIZE - PAGE_SIZE",
        "2 * MODULES_VADDR - MODULES_VADDR",
        "(MODULES_VADDR)",
        "MODULES_VADDR | 0",
    ],
)
def test_a_value_that_is_the_same_in_every_boot_is_no_change(legacy: Repository, other: str) -> None:
    legacy.replace("tables/legacy.c", ".start[0] = MODULES_VADDR", f".start[0] = {other}")
    assert is_no_change(legacy)


def test_a_value_that_differs_in_some_boots_is_a_change(legacy: Repository) -> None:
    legacy.replace("tables/legacy.c", ".start[0] = MODULES_VADDR", ".start[0] = MODULES_VADDR & ~0x1fffff")
    document = legacy.report()
    assert [table["fate"] for table in document["tables"]] == ["changed"]
    change = document["tables"][0]["changes"][0]
    assert (change["subject"], change["field"]) == ("TEXT", "start[0]")
    assert "MODULES_VADDR" in change["new"] or "kaslr_offset" in change["new"]


def test_a_field_that_is_written_out_counts_as_a_change(legacy: Repository) -> None:
    legacy.replace("tables/legacy.c", "            .mapto_type = MOD_ALLOC_TYPE_TEXT,\n", "")
    document = legacy.report()
    changes = {(c["field"], c["old"], c["new"]) for c in document["tables"][0]["changes"]}
    assert changes == {("mapto", "TEXT", "left out (TEXT)")}


def test_an_unchanged_repository_needs_no_solver_and_no_reader(legacy: Repository) -> None:
    program = textwrap.dedent("""
        import sys
        from modalloc_model.cli import main
        status = main(sys.argv[1:])
        heavy = [name for name in ("z3", "yaml", "rich", "modalloc_model.engine.verify") if name in sys.modules]
        sys.exit(" ".join(heavy) or status)
    """)
    finished = subprocess.run(
        [sys.executable, "-c", program, "gate", "--base", "HEAD"],
        capture_output=True, text=True, cwd=legacy.folder, check=False,
    )  # fmt: skip
    assert (finished.returncode, finished.stderr) == (0, "")


def test_the_same_comparison_gives_the_same_bytes(legacy: Repository) -> None:
    legacy.replace("tables/legacy.c", "MODULES_END - 1", "MODULES_END - 0x100001")
    first, second = (legacy.gate("--format", "json", "--no-cache").stdout for _ in range(2))
    assert first == second
    assert str(legacy.folder) not in first


def test_a_table_with_the_same_id_is_the_same_one_even_where_another_is_more_like_it(legacy: Repository) -> None:
    legacy.remove("tables/legacy.c")
    fields = "mapto: TEXT, granularity: PMD_SIZE, alignment: 64, pgprot: PAGE_KERNEL, ranges: [{start: 1, end: 2}]"
    legacy.write("elsewhere/legacy.yaml", f"name: legacy\narch: x86_64\ntypes:\n  TEXT: {{{fields}}}\n")
    legacy.write("elsewhere/copy.c", LEGACY.replace("params legacy", "params copy"))
    fates = {table["id"]: table["fate"] for table in legacy.report()["tables"]}
    assert fates == {"legacy:legacy": "changed", "copy:copy": "added"}


UNKNOWNS = """\
name: modules
dialect: execmem
arch: x86_64-nokaslr
unknowns:
  low: {step: 0x1000, k: [0, 16], source: test}
  high: {step: 0x1000, k: [0, 32], source: test}
constraints:
  - "low <= high"
types:
  MODULE_TEXT:
    ranges:
      - {start: "0xffffffffc0000000 + low", end: "0xffffffffd0000000 + high"}
    alignment: 1
    pgprot: PAGE_KERNEL
"""


@pytest.mark.parametrize(
    "names",
    [
        {"low": "shift"},
        {"low": "first", "high": "last"},
        {"low": "high", "high": "low"},  # each is called what the other was
    ],
)
def test_renamed_unknowns_are_no_change(repository: Repository, names: dict[str, str]) -> None:
    repository.write("tables/modules.yaml", UNKNOWNS)
    repository.commit()
    repository.write("tables/modules.yaml", re.sub(r"\b(low|high)\b", lambda m: names.get(m[0], m[0]), UNKNOWNS))
    assert is_no_change(repository)


def test_an_unknown_with_other_values_is_not_another_name(repository: Repository) -> None:
    repository.write("tables/modules.yaml", UNKNOWNS)
    repository.commit()
    repository.write("tables/modules.yaml", UNKNOWNS.replace("low", "shift").replace("[0, 16]", "[0, 17]"))
    assert not is_no_change(repository)


def test_of_alike_unknowns_each_is_paired_with_the_one_in_its_place(repository: Repository) -> None:
    alike = UNKNOWNS.replace("[0, 32]", "[0, 16]")
    repository.write("tables/modules.yaml", alike)
    repository.commit()
    repository.write("tables/modules.yaml", alike.replace("low", "z").replace("high", "a"))
    assert is_no_change(repository)
