/* An instruction slot of kprobes is out of reach of the kernel that it branches back to (kernel/kprobes.c:116). */
/* modalloc:
 * arch: far-slots.machine.yaml
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
			[EXECMEM_KPROBES ... EXECMEM_BPF] = {
				.start = 0xffffc90000000000,
				.end = 0xffffe90000000000,
				.pgprot = PAGE_KERNEL_ROX,
				.alignment = 1,
			},
		},
	};
	return &execmem_info;
}
