// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit x86 without PAE, Linux 6.12, VMSPLIT_3G.
 * There is no KASLR of the module area on 32-bit x86.
 * Source: 6.12:arch/x86/mm/init.c:1066-1088
 */
/* modalloc:
 * arch: x86_32-nopae
 * define:
 *   start: MODULES_VADDR
 *   MODULE_ALIGN: PAGE_SIZE
 *   pgprot: PAGE_KERNEL
 * cases:
 *   - verdict: refuted
 *     rules: [PRT003, PRT005]
 *     why: >-
 *       without PAE there is no NX bit: PAGE_KERNEL is rwx, data can be executed and text is writable and executable
 *       while it is loaded (6.12:arch/x86/include/asm/pgtable_types.h:120-125)
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
