// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit PowerPC (book3s32), Linux 6.12, CONFIG_MODULES_SIZE at its default.
 * The defines are what the function computes before, with STRICT_MODULE_RWX.
 * Source: 6.12:arch/powerpc/mm/mem.c:429-488
 */
/* modalloc:
 * arch: powerpc-book3s32
 * define:
 *   limit: _etext - SZ_32M
 *   start: "MODULES_VADDR < PAGE_OFFSET && MODULES_END > limit ? limit : MODULES_VADDR"
 *   fallback_start: "MODULES_VADDR < PAGE_OFFSET && MODULES_END > limit ? MODULES_VADDR : 0"
 *   fallback_end: "MODULES_VADDR < PAGE_OFFSET && MODULES_END > limit ? MODULES_END : 0"
 *   prot: PAGE_KERNEL
 *   kprobes_prot: PAGE_KERNEL_ROX
 * cases:
 *   - verdict: refuted
 *     rules: [PRT007]
 *     why: >-
 *       kprobes' slots lie in vmalloc space, whose segments the kernel marks as not executable once it has booted
 *       (6.12:arch/powerpc/mm/book3s32/mmu.c:185-234); as for modules, the first range is a part of the second and
 *       begins within reach of the kernel's text, calls from anywhere else have a stub, and data is named by 32-bit
 *       addresses; for every size of the kernel's text up to 32 MiB
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
			[EXECMEM_KPROBES] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
				.pgprot = kprobes_prot,
				.alignment = 1,
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
