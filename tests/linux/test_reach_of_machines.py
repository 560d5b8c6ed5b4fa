"""What the profiles say is reached, beside branches to the image: pages, words of tables, patched calls, probes' slots.

Without it, a kind of reference that a machine has could be missing from its profile.

Each layout lies just within reach, or just beyond it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.descriptor import Settings, load_profile, read_path
from modalloc_model.engine import verify_table
from modalloc_model.params import Machine
from modalloc_model.properties import RULES
from modalloc_model.verdict import Result

ADRP_ALONE = """
reach:
  - {name: ADRP, kind: page, targets: [kernel], lowest: -0x100000000, highest: 0xfffff000, source: "test"}
"""


def _profile(tmp_path: Path, base: str, more: str) -> str:
    path = tmp_path / "machine.yaml"
    path.write_text(f"name: machine\nextends: {base}\n{more}", encoding="utf-8")
    return str(path)


def _old_arm64(tmp_path: Path, below: str, more: str = "") -> str:
    """6.1 with the window's base as far below the image's end, and up to 64 KiB above that."""
    unknowns = 'unknowns: {base_offset: {step: PAGE_SIZE, k: [0, 15], source: "test"}}\n'
    symbols = f'symbols: {{module_alloc_base: {{value: "_end - ({below}) + base_offset", source: "test"}}}}\n'
    return _profile(tmp_path, "arm64-6.1-kaslr-full", unknowns + symbols + more)


MODULE = """\
name: one
dialect: module_alloc
types:
  MODULE:
    ranges: [{start: START, end: END}]
    alignment: PAGE_SIZE
    pgprot: PAGE_KERNEL
"""


def _results(tmp_path: Path, text: str, arch: str, rules: str) -> list[Result]:
    path = tmp_path / "table.yaml"
    path.write_text(text, encoding="utf-8")
    reading = read_path(str(path), Settings(arch=arch))
    assert [p for p in reading.problems if p.severity == "error"] == []
    assert {*rules.split()} <= {rule.id for rule in RULES.values()}
    report = verify_table(reading.tables[0].params)
    return [result for result in report.results if result.rule in rules.split()]


def _verdicts(results: list[Result]) -> dict[str, str]:
    """The verdict of each type, or, where there are several rules, the worst."""
    found: dict[str, str] = {}
    for result in results:
        for name in result.types:
            if found.get(name) != "refuted":
                found[name] = result.verdict.value
    return found


def _machine(name: str) -> Machine:
    profile, problems = load_profile(name)
    assert profile is not None
    assert problems == ()
    return profile.machine


def _window(start: str, end: str) -> str:
    return MODULE.replace("START", start).replace("END", end)


@pytest.mark.parametrize(
    ("below", "verdict"),
    [("SZ_4G - SZ_16M", "proved"), ("SZ_4G", "proved"), ("SZ_4G + PAGE_SIZE", "refuted")],
)
def test_adrp_reaches_pages_up_to_4_gib_away(tmp_path: Path, below: str, verdict: str) -> None:
    arch = _old_arm64(tmp_path, below, ADRP_ALONE)
    text = _window("module_alloc_base", "module_alloc_base + SZ_16M")
    assert _verdicts(_results(tmp_path, text, arch, "RCH001"))["MODULE"] == verdict


@pytest.mark.parametrize(("below", "verdict"), [("SZ_2G", "proved"), ("SZ_2G + SZ_512M", "refuted")])
def test_the_symbol_table_of_arm64_reaches_the_per_cpu_area(tmp_path: Path, below: str, verdict: str) -> None:
    text = _window("module_alloc_base", "module_alloc_base + SZ_16M")
    results = _results(tmp_path, text, _old_arm64(tmp_path, below), "RCH001")
    assert _verdicts(results)["MODULE"] == verdict
    trace = next((r.trace for r in results if r.trace), None)
    assert (trace is None) == (verdict == "proved")
    assert trace is None or trace.steps[-1].reach == "R_AARCH64_PREL32 of __ksymtab"


@pytest.mark.parametrize("type_name", ["KPROBES", "FTRACE", "BPF"])
def test_what_others_allocate_on_x86_64_lies_within_2_gib_of_the_kernel(tmp_path: Path, type_name: str) -> None:
    vmalloc = '  - {name: vmalloc, first: 0xffffc90000000000, end: 0xffffe90000000000, source: "test"}\n'
    area = '  - {name: area, first: MODULES_VADDR, end: MODULES_END, source: "test"}\n'
    arch = _profile(tmp_path, "x86_64-kaslr-off", f"windows:\n{area}{vmalloc}")
    own = f"  {type_name}:\n    ranges: [{{start: 0xffffd00000000000, end: 0xffffd00040000000}}]\n"
    text = EXECMEM + own + "    alignment: 1\n    pgprot: PAGE_KERNEL_ROX\n"
    verdicts = _verdicts(_results(tmp_path, text, arch, "RCH001"))
    assert verdicts == {**dict.fromkeys(OTHERS, "proved"), "MODULE_DATA": "proved", type_name: "refuted"}


OTHERS = ("MODULE_TEXT", "KPROBES", "FTRACE", "BPF")
EXECMEM = """\
name: one
dialect: execmem
types:
  MODULE_TEXT:
    ranges: [{start: MODULES_VADDR, end: MODULES_END}]
    alignment: 1
    pgprot: PAGE_KERNEL
"""


@pytest.mark.parametrize(
    ("arch", "start", "end", "rules", "verdict"),
    [
        # lui and a signed half: from -2^31 - 2^15 on
        ("mips64", "0xffffffff7fff8000", "0xffffffff80010000", "RCH003", "proved"),
        ("mips64", "0xffffffff7fff0000", "0xffffffff80010000", "RCH003", "refuted"),
        # sethi and or: below 2^32
        ("sparc64", "0xffff0000", "0x100000000", "RCH003", "proved"),
        ("sparc64", "0xffff0000", "0x100010000", "RCH003", "refuted"),
        # an operand that is extended by its sign, although the displacement to it fits
        ("x86_64-kaslr-off", "0xffffffff80000000", "0xffffffff90000000", "RCH003", "proved"),
        ("x86_64-kaslr-off", "0xffffffff7ff00000", "0xffffffff90000000", "RCH003", "refuted"),
    ],
)
def test_absolute_words_hold_addresses_near_the_ends(
    tmp_path: Path, arch: str, start: str, end: str, rules: str, verdict: str
) -> None:
    assert _verdicts(_results(tmp_path, _window(start, end), arch, rules))["MODULE"] == verdict


@pytest.mark.parametrize(("away", "verdict"), [("SZ_2G", "proved"), ("SZ_4G", "refuted")])
def test_trampolines_of_s390_lie_within_4_gib_of_module_text(tmp_path: Path, away: str, verdict: str) -> None:
    own = f"  FTRACE:\n    ranges: [{{start: MODULES_VADDR - {away}, end: MODULES_VADDR - {away} + SZ_1M}}]\n"
    text = EXECMEM + own + "    alignment: 1\n    pgprot: PAGE_KERNEL\n"
    assert _verdicts(_results(tmp_path, text, "s390", "RCH002"))["FTRACE"] == verdict


@pytest.mark.parametrize(
    ("arch", "window", "verdict"),
    [
        ("powerpc-book3s32", "MODULES", "proved"),
        ("powerpc-book3s32", "VMALLOC", "refuted"),
        ("powerpc-8xx", "VMALLOC", "not-applicable"),
    ],
)
def test_segments_of_book3s32_that_hold_no_modules_cannot_be_executed(
    tmp_path: Path, arch: str, window: str, verdict: str
) -> None:
    start = "MODULES_VADDR" if window == "MODULES" else "VMALLOC_START"
    own = f"  KPROBES:\n    ranges: [{{start: {start}, end: {window}_END}}]\n"
    text = EXECMEM + own + "    alignment: 1\n    pgprot: PAGE_KERNEL_ROX\n"
    assert _verdicts(_results(tmp_path, text, arch, "PRT007"))["KPROBES"] == verdict


def test_slots_that_name_nothing_relative_to_themselves_may_lie_anywhere() -> None:
    for name in ("arm64", "riscv64"):
        (slot,) = [reach for reach in _machine(name).reach if reach.places == ("KPROBES",)]
        assert slot.kind == "anywhere"


INIT_ALONE = """
reach:
  - {name: to core text, kind: relative, places: [init-text], targets: [text], lowest: -0x8000000, highest: 0x7ffffff,
     checked: false, source: "test"}
"""


def test_what_stands_in_init_text_alone_is_searched_for(tmp_path: Path) -> None:
    arch = _profile(tmp_path, "arm64-6.1-kaslr-full", INIT_ALONE)
    text = _window("module_alloc_base", "module_alloc_base + SZ_2G")
    (found,) = [r for r in _results(tmp_path, text, arch, "RCH002") if "MODULE" in r.types]
    assert (found.verdict.value, found.replayed) == ("refuted", True)
    assert found.trace is not None
    assert "INIT_TEXT" in {placed.section for step in found.trace.steps for placed in step.sections}
