// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit RISC-V with an MMU, Linux 6.12.
 * MODULES_VADDR and MODULES_END are VMALLOC_START and VMALLOC_END on 32 bits.
 * Source: 6.12:arch/riscv/mm/init.c:1557-1583
 */
/* modalloc:
 * arch: riscv32
 * cases:
 *   - verdict: proved
 *     why: >-
 *       offsets are computed modulo 2^32, so that everything is within reach, and the loader protects what it loads
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = VMALLOC_START,
				.end = VMALLOC_END,
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
