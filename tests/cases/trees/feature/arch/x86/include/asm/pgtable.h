typedef struct { unsigned long pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t) { (x) })
#define _PAGE_PRESENT 1
#define _PAGE_RW 2
#define _PAGE_NX (1ULL << 63)
#define PAGE_KERNEL __pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_ROX __pgprot(_PAGE_PRESENT)
#define MODULES_VADDR 0xffffffffc0000000
#define MODULES_END 0xffffffffff000000
#define X86_FEATURE_PSE 3
static inline int _static_cpu_has(unsigned short bit)
{
	asm goto("jmp %l[t_no]" : : [feature] "i" (bit) : : t_yes, t_no);
t_yes:
	return 1;
t_no:
	return 0;
}
