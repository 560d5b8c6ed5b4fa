// SPDX-License-Identifier: GPL-2.0
/*
 * s390, 3-level paging, no KASAN, Linux 6.12, with KASLR or without.
 * `start` is the local variable with the KASLR offset; MODULE_ALIGN is a page without KASAN.
 * Source: 6.12:arch/s390/mm/init.c:307-330
 */
/* modalloc:
 * arch: s390
 * define:
 *   start: MODULES_VADDR + module_load_offset
 *   MODULE_ALIGN: PAGE_SIZE
 * cases:
 *   - verdict: proved
 *     why: >-
 *       window (2 GiB), gap (less than 1 MiB) and image (512 MiB at most) are less than 4 GiB together: every PC32DBL
 *       fits, wherever the boot puts them
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.flags = EXECMEM_KASAN_SHADOW,
				.start = start,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = MODULE_ALIGN,
			},
		},
	};

	return &execmem_info;
}
