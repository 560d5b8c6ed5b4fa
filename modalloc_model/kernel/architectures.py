"""The kernel's architectures. One data entry each.

An entry gives the macros that a compiler predefines, the meaning of page-table bits (read, write, execute), and the
kernels and boots of each profile. Addresses come from the tree, and their dependence on the boot from the profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from modalloc_model.kernel import protections
from modalloc_model.kernel.paths import Binding
from modalloc_model.kernel.protections import Decoding


@dataclass(frozen=True)
class Variant:
    """A profile and its kernels: options of the configuration, choices of the boot, versions.

    Within one version, two variants with the same choices have contradictory options.
    """

    profile: str
    options: Mapping[str, bool] = field(default_factory=dict)
    choices: Mapping[str, bool] = field(default_factory=dict)
    since: tuple[int, int] = (0, 0)
    before: tuple[int, int] = (99, 0)


@dataclass(frozen=True)
class Folder:
    """Headers in the tree; `{NAME}` stands for an option's value. With an `option`, only if it is set."""

    path: str
    option: str = ""


@dataclass(frozen=True)
class Architecture:
    """`name` is the folder's in arch/, `triple` a cross compiler's prefix, `llvm` whether clang can build it.

    The first of the `decodings` whose bits the tree defines applies. `folders` are headers beside include/; `platforms`
    are makefiles that name further ones.
    """

    name: str
    variants: tuple[Variant, ...]
    predefined: tuple[str, ...]
    decodings: tuple[Decoding, ...] = ()
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    folders: tuple[Folder, ...] = ()
    platforms: str = ""
    triple: str = ""
    llvm: bool = False


_LINEAR_64 = ("__LP64__ 1", "_LP64 1", "__SIZEOF_LONG__ 8", "__SIZEOF_POINTER__ 8")
_OF_32 = ("__SIZEOF_LONG__ 4", "__SIZEOF_POINTER__ 4")
_EXECMEM = (6, 10)
_UM_WITHOUT_FIXMAP = (6, 13)

SYM32 = "KBUILD_SYM32"
"""Decided by arch/mips/Makefile, not by Kconfig: addresses are sign-extended 32-bit ones."""

UCLINUX = "__uClinux__"
"""Defined by arch/m68k/Makefile without an MMU."""

_POWER = ("PPC_BOOK3S_64", "PPC_BOOK3S_32", "PPC_8xx")


def _small_pages(mmu: str) -> dict[str, bool]:
    """64-bit PowerPC with 4 KiB pages on one of its MMUs; the boot decides which. With 64 KiB both map alike."""
    return {**_one_of(_POWER, "PPC_BOOK3S_64"), "PPC_64K_PAGES": False, mmu: True}


_MIPS_PAGES = ("PAGE_SIZE_4KB", "PAGE_SIZE_16KB")
_XTENSA_SEGMENTS = ("XTENSA_KSEG_256M", "XTENSA_KSEG_512M")
_OTHER_SPLITS = dict.fromkeys(("VMSPLIT_3G_OPT", "VMSPLIT_2G", "VMSPLIT_1G", "XIP_KERNEL"), False)
# Before 6.10 the range of such a kernel was not checked.
_NOMMU = Variant("nommu", {"MMU": False, "STRICT_MODULE_RWX": False}, since=_EXECMEM)


def _one_of(names: tuple[str, ...], held: str) -> dict[str, bool]:
    """One of several options, and none of the others."""
    return {name: name == held for name in names}


def _arm(
    name: str, highmem: bool, since: tuple[int, int] = (0, 0), before: tuple[int, int] = (99, 0), **own: bool
) -> Variant:
    """A profile of 32-bit ARM, with PLTs and ARM code unless `own` overrides them."""
    options = {"MMU": True, "ARM_MODULE_PLTS": True, "THUMB2_KERNEL": False, "HIGHMEM": highmem, **own}
    return Variant(name if highmem else f"{name}-nohighmem", {**options, **_OTHER_SPLITS}, since=since, before=before)


def _riscv(wide: bool) -> dict[str, bool]:
    other = "ARCH_RV32I" if wide else "ARCH_RV64I"
    return {"64BIT": wide, other: False, "MMU": True, "XIP_KERNEL": False}


_ARM64_PAGES = {
    "": {"ARM64_16K_PAGES": False, "ARM64_64K_PAGES": False},
    "16k-": {"ARM64_16K_PAGES": True, "ARM64_64K_PAGES": False},
    "64k-": {"ARM64_64K_PAGES": True},
}
"""The page size in a profile's name, and its options."""


def _arm64_sizes(
    prefix: str, page: str, widths: tuple[int, ...], since: tuple[int, int], before: tuple[int, int]
) -> tuple[Variant, ...]:
    """One profile for every boot of each address size; the last needs no option."""
    *named, last = widths
    found = []
    options = dict(_ARM64_PAGES[page])
    for width in named:
        option = f"ARM64_VA_BITS_{width}"
        found.append(Variant(f"{prefix}{page}va{width}", {**options, option: True}, since=since, before=before))
        options[option] = False
    return (*found, *([Variant(f"{prefix}{page}va{last}", options, since=since, before=before)] if page else []))


def _arm64_kaslr(full: bool, *narrower: int) -> dict[str, bool]:
    return {"RANDOMIZE_BASE": True, "RANDOMIZE_MODULE_REGION_FULL": full, **_arm64_default(*narrower)}


def _arm64_default(*narrower: int) -> dict[str, bool]:
    """Pages of 4 KiB, and none of the smaller address sizes."""
    return {**_ARM64_PAGES[""], **{f"ARM64_VA_BITS_{width}": False for width in narrower}}


def _arm64_old(since: tuple[int, int], before: tuple[int, int], more: dict[str, bool]) -> tuple[Variant, ...]:
    """The profiles of Linux before 6.10."""
    found = (
        Variant("arm64-6.1", {"RANDOMIZE_BASE": False, **_arm64_default(39)}),
        Variant("arm64-6.1-kaslr", _arm64_kaslr(False, 39)),
        Variant("arm64-6.1-kaslr-full", _arm64_kaslr(True, 39)),
        *_arm64_sizes("arm64-6.1-", "", (39, 48), since, before),
        *_arm64_sizes("arm64-6.1-", "16k-", (36, 47, 48), since, before),
        *_arm64_sizes("arm64-6.1-", "64k-", (42, 52, 48), since, before),
    )
    return tuple(replace(one, options={**one.options, **more}, since=since, before=before) for one in found)


_NEW = (_EXECMEM, (99, 0))
_PLTS_ALWAYS = (6, 5)

_RODATA = Binding("1", "rodata=off on the command line takes every claim away; -D rodata_enabled=0 asks for it")

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        "x86",
        (
            Variant("x86_64", {"64BIT": True, "X86_32": False, "RANDOMIZE_BASE": True}),
            Variant("x86_64-nokaslr", {"64BIT": True, "X86_32": False, "RANDOMIZE_BASE": False}),
            Variant("x86_32", {"64BIT": False, "X86_64": False, "X86_PAE": True}),
            Variant("x86_32-nopae", {"64BIT": False, "X86_64": False, "X86_PAE": False}),
        ),
        (),
        (protections.X86,),
        {
            "__default_kernel_pte_mask": Binding("~0ULL", "a processor with NX and global pages"),
            "__supported_pte_mask": Binding("~0ULL", "a processor with NX and global pages"),
            "sme_me_mask": Binding("0", "memory encryption sets a bit of the physical address, none of these"),
        },
        llvm=True,
    ),
    Architecture(
        "arm64",
        (
            Variant("arm64", _arm64_default(39, 48), {"kaslr_enabled": False}, since=_EXECMEM),
            Variant("arm64-kaslr", _arm64_kaslr(False, 39, 48), {"kaslr_enabled": True}, since=_EXECMEM),
            Variant("arm64-kaslr-full", _arm64_kaslr(True, 39, 48), {"kaslr_enabled": True}, since=_EXECMEM),
            *_arm64_sizes("arm64-", "", (39, 48, 52), *_NEW),
            *_arm64_sizes("arm64-", "16k-", (36, 47, 48, 52), *_NEW),
            *_arm64_sizes("arm64-", "64k-", (42, 48, 52), *_NEW),
            *_arm64_old((0, 0), _PLTS_ALWAYS, {"ARM64_MODULE_PLTS": True}),
            *_arm64_old(_PLTS_ALWAYS, _EXECMEM, {}),
        ),
        ("__aarch64__ 1", "__AARCH64EL__ 1"),
        (protections.ARM64,),
        {
            "sizeof(struct page)": Binding("64", "no option that widens it (KMSAN, a debugging one)", assumed=True),
        },
        triple="aarch64-linux-gnu-",
        llvm=True,
    ),
    Architecture(
        "arm",
        (
            *(_arm("arm", high, since=_EXECMEM) for high in (True, False)),
            *(_arm("arm-6.1", high, before=_EXECMEM) for high in (True, False)),
            *(_arm("arm-noplts", high, ARM_MODULE_PLTS=False) for high in (True, False)),
            *(_arm("arm-thumb2", high, THUMB2_KERNEL=True) for high in (True, False)),
            *(_arm("arm-thumb2-noplts", high, ARM_MODULE_PLTS=False, THUMB2_KERNEL=True) for high in (True, False)),
            _NOMMU,
        ),
        ("__arm__ 1", "__ARM_ARCH 7", "__LINUX_ARM_ARCH__ 7", "__ARMEL__ 1", "__ARM_EABI__ 1"),
        (protections.ARM,),
        {
            "pgprot_kernel": Binding(
                "__pgprot(L_PTE_PRESENT | L_PTE_YOUNG | L_PTE_DIRTY)",
                "build_mem_type_table() adds bits for caches alone (arch/arm/mm/mmu.c)",
            ),
            "VMALLOC_START": Binding("VMALLOC_START", "it follows high_memory, which the boot decides"),
        },
        triple="arm-linux-gnueabihf-",
        llvm=True,
    ),
    Architecture(
        "riscv",
        (
            Variant("riscv64-6.1", _riscv(wide=True), before=_EXECMEM),
            Variant("riscv64", _riscv(wide=True), since=_EXECMEM),
            Variant("riscv32", _riscv(wide=False)),
            replace(_NOMMU, options={**_NOMMU.options, "64BIT": False}),
            replace(_NOMMU, profile="nommu64", options={**_NOMMU.options, "64BIT": True}),
        ),
        ("__riscv 1", "__riscv_a 1", "__riscv_m 1", "__riscv_c 1"),
        (protections.RISCV,),
        {
            "kernel_map.page_offset": Binding("PAGE_OFFSET", "the linear map, which the profile places"),
            "riscv_page_mtmask": Binding("0", "memory types have bits of their own"),
            "riscv_page_nocache": Binding("0", "memory types have bits of their own"),
            "riscv_page_io": Binding("0", "memory types have bits of their own"),
        },
        triple="riscv64-linux-gnu-",
        llvm=True,
    ),
    Architecture(
        "s390",
        (Variant("s390-6.1", before=_EXECMEM), Variant("s390", since=_EXECMEM)),
        ("__s390__ 1", "__s390x__ 1"),
        (protections.S390,),
        {
            "MODULES_VADDR": Binding("MODULES_VADDR", "the boot code lays it out"),
            "MODULES_END": Binding("MODULES_END", "the boot code lays it out"),
            "page_noexec_mask": Binding("_PAGE_NOEXEC", "a machine with instruction execution protection"),
        },
        triple="s390x-linux-gnu-",
        llvm=True,
    ),
    Architecture(
        "powerpc",
        (
            Variant("powerpc-book3s64", {**_one_of(_POWER, "PPC_BOOK3S_64"), "PPC_64K_PAGES": True}),
            Variant("powerpc-book3s64-hash4k", _small_pages("PPC_64S_HASH_MMU"), {"radix_enabled": False}),
            Variant("powerpc-book3s64-radix4k", _small_pages("PPC_RADIX_MMU"), {"radix_enabled": True}),
            Variant("powerpc-book3s32", _one_of(_POWER, "PPC_BOOK3S_32")),
            Variant("powerpc-8xx", _one_of(_POWER, "PPC_8xx")),
        ),
        ("__powerpc__ 1", "__PPC__ 1"),
        (protections.POWERPC, protections.POWERPC_8XX, protections.POWERPC_OLD),
        {
            "__vmalloc_start": Binding("VMALLOC_START", "the MMU that the boot finds decides"),
            "__vmalloc_end": Binding("VMALLOC_END", "the MMU that the boot finds decides"),
            "rodata_enabled": _RODATA,
        },
        triple="powerpc64le-linux-gnu-",
        llvm=True,
    ),
    Architecture(
        "nios2",
        (Variant("nios2-6.1", before=_EXECMEM), Variant("nios2", since=_EXECMEM)),
        ("__nios2__ 1", "__nios2_arch__ 1"),
        (protections.NIOS2,),
    ),
    Architecture(
        "mips",
        (
            Variant("mips64", {"64BIT": True, "32BIT": False, SYM32: True, **_one_of(_MIPS_PAGES, "PAGE_SIZE_4KB")}),
            Variant(
                "mips64-16k", {"64BIT": True, "32BIT": False, SYM32: True, **_one_of(_MIPS_PAGES, "PAGE_SIZE_16KB")}
            ),
            Variant("mips32", {"64BIT": False}),
        ),
        ("__mips__ 1", "__mips 64", "_MIPS_ISA 5", "_ABIO32 1", "_ABIN32 2", "_ABI64 3"),
        folders=(Folder("arch/mips/include/asm/mach-generic"),),
        platforms="arch/mips/*/Platform",
        triple="mips64el-linux-gnuabi64-",
        llvm=True,
    ),
    Architecture(
        "loongarch",
        (
            Variant("loongarch64-6.1", {"64BIT": True}, before=_EXECMEM),
            Variant("loongarch64", {"64BIT": True}, since=_EXECMEM),
        ),
        ("__loongarch__ 1", "__loongarch_grlen 64", "__loongarch64 1"),
        (protections.LOONGARCH,),
        llvm=True,
    ),
    Architecture(
        "sparc",
        (Variant("sparc64", {"64BIT": True, "SPARC32": False}), Variant("sparc32", {"64BIT": False, "SPARC64": False})),
        ("__sparc__ 1",),
        triple="sparc64-linux-gnu-",
    ),
    Architecture(
        "parisc",
        (Variant("parisc64", {"64BIT": True}), Variant("parisc32", {"64BIT": False})),
        ("__hppa__ 1",),
        (protections.READ_WRITE_EXEC,),
        triple="hppa64-linux-gnu-",
    ),
    Architecture("alpha", (Variant("alpha"),), ("__alpha__ 1",), (protections.ALPHA,), triple="alpha-linux-gnu-"),
    Architecture("arc", (Variant("arc"),), ("__arc__ 1",), (protections.READ_WRITE_EXECUTE,)),
    Architecture(
        "csky",
        (Variant("csky"),),
        ("__csky__ 1",),
        (protections.CSKY,),
        folders=(Folder("arch/csky/abiv1/inc", "CPU_CK610"), Folder("arch/csky/abiv2/inc")),
    ),
    Architecture("hexagon", (Variant("hexagon"),), ("__hexagon__ 1",), (protections.READ_WRITE_EXECUTE,), llvm=True),
    Architecture(
        "m68k",
        (
            Variant("m68k-virt", {"MMU": True, "COLDFIRE": False, "SUN3": False}),
            Variant("m68k-coldfire", {"MMU": True, "COLDFIRE": True, "SUN3": False}),
            _NOMMU,
        ),
        ("__m68k__ 1", "__mc68000__ 1"),
        (protections.COLDFIRE, protections.SUN3, protections.M68K),
        {"mm_cachebits": Binding("0", "bits for caches alone")},
        triple="m68k-linux-gnu-",
    ),
    Architecture("microblaze", (Variant("microblaze"),), ("__microblaze__ 1",), (protections.MICROBLAZE,)),
    Architecture("openrisc", (Variant("openrisc"),), ("__or1k__ 1",), (protections.OPENRISC,)),
    Architecture(
        "sh",
        (Variant("sh", {"MMU": True}), _NOMMU),
        ("__sh__ 1",),
        folders=(
            Folder("arch/sh/include/cpu-sh2a", "CPU_SH2A"),
            Folder("arch/sh/include/cpu-sh2", "CPU_SH2"),
            Folder("arch/sh/include/cpu-sh3", "CPU_SH3"),
            Folder("arch/sh/include/cpu-sh4a", "CPU_SH4A"),
            Folder("arch/sh/include/cpu-sh4", "CPU_SH4"),
            Folder("arch/sh/include/cpu-common"),
            Folder("arch/sh/include/mach-common"),
        ),
        triple="sh4-linux-gnu-",
    ),
    Architecture(
        "um",
        (
            Variant("um-6.1", {"64BIT": True}, before=_EXECMEM),
            Variant("um", {"64BIT": True}, since=_EXECMEM, before=_UM_WITHOUT_FIXMAP),
            Variant("um-7.3", {"64BIT": True}, since=_UM_WITHOUT_FIXMAP),
        ),
        ("__x86_64__ 1",),
        (protections.UM,),
        # After arch/um: a kernel on x86 takes headers of x86.
        folders=(
            Folder("arch/um/include"),
            Folder("arch/um/include/shared"),
            Folder("arch/x86/um"),
            Folder("arch/x86/um/shared"),
            Folder("arch/x86/include"),
        ),
    ),
    Architecture(
        "xtensa",
        (
            Variant("xtensa", {"MMU": True, **_one_of(_XTENSA_SEGMENTS, "")}),
            Variant("xtensa-kseg256m", {"MMU": True, **_one_of(_XTENSA_SEGMENTS, "XTENSA_KSEG_256M")}),
            Variant("xtensa-kseg512m", {"MMU": True, **_one_of(_XTENSA_SEGMENTS, "XTENSA_KSEG_512M")}),
            _NOMMU,
        ),
        ("__xtensa__ 1",),
        (protections.XTENSA,),
        folders=(Folder("arch/xtensa/variants/{XTENSA_VARIANT_NAME}/include"),),
    ),
)
"""Every architecture with a profile."""


def predefined(architecture: Architecture, bits: int) -> tuple[str, ...]:
    """The predefined macros of a compiler, as `NAME VALUE`."""
    wide = bits == 64  # noqa: PLR2004
    common = (
        "__KERNEL__ 1", "__linux__ 1", "__STDC__ 1", "__STDC_VERSION__ 201112L", "__GNUC__ 12", "__GNUC_MINOR__ 2",
        "__GNUC_PATCHLEVEL__ 0", "__CHAR_BIT__ 8", "__SIZEOF_INT__ 4", "__SIZEOF_LONG_LONG__ 8", "__SIZEOF_SHORT__ 2",
        "__INT_MAX__ 2147483647", "__OPTIMIZE__ 1", "__ELF__ 1",
    )  # fmt: skip
    widths = _LINEAR_64 if wide else _OF_32
    return (*common, *widths, *architecture.predefined, *_BY_WIDTH.get((architecture.name, wide), ()))


_BY_WIDTH: Mapping[tuple[str, bool], tuple[str, ...]] = {
    ("x86", True): ("__x86_64__ 1", "__amd64__ 1"),
    ("x86", False): ("__i386__ 1",),
    ("riscv", True): ("__riscv_xlen 64",),
    ("riscv", False): ("__riscv_xlen 32",),
    ("powerpc", True): ("__powerpc64__ 1", "__PPC64__ 1", "_CALL_ELF 2"),
    ("mips", True): ("__mips64 1", "_MIPS_SZLONG 64", "_MIPS_SIM 3"),
    ("mips", False): ("_MIPS_SZLONG 32", "_MIPS_SIM 1"),
    ("sparc", True): ("__arch64__ 1", "__sparc_v9__ 1"),
}


def of_profile(name: str) -> tuple[Architecture, Variant | None] | None:
    """The architecture whose folder or whose profile has the name; with the variant if it is a profile's name."""
    for architecture in ARCHITECTURES:
        if architecture.name == name:
            return architecture, None
        for variant in architecture.variants:
            if variant.profile == name:
                return architecture, variant
    return None


def names() -> list[str]:
    """Every value of --arch."""
    return [name for a in ARCHITECTURES for name in dict.fromkeys((a.name, *(v.profile for v in a.variants)))]
