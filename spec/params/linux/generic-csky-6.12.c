// SPDX-License-Identifier: GPL-2.0
/*
 * C-SKY, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: csky
 * cases:
 *   - verdict: proved
 *     why: >-
 *       the loader makes calls absolute, and the area is what low memory leaves
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
