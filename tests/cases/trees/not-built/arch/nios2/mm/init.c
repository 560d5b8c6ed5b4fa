#include <asm/pgtable.h>
#include <linux/execmem.h>
static struct execmem_info info;

struct execmem_info *execmem_arch_setup(void)
{
	info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = 0xbe000000,
				.end = 0xc0000000,
				.pgprot = PAGE_KERNEL_EXEC,
				.alignment = 1,
			},
		},
	};
	return &info;
}
