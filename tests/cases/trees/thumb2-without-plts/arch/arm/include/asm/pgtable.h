typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define L_PTE_PRESENT 1
#define L_PTE_RDONLY (1 << 7)
#define L_PTE_XN (1 << 9)
#define PAGE_KERNEL __pgprot(L_PTE_PRESENT | L_PTE_XN)
#define PAGE_KERNEL_EXEC __pgprot(L_PTE_PRESENT)
