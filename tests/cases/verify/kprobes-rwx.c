/* Kprobes' pages may be written and executed at once (6a3a58e6230d took the write away). */
/* modalloc:
 * arch: powerpc-book3s64
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = VMALLOC_START,
				.end = VMALLOC_START + SZ_1G,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
			[EXECMEM_KPROBES] = {
				.start = VMALLOC_START,
				.end = VMALLOC_START + SZ_1G,
				.pgprot = PAGE_KERNEL_EXEC,
				.alignment = 1,
			},
		},
	};
	return &execmem_info;
}
