"""A table that is right, and ways to make it wrong: each graft is what one rule is there to find."""

from __future__ import annotations

from dataclasses import replace

from modalloc_model.descriptor import Settings, read_text
from modalloc_model.params import Assumptions, ParamSet

ENTRY = """\
  [MOD_ALLOC_TYPE_{name}] = {{
    .mapto_type = MOD_ALLOC_TYPE_{name},
    .flags = {flags},
    .granularity = {granularity},
    .alignment = {alignment},
    .start[0] = MODULES_VADDR,
    .end[0] = MODULES_END - 1,
    .pgprot = {pgprot},
    .fill = {fill},
    .invalidate = {invalidate},
  }},
"""
MERGED = "  [MOD_ALLOC_TYPE_{name}] = {{ .mapto_type = MOD_ALLOC_TYPE_{into} }},\n"

RIGHT = (
    "static struct mod_alloc_type_params good = {\n.types = {\n"
    + ENTRY.format(
        name="TEXT", flags="FLAG_SHARED_PMD", granularity="PMD_SIZE", alignment="64",
        pgprot="PAGE_KERNEL_ROX", fill="text_poke", invalidate="text_poke_invalidate",
    )
    + ENTRY.format(
        name="DATA", flags="0", granularity="PAGE_SIZE", alignment="PAGE_SIZE",
        pgprot="PAGE_KERNEL", fill="NULL", invalidate="NULL",
    )
    + ENTRY.format(
        name="RODATA", flags="0", granularity="PAGE_SIZE", alignment="PAGE_SIZE",
        pgprot="PAGE_KERNEL_RO", fill="rodata_poke", invalidate="rodata_clear",
    )
    + ENTRY.format(
        name="RODATA_AFTER_INIT", flags="FLAG_SET_RO_AFTER_INIT", granularity="PAGE_SIZE", alignment="PAGE_SIZE",
        pgprot="PAGE_KERNEL", fill="NULL", invalidate="rodata_clear",
    )
    + MERGED.format(name="INITTEXT", into="TEXT")
    + MERGED.format(name="INITDATA", into="DATA")
    + MERGED.format(name="INITRODATA", into="RODATA")
    + "} };\n"
)  # fmt: skip

STRICT = Assumptions(claims=("strict-rwx",))


def table(text: str, arch: str = "x86_64", assumptions: Assumptions = STRICT, *defines: str) -> ParamSet:
    """The one table in the text, on the machine, under the assumptions."""
    reading = read_text(text.encode(), "table.c", Settings(arch=arch, defines=defines, assume={}, claims=()))
    errors = [problem.message for problem in reading.problems if problem.severity == "error"]
    assert not errors, errors
    return replace(reading.tables[0].params, assumptions=assumptions)


def grafted(name: str, field: str, value: str, text: str = RIGHT) -> str:
    """The text with one field of one entry given another value."""
    head, start, rest = text.partition(f"[MOD_ALLOC_TYPE_{name}] = {{")
    entry, end, tail = rest.partition("\n  },")
    lines = [
        f"    .{field} = {value}," if line.strip().startswith(f".{field} ") else line for line in entry.split("\n")
    ]
    if not any(line.strip().startswith(f".{field} ") for line in lines):
        lines.append(f"    .{field} = {value},")
    return head + start + "\n".join(lines) + end + tail
