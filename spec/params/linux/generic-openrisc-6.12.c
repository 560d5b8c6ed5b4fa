// SPDX-License-Identifier: GPL-2.0
/*
 * OpenRISC, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: openrisc
 * cases:
 *   - verdict: proved
 *     why: >-
 *       the area is 64 MiB directly below the kernel and a branch reaches 128 MiB, though unchecked: enough for an
 *       image of 64 MiB
 *   - claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [MAP007, PRT003, PRT004, PRT005]
 *     why: >-
 *       OpenRISC does not select STRICT_MODULE_RWX and its PAGE_KERNEL is rwx: text stays writable, read-only data
 *       and what is read-only after init stay writable, and data is executable
 *       (6.12:include/linux/pgtable.h:1825-1830)
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
