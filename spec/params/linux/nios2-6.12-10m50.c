// SPDX-License-Identifier: GPL-2.0
/*
 * Nios II, 10m50_defconfig, Linux 6.12.
 * MODULES_END is the last byte here and is taken as the byte after it: one page is lost (a warning, RNG002).
 * Source: 6.12:arch/nios2/mm/init.c:155-169
 */
/* modalloc:
 * arch: nios2
 * define:
 *   CONFIG_NIOS2_MEM_BASE: 0x8000000
 * cases:
 *   - verdict: refuted
 *     rules: [RCH001]
 *     why: >-
 *       CALL26 stays inside one segment of 256 MiB, (v >> 28) == (loc >> 28): modules lie in segment 0xB and the
 *       kernel in 0xC, there is no veneer and no -mlong-calls, so that no module can call the kernel
 *       (6.12:arch/nios2/kernel/module.c:68-80); that the compiler emits CALL26 is the toolchain's word, in
 *       6.1:arch/nios2/kernel/module.c:25-28
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL_EXEC,
				.alignment = 1,
			},
		},
	};

	return &execmem_info;
}
