#include <asm/pgtable.h>
#include <linux/execmem.h>
static struct execmem_info info;

struct execmem_info *execmem_arch_setup(void)
{
	pgprot_t prot = _static_cpu_has(X86_FEATURE_PSE) ? PAGE_KERNEL_ROX : PAGE_KERNEL;

	info = (struct execmem_info){
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = prot,
				.alignment = 1,
			},
		},
	};
	return &info;
}
