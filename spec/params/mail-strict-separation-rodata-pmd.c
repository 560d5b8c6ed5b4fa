// SPDX-License-Identifier: GPL-2.0
/*
 * "Large page size, strict separation and RODATA uses PMD", the fourth and last table of the mail: RODATA has
 * functions to fill and to invalidate it, and shares large pages.
 */
/* modalloc:
 * arch: x86_64
 * cases:
 *   - verdict: refuted
 *     rules: [ROI004]
 *     why: RODATA_AFTER_INIT is sealed, and then invalidated by memset()
 */
static struct mod_alloc_type_params strict_separation_rodata_pmd = {
	.types = {
		[MOD_ALLOC_TYPE_TEXT] = {
			.mapto_type = MOD_ALLOC_TYPE_TEXT,
			.flags = FLAG_SHARED_PMD,
			.granularity = PMD_SIZE,
			.alignment = MOD_ARCH_ALIGNMENT,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.pgprot = PAGE_KERNEL_EXEC,
			.fill = text_poke,
			.invalidate = text_poke_invalidate,
		},
		[MOD_ALLOC_TYPE_DATA] = {
			.mapto_type = MOD_ALLOC_TYPE_DATA,
			.flags = FLAG_SHARED_PMD,
			.granularity = PMD_SIZE,
			.alignment = MOD_ARCH_ALIGNMENT,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.pgprot = PAGE_KERNEL,
		},
		[MOD_ALLOC_TYPE_RODATA] = {
			.mapto_type = MOD_ALLOC_TYPE_RODATA,
			.flags = FLAG_SHARED_PMD,
			.granularity = PMD_SIZE,
			.alignment = MOD_ARCH_ALIGNMENT,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.pgprot = PAGE_KERNEL_RO,
			.fill = rodata_poke,
			.invalidate = rodata_poke_invalidate,
		},
		[MOD_ALLOC_TYPE_RODATA_AFTER_INIT] = {
			.mapto_type = MOD_ALLOC_TYPE_RODATA_AFTER_INIT,
			.flags = FLAG_SET_RO_AFTER_INIT,
			.granularity = PAGE_SIZE,
			.alignment = PAGE_SIZE,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.pgprot = PAGE_KERNEL,
		},
		[MOD_ALLOC_TYPE_INITTEXT] = {
			.mapto_type = MOD_ALLOC_TYPE_TEXT,
		},
		[MOD_ALLOC_TYPE_INITDATA] = {
			.mapto_type = MOD_ALLOC_TYPE_DATA,
		},
		[MOD_ALLOC_TYPE_INITRODATA] = {
			.mapto_type = MOD_ALLOC_TYPE_RODATA,
		},
	},
};
