typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define PAGE_KERNEL __pgprot(0)
#define PAGE_KERNEL_EXEC PAGE_KERNEL
#define PAGE_SIZE 0x1000
#define FIXADDR_START 0xdfff7000
#define VMALLOC_START 0xc0000000
#define VMALLOC_END (FIXADDR_START - 2 * PAGE_SIZE)
