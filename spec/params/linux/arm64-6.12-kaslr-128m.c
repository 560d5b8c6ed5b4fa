// SPDX-License-Identifier: GPL-2.0
/*
 * arm64, Linux 6.12, KASLR with a direct window.
 * The defines are what the function computes before.
 * Source: 6.12:arch/arm64/mm/init.c:449-577
 */
/* modalloc:
 * arch: arm64-kaslr
 * define:
 *   start: module_direct_base
 *   end: module_direct_base + SZ_128M
 *   fallback_start: module_plt_base
 *   fallback_end: module_plt_base + SZ_2G
 * cases:
 *   - verdict: proved
 *     why: >-
 *       the direct window is 128 MiB and holds the image, the PLT window is 2 GiB and holds both: ADRP and PREL32
 *       reach all of it, and calls have a PLT; the arbiter knows the image, so that the ranges may hold it
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
