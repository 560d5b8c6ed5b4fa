"""Linux's own tables: struct execmem_info in C and YAML, module_alloc() in YAML, and what they leave out.

Without it, a default of Linux's own tables could be read as zero.
"""

from __future__ import annotations

import pytest

from modalloc_model.descriptor import read_path
from modalloc_model.descriptor.reading import Settings
from modalloc_model.params import ParamSet
from modalloc_model.paths import spec_root
from tests.descriptor.writing import one, read, said

ENTRY = ".start = MODULES_BASE, .end = MODULES_END, .pgprot = PAGE_KERNEL_EXEC, .alignment = 1,"
SETUP = "struct execmem_info __init *execmem_arch_setup(void)\n{\n\texecmem_info = (struct execmem_info){\n"


def execmem(entries: str, arch: str = "x86_64-nokaslr", **settings: object) -> ParamSet:
    """What execmem_arch_setup() with these entries is read as."""
    text = SETUP + ".ranges = {\n" + entries + "},\n};\n\treturn &execmem_info;\n}\n"
    return one(text, arch=arch, **settings)  # type: ignore[arg-type]


def test_the_literal_inside_execmem_arch_setup_is_a_table() -> None:
    table = execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} }},")
    assert (table.id, table.dialect.name) == ("f:execmem_info", "execmem")
    assert [t.name for t in table.roots] == ["MODULE_TEXT", "MODULE_DATA"]


def test_an_initialised_variable_is_the_same_table() -> None:
    text = (
        f"static struct execmem_info x __ro_after_init = {{ .ranges = {{ [EXECMEM_MODULE_TEXT] = {{ {ENTRY} }} }} }};"
    )
    table, other = one(text, arch="x86_64-nokaslr"), execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} }},")
    assert [t.ranges for t in table.types] == [t.ranges for t in other.types]


def test_a_declaration_is_no_table() -> None:
    text = "struct execmem_info *execmem_info;\nstruct execmem_info { struct execmem_range ranges[5]; };"
    assert read(text).tables == ()


def test_types_left_out_copy_the_default_and_data_gets_its_own_protection() -> None:
    table = execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} }}, [EXECMEM_BPF] = {{ .start = 0x1000, .pgprot = PAGE_KERNEL }},")
    found = {t.name: (t.ranges[0].start.value, t.protection.name, t.mapto) for t in table.types}
    base = 0xFFFFFFFFA0000000
    assert found == {
        "MODULE_TEXT": (base, "PAGE_KERNEL_EXEC", 0),
        "KPROBES": (base, "PAGE_KERNEL_EXEC", 1),
        "FTRACE": (base, "PAGE_KERNEL_EXEC", 2),
        "BPF": (0x1000, "PAGE_KERNEL", 3),
        "MODULE_DATA": (base, "PAGE_KERNEL", 4),
    }


def test_ends_are_exclusive_and_blocks_are_pages() -> None:
    text = execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} }},").type("MODULE_TEXT")
    assert text.ranges[0].last.value == 0xFFFFFFFFFEFFFFFF
    assert (text.granularity.value, text.alignment.value) == (4096, 4096)


@pytest.mark.parametrize(("written", "meant"), [("1", 4096), ("0x10000", 0x10000), ("0", 0), ("48", 48)])
def test_an_alignment_below_a_page_is_a_page_unless_it_is_no_power_of_two(written: str, meant: int) -> None:
    table = execmem(f"[EXECMEM_DEFAULT] = {{ .start = MODULES_BASE, .end = MODULES_END, .alignment = {written} }},")
    assert table.types[0].alignment.value == meant


def test_the_fallback_counts_where_it_starts_above_zero() -> None:
    with_it = ".fallback_start = 0x2000, .fallback_end = 0x8000"
    table = execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} {with_it} }},")
    assert (table.types[0].second.value, table.types[0].ranges[1].last.value) == (1, 0x7FFF)
    assert execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} }},").types[0].second.value == 0


def test_the_rox_cache_carves_large_pages() -> None:
    table = execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} .flags = EXECMEM_KASAN_SHADOW | EXECMEM_ROX_CACHE }},")
    text = table.types[0]
    assert (text.granularity.value, text.alignment.value, text.reuses.value) == (4096, 4096, 1)
    assert text.large is not None and text.large.value == 1 << 21
    assert (text.protection.write.value, text.protection.execute.value) == (0, 1)  # whatever `pgprot` says
    assert (text.fill_name, text.invalidate_name) == ("execmem_alloc_rw", "execmem_fill_trapping_insns")


@pytest.mark.parametrize(
    ("arch", "protect", "claims"), [("x86_64", "by-loader", ("strict-rwx",)), ("nios2", "at-map", ())]
)
def test_the_loader_protects_where_the_machine_selects_it(arch: str, protect: str, claims: tuple[str, ...]) -> None:
    text = "[EXECMEM_DEFAULT] = { .start = MODULES_VADDR, .end = MODULES_END, .pgprot = PAGE_KERNEL, .alignment = 1 },"
    assume = execmem(text, arch=arch).assumptions
    assert (assume.protect, assume.claims) == (protect, claims)
    assert (assume.free_access, assume.arbiter, assume.guard) == ("restored", "shared", "page")


def test_the_caller_still_decides() -> None:
    table = execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} }},", assume={"protect": "at-map", "guard": "none"})
    assert (table.assumptions.protect, table.assumptions.guard) == ("at-map", "none")


def test_the_mails_tables_do_not_follow_the_machine() -> None:
    assume = one("types: {}", arch="x86_64").assumptions
    assert (assume.protect, assume.claims) == ("at-map", ())


def test_yaml_names_ranges_and_the_default() -> None:
    text = (
        "dialect: execmem\ntypes:\n  DEFAULT: {ranges: [{start: MODULES_BASE, end: MODULES_END}, {start: 8, end: 9}],"
        " alignment: 1, pgprot: PAGE_KERNEL_EXEC}\n"
    )
    table = one(text, path="f.yaml", arch="x86_64-nokaslr")
    assert table.types[0].ranges[1].start.value == 8
    assert set(table.types[0].where) >= {"start0", "end0", "start1", "end1"}
    assert table.type("MODULE_DATA").protection.name == "PAGE_KERNEL"


def test_module_alloc_is_one_type_for_everything() -> None:
    text = "dialect: module_alloc\ntypes: {MODULE: {ranges: [{start: MODULES_BASE, end: MODULES_END}], alignment: 1}}\n"
    table = one(text, path="f.yaml", arch="x86_64-nokaslr")
    assert [root.name for root in table.roots] == ["MODULE"]
    assert len(table.sections_of(table.roots[0])) == 7


def test_data_may_have_a_range_of_its_own() -> None:
    text = (
        "dialect: module_alloc\ntypes:\n  MODULE: {ranges: [{start: MODULES_BASE, end: MODULES_END}], alignment: 1}\n"
        "  DATA: {ranges: [{start: 0x1000, end: 0x9000}], alignment: 1}\n"
    )
    table = one(text, path="f.yaml", arch="x86_64-nokaslr")
    assert [root.name for root in table.roots] == ["MODULE", "DATA"]


def test_a_misspelt_range_is_pointed_at() -> None:
    reading = read("struct execmem_info x = { .ranges = {\n[EXECMEM_DEFALT] = { .strat = 1 },\n}, };")
    assert {code for _, _, code in said(reading)} == {"unknown-type", "unknown-field"}


@pytest.mark.parametrize(
    ("name", "warned"), [("x86_32-6.12-pae.c", True), ("generic-um-6.12.c", True), ("sparc64-6.12.c", False)]
)
def test_a_length_with_its_operands_swapped_is_said(name: str, warned: bool) -> None:
    reading = read_path(str(spec_root() / "params" / "linux" / name), Settings())
    assert [p.code for p in reading.problems] == (["length"] if warned else [])
    assert all("MODULES_LEN is MODULES_VADDR - MODULES_END" in p.message for p in reading.problems)
