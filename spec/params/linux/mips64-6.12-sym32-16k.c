// SPDX-License-Identifier: GPL-2.0
/*
 * 64-bit MIPS, the kernel in CKSEG0 (KBUILD_SYM32), 16 KiB pages, Linux 6.12.
 * Source: 6.12:arch/mips/mm/init.c:585-604
 */
/* modalloc:
 * arch: mips64-16k
 * cases:
 *   - verdict: proved
 *     why: >-
 *       modules are compiled with -mlong-calls and name everything by 32-bit addresses; nothing is claimed of
 *       protections
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
