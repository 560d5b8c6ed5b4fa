#ifndef _LINUX_EXECMEM_H
#define _LINUX_EXECMEM_H
enum execmem_type {
	EXECMEM_DEFAULT,
	EXECMEM_MODULE_TEXT = EXECMEM_DEFAULT,
	EXECMEM_KPROBES,
	EXECMEM_FTRACE,
	EXECMEM_BPF,
	EXECMEM_MODULE_DATA,
	EXECMEM_TYPE_MAX,
};
enum execmem_range_flags {
	EXECMEM_KASAN_SHADOW = (1 << 0),
};
struct execmem_range {
	unsigned long start;
	unsigned long end;
	unsigned long fallback_start;
	unsigned long fallback_end;
	pgprot_t pgprot;
	unsigned int alignment;
	enum execmem_range_flags flags;
};
struct execmem_info {
	struct execmem_range ranges[EXECMEM_TYPE_MAX];
};
#endif
