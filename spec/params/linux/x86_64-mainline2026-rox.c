// SPDX-License-Identifier: GPL-2.0
/*
 * x86-64 with the cache of large read-only executable pages, mainline of 2026 (622ca6c866a6).
 * With PSE. Four entries of the source, all alike, are one range of types here.
 * Source: mainline@622ca6c866a6:arch/x86/mm/init.c (execmem_arch_setup)
 */
/* modalloc:
 * arch: x86_64
 * define:
 *   MODULES_VADDR: __START_KERNEL_map + KERNEL_IMAGE_SIZE
 *   start: MODULES_VADDR + kaslr_offset
 *   MODULE_ALIGN: PAGE_SIZE
 * unknowns:
 *   kaslr_offset: {step: PAGE_SIZE, k: [0, 1024], source: "mainline@622ca6c866a6:arch/x86/mm/init.c"}
 * cases:
 *   - verdict: proved
 *     why: >-
 *       text is carved page by page out of large pages that nobody can write to but execmem itself, and the window is
 *       that of 6.12; what the carving itself gets wrong in mm/execmem.c is not part of the table
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_MODULE_TEXT ... EXECMEM_BPF] = {
				.flags = EXECMEM_KASAN_SHADOW | EXECMEM_ROX_CACHE,
				.start = start,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL_ROX,
				.alignment = MODULE_ALIGN,
			},
			[EXECMEM_MODULE_DATA] = {
				.flags = EXECMEM_KASAN_SHADOW,
				.start = start,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = MODULE_ALIGN,
			},
		},
	};

	return &execmem_info;
}
