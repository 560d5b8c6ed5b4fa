typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define _PAGE_PRESENT 1
#define _PAGE_RW 2
#define _PAGE_NX (1ULL << 63)
#define PAGE_KERNEL __pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_ROX __pgprot(_PAGE_PRESENT)
#define MODULES_VADDR 0xffffffffc0000000
#define MODULES_END 0xffffffffff000000
extern int kaslr_enabled(void);
extern unsigned int get_random_u32_inclusive(unsigned int low, unsigned int high);
