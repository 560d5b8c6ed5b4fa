"""Where imported values come from: the lines of the kernel's source, and those of the macros that they rest on.

Without it, a finding could point at a line that does not hold the value.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.c.tokens import SourceLine
from modalloc_model.descriptor import Settings
from modalloc_model.kernel.tables import TreeReading, read_whole
from tests.kernel.trees import PGTABLE_H, source, table, tree

HEADER, INIT = "arch/nios2/include/asm/pgtable.h", "arch/nios2/mm/init.c"


def read(top: Path, init: str, **files: str) -> TreeReading:
    named = {path.replace("__", "/").replace("_H", ".h"): text for path, text in files.items()}
    return read_whole(str(tree(top, init, named)), Settings(arch="nios2"))


def line(text: str, part: str) -> int:
    assert part in text
    return text[: text.index(part)].count("\n") + 1


def made(found: TreeReading, subject: str, field: str) -> set[SourceLine]:
    (table_,) = found.reading.tables
    return set(found.made[table_.params.id][subject, field])


def test_a_value_stands_at_the_line_that_gives_it(tmp_path: Path) -> None:
    text = source(table())
    (found,) = read(tmp_path, text).reading.tables
    where = found.params.location("MODULE_TEXT", "end0")
    assert (where.path, where.line, where.column) == (INIT, line(text, ".end"), 5)
    assert (found.params.path, found.params.line) == (INIT, line(text, "struct execmem_info *execmem_arch_setup"))
    assert found.line(where.line).strip() == ".end	= MODULES_END,"


def test_a_value_that_was_made_in_a_header_stands_where_its_type_does(tmp_path: Path) -> None:
    header = PGTABLE_H + "static inline void set(struct execmem_range *x)\n{\n\tx->start = 0x1000;\n}\n"
    text = source(
        "\texecmem_info.ranges[EXECMEM_DEFAULT].end = 0x9000;\n\tset(&execmem_info.ranges[EXECMEM_DEFAULT]);\n"
    )
    (found,) = read(tmp_path, text, arch__nios2__include__asm__pgtable_H=header).reading.tables
    where = found.params.location("MODULE_TEXT", "start0")
    assert (where.path, where.line) == (INIT, line(text, ".end = 0x9000"))


def test_a_value_rests_on_the_macros_in_its_words_and_in_theirs(tmp_path: Path) -> None:
    found = read(tmp_path, source(table()))
    lines = made(found, "MODULE_TEXT", "start[0]")
    for name in ("MODULES_VADDR", "REGION", "SZ_32M"):
        assert SourceLine(HEADER, line(PGTABLE_H, f"#define {name}")) in lines
    assert SourceLine(HEADER, line(PGTABLE_H, "#define MODULES_END")) not in lines


def test_a_protection_rests_on_its_bits(tmp_path: Path) -> None:
    found = read(tmp_path, source(table()))
    assert SourceLine(HEADER, line(PGTABLE_H, "#define _PAGE_EXEC")) in made(found, "MODULE_TEXT", "pgprot")
    assert SourceLine(HEADER, line(PGTABLE_H, "#define _PAGE_EXEC")) in made(
        found, "machine", "protections.PAGE_KERNEL_EXEC"
    )


def test_a_value_goes_on_in_the_next_line(tmp_path: Path) -> None:
    text = source(table("MODULES_VADDR +\n\t\t\t\t\tPAGE_SIZE"))
    lines = made(read(tmp_path, text), "MODULE_TEXT", "start[0]")
    assert SourceLine(INIT, line(text, "PAGE_SIZE,")) in lines
    assert SourceLine(HEADER, line(PGTABLE_H, "#define PAGE_SHIFT")) in lines


def test_every_file_that_was_read_is_kept_and_no_other(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()), {"include/linux/other.h": "int x;\n"})
    found = read_whole(str(top), Settings(arch="nios2"))
    headers = {HEADER, "include/linux/execmem.h", "include/linux/kconfig.h"}
    assert set(found.files) == {INIT, "mm/execmem.c", *headers}
    assert found.files[HEADER] == PGTABLE_H


@pytest.mark.parametrize("config", ["", "CONFIG_MMU=y\n"])
def test_the_configuration_that_is_named_goes_before_the_trees_own(tmp_path: Path, config: str) -> None:
    top = tree(tmp_path / "tree", source(table()))
    (tmp_path / "config").write_text(config + "CONFIG_MODULES=y\nCONFIG_NIOS2_KERNEL_REGION_BASE=0xd0000000\n")
    found = read_whole(str(top), Settings(arch="nios2", kernel_config=str(tmp_path / "config")))
    assert made(found, "machine", "symbols.MODULES_VADDR")
    assert found.reading.tables[0].params.types[0].ranges[0].start.value == 0xCE000000
