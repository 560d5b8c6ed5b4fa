// SPDX-License-Identifier: GPL-2.0
/*
 * User-mode Linux, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: um
 * cases:
 *   - verdict: proved
 *     why: >-
 *       the window is what is left of 510 GiB, and modules are compiled with -mcmodel=large: they name everything by
 *       64-bit addresses; nothing is claimed of protections
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
