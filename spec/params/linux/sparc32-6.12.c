// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit SPARC with an SRMMU, Linux 6.12.
 * Source: 6.12:arch/sparc/mm/execmem.c:7-21
 */
/* modalloc:
 * arch: sparc32
 * cases:
 *   - verdict: proved
 *     why: >-
 *       displacements are computed modulo 2^32, so that everything is within reach; nothing is claimed of protections
 *   - claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [MAP007, PRT003, PRT004, PRT005]
 *     why: >-
 *       SPARC does not select STRICT_MODULE_RWX and its PAGE_KERNEL is rwx: text stays writable, read-only data and
 *       what is read-only after init stay writable, and data is executable (6.12:include/linux/pgtable.h:1825-1830)
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};

	return &execmem_info;
}
