#include <asm/pgtable.h>
#include <linux/execmem.h>
static struct execmem_info info;

struct execmem_info *execmem_arch_setup(void)
{
	info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};
	return &info;
}
