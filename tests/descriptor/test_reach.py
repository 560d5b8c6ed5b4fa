"""What a profile says of reach: kinds, places and targets, and what of it does not fit together.

Without it, a branch could be given a reach that the profile does not say.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.descriptor import load_profile
from modalloc_model.params import Machine, Reach
from modalloc_model.words import evaluate
from tests.descriptor.writing import check_schema, schema_of

HEAD = """\
name: borderland
word_bits: {value: 64, source: s}
page_size: {value: 4096, source: s}
pmd_size: {value: 0x200000, source: s}
ends: {value: exclusive, source: s}
unknowns: {gap: {step: PAGE_SIZE, k: [0, 8], source: s}}
protections: {PAGE_KERNEL: {allows: rw-, source: s}}
windows: [{name: w, first: 0x10000, end: 0x20000, allows: rw-, source: s}]
targets:
  - {name: per-CPU area, first: 0x40000, end: 0x40000 + gap, source: s}
  - {name: trampoline, first: 0x50000, last: 0x50fff, source: s}
"""


def machine(tmp_path: Path, text: str) -> Machine:
    path = tmp_path / "borderland.yaml"
    path.write_text(text, encoding="utf-8")
    profile, problems = load_profile(str(path))
    assert profile is not None, problems
    return profile.machine


def reach(tmp_path: Path, entry: str) -> Reach:
    (found,) = machine(tmp_path, f"{HEAD}reach:\n  - {{name: r, source: s, {entry}}}\n").reach
    return found


def complaints(tmp_path: Path, entry: str, head: str = HEAD) -> list[tuple[int, str]]:
    path = tmp_path / "borderland.yaml"
    path.write_text(f"{head}reach:\n  - {{name: r, source: s, {entry}}}\n", encoding="utf-8")
    profile, problems = load_profile(str(path))
    assert profile is None
    return [(problem.where.line, problem.message) for problem in problems]


def test_pages_have_12_bits_unless_it_is_said_how_many(tmp_path: Path) -> None:
    adrp = reach(tmp_path, "kind: page, targets: [kernel], lowest: -0x100000000, highest: 0xfffff000")
    assert (adrp.kind, adrp.page_bits, adrp.lowest, adrp.highest) == ("page", 12, -(1 << 32), 0xFFFFF000)
    assert reach(tmp_path, "kind: page, targets: [text], highest: 0x8000, page_bits: 14").page_bits == 14


def test_an_absolute_word_has_bits_extended_by_its_sign_or_bounds(tmp_path: Path) -> None:
    signed = reach(tmp_path, "kind: absolute, targets: [kernel], bits: 32")
    assert (signed.lowest, signed.highest) == (-(1 << 31), (1 << 31) - 1)
    zeros = reach(tmp_path, "kind: absolute, targets: [kernel], lowest: 0, highest: 0xffffffff")
    assert (zeros.lowest, zeros.highest) == (0, 0xFFFFFFFF)


def test_places_and_targets_are_named_and_text_is_the_place_where_none_is(tmp_path: Path) -> None:
    assert reach(tmp_path, "kind: anywhere, targets: [kernel]").places == ("text",)
    named = reach(
        tmp_path, "kind: anywhere, places: [data, KPROBES], targets: [kernel, per-CPU area, FTRACE, init-text]"
    )
    assert named.places == ("data", "KPROBES")
    assert named.targets == ("kernel", "per-CPU area", "FTRACE", "init-text")


def test_a_veneer_says_how_far_it_may_be_and_a_displacement_that_it_stays_in_its_module(tmp_path: Path) -> None:
    far = "kind: relative, targets: [kernel], lowest: -8, highest: 8, veneer: plt"
    assert (reach(tmp_path, far).veneer_lowest, reach(tmp_path, far).veneer_highest) == (0, 0)
    near = reach(tmp_path, f"{far}, veneer_lowest: -0x80, veneer_highest: 0x7f")
    assert (near.veneer_lowest, near.veneer_highest) == (-0x80, 0x7F)
    assert not near.within_module
    assert reach(tmp_path, "kind: relative, targets: [text], within_module: true, lowest: -8, highest: 8").within_module


def test_named_targets_are_regions_and_may_be_empty(tmp_path: Path) -> None:
    found = machine(tmp_path, HEAD)
    area, trampoline = found.targets
    assert found.target("trampoline") == trampoline
    assert found.target("kernel") is None
    assert [evaluate(area.nonempty, {"gap": gap}) for gap in (0, 0x1000)] == [0, 1]
    assert [evaluate(area.ordered, {"gap": gap}) for gap in (0, 0x1000)] == [1, 1]


def test_a_profile_that_extends_another_names_its_targets(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(HEAD, encoding="utf-8")
    text = f"name: next\nextends: {tmp_path / 'base.yaml'}\n"
    text += "reach: [{name: r, kind: anywhere, targets: [trampoline], source: s}]\n"
    found = machine(tmp_path, text)
    assert [target.name for target in found.targets] == ["per-CPU area", "trampoline"]
    assert found.reach[0].targets == ("trampoline",)


def test_a_window_says_the_most_that_pages_in_it_allow(tmp_path: Path) -> None:
    assert machine(tmp_path, HEAD).windows[0].allows == "rw-"
    assert machine(tmp_path, HEAD.replace("allows: rw-, source: s}]", "source: s}]")).windows[0].allows == "rwx"


WRONG = [
    ("kind: page, targets: [kernel], lowest: -8, highest: 8, page_bits: 64", "r: page_bits is 64"),
    ("kind: page, targets: [kernel], lowest: 8, highest: -8", "r: lowest is above highest"),
    (
        "kind: absolute, targets: [kernel]",
        "r: give bits, of a word that is extended by its sign, or lowest and highest",
    ),
    ("kind: absolute, targets: [kernel], bits: 64", "r: every address of 64 bits is in reach; write kind: anywhere"),
    ("kind: absolute, targets: [kernel], bits: 65", "r: bits is 65, not a number of bits"),
    (
        "kind: relative, targets: [kernel], bits: 32",
        "r: bits is of kind absolute, not relative; give lowest and highest",
    ),
    ("kind: anywhere, targets: [nowhere]", "unknown target 'nowhere'"),
    ("kind: anywhere, targets: [kernel], places: [kernel]", "unknown place 'kernel'"),
    ("kind: anywhere, targets: [kernel], within_module: true", "r: within_module is of targets: [text], not kernel"),
    (
        "kind: segment, segment_bits: 9, targets: [text], within_module: true",
        "r: within_module is of kind relative, not segment",
    ),
    (
        "kind: relative, targets: [text], highest: 8, veneer_highest: 4",
        "r: veneer_lowest and veneer_highest say how far a veneer may be, and there is no veneer",
    ),
    (
        "kind: relative, targets: [text], highest: 8, veneer: plt, veneer_lowest: 4, veneer_highest: 8",
        "r: a veneer lies from veneer_lowest, 0 or below, to veneer_highest, 0 or above, bytes away",
    ),
    ("kind: relative, targets: [text], highest: 8, instruction: 0", "r: instruction is 0, not a number of bytes"),
    (
        "kind: anywhere, targets: [text], highest: 8",
        "r: highest is of kind relative or page or absolute, not anywhere; leave it out, or mend the kind",
    ),
    (
        "kind: segment, segment_bits: 28, targets: [text], lowest: -8",
        "r: lowest is of kind relative or page or absolute, not segment; leave it out, or mend the kind",
    ),
    (
        "kind: relative, targets: [text], highest: 8, segment_bits: 28",
        "r: segment_bits is of kind segment, not relative; leave it out, or mend the kind",
    ),
    (
        "kind: relative, targets: [text], highest: 8, page_bits: 12",
        "r: page_bits is of kind page, not relative; leave it out, or mend the kind",
    ),
    ("kind: segment, targets: [text]", "r: segment_bits is 0"),
    ("kind: relative, highest: 8", "r: it names nothing; list under targets what it names"),
    (
        "kind: relative, targets: [text], lowest: -0x8000000000000001, highest: 8",
        "r: lowest is -0x8000000000000001, and a displacement of 64 bits lies in -0x8000000000000000 .. "
        "0x7fffffffffffffff",
    ),
    (
        "kind: page, targets: [text], lowest: 0, highest: 0x8000000000000000",
        "r: highest is 0x8000000000000000, and a displacement of 64 bits lies in -0x8000000000000000 .. "
        "0x7fffffffffffffff",
    ),
    (
        "kind: absolute, targets: [text], lowest: 0x10000000000000000, highest: 0x10000000000000008",
        "r: lowest is 0x10000000000000000, and an address of 64 bits lies in -0x10000000000000000 .. "
        "0xffffffffffffffff",
    ),
    (
        "kind: relative, targets: [text], highest: 8, veneer: plt, veneer_highest: 0x10000000000000000",
        "r: veneer_highest is 0x10000000000000000, and a displacement of 64 bits lies in -0x8000000000000000 .. "
        "0x7fffffffffffffff",
    ),
    (
        "kind: relative, targets: [text], highest: 8, instruction: 0x10000000000000000",
        "r: instruction is 0x10000000000000000 bytes, more than 64 bits address",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "message"), WRONG)
def test_what_does_not_fit_together_is_refused(tmp_path: Path, entry: str, message: str) -> None:
    assert message in [text for _, text in complaints(tmp_path, entry)]


def test_two_rules_of_one_name_are_refused_since_a_run_names_its_rule(tmp_path: Path) -> None:
    near = "kind: relative, targets: [kernel], lowest: -8, highest: 8"
    far = "kind: relative, targets: [kernel], lowest: -0x80, highest: 0x80, source: s"
    assert [text for _, text in complaints(tmp_path, f"{near}}}\n  - {{name: r, {far}")] == [
        "reach: r stands there twice; give each a name of its own"
    ]


def test_two_targets_of_one_name_are_refused_since_a_rule_names_its_target(tmp_path: Path) -> None:
    head = HEAD.replace("name: trampoline", "name: per-CPU area")
    assert [text for _, text in complaints(tmp_path, "kind: anywhere, targets: [kernel]", head)] == [
        "targets: per-CPU area stands there twice; give each a name of its own"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("last: 0x50fff", "end: 0x50000", "region 'trampoline' is empty: it ends where it begins, at 0x50000"),
        ("targets:", "image: {name: i, first: 16, end: 16, source: s}\ntargets:", "region 'i' is empty: it ends where "
         "it begins, at 0x10"),
    ],
)  # fmt: skip
def test_what_is_named_and_empty_in_every_boot_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    found = complaints(tmp_path, "kind: anywhere, targets: [kernel]", HEAD.replace(old, new))
    assert message in [text for _, text in found]


def test_a_target_with_the_name_of_a_sort_of_target_is_refused_in_its_line(tmp_path: Path) -> None:
    head = HEAD.replace("name: trampoline", "name: FTRACE")
    assert complaints(tmp_path, "kind: anywhere, targets: [kernel]", head) == [
        (11, "target 'FTRACE': the name has a meaning of its own; choose another")
    ]


def test_a_limit_of_a_region_that_is_no_window_is_refused(tmp_path: Path) -> None:
    head = HEAD.replace("last: 0x50fff, source", "last: 0x50fff, allows: rw-, source")
    assert complaints(tmp_path, "kind: anywhere, targets: [kernel]", head) == [(11, "a region: unknown key 'allows'")]


def test_the_schema_takes_what_the_reader_takes() -> None:
    source = {"value": 1, "source": "s"}
    entry = {
        "name": "r", "kind": "page", "places": ["data"], "targets": ["kernel", "t"], "lowest": -1, "highest": 1,
        "page_bits": 12, "within_module": False, "veneer": "v", "veneer_lowest": -1, "veneer_highest": 1,
        "source": "s",
    }  # fmt: skip
    target = {"name": "t", "first": 0, "end": 4, "source": "s"}
    check_schema(
        {
            "name": "n", "word_bits": {**source, "value": 64}, "page_size": source, "pmd_size": source,
            "ends": {"value": "exclusive", "source": "s"}, "targets": [target], "reach": [entry],
            "windows": [{**target, "allows": "rw-"}],
        },
        schema_of("profile"),
    )  # fmt: skip
