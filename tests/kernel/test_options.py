"""What a configuration decides of a kernel's table: is it built, who takes memory from it, what the loader protects.

Without it, an option could be ignored, and the table be that of another configuration.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modalloc_model.concrete import letters
from modalloc_model.descriptor import Settings, read_text
from modalloc_model.engine import Options, verify_table
from modalloc_model.kernel.tables import read_tree
from modalloc_model.params import ParamSet, Range
from tests.cli.running import document, modalloc
from tests.kernel.test_import import PREPROCESSED
from tests.kernel.trees import CONFIG, source, table, tree

_STRICT, _SETS = "CONFIG_STRICT_MODULE_RWX=y\n", "CONFIG_ARCH_HAS_SET_MEMORY=y\n"
_OFF = CONFIG.replace("CONFIG_MODULES=y\n", "# CONFIG_MODULES is not set\n")

GENERIC_61 = """\
#include <asm/pgtable.h>
void *module_alloc(unsigned long size)
{
	return __vmalloc_node_range(size, 1, MODULES_VADDR, MODULES_END, 0, PAGE_KERNEL, 0, 0, 0);
}
"""


def _tables(top: Path, config: str, init: str = "") -> tuple[ParamSet, ...]:
    reading = read_tree(str(tree(top, init or source(table()), {".config": config})), Settings(arch="nios2"))
    assert not [problem for problem in reading.problems if problem.severity == "error"]
    return tuple(one.params for one in reading.tables)


def _older(top: Path, config: str, text: str = GENERIC_61, path: str = "arch/nios2/kernel/module.c") -> ParamSet:
    tree(top, "", {".config": config, path: text}, "6 9 0")
    (top / "mm/execmem.c").unlink()
    reading = read_tree(str(top), Settings(arch="nios2-6.1"))
    assert not [problem for problem in reading.problems if problem.severity == "error"]
    return reading.tables[0].params


def _refused(top: Path, config: str, version: str = "6 12 0") -> tuple[str, int]:
    tree(top, source(table()), {".config": config}, version)
    (problem,) = read_tree(str(top), Settings(arch="nios2")).problems
    return problem.message, problem.where.line


def _allowed(table: ParamSet, name: str) -> str:
    return letters(table.type(name).protection, {})


# -- the loader ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "protect", "claims"), [(_STRICT, "by-loader", ("strict-rwx",)), ("", "at-map", ())], ids=["strict", "not"]
)
def test_the_configuration_decides_what_is_claimed_and_what_the_loader_does(
    tmp_path: Path, more: str, protect: str, claims: tuple[str, ...]
) -> None:
    (found,) = _tables(tmp_path, CONFIG + more)
    assert (found.assumptions.protect, found.assumptions.claims) == (protect, claims)


def test_a_table_that_says_nothing_is_as_the_profile_has_it() -> None:
    text = b"dialect: execmem\narch: x86_64\n%stypes: {DEFAULT: {pgprot: PAGE_KERNEL}}\n"
    said = [read_text(text % more, "t.yaml", Settings()) for more in (b"", b"configuration: {STRICT_MODULE_RWX: n}\n")]
    assert [reading.tables[0].params.assumptions.claims for reading in said] == [("strict-rwx",), ()]


def test_an_option_that_is_neither_y_nor_n_is_refused() -> None:
    text = b"dialect: execmem\narch: nios2\nconfiguration: {STRICT_MODULE_RWX: maybe}\ntypes: {DEFAULT: null}\n"
    (problem,) = read_text(text, "t.yaml", Settings()).problems
    assert (problem.where.line, problem.message) == (3, "STRICT_MODULE_RWX is 'maybe', not y or n")


@pytest.mark.parametrize(
    ("more", "text"),
    [("", "rw-"), (_SETS, "rwx"), (_SETS + _STRICT, "rw-")],
    ids=["no set_memory", "set_memory", "strict"],
)
def test_without_strict_rwx_the_loader_makes_text_executable_and_nothing_else(
    tmp_path: Path, more: str, text: str
) -> None:
    (found,) = _tables(tmp_path, CONFIG + more, source(table(prot="PAGE_KERNEL")))
    assert (_allowed(found, "MODULE_TEXT"), _allowed(found, "MODULE_DATA")) == (text, "rw-")


def test_before_execmem_text_alone_becomes_executable(tmp_path: Path) -> None:
    found = _older(tmp_path, CONFIG + _SETS)
    assert (_allowed(found, "MODULE"), _allowed(found, "DATA")) == ("rwx", "rw-")
    assert found.type("DATA").ranges == found.type("MODULE").ranges


def test_text_that_can_be_executed_as_mapped_is_left_alone(tmp_path: Path) -> None:
    (found,) = _tables(tmp_path, CONFIG + _SETS)
    assert found.type("MODULE_TEXT").protection.name == "PAGE_KERNEL_EXEC"


# -- memory that is asked for in other words ---------------------------------------------------------------------------

_ASKS = "#include <asm/pgtable.h>\nvoid *module_alloc(unsigned long size)\n{\n\treturn CALL;\n}\n"
_VMALLOC = "#define VMALLOC_START 0x80000000\n#define VMALLOC_END 0xbdffffff\n"


def test_vmalloc_is_all_of_the_vmalloc_area(tmp_path: Path) -> None:
    found = _older(tmp_path, CONFIG, _VMALLOC + _ASKS.replace("CALL", "vmalloc(size)"))
    first = found.type("MODULE").ranges[0]
    assert (first.start.value, first.end.value) == (0x80000000, 0xBDFFFFFF)
    assert (_allowed(found, "MODULE"), found.assumptions.guard) == ("rw-", "page")


def test_kmalloc_is_the_linear_map_without_a_guard_page(tmp_path: Path) -> None:
    found = _older(tmp_path, CONFIG, _ASKS.replace("CALL", "size ? kmalloc(size, 0) : 0"))
    assert found.assumptions.guard == "none"
    assert found.type("MODULE").ranges[0] == Range.from_bounds(
        found.machine.symbols["PAGE_OFFSET"], found.machine.symbols["high_memory"], inclusive=False
    )


def test_kmalloc_on_a_machine_without_a_known_linear_map_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "", {"arch/openrisc/kernel/module.c": _ASKS.replace("CALL", "kmalloc(size, 0)")}, "6 9 0")
    (tmp_path / "mm/execmem.c").unlink()
    (problem,) = read_tree(str(tmp_path), Settings(arch="openrisc")).problems
    assert (problem.code, "kmalloc()" in problem.message) == ("no-table", True)


def test_a_function_that_the_configuration_leaves_out_is_the_kernels_own(tmp_path: Path) -> None:
    own = "kernel/module/main.c"
    (tmp_path / own).parent.mkdir(parents=True)
    (tmp_path / own).write_text(GENERIC_61.replace("void *m", "void * __weak m").replace("MODULES_VADDR", "0xb0000000"))
    found = _older(tmp_path, CONFIG, f"#ifdef CONFIG_X\n{GENERIC_61}#endif\n")
    assert (found.path, found.type("MODULE").ranges[0].start.value) == (own, 0xB0000000)


# -- is it built -----------------------------------------------------------------------------------------------------


def test_a_table_of_code_that_is_not_built_is_refused(tmp_path: Path) -> None:
    message, line = _refused(tmp_path, _OFF)
    assert message.startswith("CONFIG_EXECMEM is not set in .config: execmem_arch_setup() of arch/nios2/mm/init.c")
    assert line == 1
    told = modalloc("verify", tmp_path, "--arch", "nios2", "--kernel-config", tmp_path / ".config")
    assert (told.returncode, "is not built" in told.stderr) == (2, True)


def test_before_execmem_modules_alone_build_it(tmp_path: Path) -> None:
    tree(tmp_path, "", {".config": _OFF, "arch/nios2/kernel/module.c": GENERIC_61}, "6 9 0")
    (tmp_path / "mm/execmem.c").unlink()
    (problem,) = read_tree(str(tmp_path), Settings(arch="nios2-6.1")).problems
    assert problem.message.startswith("CONFIG_MODULES is not set in .config: module_alloc()")
    assert problem.where.line == 1 + _OFF[: _OFF.index("# CONFIG_MODULES")].count("\n")


def test_an_option_taken_away_on_the_command_line_counts(tmp_path: Path) -> None:
    tree(tmp_path, source(table()))
    told = modalloc("import", tmp_path, "--arch", "nios2", "-D", "CONFIG_EXECMEM=n")
    assert (told.returncode, "CONFIG_EXECMEM is not set" in told.stderr) == (2, True)


# -- who takes memory ------------------------------------------------------------------------------------------------


def _json(top: Path, config: str) -> Any:
    tree(top, source(table()), {".config": config})
    (found,) = document(modalloc("verify", top, "--arch", "nios2", "--format", "json"))["tables"]
    return found


def test_without_modules_the_types_are_those_that_somebody_takes_memory_from(tmp_path: Path) -> None:
    found = _json(tmp_path, _OFF + "CONFIG_EXECMEM=y\nCONFIG_KPROBES=y\nCONFIG_BPF_JIT=y\n")
    judged = [result for result in found["results"] if result["rule"] in ("RNG003", "RNG005", "ALN001")]
    spoken_of = {name for result in judged for name in result["types"]}
    assert spoken_of == {"KPROBES", "BPF"}
    assert found["dialect"] == "execmem-without-modules"
    assert {result["verdict"] for result in judged} == {"proved"}


def test_without_modules_a_type_that_is_left_out_has_the_default_range(tmp_path: Path) -> None:
    (found,) = _tables(tmp_path, _OFF + "CONFIG_EXECMEM=y\nCONFIG_KPROBES=y\n")
    assert found.type("KPROBES").ranges[0].start.value == 0xBE000000
    assert [one.name for one in found.allocated_from] == ["KPROBES"]


def test_a_table_that_nobody_takes_memory_from_is_refused(tmp_path: Path) -> None:
    message, line = _refused(tmp_path, _OFF + "CONFIG_EXECMEM=y\n")
    assert line == 1 + _OFF[: _OFF.index("# CONFIG_MODULES")].count("\n")
    assert message == "CONFIG_MODULES is not set in .config, and nothing else takes memory from the table"


# -- what Kconfig does not write --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("CONFIG_PAGE_SIZE_64KB=y\nCONFIG_PAGE_SHIFT=12\n", "CONFIG_PAGE_SIZE_64KB=y, CONFIG_PAGE_SHIFT=12"),
        ("CONFIG_ARM64_4K_PAGES=y\nCONFIG_ARM64_16K_PAGES=y\n", "CONFIG_ARM64_4K_PAGES=y, CONFIG_ARM64_16K_PAGES=y"),
    ],
)
def test_a_configuration_with_two_sizes_of_a_page_is_refused(tmp_path: Path, more: str, said: str) -> None:
    message, line = _refused(tmp_path, CONFIG + more)
    assert message == f"{said} contradict each other about the page size"
    assert line == CONFIG.count("\n") + 1


def test_a_configuration_may_say_the_size_of_a_page_twice(tmp_path: Path) -> None:
    assert _tables(tmp_path, CONFIG + "CONFIG_PAGE_SIZE_4KB=y\nCONFIG_PAGE_SHIFT=12\nCONFIG_HAVE_PAGE_SIZE_64KB=y\n")


# -- the verdict's head ----------------------------------------------------------------------------------------------


def test_the_verdict_names_the_options_that_it_rests_on(tmp_path: Path) -> None:
    found = _json(tmp_path, CONFIG)
    assert found["configuration"] == {"EXECMEM": "y", "MODULES": "y", "STRICT_MODULE_RWX": "n"}
    told = modalloc("verify", tmp_path, "--arch", "nios2")
    assert "  configured CONFIG_EXECMEM=y, CONFIG_MODULES=y, CONFIG_STRICT_MODULE_RWX=n\n" in told.stdout


def test_a_table_that_is_from_no_tree_has_no_configuration() -> None:
    found = document(modalloc("verify", "spec/params/nios2-16m.c", "--format", "json"))["tables"][0]
    assert not {"configuration", "assumed"} & set(found)


# -- KASAN -----------------------------------------------------------------------------------------------------------

_SHADOWED = table().replace(".alignment = 1,", ".alignment = ALIGNED,\n\t\t\t\t.flags = EXECMEM_KASAN_SHADOW,")
_GENERIC_KASAN, _TAGS = "CONFIG_KASAN=y\nCONFIG_KASAN_GENERIC=y\n", "CONFIG_KASAN=y\nCONFIG_KASAN_SW_TAGS=y\n"


@pytest.mark.parametrize(
    ("more", "aligned", "verdict"),
    [
        ("", "1", "not-applicable"),
        (_GENERIC_KASAN, "0x4000", "refuted"),
        (_GENERIC_KASAN, "0x8000", "proved"),
        (_GENERIC_KASAN + "CONFIG_KASAN_VMALLOC=y\n", "1", "not-applicable"),
        (_TAGS, "0x8000", "refuted"),
        (_TAGS, "0x10000", "proved"),
        ("CONFIG_KASAN=y\nCONFIG_KASAN_HW_TAGS=y\n", "1", "not-applicable"),
    ],
)
def test_kasan_without_vmalloc_wants_an_alignment_by_its_scale(
    tmp_path: Path, more: str, aligned: str, verdict: str
) -> None:
    (found,) = _tables(tmp_path, CONFIG + more, source(_SHADOWED.replace("ALIGNED", aligned)))
    report = verify_table(found, Options(select=frozenset({"ALN006"})))
    assert {result.verdict.value for result in report.results} == {verdict}


def test_a_type_that_asks_for_no_shadow_needs_no_alignment(tmp_path: Path) -> None:
    (found,) = _tables(tmp_path, CONFIG + _GENERIC_KASAN)
    assert found.machine.kasan_alignment is None


def test_before_execmem_a_call_asks_for_shadow(tmp_path: Path) -> None:
    text = GENERIC_61.replace("{\n\treturn", "{\n\tvoid *p =").replace(
        "0, 0);\n", "0, 0);\n\n\treturn p && kasan_alloc_module_shadow(p, size, 0) < 0 ? 0 : p;\n"
    )
    found = _older(tmp_path, CONFIG + _GENERIC_KASAN, text)
    assert found.machine.kasan_alignment is not None
    assert found.machine.kasan_alignment.value == 0x8000


# -- what the profile stands in for ----------------------------------------------------------------------------------


def test_a_name_that_the_tree_gives_no_value_is_named_as_the_profiles(tmp_path: Path) -> None:
    body = "extern unsigned long VMALLOC_START;\n" + source(table("VMALLOC_START", "MODULES_END"))
    tree(tmp_path, body)
    (found,) = document(modalloc("verify", tmp_path, "--arch", "nios2", "--format", "json"))["tables"]
    assert found["assumed"] == ["VMALLOC_START"]
    told = modalloc("verify", tmp_path, "--arch", "nios2")
    assert "  assumed    from the profile: VMALLOC_START\n" in told.stdout


def test_a_constant_that_cannot_be_computed_is_named_as_the_profiles(tmp_path: Path) -> None:
    tree(tmp_path, "#define KERNEL_REGION_BASE set_by_a_linker_script\n" + source(table()))
    (found,) = document(modalloc("verify", tmp_path, "--arch", "nios2", "--format", "json"))["tables"]
    assert found["assumed"] == ["KERNEL_REGION_BASE"]


def test_a_protection_that_is_not_read_is_named_as_the_profiles(tmp_path: Path) -> None:
    tree(tmp_path, source(table(prot="PAGE_KERNEL_EXEC"), "#undef _PAGE_READ\n#define _PAGE_READ unread\n"))
    (found,) = document(modalloc("verify", tmp_path, "--arch", "nios2", "--format", "json"))["tables"]
    assert found["assumed"] == ["PAGE_KERNEL_EXEC"]


def test_a_table_that_was_read_whole_assumes_nothing(tmp_path: Path) -> None:
    assert _json(tmp_path, CONFIG)["assumed"] == []
    assert "from the profile" not in modalloc("verify", tmp_path, "--arch", "nios2").stdout


def test_what_no_configuration_decides_is_the_profiles(tmp_path: Path) -> None:
    file = tmp_path / "init.i"
    file.write_text(PREPROCESSED)
    told = modalloc("import", "--arch", "nios2", "--preprocessed", file)
    assert "assumed: [STRICT_MODULE_RWX]\n" in told.stdout
    (read,) = read_text(told.stdout.encode(), "t.yaml", Settings()).tables
    assert (read.params.assumptions.protect, read.params.assumptions.claims) == ("at-map", ())


def test_a_type_whose_memory_nobody_takes_is_not_judged_beside_the_loader(tmp_path: Path) -> None:
    """CONFIG_KPROBES=n: what the table says of KPROBES is read, and no page of it is ever mapped."""
    slots = table().replace("[EXECMEM_DEFAULT]", "[EXECMEM_KPROBES] = {.start = MODULES_VADDR, .end = MODULES_END, "
                            ".pgprot = PAGE_KERNEL_EXEC, .alignment = 1}, [EXECMEM_DEFAULT]")  # fmt: skip
    spoken = []
    for number, more in enumerate(("", "# CONFIG_KPROBES is not set\n")):
        top = tmp_path / str(number)
        top.mkdir()
        reading = read_tree(str(tree(top, source(slots), {".config": CONFIG + more})), Settings(arch="nios2"))
        (one,) = reading.tables
        spoken.append({r.rule for r in verify_table(one.params).results if r.subject == "KPROBES"})
        assert one.params.configuration.get("KPROBES") == ("n" if more else None)
    assert "RNG005" in spoken[0] and "RNG005" not in spoken[1]
