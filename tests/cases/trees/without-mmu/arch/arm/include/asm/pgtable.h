typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define PAGE_KERNEL __pgprot(0)
#define PAGE_KERNEL_EXEC __pgprot(0)
#define VMALLOC_START 0x1000UL
#define VMALLOC_END 0xfffff000UL
