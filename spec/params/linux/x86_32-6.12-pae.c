// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit x86 with PAE, Linux 6.12, VMSPLIT_3G.
 * There is no KASLR of the module area on 32-bit x86.
 * Source: 6.12:arch/x86/mm/init.c:1066-1088
 */
/* modalloc:
 * arch: x86_32
 * define:
 *   start: MODULES_VADDR
 *   MODULE_ALIGN: PAGE_SIZE
 *   pgprot: PAGE_KERNEL
 * cases:
 *   - verdict: proved
 *     why: >-
 *       the area is what low memory leaves, whatever high_memory is; displacements are computed modulo 2^32; the
 *       loader protects what it loads
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
