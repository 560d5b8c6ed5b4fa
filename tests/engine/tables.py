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


ODD = grafted("DATA", "granularity", "3 * PAGE_SIZE", grafted("DATA", "alignment", "3 * PAGE_SIZE",
    grafted("DATA", "end[0]", "MODULES_VADDR + 0xffff")))  # fmt: skip
"""Neither granularity nor alignment is a power of two."""

GRAFTS = [
    ("MAP001", grafted("DATA", "mapto_type", "9"), {}),
    ("MAP002", grafted("DATA", "mapto_type", "MOD_ALLOC_TYPE_INITTEXT"), {}),
    ("MAP003", grafted("TEXT", "alignment", "0"), {}),
    ("MAP004", RIGHT.replace("[MOD_ALLOC_TYPE_INITDATA] = {", "[MOD_ALLOC_TYPE_INITDATA] = { .alignment = 64,"), {}),
    ("MAP005", RIGHT.replace(".mapto_type = MOD_ALLOC_TYPE_INITTEXT", "").replace(
        "[MOD_ALLOC_TYPE_INITDATA] = { .mapto_type = MOD_ALLOC_TYPE_DATA",
        "[MOD_ALLOC_TYPE_INITDATA] = { .alignment = 64"), {}),
    ("MAP006", grafted("DATA", "fill", "poke", grafted("DATA", "pgprot", "PAGE_KERNEL_RO")), {}),
    ("MAP007", grafted("DATA", "mapto_type", "MOD_ALLOC_TYPE_RODATA_AFTER_INIT"), {}),
    ("RNG001", grafted("DATA", "end[0]", "MODULES_VADDR + 100"), {}),
    ("RNG002", grafted("DATA", "end[0]", "MODULES_END"), {}),
    ("RNG003", grafted("DATA", "start[0]", "MODULES_END"), {}),
    ("RNG005", grafted("DATA", "start[0]", "MODULES_VADDR - 0x10000000"), {}),
    ("RNG006", grafted("DATA", "flags", "FLAG_SECOND_ADDRESS_SPACE"), {}),
    ("ALN001", grafted("TEXT", "alignment", "48"), {}),
    ("ALN002", grafted("DATA", "granularity", "2 * PAGE_SIZE"), {}),
    ("ALN003", grafted("DATA", "alignment", "2 * PAGE_SIZE"), {}),
    ("ALN004", grafted("TEXT", "alignment", "48"), {}),
    ("ALN005", RIGHT, {}),
    ("OVL002", RIGHT, {"arbiter": "private"}),
    ("OVL003", grafted("DATA", "granularity", "64", grafted("DATA", "alignment", "64",
        grafted("RODATA", "granularity", "64", grafted("RODATA", "alignment", "64")))), {}),
    ("ROI001", grafted("RODATA_AFTER_INIT", "alignment", "64",
        grafted("RODATA_AFTER_INIT", "pgprot", "PAGE_KERNEL_RO")), {"protect": "after-fill"}),
    ("ROI002", grafted("RODATA_AFTER_INIT", "alignment", "64"), {"free_access": "restored"}),
    ("ROI003", grafted("RODATA_AFTER_INIT", "pgprot", "PAGE_KERNEL_RO",
        grafted("RODATA_AFTER_INIT", "fill", "rodata_poke")), {}),
    ("ROI004", grafted("RODATA_AFTER_INIT", "invalidate", "NULL"), {}),
    ("ROI005", RIGHT.replace("INITDATA] = { .mapto_type = MOD_ALLOC_TYPE_DATA",
        "INITDATA] = { .mapto_type = MOD_ALLOC_TYPE_RODATA_AFTER_INIT"), {}),
    ("ROI006", grafted("RODATA_AFTER_INIT", "granularity", "PMD_SIZE"), {}),
    ("PRT001", grafted("RODATA", "fill", "NULL"), {}),
    ("PRT002", grafted("RODATA", "invalidate", "NULL"), {}),
    ("PRT003", grafted("TEXT", "pgprot", "PAGE_KERNEL_EXEC"), {}),
    ("PRT004", grafted("RODATA", "pgprot", "PAGE_KERNEL"), {}),
    ("PRT005", grafted("DATA", "pgprot", "PAGE_KERNEL_EXEC"), {}),
    ("RCH001", grafted("TEXT", "start[0]", "MODULES_BASE - 0x200000000"), {}),
    ("RCH002", grafted("TEXT", "start[0]", "MODULES_BASE - 0x200000000"), {}),
    ("RCH003", grafted("DATA", "start[0]", "MODULES_BASE - 0x200000000",
        grafted("DATA", "end[0]", "MODULES_BASE - 0x180000000")), {}),
    ("CMP001", ODD, {}),
    ("CMP002", grafted("DATA", "flags", "FLAG_SECOND_ADDRESS_SPACE", grafted("DATA", "start[1]",
        "MODULES_VADDR + 0x1000000", grafted("DATA", "end[1]", "MODULES_END - 1", ODD))), {}),
]  # fmt: skip
"""Rule, the text that breaks it, and the assumptions under which it does."""
