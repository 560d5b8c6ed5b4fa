// SPDX-License-Identifier: GPL-2.0
/*
 * The layout that the mail proposes for nios2, with MODULE_SPACE at 0xBF000000: 16 MiB below the kernel at 0xC0000000,
 * filled as the mail's legacy default fills it.
 */
/* modalloc:
 * arch: nios2
 * define: {MODULE_SPACE: 0xBF000000}
 * cases:
 *   - verdict: refuted
 *     rules: [RCH001]
 *     why: >-
 *       CALL26 stays inside one segment of 256 MiB: the loader wants the upper four bits of place and target
 *       to agree. Modules lie in segment 0xB and the kernel in 0xC, and there is no veneer, so that no module can
 *       call the kernel, however near it is
 */
static struct mod_alloc_type_params nios2_16m = {
	.types = {
		[MOD_ALLOC_TYPE_TEXT ... MOD_ALLOC_TYPE_RODATA_AFTER_INIT] = {
			.mapto_type = MOD_ALLOC_TYPE_TEXT,
			.granularity = PAGE_SIZE,
			.alignment = PAGE_SIZE,
			.start[0] = MODULE_SPACE,
			.end[0] = KERNEL_REGION_BASE - 1,
			.pgprot = PAGE_KERNEL_EXEC,
		},
		[MOD_ALLOC_TYPE_INITTEXT ... MOD_ALLOC_TYPE_INITRODATA] = {
			.mapto_type = MOD_ALLOC_TYPE_INITTEXT,
			.granularity = PAGE_SIZE,
			.alignment = PAGE_SIZE,
			.start[0] = MODULE_SPACE,
			.end[0] = KERNEL_REGION_BASE - 1,
			.pgprot = PAGE_KERNEL_EXEC,
		},
	},
};
