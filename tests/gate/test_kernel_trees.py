"""The gate on a kernel's source: two folders, two revisions, and what it says of the lines that changed.

Without it, a change in the kernel's source could go by where no table file changes.
"""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from modalloc_model.cli import main
from modalloc_model.descriptor import Settings
from modalloc_model.kernel import tables
from modalloc_model.kernel.tables import TreeReading, read_whole
from modalloc_model.report import FORMATS
from tests.gate.repositories import Repository, failing, of_kind
from tests.gate.test_formats import valid
from tests.kernel.trees import CONFIG, source, table, tree

HEADER = "arch/nios2/include/asm/pgtable.h"
INIT = "arch/nios2/mm/init.c"
EXECUTABLE = "#define PAGE_KERNEL_EXEC __pgprot(_PAGE_READ | _PAGE_WRITE | _PAGE_EXEC)"


class Trees:
    """A kernel tree, and another that was made of it."""

    def __init__(self, folder: Path) -> None:
        self.base = tree(folder / "before", source(table()))
        self.head = tree(folder / "after", source(table()))

    def replace(self, path: str, old: str, new: str) -> int:
        """Changes the head's file; the number of the line."""
        text = (self.head / path).read_text(encoding="utf-8")
        assert old in text
        (self.head / path).write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def gate(self, *words: str) -> tuple[int, str]:
        return run("gate", "--base", str(self.base), "--head", str(self.head), "--arch", "nios2", *words)

    def report(self, *words: str) -> Any:
        return json.loads(self.gate(*words, "--format", "json")[1])


def run(*words: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(list(words))
    return status, out.getvalue() + err.getvalue()


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path)


@pytest.fixture
def kernel(repository: Repository) -> Repository:
    """A kernel's repository with one commit; its configuration is not in it."""
    tree(repository.folder, source(table()))
    repository.write(".gitignore", ".config\n")
    repository.commit()
    return repository


def test_trees_that_are_alike_pass(trees: Trees) -> None:
    document = trees.report()
    assert (document["status"], document["hunks"], document["summary"]["alike"]) == (0, [], 1)
    assert document["summary"]["differing"] == 0


def test_a_header_that_takes_a_guarantee_away_is_named_with_the_value_and_the_loss(trees: Trees) -> None:
    line = trees.replace(HEADER, EXECUTABLE, EXECUTABLE.replace(" | _PAGE_EXEC", ""))
    document = trees.report()
    assert document["status"] == 1
    (hunk,) = document["hunks"]
    assert (hunk["path"], hunk["new"], hunk["added"]) == (HEADER, line, [EXECUTABLE.replace(" | _PAGE_EXEC", "")])
    assert ("MODULE_TEXT", "pgprot") in {(value["subject"], value["field"]) for value in hunk["values"]}
    assert "lost-guarantee" in failing(document)


def test_what_is_lost_stands_at_a_line_of_the_kernel(trees: Trees) -> None:
    trees.replace(HEADER, EXECUTABLE, EXECUTABLE.replace(" | _PAGE_EXEC", ""))
    lost = of_kind(trees.report(), "lost-guarantee")[0]
    lines = (trees.head / INIT).read_text(encoding="utf-8").splitlines()
    assert lost["location"]["path"] == INIT
    assert lines[lost["location"]["line"] - 1].strip() == ".pgprot	= PAGE_KERNEL_EXEC,"


def test_a_line_of_the_function_is_behind_the_value_that_it_gives(trees: Trees) -> None:
    line = trees.replace(INIT, "MODULES_END,", "MODULES_END - PAGE_SIZE,")
    (hunk,) = trees.report()["hunks"]
    assert (hunk["path"], hunk["old"], hunk["new"]) == (INIT, line, line)
    assert [value["field"] for value in hunk["values"]] == ["end[0]"]


def test_a_line_that_only_moved_is_behind_nothing(trees: Trees) -> None:
    trees.replace(HEADER, "#define PAGE_SHIFT", "\n\n#define PAGE_SHIFT")
    assert (trees.report()["hunks"], trees.report()["summary"]["differing"]) == ([], 1)


def test_what_changes_without_a_line_that_could_be_followed_shows_the_functions_own_hunks(trees: Trees) -> None:
    body = "\tunsigned long start = MODULES_VADDR;\n\tif (PAGE_SIZE > 1)\n\t\tstart += PAGE_SIZE;\n" + table("start")
    for folder in (trees.base, trees.head):
        (folder / INIT).write_text(source(body), encoding="utf-8")
    trees.replace(INIT, "PAGE_SIZE > 1", "PAGE_SIZE > 0x10000")
    (hunk,) = trees.report()["hunks"]
    assert (hunk["path"], hunk["values"]) == (INIT, [])
    assert "is behind no value that could be followed" in trees.gate()[1]


def test_a_hunk_elsewhere_in_the_file_is_not_told(trees: Trees) -> None:
    helper = "static int twice(int x)\n{\n\treturn x + x;\n}\n\n"
    called = "static int pages(void)\n{\n\treturn 1;\n}\n\n"
    body = "\tunsigned long start = MODULES_VADDR;\n\tif (pages() > 4)\n\t\tstart += PAGE_SIZE;\n" + table("start")
    for folder in (trees.base, trees.head):
        (folder / INIT).write_text(source(body, helper + called), encoding="utf-8")
    trees.replace(INIT, "x + x", "2 * x")
    line = trees.replace(INIT, "return 1;", "return 8;")
    (hunk,) = trees.report()["hunks"]
    assert (hunk["path"], hunk["new"], hunk["added"]) == (INIT, line, ["\treturn 8;"])


KASLR = (
    "\tunsigned long start = MODULES_VADDR;\n\tif (kaslr_enabled())\n"
    "\t\tstart += get_random_u32_inclusive(1, 16) * PAGE_SIZE;\n" + table("start")
)


@pytest.mark.parametrize("forgotten", [True, False])
def test_a_random_offset_that_is_forgotten_is_a_change_of_the_boots_that_had_it(trees: Trees, forgotten: bool) -> None:
    folder = trees.base if forgotten else trees.head
    (folder / INIT).write_text(source(KASLR), encoding="utf-8")
    document = trees.report()
    assert (document["summary"]["added"], document["summary"]["removed"]) == (0, 0)
    assert [hunk["path"] for hunk in document["hunks"]].count(INIT) >= 1
    (changed,) = [one for one in document["tables"] if one["changes"]]
    assert ("MODULE_TEXT", "start[0]") in {(one["subject"], one["field"]) for one in changed["changes"]}


def test_the_text_shows_both_lines_and_what_they_made(trees: Trees) -> None:
    line = trees.replace(HEADER, "SZ_32M)", "SZ_32M + PAGE_SIZE)")
    text = trees.gate()[1]
    assert f"  {HEADER}:{line}\n" in text
    assert "    - #define MODULES_VADDR   (REGION - SZ_32M)\n" in text
    assert "    + #define MODULES_VADDR   (REGION - SZ_32M + PAGE_SIZE)\n" in text
    assert "    made MODULE_TEXT.start[0], machine.symbols.MODULES_VADDR\n" in text


def test_another_default_protection_of_what_is_left_out_is_a_change(trees: Trees) -> None:
    old = "at == EXECMEM_MODULE_DATA ? PAGE_KERNEL :"
    line = trees.replace("mm/execmem.c", old, old.replace("KERNEL :", "KERNEL_EXEC :"))
    document = trees.report()
    (hunk,) = document["hunks"]
    assert (hunk["path"], hunk["new"]) == ("mm/execmem.c", line)
    assert ("MODULE_DATA", "pgprot") in {(value["subject"], value["field"]) for value in hunk["values"]}
    assert "widened-protection" in {finding["kind"] for finding in document["findings"]}


def test_a_line_of_flags_is_behind_them(trees: Trees) -> None:
    flags = "\t\t\t\t.alignment = 1,\n\t\t\t\t.flags = EXECMEM_KASAN_SHADOW,\n"
    line = trees.replace(INIT, "\t\t\t\t.alignment = 1,\n", flags) + 1
    (hunk,) = trees.report()["hunks"]
    assert (hunk["path"], hunk["new"]) == (INIT, line)
    assert ("MODULE_TEXT", "flags") in {(value["subject"], value["field"]) for value in hunk["values"]}
    (trees.base / INIT).write_text((trees.head / INIT).read_text())
    trees.replace(INIT, "= EXECMEM_KASAN_SHADOW", "= 0")
    (hunk,) = trees.report()["hunks"]
    assert (hunk["removed"], hunk["added"]) == (["\t\t\t\t.flags = EXECMEM_KASAN_SHADOW,"], ["\t\t\t\t.flags = 0,"])
    assert [value["field"] for value in hunk["values"]] == ["flags"]


def test_a_line_that_is_gone_is_told_by_its_number_at_the_base(trees: Trees) -> None:
    line = trees.replace(INIT, "\t\t\t\t.alignment = 1,\n", "")
    assert f"  {INIT}:{line} at the base\n    - .alignment = 1,\n" in trees.gate()[1]
    assert [value["field"] for value in trees.report()["hunks"][0]["values"]] == ["alignment"]


def test_a_long_hunk_is_shown_where_it_is_behind_something(trees: Trees) -> None:
    body = "".join(f"\tint unused_{number};\n" for number in range(40))
    trees.replace(
        INIT, "\texecmem_info =", f"{body}\tunsigned long end = MODULES_END - PAGE_SIZE;\n{body}\texecmem_info ="
    )
    trees.replace(INIT, "= MODULES_END,", "= end,")
    first = trees.report()["hunks"][0]
    assert first["added"] == ["\tunsigned long end = MODULES_END - PAGE_SIZE;"]
    lines = (trees.head / INIT).read_text(encoding="utf-8").splitlines()
    assert lines[first["new"] - 1] == first["added"][0]


def test_many_lines_that_are_alike_take_no_time(trees: Trees) -> None:
    """Forty thousand of them, by pairs, were minutes."""
    for folder, lines in ((trees.base, 40_000), (trees.head, 39_000)):
        (folder / HEADER).write_text((folder / HEADER).read_text(encoding="utf-8") + "\n;\n}" * (lines // 2))
    trees.replace(HEADER, "SZ_32M)", "SZ_32M + PAGE_SIZE)")
    assert ("MODULE_TEXT", "start[0]") in {
        (value["subject"], value["field"]) for value in trees.report()["hunks"][0]["values"]
    }


def test_a_table_that_another_function_sets_up_is_the_same_table(trees: Trees) -> None:
    """As from 6.9 to 6.10, where module_alloc() went."""
    (trees.base / INIT).write_text("")
    (trees.base / "mm/execmem.c").unlink()
    alloc = (
        "#include <asm/pgtable.h>\nvoid *module_alloc(unsigned long size)\n{\n\treturn __vmalloc_node_range(size, 1, "
        "MODULES_VADDR, MODULES_END, 0, PAGE_KERNEL_EXEC, 0, 0, 0);\n}\n"
    )
    (trees.base / "kernel/module").mkdir(parents=True)
    (trees.base / "kernel/module/main.c").write_text(alloc)
    document = trees.report()
    assert (document["summary"]["changed"], document["summary"]["removed"]) == (1, 0)
    assert ("table", "dialect") in {(change["subject"], change["field"]) for change in document["tables"][0]["changes"]}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_the_kernels_file(trees: Trees, form: str) -> None:
    line = trees.replace(HEADER, EXECUTABLE, EXECUTABLE.replace(" | _PAGE_EXEC", ""))
    written = trees.gate("--format", form)[1]
    assert INIT in written
    assert form == "github" or f"{HEADER}:{line}" in written or f'"new": {line}' in written


def test_the_document_is_that_of_the_schema(trees: Trees) -> None:
    trees.replace(INIT, "MODULES_END,", "MODULES_END - PAGE_SIZE,")
    assert valid(trees.report()) == []


def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders of the trees that are read from now on."""
    read: list[str] = []

    def noted(folder: str, settings: Settings) -> TreeReading:
        read.append(folder)
        return read_whole(folder, settings)

    monkeypatch.setattr(tables, "read_whole", noted)
    return read


# -- revisions -------------------------------------------------------------------------------------------------------


def test_a_revision_is_compared_with_the_working_tree(kernel: Repository) -> None:
    kernel.replace(HEADER, " | _PAGE_EXEC", "")
    document = kernel.report("--arch", "nios2")
    assert document["head"] == "the working tree"
    assert [hunk["path"] for hunk in document["hunks"]] == [HEADER]
    assert "lost-guarantee" in failing(document)


def test_two_revisions_are_read_as_they_were(kernel: Repository) -> None:
    kernel.replace(HEADER, " | _PAGE_EXEC", "")
    kernel.commit()
    kernel.replace(HEADER, "_PAGE_READ", "broken(")
    document = kernel.report("--arch", "nios2", "--head", "HEAD", base="HEAD~1")
    assert [hunk["path"] for hunk in document["hunks"]] == [HEADER]
    assert kernel.report("--arch", "nios2", "--head", "HEAD~1", base="HEAD~1")["status"] == 0


def test_a_file_that_nothing_is_read_from_changes_nothing(kernel: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel.write("drivers/x.c", "int x;\n")
    kernel.commit()
    kernel.write("drivers/x.c", "int y;\n")
    read = readings(monkeypatch)
    document = kernel.report("--arch", "nios2")
    assert (document["status"], document["summary"]["alike"]) == (0, 1)
    assert read == [str(kernel.folder)], "the working tree alone"


def test_a_file_that_was_added_elsewhere_changes_nothing(kernel: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel.write("drivers/x.c", "int x;\n")
    read = readings(monkeypatch)
    assert kernel.report("--arch", "nios2")["summary"]["alike"] == 1
    assert read == [str(kernel.folder)], "the working tree alone"


def test_a_function_that_was_taken_out_of_a_file_that_is_not_read_any_more_counts(kernel: Repository) -> None:
    other = "arch/nios2/mm/a.c"
    kernel.write(other, source(table("MODULES_VADDR", "MODULES_END - PAGE_SIZE")))
    kernel.commit()
    kernel.write(other, "int nothing;\n")
    assert kernel.report("--arch", "nios2")["summary"]["changed"] == 1


def test_what_a_build_left_in_the_working_tree_is_no_change(kernel: Repository) -> None:
    kernel.write(".gitignore", ".config\ngenerated/\n")
    kernel.commit()
    kernel.write("include/generated/autoconf.h", "#undef MODULES_END\n#define MODULES_END 0xbf000000\n")
    kernel.replace(INIT, "#include <asm/pgtable.h>", "#include <asm/pgtable.h>\n#include <generated/autoconf.h>")
    kernel.commit()
    kernel.replace(INIT, "return &execmem_info", "return  &execmem_info")
    assert kernel.report("--arch", "nios2")["summary"]["alike"] == 1


def test_a_header_that_comes_before_another_is_looked_at(kernel: Repository) -> None:
    """A new file can be found in the place of one that is read, and which nobody touched."""
    kernel.write("arch/nios2/include/asm/extra.h", "")
    kernel.replace(INIT, "#include <asm/pgtable.h>", "#include <asm/pgtable.h>\n#include <asm/other.h>")
    kernel.write("include/asm-generic/other.h", "")
    kernel.commit()
    kernel.write("arch/nios2/include/asm/other.h", "#undef MODULES_END\n#define MODULES_END (REGION - 1 - PAGE_SIZE)\n")
    assert kernel.report("--arch", "nios2")["summary"]["changed"] == 1


def test_a_configuration_may_be_named(kernel: Repository, tmp_path: Path) -> None:
    (kernel.folder / ".config").unlink()
    config = tmp_path / "config"
    config.write_text(CONFIG.replace("0xc0000000", "0xd0000000"))
    kernel.replace(INIT, "MODULES_END,", "MODULES_END - PAGE_SIZE,")
    document = kernel.report("--arch", "nios2", "--kernel-config", config)
    assert "0xcfffefff" in json.dumps(document["tables"][0]["changes"])


def test_the_policy_of_the_repository_holds(kernel: Repository) -> None:
    kernel.write(".modalloc.yaml", "forbid: [lost-addresses]\n")
    kernel.commit()
    kernel.replace(INIT, "MODULES_END,", "MODULES_END - PAGE_SIZE,")
    assert "lost-addresses" in failing(kernel.report("--arch", "nios2"))


def test_paths_in_a_kernels_repository_are_those_of_tables(kernel: Repository) -> None:
    kernel.write("tables/legacy.yaml", "arch: x86_64\ntypes: {TEXT: {mapto: TEXT}}\n")
    kernel.commit()
    assert kernel.report("tables")["summary"]["files"] == 1


# -- what cannot be done ---------------------------------------------------------------------------------------------


def test_a_kernel_needs_an_architecture(kernel: Repository) -> None:
    finished = kernel.gate()
    assert finished.returncode == 2
    assert "name one with --arch" in finished.stderr


def test_profiles_are_not_those_of_a_kernels_source(kernel: Repository) -> None:
    kernel.write("machines/x.yaml", "name: x\n")
    finished = kernel.gate("--arch", "nios2", "--profiles", "machines")
    assert finished.returncode == 2
    assert "omit --profiles" in finished.stderr


def test_an_end_that_cannot_be_read_is_named(kernel: Repository) -> None:
    kernel.replace(INIT, "execmem_arch_setup(void)", "execmem_arch_setup(void")
    finished = kernel.gate("--arch", "nios2")
    assert finished.returncode == 2
    assert "(at the working tree)" in finished.stderr


def test_a_base_without_a_configuration_says_how_to_come_by_one(kernel: Repository) -> None:
    (kernel.folder / ".config").unlink()
    kernel.replace(INIT, "MODULES_END,", "MODULES_END - 1,")
    finished = kernel.gate("--arch", "nios2")
    assert finished.returncode == 2
    assert "--kernel-config" in finished.stderr


def test_two_trees_are_two_trees(trees: Trees, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, said = run("gate", "--base", str(trees.base), "--head", str(tmp_path / "empty"), "--arch", "nios2")
    assert (status, "not a kernel tree" in said) == (2, True)


def test_trees_are_compared_whole(trees: Trees) -> None:
    status, said = trees.gate("arch/nios2")
    assert (status, "compared as a whole" in said) == (2, True)


def test_nothing_is_written_to_either_tree(trees: Trees) -> None:
    trees.replace(INIT, "MODULES_END,", "MODULES_END - PAGE_SIZE,")
    before = {path: path.stat().st_mtime_ns for folder in (trees.base, trees.head) for path in folder.rglob("*")}
    trees.gate()
    assert {
        path: path.stat().st_mtime_ns for folder in (trees.base, trees.head) for path in folder.rglob("*")
    } == before
