"""Where headers are looked for: beside the architecture's own, those of its processor and of its platform.

Without it, another processor's header could decide the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from modalloc_model.kernel.architectures import of_profile
from modalloc_model.kernel.configuration import Configuration
from modalloc_model.kernel.importing import Request, import_sets
from modalloc_model.kernel.makefiles import folders
from modalloc_model.kernel.tree import open_tree
from tests.kernel.trees import PGTABLE_H, only, row, shown, source, table, tree


def _folders(top: Path, arch: str, options: Mapping[str, str]) -> list[str]:
    found = of_profile(arch)
    assert found is not None
    return folders(open_tree(str(top)), found[0], Configuration("", options))


@pytest.mark.parametrize(
    ("arch", "options", "first"),
    [
        ("nios2", {}, "arch/nios2/include"),
        ("xtensa", {"XTENSA_VARIANT_NAME": '"small"'}, "arch/xtensa/variants/small/include"),
        ("xtensa", {}, "arch/xtensa/include"),
        ("sh", {"CPU_SH3": "y"}, "arch/sh/include/cpu-sh3"),
        ("csky", {"CPU_CK610": "y"}, "arch/csky/abiv1/inc"),
        ("csky", {}, "arch/csky/abiv2/inc"),
        ("mips", {"MACH_A": "y"}, "arch/mips/include/asm/mach-a"),
        ("mips", {}, "arch/mips/include/asm/mach-generic"),
    ],
)
def test_the_processors_headers_come_first(tmp_path: Path, arch: str, options: Mapping[str, str], first: str) -> None:
    platform = "cflags-$(CONFIG_MACH_B) += -I$(srctree)/arch/mips/include/asm/mach-b\n"
    platform += (
        "cflags-$(CONFIG_MACH_A)\t+= -I$(srctree)/arch/mips/include/asm/mach-a -DOTHER\nload-$(CONFIG_MACH_A) += 0\n"
    )
    top = tree(tmp_path, "", {"arch/mips/a/Platform": platform})
    assert _folders(top, arch, options)[0] == first


def test_a_value_is_that_of_the_variant(tmp_path: Path) -> None:
    files = {
        "arch/xtensa/mm/init.c": source(table("VMALLOC_START", "VMALLOC_START + SZ_32M", "PAGE_KERNEL")),
        "arch/xtensa/include/asm/pgtable.h": "#include <variant/core.h>\n" + PGTABLE_H,
        "arch/xtensa/variants/small/include/variant/core.h": "#define VMALLOC_START 0x90000000\n",
        "arch/xtensa/variants/large/include/variant/core.h": "#define VMALLOC_START 0xa0000000\n",
        ".config": 'CONFIG_MMU=y\nCONFIG_MODULES=y\nCONFIG_XTENSA_VARIANT_NAME="large"\n',
    }
    result = import_sets(Request("xtensa", str(tree(tmp_path, source(table()), files))))
    assert shown(row(only(result)).fields["start0"]) == "0xa0000000"
