// SPDX-License-Identifier: GPL-2.0
/*
 * x86-64, Linux 6.12, built with KASLR and booted with nokaslr.
 * `start` is the local variable that holds the area's begin with the offset; MODULE_ALIGN is a page without KASAN.
 * Source: 6.12:arch/x86/mm/init.c:1066-1088
 */
/* modalloc:
 * arch: x86_64-kaslr-off
 * define:
 *   MODULES_VADDR: __START_KERNEL_map + KERNEL_IMAGE_SIZE
 *   start: MODULES_VADDR
 *   MODULE_ALIGN: PAGE_SIZE
 *   pgprot: PAGE_KERNEL
 * cases:
 *   - verdict: proved
 *     why: >-
 *       window and image lie within [0xffffffff80000000, 0xffffffffff000000), which is 0x7f000000 bytes: less than
 *       2^31, so that every PC32 fits, although the loader does not check; the loader gives each section its
 *       protection before it runs
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.flags = EXECMEM_KASAN_SHADOW,
				.start = start,
				.end = MODULES_END,
				.pgprot = pgprot,
				.alignment = MODULE_ALIGN,
			},
		},
	};

	return &execmem_info;
}
