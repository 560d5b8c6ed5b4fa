// SPDX-License-Identifier: GPL-2.0
/*
 * 64-bit PA-RISC, Linux 6.12.
 * Source: 6.12:arch/parisc/mm/init.c:1006-1020
 */
/* modalloc:
 * arch: parisc64
 * cases:
 *   - verdict: refuted
 *     rules: [PRT003]
 *     why: >-
 *       PAGE_KERNEL_RWX: text is writable and executable until the loader protects it
 *       (6.12:arch/parisc/mm/init.c:1006-1020); calls go through stubs
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
				.pgprot = PAGE_KERNEL_RWX,
				.alignment = 1,
			},
		},
	};

	return &execmem_info;
}
