// SPDX-License-Identifier: GPL-2.0
/*
 * arm64, Linux 6.12, KASLR over 2 GiB.
 * The defines are what the function computes before. module_direct_base is 0 here, so the PLT window is the first and
 * only one.
 * Source: 6.12:arch/arm64/mm/init.c:449-577
 */
/* modalloc:
 * arch: arm64-kaslr-full
 * define:
 *   start: module_plt_base
 *   end: module_plt_base + SZ_2G
 *   fallback_start: 0
 *   fallback_end: 0
 * cases:
 *   - verdict: proved
 *     why: >-
 *       the window is 2 GiB and holds the image: ADRP and PREL32 reach all of it, and calls have a PLT; the arbiter
 *       knows the image
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = start,
				.end = end,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
				.fallback_start = fallback_start,
				.fallback_end = fallback_end,
			},
			[EXECMEM_KPROBES] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
				.pgprot = PAGE_KERNEL_ROX,
				.alignment = 1,
			},
			[EXECMEM_BPF] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};

	return &execmem_info;
}
