typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define _PAGE_PRESENT 1
#define _PAGE_EXEC 0x40
#define _PAGE_NA 0x200
#define _PAGE_RO 0x600
#define _PAGE_RW 0
#define PAGE_KERNEL __pgprot(_PAGE_PRESENT | _PAGE_RW)
#define PAGE_KERNEL_EXEC __pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_EXEC)
