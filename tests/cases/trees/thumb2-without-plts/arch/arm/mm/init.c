#include <asm/pgtable.h>
#include <linux/execmem.h>
static struct execmem_info info;

struct execmem_info *execmem_arch_setup(void)
{
	info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = 0xbf800000,
				.end = 0xbfe00000,
				.pgprot = PAGE_KERNEL_EXEC,
				.alignment = 1,
			},
		},
	};
	return &info;
}
