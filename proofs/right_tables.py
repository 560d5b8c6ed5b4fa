"""Right tables to be changed: the proved cases of spec/params, and one that uses every field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modalloc_model.descriptor import Settings, read_path, read_text
from modalloc_model.params import Assumptions, ParamSet
from modalloc_model.paths import spec_root

_ENTRY = """\
  [MOD_ALLOC_TYPE_{name}] = {{
    .mapto_type = MOD_ALLOC_TYPE_{name}, .flags = {flags}, .granularity = {granularity}, .alignment = {alignment},
    .start[0] = MODULES_VADDR, .end[0] = MODULES_END - 0x1000001, .pgprot = {pgprot}, {more}
  }},
"""
_SECOND = ".start[1] = MODULES_END - 0x1000000, .end[1] = MODULES_END - 1,"

EVERY_FIELD = (
    "static struct mod_alloc_type_params every_field = {\n.types = {\n"
    + _ENTRY.format(
        name="TEXT", flags="FLAG_SHARED_PMD | FLAG_SECOND_ADDRESS_SPACE", granularity="PMD_SIZE", alignment="64",
        pgprot="PAGE_KERNEL_ROX", more=f"{_SECOND} .fill = text_poke, .invalidate = text_poke_invalidate,",
    )
    + _ENTRY.format(name="DATA", flags="0", granularity="PAGE_SIZE", alignment="64", pgprot="PAGE_KERNEL", more="")
    + _ENTRY.format(
        name="RODATA", flags="0", granularity="PAGE_SIZE", alignment="PAGE_SIZE",
        pgprot="PAGE_KERNEL_RO", more=".fill = rodata_poke, .invalidate = rodata_clear,",
    )
    + _ENTRY.format(
        name="RODATA_AFTER_INIT", flags="FLAG_SET_RO_AFTER_INIT", granularity="PAGE_SIZE", alignment="PAGE_SIZE",
        pgprot="PAGE_KERNEL", more=".invalidate = rodata_clear,",
    )
    + "".join(
        f"  [MOD_ALLOC_TYPE_INIT{kind}] = {{ .mapto_type = MOD_ALLOC_TYPE_{kind} }},\n"
        for kind in ("TEXT", "DATA", "RODATA")
    )
    + "} };\n"
)  # fmt: skip
"""Strict separation with a second range, both flags, reuse, and functions where memory is not writable."""


def every_field() -> ParamSet:
    """The table above on x86-64, with strict-rwx claimed."""
    reading = read_text(EVERY_FIELD.encode(), "every_field.c", Settings(arch="x86_64", claims=("strict-rwx",)))
    return replace(reading.tables[0].params, assumptions=Assumptions(claims=("strict-rwx",)))


def right_tables() -> Mapping[str, ParamSet]:
    """Every right table, by a name for people."""
    found = {"every field": every_field()}
    files = sorted((spec_root() / "params").glob("*.c"))
    for entry in (table for file in files for table in read_path(str(file), Settings()).tables):
        for number, case in enumerate(entry.cases):
            if case.verdict == "proved" and entry.params.dialect.name == "mod_alloc":
                found[f"{entry.params.id} ({number})"] = replace(entry.params, assumptions=case.assumptions)
    return found
