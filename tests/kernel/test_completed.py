"""Types that an architecture leaves out: as the tree's own mm/execmem.c fills them in.

Without it, a type that an architecture leaves out could be judged without what mm/execmem.c fills in.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.concrete import letters
from modalloc_model.descriptor import Settings, read_text
from modalloc_model.kernel.document import documents
from modalloc_model.kernel.facts import problems
from modalloc_model.kernel.importing import Imported, Request, import_sets
from modalloc_model.params import AllocType
from tests.kernel.trees import EXECMEM_C, PGTABLE_H, source, table, tree, warnings

DATA = "at == EXECMEM_MODULE_DATA ? PAGE_KERNEL : first->pgprot"


def _imported(top: Path, completion: str, **files: str) -> Imported:
    given = {"mm/execmem.c": completion, **files}
    return import_sets(Request("nios2", str(tree(top, source(table()), given))))


def _types(result: Imported) -> dict[str, AllocType]:
    (text,) = documents(result).values()
    (found,) = read_text(text.encode(), "t.yaml", Settings()).tables
    return {t.name: t for t in found.params.types}


def _written(result: Imported) -> set[str]:
    return {name for name, t in _types(result).items() if t.written}


def _warnings_of(result: Imported) -> str:
    return "\n".join(problem.message for problem in problems(result))


def test_what_is_filled_in_as_ever_is_not_written(tmp_path: Path) -> None:
    result = _imported(tmp_path, EXECMEM_C)
    assert _written(result) == {"MODULE_TEXT"}
    assert "filled in otherwise" not in _warnings_of(result)


def test_what_the_default_protection_allows_is_the_trees_word(tmp_path: Path) -> None:
    """The profile of nios2 has an executable PAGE_KERNEL, and the tree has not."""
    assert letters(_types(_imported(tmp_path / "a", EXECMEM_C))["MODULE_DATA"].protection, {}) == "rw-"
    header = PGTABLE_H.replace("_PAGE_WRITE)", "0)")
    result = _imported(tmp_path / "b", EXECMEM_C, **{"arch/nios2/include/asm/pgtable.h": header})
    assert letters(_types(result)["MODULE_DATA"].protection, {}) == "r--"


@pytest.mark.parametrize(
    ("changed", "data", "kprobes"),
    [
        (DATA.replace("PAGE_KERNEL :", "PAGE_KERNEL_EXEC :"), "rwx", "rwx"),
        ("first->pgprot", "rwx", "rwx"),
        ("PAGE_KERNEL", "rw-", "rw-"),
        ("at == EXECMEM_KPROBES ? PAGE_KERNEL : first->pgprot", "rwx", "rw-"),
    ],
)
def test_another_default_protection_is_written_and_said(tmp_path: Path, changed: str, data: str, kprobes: str) -> None:
    result = _imported(tmp_path, EXECMEM_C.replace(DATA, changed))
    types = _types(result)
    assert [letters(types[name].protection, {}) for name in ("MODULE_DATA", "KPROBES")] == [data, kprobes]
    assert "is filled in otherwise than by Linux 6.12" in _warnings_of(result)


@pytest.mark.parametrize("line", ["r->alignment = first->alignment;", "r->flags = first->flags;"])
def test_a_value_that_is_not_taken_over_is_written(tmp_path: Path, line: str) -> None:
    other = {"r->alignment = first->alignment;": "r->alignment = 0x8000;", "r->flags = first->flags;": "r->flags = 1;"}
    result = _imported(tmp_path, EXECMEM_C.replace(line, other[line]))
    assert _written(result) == {"MODULE_TEXT", "KPROBES", "FTRACE", "BPF", "MODULE_DATA"}
    kprobes = _types(result)["KPROBES"]
    expected = (0x8000, frozenset()) if "align" in line else (0x1000, frozenset({"kasan_shadow"}))
    assert (kprobes.alignment.value, kprobes.flags) == expected


def test_a_tree_whose_function_cannot_be_followed_says_so(tmp_path: Path) -> None:
    result = _imported(tmp_path / "a", "int nothing;\n")
    assert "execmem_init_missing() is not there: types that are left out are taken as Linux 6.12" in warnings(result)
    lost = EXECMEM_C.replace("\tfor (", "\tgoto out;\n\tfor (")
    assert "are taken as Linux 6.12 fills them in" in warnings(_imported(tmp_path / "b", lost))


def test_a_type_without_a_start_is_left_out(tmp_path: Path) -> None:
    given = "\t\t\t[EXECMEM_BPF] = { .pgprot = PAGE_KERNEL_EXEC, .end = 1 },\n"
    body = table().replace("\t\t},\n\t};", f"{given}\t\t}},\n\t}};")
    files = {"mm/execmem.c": EXECMEM_C.replace(DATA, "PAGE_KERNEL")}
    result = import_sets(Request("nios2", str(tree(tmp_path, source(body), files))))
    bpf = _types(result)["BPF"]
    assert (letters(bpf.protection, {}), bpf.ranges[0].end.value) == ("rw-", 0xBFFFFFFF)
