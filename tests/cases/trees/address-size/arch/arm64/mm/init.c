#include <asm/pgtable.h>
#include <linux/execmem.h>
static struct execmem_info info;

struct execmem_info *execmem_arch_setup(void)
{
	info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = (unsigned long)_end - 0x8000000UL,
				.end = (unsigned long)_end,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
			[EXECMEM_BPF] = {
				.start = MODULES_END,
				.end = VMALLOC_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};
	return &info;
}
