// SPDX-License-Identifier: GPL-2.0
/*
 * 64-bit SPARC, -mcmodel=medlow, Linux 6.12.
 * Source: 6.12:arch/sparc/mm/execmem.c:7-21
 */
/* modalloc:
 * arch: sparc64
 * cases:
 *   - verdict: refuted
 *     rules: [RCH001, RCH002]
 *     why: >-
 *       beyond 0x80404000, 0x6fbfbfff bytes of the window, a call does not reach the kernel's text at 0x404000, and
 *       two modules may be 0xe0000000 bytes apart: WDISP30 reaches 2^31 and is not checked
 *       (6.12:arch/sparc/kernel/module.c:123-127)
 *   - claims: [strict-rwx]
 *     verdict: refuted
 *     rules: [MAP007, PRT003, PRT004, PRT005, RCH001, RCH002]
 *     why: >-
 *       SPARC does not select STRICT_MODULE_RWX and its PAGE_KERNEL is rwx: text stays writable, read-only data and
 *       what is read-only after init stay writable, and data is executable (6.12:include/linux/pgtable.h:1825-1830);
 *       and reach as before
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};

	return &execmem_info;
}
