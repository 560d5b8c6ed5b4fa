// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit PowerPC (book3s32), Linux 6.12: the first range alone, and no stub anywhere.
 * Source: 6.12:arch/powerpc/mm/mem.c:429-488
 */
/* modalloc:
 * arch: powerpc-book3s32-direct
 * define: {start: _etext - SZ_32M, prot: PAGE_KERNEL}
 * cases:
 *   - verdict: proved
 *     why: >-
 *       from _etext - 32 MiB on, no place is more than 0x1ffffff bytes below the kernel's text, and no two are that far
 *       apart: a branch reaches without trampolines, which is what the range is there for
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = start,
				.end = MODULES_END,
				.pgprot = prot,
				.alignment = 1,
			},
			[EXECMEM_MODULE_DATA] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};

	return &execmem_info;
}
