// SPDX-License-Identifier: GPL-2.0
/*
 * m68k-virt, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: m68k-virt
 * cases:
 *   - verdict: proved
 *     why: >-
 *       everything is named by 32-bit addresses, and the area is what memory leaves
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
