// SPDX-License-Identifier: GPL-2.0
/*
 * User-mode Linux, Linux 6.12.
 * Source: 6.12:mm/execmem.c:111-129 (the generic default)
 */
/* modalloc:
 * arch: um
 * cases:
 *   - verdict: refuted
 *     rules: [RCH001, RCH002, RCH003]
 *     why: >-
 *       the window is what is left of 511 GiB and a PC32 reaches 2 GiB: with more memory than that even the first
 *       module does not reach the kernel, and nothing is checked (6.12:arch/x86/kernel/module.c:133-137); if modules
 *       are compiled with another code model than the kernel's default, this does not hold
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
