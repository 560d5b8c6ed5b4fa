#include <asm/pgtable.h>
void * __weak module_alloc(unsigned long size)
{
	return __vmalloc_node_range(size, 1, VMALLOC_START, VMALLOC_END, 0, PAGE_KERNEL_EXEC, 0, 0, 0);
}
