"""Which profile a kernel has: one for each configuration and choice of the boot, or none, and then it is said.

Without it, a table could be judged on the wrong machine's profile.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from modalloc_model.descriptor import Settings
from modalloc_model.kernel.architectures import ARCHITECTURES, SYM32, Architecture, Variant
from modalloc_model.kernel.configuration import Configuration
from modalloc_model.kernel.makefiles import with_makefiles
from modalloc_model.kernel.tables import read_tree
from modalloc_model.kernel.tree import KernelError, open_tree
from modalloc_model.paths import spec_root
from tests.kernel.trees import source, table, tree

VERSIONS = ((6, 1), (6, 9), (6, 10), (6, 12), (6, 13), (7, 3))


def _of(architecture: Architecture, version: tuple[int, int]) -> list[Variant]:
    return [variant for variant in architecture.variants if variant.since <= version < variant.before]


def _fitting(variants: list[Variant], options: dict[str, bool]) -> list[Variant]:
    return [v for v in variants if all(options[name] is held for name, held in v.options.items())]


@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
def test_at_most_one_profile_is_of_a_configuration(architecture: Architecture, version: tuple[int, int]) -> None:
    variants = _of(architecture, version)
    names = sorted({name for variant in variants for name in variant.options})
    reached: set[str] = set()
    for held in product((False, True), repeat=len(names)):
        fitting = _fitting(variants, dict(zip(names, held, strict=True)))
        assert set(Counter(tuple(v.choices.items()) for v in fitting).values()) <= {1}
        reached |= {variant.profile for variant in fitting}
    assert reached == {variant.profile for variant in variants}


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
def test_every_variant_has_its_profile(architecture: Architecture) -> None:
    profiles = {file.stem for file in (spec_root() / "arch").glob("*.yaml")}
    assert {variant.profile for variant in architecture.variants} <= profiles


_ARM = ("MMU", "HIGHMEM", "ARM_MODULE_PLTS")
_POWER = "PPC_BOOK3S_64"


@pytest.mark.parametrize(
    ("arch", "options", "profile"),
    [
        ("arm", _ARM, "arm"),
        ("arm", ("MMU", "ARM_MODULE_PLTS"), "arm-nohighmem"),
        ("arm", ("MMU", "HIGHMEM"), "arm-noplts"),
        ("arm", (*_ARM, "THUMB2_KERNEL"), "arm-thumb2"),
        ("arm", ("MMU", "HIGHMEM", "THUMB2_KERNEL"), "arm-thumb2-noplts"),
        ("arm", ("MMU", "THUMB2_KERNEL", "ARM_MODULE_PLTS"), "arm-thumb2-nohighmem"),
        ("arm", ("MMU",), "arm-noplts-nohighmem"),
        ("arm", (*_ARM, "VMSPLIT_2G"), ""),
        ("arm", (*_ARM, "XIP_KERNEL"), ""),
        ("arm", (), "nommu"),
        ("arm", ("STRICT_MODULE_RWX",), ""),
        ("riscv", ("MMU", "64BIT"), "riscv64"),
        ("riscv", ("MMU", "64BIT", "XIP_KERNEL"), ""),
        ("riscv", ("MMU", "ARCH_RV64I"), ""),
        ("riscv", ("64BIT",), "nommu64"),
        ("riscv", (), "nommu"),
        ("loongarch", ("MMU", "64BIT"), "loongarch64"),
        ("loongarch", ("MMU",), ""),
        ("arm64", ("ARM64_4K_PAGES", "ARM64_VA_BITS_39"), "arm64-va39"),
        ("arm64", ("ARM64_4K_PAGES", "ARM64_VA_BITS_48"), "arm64-va48"),
        ("arm64", ("ARM64_16K_PAGES", "ARM64_VA_BITS_47"), "arm64-16k-va47"),
        ("arm64", ("ARM64_16K_PAGES", "ARM64_VA_BITS_52"), "arm64-16k-va52"),
        ("arm64", ("ARM64_64K_PAGES", "ARM64_VA_BITS_42", "RANDOMIZE_BASE"), "arm64-64k-va42"),
        ("um", ("64BIT",), "um"),
        ("um", (), ""),
        ("xtensa", ("MMU", "XTENSA_KSEG_MMU_V2"), "xtensa"),
        ("xtensa", ("MMU", "XTENSA_KSEG_256M"), "xtensa-kseg256m"),
        ("xtensa", ("MMU", "XTENSA_KSEG_512M"), "xtensa-kseg512m"),
        ("m68k", ("MMU", "COLDFIRE"), "m68k-coldfire"),
        ("m68k", ("MMU", "SUN3"), ""),
        ("x86", ("64BIT", "X86_32"), ""),
        ("sparc", ("SPARC64",), ""),
        ("powerpc", (_POWER, "PPC_64S_HASH_MMU"), "powerpc-book3s64-hash4k"),
        ("powerpc", (_POWER, "PPC_RADIX_MMU"), "powerpc-book3s64-radix4k"),
        ("powerpc", (_POWER, "PPC_64K_PAGES", "PPC_RADIX_MMU"), "powerpc-book3s64"),
        ("powerpc", ("PPC_85xx",), ""),
    ],
)
def test_a_profile_is_of_what_it_was_written_for(
    tmp_path: Path, arch: str, options: tuple[str, ...], profile: str
) -> None:
    body = f"#define _end 0\n{source(table('0xbf000000', '0xbf100000'))}"
    config = "".join(f"CONFIG_{name}=y\n" for name in (*options, "MODULES"))
    files = {f"arch/{arch}/mm/init.c": body, f"arch/{arch}/include/asm/pgtable.h": _PGTABLE, ".config": config}
    reading = read_tree(str(tree(tmp_path, "", files)), Settings(arch=arch))
    if profile:
        assert {one.params.machine.name for one in reading.tables} == {profile}
    else:
        (problem,) = (one for one in reading.problems if one.severity == "error")
        assert problem.message == f"no profile of {arch} is of kernels with this configuration"
        assert problem.hint.startswith("there are ")
        assert problem.where.path.endswith(".config")


_PGTABLE = """\
typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define PAGE_KERNEL __pgprot(7)
#define PAGE_KERNEL_EXEC __pgprot(7)
"""


def test_each_profile_that_there_is_names_the_options_that_are_otherwise_here(tmp_path: Path) -> None:
    files = {"arch/xtensa/mm/init.c": source(table()), ".config": "CONFIG_MODULES=y\nCONFIG_STRICT_MODULE_RWX=y\n"}
    reading = read_tree(str(tree(tmp_path, "", files)), Settings(arch="xtensa"))
    assert reading.problems[0].hint == (
        "there are xtensa, of kernels with CONFIG_MMU=y"
        "; xtensa-kseg256m, of kernels with CONFIG_MMU=y, CONFIG_XTENSA_KSEG_256M=y"
        "; xtensa-kseg512m, of kernels with CONFIG_MMU=y, CONFIG_XTENSA_KSEG_512M=y"
        "; nommu, of kernels with CONFIG_STRICT_MODULE_RWX=n"
    )


def test_a_boot_of_each_mmu_is_a_table_of_its_own(tmp_path: Path) -> None:
    both = "".join(f"CONFIG_{name}=y\n" for name in ("MODULES", _POWER, "PPC_64S_HASH_MMU", "PPC_RADIX_MMU"))
    files = {"arch/powerpc/mm/mem.c": source(table("VMALLOC_START", "VMALLOC_END")), ".config": both}
    files |= {"arch/powerpc/include/asm/pgtable.h": f"{_PGTABLE}extern unsigned long VMALLOC_START, VMALLOC_END;\n"}
    reading = read_tree(str(tree(tmp_path, "", files)), Settings(arch="powerpc"))
    found = {one.params.machine.name: one.params.types[0].ranges[0].start.value for one in reading.tables}
    assert found == {"powerpc-book3s64-hash4k": 0xC0003D0000000000, "powerpc-book3s64-radix4k": 0xC008000000000000}


# -- what a Makefile decides -----------------------------------------------------------------------------------------

_HIGH, _LOW = "0xffffffff80200000", "0x9800000000400000"
_PLATFORM = f"""\
load-$(CONFIG_BOARD_A) += {_HIGH}
load-$(CONFIG_BOARD_B)\t:= {_LOW}
ifdef CONFIG_MOVED
load-$(CONFIG_BOARD_C) += {_LOW}
else
load-$(CONFIG_BOARD_C) += {_HIGH}
endif
"""


@pytest.mark.parametrize(
    ("options", "short"),
    [
        ({"64BIT": "y", "BOARD_A": "y"}, True),
        ({"64BIT": "y", "BOARD_B": "y"}, False),
        ({"64BIT": "y", "BOARD_C": "y"}, True),
        ({"64BIT": "y", "BOARD_C": "y", "MOVED": "y"}, False),
        ({"64BIT": "y", "BOARD_B": "y", "PHYSICAL_START": "0xffffffff84000000"}, True),
        ({"64BIT": "y"}, False),
        ({"BOARD_A": "y"}, False),
    ],
)
def test_symbols_have_32_bits_where_the_kernel_is_loaded_above(
    tmp_path: Path, options: dict[str, str], short: bool
) -> None:
    top = open_tree(str(tree(tmp_path, "", {"arch/mips/board/Platform": _PLATFORM})))
    mips = next(a for a in ARCHITECTURES if a.name == "mips")
    found = with_makefiles(top, mips, Configuration(".config", options))
    assert found is not None
    assert found.enabled(SYM32) is short


def test_m68k_without_an_mmu_has_headers_of_its_own(tmp_path: Path) -> None:
    """Its Makefile defines __uClinux__."""
    chosen = "#ifdef __uClinux__\n#define LOWEST 0x1000\n#else\n#define LOWEST 0xd0000000\n#endif\n"
    files = {
        "arch/m68k/mm/init.c": source(table("LOWEST", "0xe0000000")),
        "arch/m68k/include/asm/pgtable.h": _PGTABLE + chosen,
    }
    found = []
    for more in ("", "CONFIG_MMU=y\n"):
        top = tree(tmp_path / str(len(more)), "", {**files, ".config": f"CONFIG_MODULES=y\n{more}"})
        (reading,) = read_tree(str(top), Settings(arch="m68k")).tables
        found.append(reading.params.types[0].ranges[0].start.value)
    assert found == [0x1000, 0xD0000000]


def test_without_a_configuration_several_profiles_are_no_answer(tmp_path: Path) -> None:
    from modalloc_model.kernel.importing import Request, import_sets

    file = tmp_path / "init.i"
    file.write_text("int execmem_info;\nint execmem_arch_setup(void)\n{\n return 0;\n}\n")
    with pytest.raises(KernelError, match="several profiles of mips match"):
        import_sets(Request("mips", preprocessed=str(file)))
