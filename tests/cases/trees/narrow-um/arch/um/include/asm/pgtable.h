typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define _PAGE_PRESENT 1
#define _PAGE_RW 32
#define PAGE_KERNEL __pgprot(33)
#define PAGE_KERNEL_EXEC __pgprot(33)
#define VMALLOC_START 0xa0000000
#define VMALLOC_END 0xb0000000
