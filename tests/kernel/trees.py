"""Trees of a few files in the form that the kernel has, and what is read out of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modalloc_model.kernel.importing import Imported, Request, import_sets
from modalloc_model.kernel.sets import FieldTerm, Set, TypeRow
from modalloc_model.words import render

EXECMEM_H = """\
#ifndef _LINUX_EXECMEM_H
#define _LINUX_EXECMEM_H
enum execmem_type {
	EXECMEM_DEFAULT,
	EXECMEM_MODULE_TEXT = EXECMEM_DEFAULT,
	EXECMEM_KPROBES,
	EXECMEM_FTRACE,
	EXECMEM_BPF,
	EXECMEM_MODULE_DATA,
	EXECMEM_TYPE_MAX,
};
enum execmem_range_flags {
	EXECMEM_KASAN_SHADOW	= (1 << 0),
};
struct execmem_range {
	unsigned long start;
	unsigned long end;
};
struct execmem_info {
	struct execmem_range ranges[EXECMEM_TYPE_MAX];
};
#endif
"""

PGTABLE_H = """\
#include <linux/kconfig.h>
typedef unsigned long long u64;
typedef unsigned int u32;
typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x)	((pgprot_t) { (x) })
#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define SZ_32M		0x02000000
#define _PAGE_READ	(1 << 20)
#define _PAGE_WRITE	(1 << 21)
#define _PAGE_EXEC	(1 << 22)
#define PAGE_KERNEL	__pgprot(_PAGE_READ | _PAGE_WRITE)
#define PAGE_KERNEL_EXEC __pgprot(_PAGE_READ | _PAGE_WRITE | _PAGE_EXEC)
#define REGION		CONFIG_NIOS2_KERNEL_REGION_BASE
#define MODULES_VADDR	(REGION - SZ_32M)
#define MODULES_END	(REGION - 1)
"""

EXECMEM_C = """\
#include <linux/execmem.h>
#include <asm/pgtable.h>
static void execmem_init_missing(struct execmem_info *info)
{
	struct execmem_range *first = &info->ranges[EXECMEM_DEFAULT], *r;

	for (int at = EXECMEM_DEFAULT + 1; at < EXECMEM_TYPE_MAX; at++) {
		r = &info->ranges[at];
		if (r->start)
			continue;
		r->pgprot = at == EXECMEM_MODULE_DATA ? PAGE_KERNEL : first->pgprot;
		r->alignment = first->alignment;
		r->start = first->start;
		r->end = first->end;
		r->flags = first->flags;
		r->fallback_start = first->fallback_start;
		r->fallback_end = first->fallback_end;
	}
}
"""

KCONFIG_H = """\
#define __ARG_PLACEHOLDER_1 0,
#define __take_second_arg(__ignored, val, ...) val
#define __is_defined(x)			___is_defined(x)
#define ___is_defined(val)		____is_defined(__ARG_PLACEHOLDER_##val)
#define ____is_defined(arg1_or_junk)	__take_second_arg(arg1_or_junk 1, 0)
#define IS_ENABLED(option) __is_defined(option)
"""

CONFIG = "CONFIG_MMU=y\nCONFIG_MODULES=y\nCONFIG_NIOS2_KERNEL_REGION_BASE=0xc0000000\n"

TABLE = """\
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start	= START,
				.end	= END,
				.pgprot	= PROT,
				.alignment = 1,
			},
		},
	};
"""


def table(start: str = "MODULES_VADDR", end: str = "MODULES_END", prot: str = "PAGE_KERNEL_EXEC") -> str:
    """The assignment with which such a function ends."""
    return TABLE.replace("START", start).replace("END,", f"{end},").replace("PROT", prot)


def source(body: str, before: str = "") -> str:
    """An init.c whose execmem_arch_setup() has this body."""
    return (
        "#include <linux/execmem.h>\n#include <asm/pgtable.h>\n"
        f"{before}\nstatic struct execmem_info execmem_info;\n\n"
        f"struct execmem_info *execmem_arch_setup(void)\n{{\n{body}\n\treturn &execmem_info;\n}}\n"
    )


def tree(top: Path, init: str, files: Mapping[str, str] | None = None, version: str = "6 12 0") -> Path:
    """A kernel tree with one architecture, nios2, and a configuration."""
    numbers = zip(("VERSION", "PATCHLEVEL", "SUBLEVEL"), version.split(), strict=True)
    everything = {
        "Makefile": "".join(f"{name} = {value}\n" for name, value in numbers),
        "Kconfig": "",
        "mm/execmem.c": EXECMEM_C,
        ".config": CONFIG,
        "arch/nios2/mm/init.c": init,
        "arch/nios2/include/asm/pgtable.h": PGTABLE_H,
        "include/linux/execmem.h": EXECMEM_H,
        "include/linux/kconfig.h": KCONFIG_H,
        **(files or {}),
    }
    for path, text in everything.items():
        file = top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return top


def imported(top: Path, body: str, before: str = "", **defines: str) -> Imported:
    """What a tree is imported as whose function has this body."""
    return import_sets(Request("nios2", str(tree(top, source(body, before))), defines=defines))


def only(result: Imported) -> Set:
    """The only set."""
    (placed,) = result.placed
    return placed.set


def row(one: Set, name: str = "MODULE_TEXT") -> TypeRow:
    """The row of a type."""
    return next(row for row in one.rows if row.name == name)


def shown(given: FieldTerm) -> str:
    """A value as the table writes it."""
    return render(given.term)


def start(result: Imported) -> str:
    """Where the only set's first range begins."""
    return shown(row(only(result)).fields["start0"])


def warnings(result: Imported) -> str:
    """Everything that was not followed."""
    return "\n".join(f"{warned.place}: {warned.message}" for warned in result.warnings)
