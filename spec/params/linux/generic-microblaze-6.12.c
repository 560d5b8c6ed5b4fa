// SPDX-License-Identifier: GPL-2.0
/*
 * MicroBlaze, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: microblaze
 * cases:
 *   - verdict: proved
 *     why: >-
 *       displacements have all 32 bits, and the area is what low memory and early mappings leave
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
