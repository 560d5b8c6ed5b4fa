// SPDX-License-Identifier: GPL-2.0
/*
 * The mail's legacy default, "all RWX", on 32-bit PA-RISC, where PAGE_KERNEL_EXEC is not writable.
 * Source: 6.12:arch/parisc/include/asm/pgtable.h:207-210,241-244, mail of December 2022
 */
/* modalloc:
 * arch: parisc32
 * cases:
 *   - assume: {protect: after-fill}
 *     verdict: refuted
 *     rules: [MAP006, PRT002, ROI003]
 *     why: >-
 *       PAGE_KERNEL_EXEC is r-x: even if it applies only after filling, memset() faults when memory is freed, and data
 *       cannot be written (6.12:arch/parisc/include/asm/pgtable.h:207-210,241-244); read literally, already memcpy()
 *       faults (PRT001), and no run gets further
 */
static struct mod_alloc_type_params parisc_all_rwx = {
	.types = {
		[MOD_ALLOC_TYPE_TEXT ... MOD_ALLOC_TYPE_RODATA_AFTER_INIT] = {
			.mapto_type = MOD_ALLOC_TYPE_TEXT,
			.granularity = PAGE_SIZE,
			.alignment = PAGE_SIZE,
			.start[0] = VMALLOC_START,
			.end[0] = VMALLOC_END - 1,
			.pgprot = PAGE_KERNEL_EXEC,
		},
		[MOD_ALLOC_TYPE_INITTEXT ... MOD_ALLOC_TYPE_INITRODATA] = {
			.mapto_type = MOD_ALLOC_TYPE_INITTEXT,
			.granularity = PAGE_SIZE,
			.alignment = PAGE_SIZE,
			.start[0] = VMALLOC_START,
			.end[0] = VMALLOC_END - 1,
			.pgprot = PAGE_KERNEL_EXEC,
		},
	},
};
