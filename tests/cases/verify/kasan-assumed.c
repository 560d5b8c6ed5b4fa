/* The same on the stock profile, which assumes a kernel without KASAN. */
/* modalloc:
 * arch: x86_64
 * define: {MODULE_ALIGN: PAGE_SIZE}
 */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.flags = EXECMEM_KASAN_SHADOW,
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = MODULE_ALIGN,
			},
		},
	};
	return &execmem_info;
}
