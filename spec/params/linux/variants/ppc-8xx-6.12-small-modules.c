// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit PowerPC (8xx), Linux 6.12, with CONFIG_MODULES_SIZE=8: the first range is not clamped to the module area.
 * Source: 6.12:arch/powerpc/mm/mem.c:440-454, 6.12:arch/powerpc/Kconfig:1298-1303
 */
/* modalloc:
 * arch: powerpc-8xx
 * define:
 *   CONFIG_MODULES_SIZE: 8
 *   limit: _etext - SZ_32M
 *   start: "MODULES_VADDR < PAGE_OFFSET && MODULES_END > limit ? limit : MODULES_VADDR"
 *   fallback_start: "MODULES_VADDR < PAGE_OFFSET && MODULES_END > limit ? MODULES_VADDR : 0"
 *   fallback_end: "MODULES_VADDR < PAGE_OFFSET && MODULES_END > limit ? MODULES_END : 0"
 *   prot: PAGE_KERNEL
 * cases:
 *   - verdict: refuted
 *     rules: [RNG005, RNG006]
 *     why: >-
 *       with less than 24 MiB of kernel text, _etext - 32 MiB is below MODULES_VADDR (0xbf800000): modules lie where
 *       nothing keeps address space for them, and the fallback is a part of the first range and adds nothing
 *       (6.12:arch/powerpc/mm/mem.c:440-454)
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = start,
				.end = MODULES_END,
				.pgprot = prot,
				.alignment = 1,
				.fallback_start = fallback_start,
				.fallback_end = fallback_end,
			},
			[EXECMEM_MODULE_DATA] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};

	return &execmem_info;
}
