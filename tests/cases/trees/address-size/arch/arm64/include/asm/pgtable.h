typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define PTE_VALID 1UL
#define PTE_WRITE (1UL << 51)
#define PTE_RDONLY (1UL << 7)
#define PTE_PXN (1UL << 53)
#define PAGE_KERNEL __pgprot(PTE_VALID | PTE_WRITE | PTE_PXN)
#define VA_BITS (CONFIG_ARM64_VA_BITS)
#define MODULES_VADDR (-(1UL << (VA_BITS - 1)))
#define MODULES_END (MODULES_VADDR + 0x80000000)
#define PAGES (1UL << (VA_BITS - 1 - CONFIG_PAGE_SHIFT))
#define VMALLOC_END (-0x40000000UL - PAGES * sizeof(struct page) - 0x800000UL)
extern char _end[];
