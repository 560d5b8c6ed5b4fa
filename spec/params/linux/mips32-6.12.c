// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit MIPS, 4 KiB pages, no HIGHMEM, Linux 6.12: MODULES_VADDR is not defined.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: mips32
 * cases:
 *   - verdict: proved
 *     why: >-
 *       modules are compiled with -mlong-calls and name everything by 32-bit addresses; nothing is claimed of
 *       protections
 */
static struct execmem_info default_execmem_info = {
	.ranges = {
		[EXECMEM_DEFAULT] = {
			.start = VMALLOC_START,
			.end = VMALLOC_END,
			.pgprot = PAGE_KERNEL_EXEC,
			.alignment = 1,
		},
	},
};
