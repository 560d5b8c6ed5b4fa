// SPDX-License-Identifier: GPL-2.0
/*
 * SuperH, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: sh
 * cases:
 *   - verdict: proved
 *     why: >-
 *       calls go through a register with the whole address
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
