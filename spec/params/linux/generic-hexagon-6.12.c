// SPDX-License-Identifier: GPL-2.0
/*
 * Hexagon, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: hexagon
 * cases:
 *   - verdict: proved
 *     why: >-
 *       modules are compiled with -mlong-calls and name everything by 32-bit addresses
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
