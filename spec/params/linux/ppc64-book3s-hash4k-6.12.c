// SPDX-License-Identifier: GPL-2.0
/*
 * 64-bit PowerPC (book3s64), a hash MMU, 4 KiB pages, Linux 6.12.
 * The defines are what the function computes before, with STRICT_MODULE_RWX.
 * Source: 6.12:arch/powerpc/mm/mem.c:429-488
 */
/* modalloc:
 * arch: powerpc-book3s64-hash4k
 * define:
 *   prot: PAGE_KERNEL
 *   kprobes_prot: PAGE_KERNEL_ROX
 * cases:
 *   - verdict: refuted
 *     rules: [RCH003]
 *     why: >-
 *       text and the TOC that it finds relative to itself are allocations of their own in 1 TiB of vmalloc space;
 *       beyond 2 GiB addis/addi name something else, and R_PPC64_REL16_HA and TOC16_HA are stored without a look
 *       (6.12:arch/powerpc/kernel/module_64.c:868-875)
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
				.pgprot = prot,
				.alignment = 1,
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
