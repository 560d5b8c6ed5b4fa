// SPDX-License-Identifier: GPL-2.0
/*
 * "Large page size, strict separation", the third table of the mail.
 *
 * MODULES_VADDR_2ND and MODULES_END_2ND are in no kernel. Here the module area of x86-64 is cut in two at 0xffffffffe0000000.
 */
/* modalloc:
 * arch: x86_64
 * define:
 *   MODULES_END: 0xffffffffe0000000
 *   MODULES_VADDR_2ND: 0xffffffffe0000000
 *   MODULES_END_2ND: 0xffffffffff000000
 * cases:
 *   - verdict: refuted
 *     rules: [PRT001, PRT002, ROI004]
 *     why: >-
 *       RODATA is read-only from the start and has neither fill nor invalidate, so memcpy() and memset() fault;
 *       RODATA_AFTER_INIT is sealed, and then invalidated by memset()
 *   - assume: {protect: after-fill, free-access: restored}
 *     verdict: proved
 *     why: write permission is there whenever somebody writes
 *   - assume: {protect: after-fill, free-access: restored}
 *     claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [PRT003]
 *     why: PAGE_KERNEL_EXEC is rwx, so text stays writable
 */
static struct mod_alloc_type_params strict_separation = {
	.types = {
		[MOD_ALLOC_TYPE_TEXT] = {
			.mapto_type = MOD_ALLOC_TYPE_TEXT,
			.flags = FLAG_SHARED_PMD | FLAG_SECOND_ADDRESS_SPACE,
			.granularity = PMD_SIZE,
			.alignment = MOD_ARCH_ALIGNMENT,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.start[1] = MODULES_VADDR_2ND,
			.end[1] = MODULES_END_2ND,
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
			.granularity = PAGE_SIZE,
			.alignment = PAGE_SIZE,
			.start[0] = MODULES_VADDR,
			.end[0] = MODULES_END,
			.pgprot = PAGE_KERNEL_RO,
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
