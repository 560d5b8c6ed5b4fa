// SPDX-License-Identifier: GPL-2.0
/*
 * Alpha, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: alpha
 * cases:
 *   - verdict: refuted
 *     rules: [RCH003]
 *     why: >-
 *       vmalloc is 8 GiB and text finds its GOT, which is data, by R_ALPHA_GPDISP, which reaches 2 GiB: further apart
 *       the loader refuses the module (6.12:arch/alpha/kernel/module.c:178-264)
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
