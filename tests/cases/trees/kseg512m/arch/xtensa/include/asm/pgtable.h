typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define _PAGE_PRESENT 4
#define _PAGE_HW_WRITE 2
#define _PAGE_HW_EXEC 1
#define PAGE_KERNEL __pgprot(6)
#define PAGE_KERNEL_EXEC __pgprot(7)
#define VMALLOC_START 0x90000000
#define VMALLOC_END (VMALLOC_START + 0x07feffff)
