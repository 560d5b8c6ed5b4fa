/* Two modules share a page of shadow, and the second one that is mapped finds it taken (bebf56a1b176). */
/* modalloc:
 * arch: kasan.machine.yaml
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
