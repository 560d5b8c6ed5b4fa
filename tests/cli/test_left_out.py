"""Types that a table leaves out: C's zero in the mail's tables, a copy of the default in execmem's.

Without it, a type that a table leaves out could be judged by values that its kernel does not give it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import modalloc

ONE = """\
/* modalloc: {arch: x86_64} */

struct mod_alloc_type_params one = {
    .types = {
        [MOD_ALLOC_TYPE_TEXT ... MOD_ALLOC_TYPE_RODATA] = {
            .mapto_type = MOD_ALLOC_TYPE_TEXT, .granularity = PAGE_SIZE, .alignment = PAGE_SIZE,
            .start[0] = MODULES_VADDR, .end[0] = MODULES_END - 1, .pgprot = PAGE_KERNEL_EXEC,
        },
        [MOD_ALLOC_TYPE_INITTEXT] = {},
    },
};
"""
GONE = ["RODATA_AFTER_INIT", "INITTEXT", "INITDATA", "INITRODATA"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "one.c").write_text(ONE, encoding="utf-8")
    return tmp_path / "one.c"


def test_types_that_become_text_by_zero_are_listed_in_a_warning(table: Path) -> None:
    done = modalloc("verify", table, "--format", "json")
    (found,) = json.loads(done.stdout)["tables"]
    wrong = [one for one in found["results"] if one["rule"] == "MAP005" and one["verdict"] == "refuted"]
    assert [one["subject"] for one in wrong] == GONE
    assert {one["severity"] for one in wrong} == {"warning"}
    assert {one["message"] for one in wrong} == {
        f"{', '.join(GONE)} are left out: C's zero merges them into TEXT, whose pages are PAGE_KERNEL_EXEC (rwx)"
    }
    assert wrong[0]["location"]["line"] == 3  # the table's own; what is written empty has a place
    assert (done.returncode, modalloc("verify", table, "--strict").returncode) == (0, 1)


def test_types_of_execmem_are_copied_which_is_shown_and_no_warning(tmp_path: Path) -> None:
    table = tmp_path / "default.c"
    table.write_text(
        "/* modalloc: {arch: x86_64} */\nstruct execmem_info info = { .ranges = { [EXECMEM_DEFAULT] = {\n"
        ".start = MODULES_VADDR, .end = MODULES_END, .pgprot = PAGE_KERNEL_EXEC, .alignment = 1 } } };\n",
        encoding="utf-8",
    )
    shown = modalloc("show", table).stdout
    assert "\n  left out, and copied from MODULE_TEXT: KPROBES, FTRACE, BPF, MODULE_DATA (with PAGE_KERNEL)\n" in shown
    assert "left out" not in modalloc("verify", table).stdout


def test_show_says_what_is_merged_where_there_is_one_type() -> None:
    shown = modalloc("show", "spec/params/linux/x86_64-6.1-nokaslr.yaml").stdout
    assert "\n  left out, and merged into MODULE: DATA\n" in shown
