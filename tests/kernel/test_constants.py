"""A machine's constants: those of the profile, or those that the tree has, and what was assumed for them.

Without it, a machine's constant could be taken from the profile where the tree says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from modalloc_model.descriptor import Settings, read_text
from modalloc_model.engine import Options, verify_table
from modalloc_model.kernel.document import documents
from modalloc_model.kernel.importing import Imported, Request, import_sets
from modalloc_model.kernel.tables import read_tree
from modalloc_model.words import evaluate
from tests.kernel.trees import PGTABLE_H, only, row, shown, source, table, tree, warnings

ARM64_H = """\
#define PAGE_SHIFT	CONFIG_ARM64_PAGE_SHIFT
#define VA_BITS_MIN	VA_BITS
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define VA_BITS		(CONFIG_ARM64_VA_BITS)
#define HALF		(1UL << (VA_BITS - 1))
#define MODULES_VADDR	(-HALF)
#define MODULES_END	(MODULES_VADDR + 0x80000000)
#define KIMAGE_VADDR	MODULES_END
#define VMALLOC_START	MODULES_END
#define MAP_SIZE	((HALF >> PAGE_SHIFT) * sizeof(struct page))
#define VMALLOC_END	(-0x40000000UL - MAP_SIZE - 0x800000)
typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x)	((pgprot_t) { (x) })
#define PTE_VALID	1UL
#define PTE_WRITE	(1UL << 51)
#define PTE_RDONLY	(1UL << 7)
#define PTE_PXN		(1UL << 53)
#define PAGE_KERNEL	__pgprot(PTE_VALID | PTE_WRITE | PTE_PXN)
"""


def arm64(top: Path, shift: int = 14, bits: int = 47, defines: Mapping[str, str] | None = None) -> Imported:
    """A tree whose vmalloc area ends where the page structures begin."""
    files = {
        "arch/arm64/mm/init.c": source(table("MODULES_VADDR", "VMALLOC_END", "PAGE_KERNEL")),
        "arch/arm64/include/asm/pgtable.h": ARM64_H,
        ".config": f"CONFIG_MMU=y\nCONFIG_MODULES=y\nCONFIG_ARM64_PAGE_SHIFT={shift}\nCONFIG_ARM64_VA_BITS={bits}\n",
    }
    return import_sets(Request("arm64", str(tree(top, source(table()), files)), defines=defines or {}))


@pytest.mark.parametrize(
    ("shift", "bits", "end"),
    [(12, 48, 0xFFFFFDFFBF800000), (12, 39, 0xFFFFFFFEBF800000), (14, 47, 0xFFFFFFBFBF800000)],
)
def test_what_rests_on_page_and_address_size_is_the_trees(tmp_path: Path, shift: int, bits: int, end: int) -> None:
    result = arm64(tmp_path, shift, bits)
    assert shown(row(only(result)).fields["end0"]) == hex(end)
    (reading,) = [read_text(text.encode(), "t.yaml", Settings()) for text in documents(result).values()]
    machine = reading.tables[0].params.machine
    assert (machine.page.value, machine.symbols["MODULES_VADDR"].value) == (1 << shift, (1 << 64) - (1 << (bits - 1)))
    assert evaluate(machine.symbols["VMALLOC_END"], {"wide_va": 0}) == end


def test_what_the_profile_leaves_to_the_boot_and_the_tree_does_not_is_the_trees(tmp_path: Path) -> None:
    """How many pages the fixed mappings take, the configuration says: nothing is outside of the window."""
    header = PGTABLE_H + "#define FIXADDR_START 0xdfff7000\n#define VMALLOC_START 0xc0000000\n"
    files = {
        "arch/sh/mm/init.c": source(table("VMALLOC_START", "VMALLOC_END")),
        "arch/sh/include/asm/pgtable.h": header + "#define VMALLOC_END (FIXADDR_START - 2 * PAGE_SIZE)\n",
    }
    reading = read_tree(str(tree(tmp_path, "", files)), Settings(arch="sh"))
    report = verify_table(reading.tables[0].params, Options(select=frozenset({"RNG005"})))
    assert {result.verdict.value for result in report.results} == {"proved"}


def test_what_is_taken_for_granted_is_said_once(tmp_path: Path) -> None:
    assert warnings(arm64(tmp_path)).count("sizeof(struct page) is taken as 64") == 1


def test_what_the_hardware_decides_is_the_profiles(tmp_path: Path) -> None:
    """How many bits of address there are, a register says: the value in the table is in the profile's words."""
    actual = "#define vabits_actual (64 - read_tcr())\nstatic inline unsigned long read_tcr(void)\n{\n"
    actual += '\tunsigned long tcr;\n\tasm("mrs %0, tcr_el1" : "=r"(tcr));\n\treturn tcr;\n}\n'
    top = tree(
        tmp_path, "", {"arch/arm64/mm/init.c": source(table("MODULES_VADDR", "0xffff800000000000 + vabits_actual"))}
    )
    (top / "arch/arm64/include/asm").mkdir(parents=True)
    (top / "arch/arm64/include/asm/pgtable.h").write_text(ARM64_H + actual + "#define PAGE_KERNEL_EXEC PAGE_KERNEL\n")
    (top / ".config").write_text("CONFIG_MODULES=y\nCONFIG_ARM64_PAGE_SHIFT=12\nCONFIG_ARM64_VA_BITS=52\n")
    result = import_sets(Request("arm64", str(top)))
    assert shown(row(only(result)).fields["end0"]) == "0xffff800000000000 + vabits_actual"
    assert "vabits_actual could not be computed (tcr, which assembly may change)" in warnings(result)


def test_the_caller_may_say_otherwise(tmp_path: Path) -> None:
    result = arm64(tmp_path, defines={"sizeof(struct page)": "128"})
    assert shown(row(only(result)).fields["end0"]) == hex(0xFFFFFF7FBF800000)
    assert "is taken as" not in warnings(result)


def test_a_constant_that_cannot_be_computed_is_said_to_be_the_profiles(tmp_path: Path) -> None:
    header = PGTABLE_H.replace("(REGION - 1)", "(region_end - 1)") + "extern unsigned long region_end;\n"
    top = tree(tmp_path, source(table("MODULES_VADDR", "MODULES_VADDR + SZ_32M")))
    (top / "arch/nios2/include/asm/pgtable.h").write_text(header)
    said = warnings(import_sets(Request("nios2", str(top))))
    where = "MODULES_END could not be computed (region_end, which is set elsewhere)"
    assert f"{where}: the value of the profile nios2, 0xbfffffff, stands" in said


_LOST = PGTABLE_H.replace("(REGION - SZ_32M)", "(area_start + 0)") + "extern unsigned long area_start;\n"


def test_a_value_that_rests_on_such_a_constant_names_it(tmp_path: Path) -> None:
    files = {"arch/nios2/include/asm/pgtable.h": _LOST}
    result = import_sets(Request("nios2", str(tree(tmp_path, source(table("MODULES_VADDR + PAGE_SIZE")), files))))
    assert shown(row(only(result)).fields["start0"]) == "MODULES_VADDR + 0x1000"
    assert only(result).drawn == ()
    assert warnings(result).count("MODULES_VADDR could not be computed") == 1


def test_an_argument_that_is_such_a_constant_names_it(tmp_path: Path) -> None:
    alloc = (
        "#include <asm/pgtable.h>\nvoid *module_alloc(unsigned long size)\n{\n\treturn __vmalloc_node_range(size, 1, "
        "VMALLOC_START, VMALLOC_END, 0, PAGE_KERNEL_EXEC, 0, 0, 0);\n}\n"
    )
    header = PGTABLE_H.replace("CONFIG_NIOS2_KERNEL_REGION_BASE", "0xc0000000UL").replace("MODULES_END", "VMALLOC_END")
    header = header.replace("MODULES_VADDR	(REGION - SZ_32M)", "VMALLOC_START ((area_start + 8) & ~7UL)")
    files = {
        "arch/hexagon/include/asm/pgtable.h": f"{header}extern unsigned long area_start;\n",
        "arch/hexagon/kernel/module.c": alloc,
    }
    top = tree(tmp_path, "", files, version="6 1 0")
    (top / "mm/execmem.c").unlink()
    found = row(only(import_sets(Request("hexagon", str(top)))), "MODULE").fields
    assert (shown(found["start0"]), shown(found["end0"])) == ("VMALLOC_START", "0xbfffffff")


def test_a_condition_on_what_no_row_has_is_left_out(tmp_path: Path) -> None:
    """Such as whether a range was given at all, of a value that could not be followed."""
    body = "\tif (!somewhere)\n\t\t__bad_start();\n" + table()
    result = import_sets(Request("nios2", str(tree(tmp_path, source(body, "extern unsigned long somewhere;")))))
    assert (only(result).constraints, only(result).drawn) == ((), ())


def test_a_path_is_taken_by_the_trees_page_size(tmp_path: Path) -> None:
    """The profile's pages are of 4 KiB: its low memory ends at a multiple of these."""
    body = "\tunsigned long start = MODULES_VADDR;\n\tif (VMALLOC_START & (PAGE_SIZE - 1))\n\t\tstart = 0;\n"
    files = {
        "arch/hexagon/mm/init.c": source(body + table("start", "0xfe000000", "PAGE_KERNEL")),
        "arch/hexagon/include/asm/pgtable.h": PGTABLE_H.replace("PAGE_SHIFT	12", "PAGE_SHIFT	16")
        + "#define VMALLOC_START high_memory\n#undef REGION\n#define REGION 0xc0000000\nextern char *high_memory;\n",
    }
    result = import_sets(Request("hexagon", str(tree(tmp_path, source(table()), files))))
    assert result.placed[0].constants.defines["PAGE_SIZE"][0] == 0x10000
    assert [shown(row(placed.set).fields["start0"]) for placed in result.placed] == ["0xbe000000"]


def test_bounds_in_pages_follow_the_page_size() -> None:
    text = "arch: powerpc-8xx\ndefine: {PAGE_SIZE: 0x4000}\ntypes: {TEXT: {mapto: TEXT}}\n"
    reading = read_text(text.encode(), "t.yaml", Settings())
    unknowns = {one.name: one for one in reading.tables[0].params.machine.unknowns}
    assert [one.step for one in unknowns.values()] == [0x4000] * len(unknowns)
    assert (unknowns["text_size"].low, unknowns["text_size"].high) == (1, 0x800)
    assert unknowns["high_memory"].low * 0x4000 == 0xC2000000
    assert unknowns["text_size"].text == "PAGE_SIZE * k, 1 <= k <= 2048"


def test_bounds_that_a_table_brings_are_as_they_are_written() -> None:
    text = (
        "arch: powerpc-8xx\ndefine: {PAGE_SIZE: 0x4000}\ntypes: {TEXT: {mapto: TEXT}}\n"
        "unknowns: {mine: {step: PAGE_SIZE, k: [3, 5], source: here}}\n"
    )
    machine = read_text(text.encode(), "t.yaml", Settings()).tables[0].params.machine
    (mine,) = [one for one in machine.unknowns if one.name == "mine"]
    assert (mine.low, mine.high) == (3, 5)
