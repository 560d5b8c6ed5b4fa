// SPDX-License-Identifier: GPL-2.0
/*
 * 64-bit MIPS, the kernel in CKSEG0 (KBUILD_SYM32), 4 KiB pages, Linux 6.12.
 * Source: 6.12:arch/mips/mm/init.c:585-604
 */
/* modalloc:
 * arch: mips64
 * cases:
 *   - verdict: proved
 *     why: >-
 *       modules are compiled with -mlong-calls and name everything by 32-bit addresses; nothing is claimed of
 *       protections
 *   - claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [MAP007, PRT003, PRT004, PRT005]
 *     why: >-
 *       MIPS does not select STRICT_MODULE_RWX and its PAGE_KERNEL is rwx: text stays writable, read-only data and
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
