"""What imported tables and their unknowns are called: by what decides them.

Without it, an unknown could have a name that says nothing, or two unknowns the same.
"""

from __future__ import annotations

from pathlib import Path

from modalloc_model.addresses import term_text
from modalloc_model.descriptor import Settings, read_text
from modalloc_model.kernel.document import documents
from modalloc_model.kernel.importing import Imported
from modalloc_model.report.text import unknowns_lines
from tests.kernel.trees import imported, table

FEATURES = """
#define X86_FEATURE_NARROW	(1*32+ 2)
#define X86_FEATURE_WIDE	(1*32+ 3)
static inline bool _static_cpu_has(unsigned short bit)
{
	asm goto("jmp %l[t_no]" : : : : t_yes, t_no);
t_yes:
	return true;
t_no:
	return false;
}
static inline bool other(void)
{
	asm goto("jmp %l[t_yes]" : : : : t_yes);
	return false;
t_yes:
	return true;
}
"""


def _body(condition: str) -> str:
    moved = "\tunsigned long start = MODULES_VADDR;\n\tif (CONDITION)\n\t\tstart += PAGE_SIZE;\n"
    return moved.replace("CONDITION", condition) + table("start")


def _text(result: Imported) -> str:
    (text,) = documents(result).values()
    return text


def test_a_feature_of_the_processor_has_its_own_name(tmp_path: Path) -> None:
    text = _text(imported(tmp_path, _body("_static_cpu_has(X86_FEATURE_WIDE)"), FEATURES))
    assert "name: execmem_arch_setup-X86_FEATURE_WIDE\n" in text
    assert "# This is the table of boots in which X86_FEATURE_WIDE is false." in text
    assert "t_yes" not in text


def test_a_feature_is_the_same_wherever_it_is_asked(tmp_path: Path) -> None:
    asked = "_static_cpu_has(X86_FEATURE_WIDE)"
    result = imported(tmp_path, _body(f"{asked} && !{asked}"), FEATURES)
    assert len(result.placed) == 1


def test_a_feature_without_a_name_has_its_number(tmp_path: Path) -> None:
    assert "in which cpu_feature_7 is true" in _text(imported(tmp_path, _body("_static_cpu_has(7)"), FEATURES))


def test_other_assembly_that_jumps_is_called_after_its_function(tmp_path: Path) -> None:
    assert "other_jumps" in _text(imported(tmp_path, _body("other()"), FEATURES))


def test_tables_that_are_numbered_say_which_boots_they_are_of(tmp_path: Path) -> None:
    result = imported(tmp_path, _body("limit > 0x1000"), "extern unsigned long limit;")
    text = _text(result)
    first, second = text.split("\n---\n")
    assert "# This is the table of boots in which 0x1000 < limit." in first + second
    assert "# This is the table of boots in which !(0x1000 < limit)." in first + second
    found = read_text(text.encode(), "t.yaml", Settings()).tables
    shown = [term_text(condition, one.params.machine) for one in found for condition in one.params.conditions]
    assert sorted(shown) == ["((0x1000 < limit) ? 1 : 0) == 0", "0x1000 < limit"]


def test_what_a_table_does_not_depend_on_is_not_among_what_it_holds_for() -> None:
    fixed = "arch: x86_64\ntypes: {TEXT: {mapto: TEXT, ranges: [{start: START, end: 0xffffffffff000000}]}}\n"
    shown = [
        unknowns_lines(read_text(fixed.replace("START", start).encode(), "t.yaml", Settings()).tables[0].params)
        for start in ("MODULES_VADDR", "0xffffffffc0000000")
    ]
    assert shown == [["kaslr_offset: PAGE_SIZE * k, 1 <= k <= 1024"], ["boot; nothing depends on it"]]
