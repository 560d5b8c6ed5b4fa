"""What kprobes, ftrace and BPF allocate is no module's, but its range can be as wrong as a module's.

Without it, a range from which kprobes or BPF allocate could be wrong unnoticed.
"""

from __future__ import annotations

from modalloc_model.engine import Options, verify_table
from modalloc_model.properties import RULES
from modalloc_model.verdict import Verdict
from tests.descriptor.test_execmem import ENTRY, execmem

OF_RANGES = frozenset({"RNG002", "RNG003", "RNG005", "ALN001", "ALN003"})
BELOW = ".start = MODULES_BASE - 0x200000, .end = MODULES_BASE, .pgprot = PAGE_KERNEL_ROX, .alignment = 3,"


def refuted(entries: str) -> set[tuple[str, str]]:
    """The rules and subjects that fail."""
    report = verify_table(execmem(entries), Options(select=OF_RANGES))
    return {(r.rule, r.subject) for r in report.results if r.verdict is Verdict.REFUTED}


def test_a_range_of_others_that_lies_outside_the_window_is_refuted() -> None:
    of_kprobes = f"[EXECMEM_DEFAULT] = {{ {ENTRY} }}, [EXECMEM_KPROBES] = {{ {BELOW} }},"
    assert refuted(of_kprobes) == {("RNG005", "KPROBES"), ("ALN001", "KPROBES")}


def test_what_others_copy_from_the_default_is_not_judged_again() -> None:
    report = verify_table(execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} }},"), Options(select=OF_RANGES))
    assert {r.subject for r in report.results} == {"MODULE_TEXT", "MODULE_DATA"}


def test_of_what_others_allocate_reach_alone_is_asked_beside_what_no_run_tells() -> None:
    table = execmem(f"[EXECMEM_DEFAULT] = {{ {ENTRY} }}, [EXECMEM_BPF] = {{ {ENTRY} }},")
    spoken = {r.rule for r in verify_table(table).results if r.subject == "BPF"}
    assert spoken >= OF_RANGES
    assert {rule for rule in spoken if RULES[rule].behaviour} <= {"RCH001", "RCH002", "RCH003"}
