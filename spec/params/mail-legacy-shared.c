// SPDX-License-Identifier: GPL-2.0
/*
 * The second table of the mail, which follows "So this is the waste space version, but we can also do:": one
 * root for everything, and allocations share pages.
 */
/* modalloc:
 * arch: x86_64
 * cases:
 *   - verdict: proved
 *     why: every page is rwx, so sharing one takes nothing from anybody
 *   - claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [PRT003, PRT004, PRT005, MAP007]
 *     why: everything lies in PAGE_KERNEL_EXEC, which is rwx, and nothing is sealed
 */
static struct mod_alloc_type_params legacy_shared = {
	.types = {
		[MOD_ALLOC_TYPE_TEXT ... MOD_ALLOC_TYPE_INITRODATA] = {
			.mapto_type = MOD_ALLOC_TYPE_TEXT,
			.granularity = PAGE_SIZE,
			.alignment = MOD_ARCH_ALIGNMENT,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.pgprot = PAGE_KERNEL_EXEC,
		},
	},
};
