// SPDX-License-Identifier: GPL-2.0
/*
 * "Legacy default (All RWX)", the first table of Thomas Gleixner's mail of December 2022: everything a module
 * keeps is text, and so is everything that goes after init; each allocation has pages of its own.
 */
/* modalloc:
 * arch: x86_64
 * cases:
 *   - verdict: proved
 *     why: every page is rwx, so every section can do what it needs
 *   - claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [PRT003, PRT004, PRT005, MAP007]
 *     why: everything lies in PAGE_KERNEL_EXEC, which is rwx, and nothing is sealed
 */
static struct mod_alloc_type_params legacy_default = {
	.types = {
		[MOD_ALLOC_TYPE_TEXT ... MOD_ALLOC_TYPE_RODATA_AFTER_INIT] = {
			.mapto_type = MOD_ALLOC_TYPE_TEXT,
			.granularity = PAGE_SIZE,
			.alignment = PAGE_SIZE,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.pgprot = PAGE_KERNEL_EXEC,
		},
		[MOD_ALLOC_TYPE_INITTEXT ... MOD_ALLOC_TYPE_INITRODATA] = {
			.mapto_type = MOD_ALLOC_TYPE_INITTEXT,
			.granularity = PAGE_SIZE,
			.alignment = PAGE_SIZE,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.pgprot = PAGE_KERNEL_EXEC,
		},
	},
};
