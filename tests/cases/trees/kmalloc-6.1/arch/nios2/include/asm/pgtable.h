typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define _PAGE_READ 1
#define _PAGE_WRITE 2
#define _PAGE_EXEC 4
#define PAGE_KERNEL __pgprot(_PAGE_READ | _PAGE_WRITE)
#define PAGE_KERNEL_EXEC __pgprot(_PAGE_READ | _PAGE_WRITE | _PAGE_EXEC)
