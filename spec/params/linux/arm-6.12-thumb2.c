// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit ARM, HIGHMEM, a Thumb-2 kernel, Linux 6.12, VMSPLIT_3G, CONFIG_ARM_MODULE_PLTS.
 * The defines are what the function computes with CONFIG_ARM_MODULE_PLTS.
 * Source: 6.12:arch/arm/mm/init.c:507-530
 */
/* modalloc:
 * arch: arm-thumb2
 * define:
 *   fallback_start: VMALLOC_START
 *   fallback_end: VMALLOC_END
 * cases:
 *   - verdict: refuted
 *     rules: [PRT003]
 *     why: >-
 *       PAGE_KERNEL_EXEC is rwx: text is writable and executable until the loader protects it
 *       (6.12:arch/arm/include/asm/pgtable.h:101-102); from 0xbf800000 to 0xff800000 is just 2^30 bytes, and the
 *       guard page is among them, so that R_ARM_PREL31 reaches
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
				.fallback_start = fallback_start,
				.fallback_end = fallback_end,
			},
		},
	};

	return &execmem_info;
}
