/* No large page fits into 512 KiB: the cache takes a block of the size that is asked for. */
/* modalloc:
 * arch: x86_64-nokaslr
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_MODULE_TEXT ... EXECMEM_BPF] = {
				.flags = EXECMEM_ROX_CACHE,
				.start = MODULES_VADDR,
				.end = MODULES_VADDR + SZ_512K,
				.pgprot = PAGE_KERNEL_ROX,
				.alignment = PAGE_SIZE,
			},
			[EXECMEM_MODULE_DATA] = {
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = PAGE_SIZE,
			},
		},
	};
	return &execmem_info;
}
