"""The headers of Debian's linux-source package, and of a configuration just large enough for what KUnit includes."""

from __future__ import annotations

import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from shlex import split

SOURCE = Path("/usr/src/linux-source-6.12.tar.xz")
_WANTED = ("include/", "arch/x86/include/")

_CONFIG = {
    "64BIT": 1, "X86": 1, "X86_64": 1, "MODULES": 1, "KUNIT": 1, "MMU": 1, "FLATMEM": 1, "TINY_RCU": 1, "TINY_SRCU": 1,
    "PGTABLE_LEVELS": 4, "NR_CPUS": 1, "NODES_SHIFT": 0, "X86_L1_CACHE_SHIFT": 6, "X86_INTERNODE_CACHE_SHIFT": 6,
    "PHYSICAL_START": 0x1000000, "PHYSICAL_ALIGN": 0x200000, "HZ": 250, "HZ_250": 1, "PAGE_SHIFT": 12,
    "ILLEGAL_POINTER_VALUE": 0xDEAD000000000000, "LOG_BUF_SHIFT": 17, "BASE_SMALL": 0, "FUNCTION_ALIGNMENT": 16,
    "TRACE_IRQFLAGS_SUPPORT": 1, "THREAD_INFO_IN_TASK": 1, "CC_HAS_ASM_INLINE": 1, "CC_HAS_ASM_GOTO_OUTPUT": 1,
    "ARCH_HAS_CACHE_LINE_SIZE": 1, "HAVE_ARCH_WITHIN_STACK_FRAMES": 1, "HAVE_MOD_ARCH_SPECIFIC": 1,
    "ARCH_HAS_MEM_ENCRYPT": 1,
}  # fmt: skip

_TIME = [
    f"{rate}_{what}"
    for rate in ("HZ_TO_MSEC", "MSEC_TO_HZ", "HZ_TO_USEC", "USEC_TO_HZ")
    for what in ("MUL32", "ADJ32", "SHR32", "NUM", "DEN")
]
_BOUNDS = ("NR_PAGEFLAGS", "MAX_NR_ZONES", "NR_CPUS_BITS", "SPINLOCK_SIZE", "LRU_GEN_WIDTH", "__LRU_REFS_WIDTH")

_FLAGS = """
    -nostdinc -Iarch/x86/include -Iarch/x86/include/generated -Iinclude -Iarch/x86/include/uapi
    -Iarch/x86/include/generated/uapi -Iinclude/uapi -include include/linux/compiler-version.h
    -include include/linux/kconfig.h -include include/linux/compiler_types.h -D__KERNEL__ -DMODULE
    -DKBUILD_MODNAME='"t"' -DKBUILD_BASENAME='"t"' -DKBUILD_MODFILE='"t"' -D__KBUILD_MODNAME=kmod_t
    -std=gnu11 -fshort-wchar -funsigned-char -fno-common -fno-PIE -fno-strict-aliasing -mno-sse -mno-mmx -m64
    -mcmodel=kernel -mno-red-zone -O2 -Wall -Wno-unused -Wmissing-prototypes -Wstrict-prototypes -Werror -fsyntax-only
"""


def headers(folder: Path) -> Path:
    """The kernel's own headers, unpacked, with stand-ins for those that its build would generate."""
    with tarfile.open(SOURCE) as archive:
        archive.extractall(folder, _members(archive), filter="data")
    (tree,) = folder.glob("linux-source-*")
    _define(tree / "include/generated/autoconf.h", {f"CONFIG_{name}": value for name, value in _CONFIG.items()})
    _define(tree / "include/generated/timeconst.h", {**dict.fromkeys(_TIME, 1), "HZ_TO_NSEC_NUM": 4000000})
    _define(tree / "include/generated/bounds.h", dict(zip(_BOUNDS, (23, 4, 0, 4, 0, 0), strict=True)))
    for name in ("unistd_64", "unistd_64_x32", "unistd_32_ia32"):
        _define(tree / f"arch/x86/include/generated/asm/{name}.h", {"__NR_syscalls": 463})
    for part in ("", "uapi/"):
        _wrappers(tree, part)
    return tree


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Headers alone, without the symbolic links that lead out of them."""
    for member in archive:
        if member.isfile() and member.name.partition("/")[2].startswith(_WANTED):
            yield member


def _define(header: Path, values: dict[str, int]) -> None:
    header.parent.mkdir(parents=True, exist_ok=True)
    header.write_text("".join(f"#define {name} {value}\n" for name, value in values.items()), encoding="ascii")


def _wrappers(tree: Path, part: str) -> None:
    """What the build makes of `generic-y` and `mandatory-y`: headers that include those of asm-generic."""
    kbuilds = (tree / f"include/{part}asm-generic/Kbuild", tree / f"arch/x86/include/{part}asm/Kbuild")
    for name in re.findall(
        r"^(?:mandatory|generic)-y \+= (\S+)", "\n".join(k.read_text() for k in kbuilds), re.MULTILINE
    ):
        target = tree / f"arch/x86/include/generated/{part}asm" / name
        if not (tree / f"arch/x86/include/{part}asm" / name).exists() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(f"#include <asm-generic/{name}>\n", encoding="ascii")


def compiled_against(tree: Path, source: Path) -> str:
    """What the compiler complains of, as kernel code."""
    done = subprocess.run(["gcc", *split(_FLAGS), str(source)], capture_output=True, text=True, check=False, cwd=tree)
    return done.stderr
