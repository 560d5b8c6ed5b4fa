// SPDX-License-Identifier: GPL-2.0
/*
 * Machines without an MMU (arm, riscv, xtensa, m68k), Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: nommu
 * cases:
 *   - verdict: refuted
 *     rules: [RNG003]
 *     not-judged: [RCH001, RCH002, RCH003]
 *     why: >-
 *       VMALLOC_START is 0, which is what execmem takes for not given: execmem_validate() fails and says that modules
 *       will not load, although they do (6.12:mm/execmem.c:72-82,115-124)
 */
static struct execmem_info default_execmem_info = {
	.ranges = {
		[EXECMEM_DEFAULT] = {
			.start = VMALLOC_START,
			.end = VMALLOC_END,
			.pgprot = PAGE_KERNEL_EXEC,
			.alignment = 1,
		},
	},
};
