// SPDX-License-Identifier: GPL-2.0
/*
 * Xtensa, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: xtensa
 * cases:
 *   - verdict: proved
 *     why: >-
 *       modules are compiled with -mlongcalls; VMALLOC_END is the last byte and is taken as the byte after it, which
 *       costs a page (a warning, RNG002)
 *   - claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [MAP007, PRT003, PRT004]
 *     why: >-
 *       Xtensa does not select STRICT_MODULE_RWX: text is PAGE_KERNEL_EXEC, rwx, and stays so; read-only data and
 *       what is read-only after init stay writable; data is not executable (6.12:arch/xtensa/include/asm/pgtable.h)
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
