/* An alignment of eight pages: vmalloc's search passes over holes that would do. */
/* modalloc:
 * arch: x86_64-nokaslr
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = MODULES_VADDR,
				.end = MODULES_VADDR + SZ_256M,
				.fallback_start = MODULES_VADDR + SZ_512M,
				.fallback_end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 8 * PAGE_SIZE,
			},
		},
	};
	return &execmem_info;
}
