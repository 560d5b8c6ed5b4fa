#include <asm/pgtable.h>
void *module_alloc(unsigned long size)
{
	return size ? kmalloc(size, 0) : 0;
}
