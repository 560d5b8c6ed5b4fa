#include <asm/pgtable.h>
#include <linux/execmem.h>
static struct execmem_info info;

struct execmem_info *execmem_arch_setup(void)
{
	info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = 0xffff800000000000,
				.end = 0xffff800080000000,
				.pgprot = PAGE_KERNEL,
				.alignment = 1,
			},
		},
	};
	return &info;
}
