"""Memory that others than the loader allocate is not writable and executable at once.

## Formula
under strict-rwx: `!(w && x)` of the protection that the type's mappings have from the start

## Why it matters
Slots of kprobes, trampolines of ftrace and programs of BPF are code. Only their own subsystem protects them later, and
some never do: without an alloc_insn_page() of the architecture, pages of kprobes keep their first protection and are
written through another mapping. With one, a mapping that is rwx stays so until set_memory_rox().

## Source
kernel/kprobes.c:113-122 and arch/powerpc/mm/mem.c:464-478 of Linux 6.12 (mapped as they stay); set_memory_rox() after
the allocation in arch/x86/kernel/kprobes/core.c:498-506, arch/s390/kernel/kprobes.c:39-42,
arch/x86/kernel/ftrace.c:266,423, kernel/bpf/core.c:936-945. All of these write before, or by text_poke().

## Example that fails
`[EXECMEM_KPROBES] = { .pgprot = PAGE_KERNEL_EXEC }` where PAGE_KERNEL_EXEC is rwx.

## How to mend
PAGE_KERNEL_ROX for memory that is written through another mapping, PAGE_KERNEL for memory that its user seals with
set_memory_rox().
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, NotClaimed, Outcome, Quantity, each_other, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, all_of, negate, truth


@rule(severity=Severity.ERROR, each=each_other)
def RULE(table: ParamSet, other: AllocType) -> Outcome:
    """Not as it is mapped."""
    if table.assumptions.strict == FALSE:
        return NotClaimed("strict-rwx is not claimed (--claim strict-rwx)")
    mapped = other.protection
    return Condition(
        truth(negate(all_of(mapped.write, mapped.execute))),
        f"{other.name} is mapped {mapped.name or 'without protection'}, which is writable and executable at once",
        facts={"w": Quantity(mapped.write, "truth"), "x": Quantity(mapped.execute, "truth")},
        blame="pgprot",
    )
