/* Slots lie among the modules, within 2 GiB of the kernel. */
/* modalloc:
 * arch: x86_64-nokaslr
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
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL_ROX,
				.alignment = 1,
			},
		},
	};
	return &execmem_info;
}
