#include <asm/pgtable.h>
#include <linux/execmem.h>
static struct execmem_info default_info;
static struct execmem_info *execmem_info;

static void execmem_init_missing(struct execmem_info *info)
{
	struct execmem_range *text = &info->ranges[EXECMEM_DEFAULT], *r;

	for (int at = EXECMEM_DEFAULT + 1; at < EXECMEM_TYPE_MAX; at++) {
		r = &info->ranges[at];
		if (r->start)
			continue;
		r->pgprot = at == EXECMEM_MODULE_DATA ? PAGE_KERNEL : PAGE_KERNEL_EXEC;
		r->alignment = text->alignment;
		r->start = text->start;
		r->end = text->end;
		r->flags = text->flags;
		r->fallback_start = text->fallback_start;
		r->fallback_end = text->fallback_end;
	}
}

static void __execmem_init(void)
{
	struct execmem_range *text = &default_info.ranges[EXECMEM_DEFAULT];

	execmem_info = &default_info;
	text->start = VMALLOC_START;
	text->end = VMALLOC_END;
	text->pgprot = PAGE_KERNEL_EXEC;
	text->alignment = 1;
	execmem_init_missing(&default_info);
}
