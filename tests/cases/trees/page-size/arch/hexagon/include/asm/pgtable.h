typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define PAGE_SIZE (1UL << CONFIG_PAGE_SHIFT)
#define _PAGE_READ 2
#define _PAGE_WRITE 4
#define _PAGE_EXECUTE 8
#define PAGE_KERNEL __pgprot(6)
#define PAGE_KERNEL_EXEC __pgprot(14)
extern unsigned long VMALLOC_START;
#define PKMAP_BASE 0xfdbe0000
#define VMALLOC_END 0xfdbc0000
