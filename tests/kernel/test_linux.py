"""Linux's own trees against the parameter sets that were transcribed from them, value by value.

Without it, the sets in spec/ could differ from the kernels that they are named after.

`make kernel-test` lays Debian's sources out and names their folder in MODALLOC_KERNELS: `linux-source-6.12`,
`linux-source-6.1` and `config/NAME`. Where the boot draws a value, the transcription and the tree draw it in different
words: an equation says which of one is which of the other, and both ends of each range are then proved equal for every
boot.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from modalloc_model.concrete import letters
from modalloc_model.descriptor import Settings, read_path, read_text
from modalloc_model.engine import Options, verify_table
from modalloc_model.engine.solvers import settle
from modalloc_model.kernel import Request, documents, import_sets
from modalloc_model.params import AllocType, ParamSet
from modalloc_model.paths import spec_root
from modalloc_model.smt.smtlib import Query
from modalloc_model.words import Term, Truth, all_of, eq, truth, variable

KERNELS = Path(os.environ.get("MODALLOC_KERNELS", "none"))

pytestmark = pytest.mark.skipif(not KERNELS.is_dir(), reason="runs in `make kernel-test`, with Debian's sources")


Name: TypeAlias = Callable[[str], Term]


@dataclass(frozen=True)
class Pair:
    """A transcription, and the table of the tree that equals it; `equations` between what each of them draws."""

    spec: str
    arch: str
    config: str
    name: str = ""  # a part of the table's id
    equations: Callable[[Name], list[Truth]] = lambda v: []
    defines: Mapping[str, str] = field(default_factory=dict)
    version: str = "6.12"

    def __str__(self) -> str:
        return f"{self.spec}{self.name}"


_SIZE_128M, _SIZE_2G, _PAGE = 0x8000000, 0x80000000, 0x1000
_OFFSET = "random_module_load_offset"
# The configuration is that of 6.12, which has 52 bits of address with pages of 4 KiB.
_ARM64_61 = {
    "CONFIG_ARM64_PAGE_SHIFT": "12",
    "CONFIG_ARM64_MODULE_PLTS": "y",
    "CONFIG_ARM64_VA_BITS_52": "n",
    "CONFIG_ARM64_VA_BITS_48": "y",
    "CONFIG_ARM64_VA_BITS": "48",
}
# pmac32_defconfig leaves these out.
_STRICT = {f"CONFIG_{name}": "y" for name in ("STRICT_KERNEL_RWX", "STRICT_MODULE_RWX", "KPROBES")}
_NOT_FULL = {"CONFIG_RANDOMIZE_MODULE_REGION_FULL": "n"}


def _pages(ours: str, theirs: str, more: int = 0) -> Callable[[Name], list[Truth]]:
    """The transcription draws bytes, the tree pages."""
    return lambda v: [eq(v(ours), (v(theirs) + more) * _PAGE)]


def _full(v: Name) -> list[Truth]:
    """The tree counts pages down from where the window may begin at most."""
    return [eq(v("plt_offset"), _SIZE_2G - v("image_size") - v("random_pgoff") * _PAGE)]


def _within(v: Name) -> list[Truth]:
    """The window of 128 MiB, and of 2 GiB around it: the tree counts pages down from where either may begin at most."""
    return [
        eq(v("direct_offset"), _SIZE_128M - v("image_size") - v("random_pgoff") * _PAGE),
        eq(v("plt_offset"), _SIZE_2G - _SIZE_128M - v("random_pgoff_2") * _PAGE),
    ]


PAIRS = (
    Pair("x86_64-6.12-kaslr", "x86_64", "x86_64", ":execmem_arch_setup-kaslr", _pages("kaslr_offset", "random_offset")),
    Pair("x86_64-6.12-nokaslr", "x86_64-nokaslr", "x86_64", "-no-kaslr", defines={"CONFIG_RANDOMIZE_BASE": "n"}),
    Pair("x86_32-6.12-nopae", "x86", "x86_32", "-no-kaslr"),
    Pair("arm64-6.12-nokaslr", "arm64", "arm64", "arm64:"),
    Pair("arm64-6.12-kaslr-full", "arm64", "arm64", "kaslr-full:", _full),
    Pair("arm64-6.12-kaslr-128m", "arm64-kaslr", "arm64", "", _within, _NOT_FULL),
    Pair("riscv64-6.12", "riscv64", "riscv64"),
    Pair("riscv32-6.12", "riscv32", "riscv32"),
    Pair("s390-6.12", "s390", "s390", "setup-kaslr", _pages("module_load_offset", _OFFSET)),
    Pair("s390-6.12", "s390", "s390", "-no-kaslr", lambda v: [eq(v("module_load_offset"), 0)]),
    Pair("arm-6.12-highmem", "arm", "arm"),
    Pair("ppc64-book3s-radix-6.12", "powerpc-book3s64", "powerpc-book3s64"),
    Pair("ppc-book3s32-6.12", "powerpc-book3s32", "powerpc-book3s32", "-1", defines=_STRICT),
    Pair("ppc-book3s32-6.12", "powerpc-book3s32", "powerpc-book3s32", "-2", defines=_STRICT),
    Pair("nios2-6.12-10m50", "nios2", "nios2"),
    Pair("loongarch64-6.12", "loongarch64", "loongarch"),
    Pair("mips64-6.12-sym32-4k", "mips64", "mips64"),
    Pair("sparc64-6.12", "sparc64", "sparc64"),
    Pair("sparc32-6.12", "sparc32", "sparc32"),
    Pair("parisc64-6.12", "parisc64", "parisc64"),
    Pair("generic-openrisc-6.12", "openrisc", "openrisc"),
    Pair("riscv64-6.1", "riscv64-6.1", "riscv64", version="6.1"),
    Pair("riscv32-6.1", "riscv32", "riscv32", version="6.1"),
    Pair("sparc32-6.1", "sparc32", "sparc32", version="6.1"),
    Pair("nios2-6.1-10m50", "nios2", "nios2", version="6.1"),
    Pair("arm-6.1-highmem", "arm", "arm", version="6.1"),
    Pair("x86_64-6.1-kaslr", "x86_64", "x86_64", "alloc-kaslr", _pages("kaslr_offset", _OFFSET, 1), version="6.1"),
    Pair("arm64-6.1-kaslr-full", "arm64", "arm64", defines=_ARM64_61, version="6.1"),
    Pair("s390-6.1", "s390", "s390", defines={"CONFIG_NR_CPUS": "64"}, version="6.1"),
)  # fmt: skip


def _spec(name: str) -> ParamSet:
    (file,) = (spec_root() / "params" / "linux").glob(f"{name}.*")
    return read_path(str(file), Settings()).tables[0].params


def _imported(pair: Pair) -> list[ParamSet]:
    tree, config = KERNELS / f"linux-source-{pair.version}", KERNELS / "config" / pair.config
    texts = documents(import_sets(Request(pair.arch, str(tree), str(config), defines=pair.defines)))
    readings = [read_text(text.encode(), f"{name}.yaml", Settings()) for name, text in texts.items()]
    assert not [p for reading in readings for p in reading.problems if p.severity == "error"]
    return [table.params for reading in readings for table in reading.tables]


def _facts(pair: Pair, spec: ParamSet, tree: ParamSet) -> list[Term]:
    bits = spec.machine.bits
    said = pair.equations(lambda name: variable(name, bits))
    return [spec.machine.domain, tree.machine.domain, *map(truth, said)]


def _differences(facts: list[Term], ours: AllocType, theirs: AllocType) -> list[str]:
    pairs = {"alignment": (ours.alignment, theirs.alignment)}
    for number, (a, b) in enumerate(zip(ours.ranges, theirs.ranges, strict=True)):
        pairs |= {f"start{number}": (a.start, b.start), f"end{number}": (a.end, b.end)}
    found = [
        f"{ours.name}.{name}: {x} is not {y}"
        for name, (x, y) in pairs.items()
        if settle(Query.validity(name, {"boots": truth(all_of(*facts))}, truth(eq(x, y)))).status != "unsat"
    ]
    said = letters(ours.protection, {}), letters(theirs.protection, {})
    return found + ([f"{ours.name} allows {said[0]}, not {said[1]}"] if said[0] != said[1] else [])


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_what_is_imported_is_what_was_transcribed(pair: Pair) -> None:
    spec = _spec(pair.spec)
    tree = next(table for table in _imported(pair) if pair.name in table.id)
    facts = _facts(pair, spec, tree)
    assert settle(Query("some boot", {"boots": truth(all_of(*facts))})).status == "sat"
    assert [one for a, b in zip(tree.types, spec.types, strict=True) for one in _differences(facts, a, b)] == []


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_the_findings_are_those_of_the_transcription(pair: Pair) -> None:
    table = next(table for table in _imported(pair) if pair.name in table.id)
    assert _refuted(table) == _refuted(_spec(pair.spec))


# -- through the tree's own build --------------------------------------------------------------------------------------

COMPILED = ("arm64", "x86_64", "riscv64", "arm", "powerpc-book3s64")


@pytest.mark.skipif(shutil.which("clang") is None, reason="compiles with clang")
@pytest.mark.parametrize("arch", COMPILED)
def test_what_the_compiler_sees_is_what_is_read_without_one(arch: str) -> None:
    tree, config = KERNELS / "linux-source-6.12", KERNELS / "config" / arch
    built = documents(import_sets(Request(arch, str(tree), str(config), build=True)))
    read = documents(import_sets(Request(arch, str(tree), str(config))))
    assert _without_heads(built) == _without_heads(read)


def _without_heads(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """The head says which way was taken."""
    return {
        name: [line for line in text.splitlines() if "Written by modalloc" not in line] for name, text in texts.items()
    }


# -- a change in a tree ----------------------------------------------------------------------------------------------

ARM64 = ("Makefile", "Kconfig", "include", "mm", "kernel/module", "arch/arm64")
_HEADER, _INIT = "arch/arm64/include/asm/memory.h", "arch/arm64/mm/init.c"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What is read of 6.12 for arm64, again: files are links until they are changed."""
    for part in ARM64:
        whole = KERNELS / "linux-source-6.12" / part
        if whole.is_dir():
            shutil.copytree(whole, tmp_path / part, copy_function=os.link, symlinks=True)
        else:
            os.link(whole, tmp_path / part)
    return tmp_path


def _changed(top: Path, path: str, old: str, new: str) -> int:
    """Changes one line of a copy; its number."""
    text = (top / path).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (top / path).unlink()
    (top / path).write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def _gate(base: Path, head: Path) -> tuple[int, Any]:
    finished = _told(base, head, "--format", "json")
    assert finished.stdout, finished.stderr
    return finished.returncode, json.loads(finished.stdout)


def _told(base: Path, head: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = ["gate", "--base", base, "--head", head, "--arch", "arm64", "-D", "CONFIG_KPROBES=y", *more]
    command = [sys.executable, "-m", "modalloc_model", *words, "--kernel-config", KERNELS / "config" / "arm64"]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def test_a_hunk_in_a_file_of_the_architecture_is_named_with_its_value_and_what_was_lost(copy: Path) -> None:
    line = _changed(copy, _INIT, "fallback_end = module_plt_base + SZ_2G;", "fallback_end = module_plt_base + SZ_4G;")
    status, document = _gate(KERNELS / "linux-source-6.12", copy)
    assert status == 1
    (hunk,) = document["hunks"]
    assert (hunk["path"], hunk["old"], hunk["new"]) == (_INIT, line, line)
    assert {(made["subject"], made["field"]) for made in hunk["values"]} == {("MODULE_TEXT", "end[1]")}
    lost = [finding for finding in document["findings"] if finding["kind"] == "lost-guarantee"]
    assert {finding["rule"] for finding in lost} == {"RCH001", "RCH003"}  # data in 32 bits, to the per-CPU area too
    assert {finding["location"]["path"] for finding in lost} == {_INIT}
    assert lost[0]["counterexample"]["replayed"]


def test_a_hunk_in_a_header_is_behind_the_values_that_rest_on_it(copy: Path) -> None:
    old, new = (
        "#define PAGE_KERNEL_ROX		__pgprot(_PAGE_KERNEL_ROX)",
        "#define PAGE_KERNEL_ROX		__pgprot(_PAGE_KERNEL)",
    )
    header = "arch/arm64/include/asm/pgtable-prot.h"
    line = _changed(copy, header, old, new)
    status, document = _gate(KERNELS / "linux-source-6.12", copy)
    assert status == 1
    assert [(hunk["path"], hunk["new"]) for hunk in document["hunks"]] == [(header, line)]
    assert ("KPROBES", "pgprot") in {(made["subject"], made["field"]) for made in document["hunks"][0]["values"]}


def test_a_kernel_that_the_compiler_refuses_is_refused_at_its_line(copy: Path) -> None:
    _changed(copy, _HEADER, "#define MODULES_VSIZE		(SZ_2G)", "#define MODULES_VSIZE		(SZ_1G)")
    status, document = _gate(copy, copy)
    assert status == 2
    assert "is not built" in json.dumps(document)


def _refuted(table: ParamSet) -> set[tuple[str, str]]:
    report = verify_table(table, Options())
    return {(result.rule, result.verdict) for result in report.results if result.verdict == "refuted"}
