// SPDX-License-Identifier: GPL-2.0
/*
 * 64-bit RISC-V with an MMU and KASLR, Linux 6.12.
 * Source: 6.12:arch/riscv/mm/init.c:1557-1583
 */
/* modalloc:
 * arch: riscv64
 * cases:
 *   - verdict: refuted
 *     rules: [RCH001]
 *     why: >-
 *       the window begins 2 GiB below the page-rounded end of the image, and auipc with its 12 signed bits reaches
 *       2^31 - 2^11: from the first 2 KiB of the window the last 2 KiB of the image are out of reach, and
 *       R_RISCV_PCREL_HI20 has no PLT; the loader refuses the module (6.12:arch/riscv/kernel/module.c:46-53)
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
			[EXECMEM_KPROBES] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
				.pgprot = PAGE_KERNEL_READ_EXEC,
				.alignment = 1,
			},
			[EXECMEM_BPF] = {
				.start = BPF_JIT_REGION_START,
				.end = BPF_JIT_REGION_END,
				.pgprot = PAGE_KERNEL,
				.alignment = PAGE_SIZE,
			},
		},
	};

	return &execmem_info;
}
