// SPDX-License-Identifier: GPL-2.0
/*
 * LoongArch, 16 KiB pages, Linux 6.12.
 * Source: 6.12:arch/loongarch/mm/init.c:250-277
 */
/* modalloc:
 * arch: loongarch64
 * cases:
 *   - verdict: refuted
 *     rules: [RCH002]
 *     why: >-
 *       text has a window of 256 MiB and B26 reaches 128 MiB: the PLT that a far call needs lies in core text alone,
 *       and init text more than 128 MiB away does not reach it; the loader refuses the module
 *       (6.12:arch/loongarch/kernel/module.c:286-303); data within 2 GiB is reached, thanks to the guard page
 *   - claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [MAP007, PRT003, PRT004, PRT005, RCH002]
 *     why: >-
 *       LoongArch does not select STRICT_MODULE_RWX and its PAGE_KERNEL is rwx: text stays writable, read-only data
 *       and what is read-only after init stay writable, and data is executable
 *       (6.12:include/linux/pgtable.h:1825-1830); and the window of text as before
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = MODULES_VADDR,
				.end = MODULES_VADDR + SZ_256M,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
			[EXECMEM_MODULE_DATA] = {
				.start = MODULES_VADDR + SZ_256M,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};

	return &execmem_info;
}
