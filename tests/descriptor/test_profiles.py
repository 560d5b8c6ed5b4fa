"""Machines: what the profiles come to, and what a profile that contradicts itself is told.

Without it, a profile that contradicts itself could be believed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.descriptor import load_profile, profiles
from modalloc_model.params import Machine
from modalloc_model.words import evaluate


def _machine(name: str) -> Machine:
    profile, problems = load_profile(name)
    assert profile is not None
    assert problems == ()
    return profile.machine


@pytest.mark.parametrize("name", sorted(profiles()))
def test_every_profile_loads_and_names_its_sources(name: str) -> None:
    profile, problems = load_profile(name)
    assert profile is not None
    assert (profile.name, problems) == (name, ())
    named = {*profile.symbols, *profile.sizes, *profile.unknowns, *profile.protections}
    assert len(profile.sources) >= len(named) + len(profile.windows) + len(profile.forbidden) + len(profile.reach)
    assert all(profile.sources.values())
    assert profile.image is not None
    assert profile.machine.protections["PAGE_KERNEL"].read.value == 1


def test_x86_64_moves_with_the_boot() -> None:
    machine = _machine("x86_64")
    start = machine.symbols["MODULES_VADDR"]
    assert [evaluate(start, {"kaslr_offset": k * 4096}) for k in (1, 1024)] == [0xFFFFFFFFC0001000, 0xFFFFFFFFC0400000]
    inside = [evaluate(machine.domain, {"kaslr_offset": offset}) for offset in (0, 0x1000, 0x1001, 0x400000, 0x401000)]
    assert inside == [0, 1, 0, 1, 0]
    assert machine.unknowns[0].text == "PAGE_SIZE * k, 1 <= k <= 1024"
    assert (machine.windows[0].first.value, machine.windows[0].last.value) == (0xFFFFFFFFC0000000, 0xFFFFFFFFFEFFFFFF)
    assert (machine.bits, machine.page.value, machine.pmd.value, machine.inclusive_ends) == (64, 4096, 1 << 21, False)


def test_x86_64_reach_holds_for_branches_and_differences() -> None:
    reach, *others = _machine("x86_64").reach
    for addend in (-4, 0):
        assert reach.lowest + addend >= -(1 << 31)
        assert reach.highest + addend < 1 << 31
    assert not reach.checked
    (tables,) = (other for other in others if other.places == ("data",))
    assert (tables.lowest, tables.highest) == (-(1 << 31), (1 << 31) - 1)


def test_what_is_written_over_an_instruction_of_x86_64_counts_from_its_end() -> None:
    patched = [reach for reach in _machine("x86_64").reach if reach.instruction == 5]
    assert {place for reach in patched for place in reach.places} == {"text", "KPROBES", "FTRACE", "BPF"}
    for reach in patched:
        longest = 15 if reach.places == ("KPROBES",) else reach.instruction
        assert reach.lowest - longest >= -(1 << 31)
        assert reach.highest - reach.instruction < 1 << 31


def test_without_kaslr_nothing_is_unknown() -> None:
    machine = _machine("x86_64-nokaslr")
    assert machine.unknowns == ()
    assert machine.symbols["MODULES_VADDR"].value == 0xFFFFFFFFA0000000
    assert machine.image is not None
    assert machine.image.last.value == 0xFFFFFFFF9FFFFFFF
    assert machine.reach == _machine("x86_64").reach


def test_nios2_is_what_the_mail_is_about() -> None:
    machine = _machine("nios2")
    assert (machine.bits, machine.pmd.value, machine.inclusive_ends) == (32, 4 << 20, True)
    assert (machine.symbols["MODULES_VADDR"].value, machine.symbols["MODULES_END"].value) == (0xBE000000, 0xBFFFFFFF)
    call, data = machine.reach
    assert (call.kind, call.segment_bits, call.targets, call.veneer) == ("segment", 28, ("kernel", "text"), "")
    assert (data.kind, data.targets) == ("anywhere", ("data",))
    assert {str(p.write) + str(p.execute) for p in machine.protections.values()} == {"truetrue"}


GOOD = """\
name: toy
word_bits: {value: 32, source: s}
page_size: {value: 4096, source: s}
pmd_size: {value: 0x200000, source: s}
ends: {value: exclusive, source: s}
symbols: {BASE: {value: TOP - SZ_16M, source: s}, TOP: {value: 0xc0000000, source: s}}
unknowns: {off: {step: PAGE_SIZE, k: [1, 2], source: s}}
constraints: [off != 0x1000]
protections: {PAGE_KERNEL: {allows: rw-, source: s}}
windows: [{name: w, first: BASE, end: TOP, source: s}]
regions: {registered: [{name: r, first: BASE, last: BASE + 1, source: s}]}
image: {name: i, first: TOP, last: TOP + 4095, source: s}
kasan_alignment: {value: PAGE_SIZE << 3, source: s}
reach: [{name: b, kind: relative, targets: [kernel], lowest: -8, highest: 8, veneer: plt, checked: false, source: s}]
"""


def _problems(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    path = tmp_path / "toy.yaml"
    path.write_text(text, encoding="utf-8")
    profile, problems = load_profile(str(path))
    assert (profile is None) == any(p.severity == "error" for p in problems)
    return [(p.where.line, p.code, p.message) for p in problems]


def test_a_profile_of_ones_own_is_read(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD) == []
    machine = _machine(str(tmp_path / "toy.yaml"))
    assert evaluate(machine.domain, {"off": 0x1000}) == 0
    assert evaluate(machine.domain, {"off": 0x2000}) == 1
    assert machine.kasan_alignment is not None
    assert machine.kasan_alignment.value == 0x8000
    assert (machine.reach[0].veneer, machine.reach[0].checked, machine.reach[0].lowest) == ("plt", False, -8)
    assert machine.registered[0].last.value == 0xBF000001


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "message"),
    [
        ("{value: 4096, source: s}", "{value: 4095, source: s}", 3, "profile", "not a power of two"),
        ("{value: 4096, source: s}", "{value: 0x400000, source: s}", 1, "profile", "above PMD_SIZE"),
        ("{value: 4096, source: s}", "{value: 4096}", 3, "missing-key", "'source' is missing"),
        ("{value: 4096, source: s}", "{value: 4096, source: ''}", 1, "profile", "page_size has no source"),
        ("value: 32,", "value: 31,", 2, "bad-value", "31"),
        ("exclusive", "exclusiv", 5, "bad-value", "inclusive, exclusive"),
        ("rw-", "rwz", 9, "bad-value", "'rwz'"),
        ("first: BASE, end: TOP", "first: TOP, end: BASE", 10, "profile", "before it begins"),
        ("end: TOP", "last: TOP, end: TOP", 10, "missing-key", "either"),
        ("TOP - SZ_16M", "BASE - 1", 6, "symbol-cycle", "BASE -> BASE"),
        ("TOP - SZ_16M", "TOPP", 6, "unknown-symbol", "'TOPP'"),
        ("[off != 0x1000]", "[offf]", 8, "unknown-symbol", "'offf'"),
        ("kind: relative", "kind: relativ", 14, "bad-value", "relative, segment, anywhere"),
        ("kind: relative", "kind: segment", 14, "bad-value", "lowest is of kind relative"),
        ("lowest: -8", "lowest: 9", 1, "profile", "above highest"),
        ("targets: [kernel]", "targets: [kernl]", 14, "bad-value", "'kernl'"),
        ("name: toy", "name: toy\nnmae: x", 2, "unknown-key", "'nmae'"),
        ("name: toy\n", "", 1, "missing-key", "'name' is missing"),
        ("pmd_size: {value: 0x200000, source: s}\n", "", 1, "missing-key", "'pmd_size' is missing"),
        ("name: toy", "name: toy\nextends: nobody", 2, "unknown-arch", "'nobody'"),
        ("name: toy", "name: [", 3, "bad-yaml", ""),
    ],
)
def test_a_profile_that_is_wrong_is_refused(
    tmp_path: Path, old: str, new: str, line: int, code: str, message: str
) -> None:
    assert GOOD.count(old) == 1
    problems = _problems(tmp_path, GOOD.replace(old, new))
    assert any(p[:2] == (line, code) and message in p[2] for p in problems), problems


def test_a_profile_cannot_extend_itself(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    assert [code for _, code, _ in _problems(tmp_path, f"name: toy\nextends: {path}\n")] == ["profile"]


def test_a_profile_takes_names_away_from_the_one_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(GOOD, encoding="utf-8")
    text = f"name: toy\nextends: {tmp_path / 'base.yaml'}\nunknowns: {{off: null}}\nconstraints: ['1']\n"
    text += "protections: {PAGE_X: {allows: r-x, source: t}}\n"
    assert _problems(tmp_path, text) == []
    machine = _machine(str(tmp_path / "toy.yaml"))
    assert (machine.unknowns, sorted(machine.protections)) == ((), ["PAGE_KERNEL", "PAGE_X"])


def test_an_unknown_machine_is_named_with_the_nearest() -> None:
    profile, problems = load_profile("nois2")
    assert profile is None
    assert [(p.code, p.hint) for p in problems] == [("unknown-arch", "did you mean nios2?")]
    assert load_profile("./nowhere.yaml")[1][0].code == "unknown-arch"
