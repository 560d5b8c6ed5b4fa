"""Every rule that a run can violate: a table and a run that do, and the mended table that does not.

Without it, an oracle could miss its violation, or see it in a right table.

No table violates OVL001, OVL004 or RNG004 on this allocator, which is what their theorems say; the oracles of these
three are tried on doctored states in test_violations.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from modalloc_model.allocator import oracles
from modalloc_model.concrete import Concrete, ConcreteRange
from modalloc_model.designs.replay import replay
from modalloc_model.params import Assumptions, Reach
from modalloc_model.trace import Step, Trace, from_json, to_json
from tests.allocator.tables import BASE, PAGE, PMD, finish_init, load, on, root, table, trace, unload

STRICT = Assumptions(claims=("strict-rwx",))
RESTORED = Assumptions(free_access="restored")
UNBREAKABLE = {"OVL001", "OVL004", "RNG004"}
AFTER_INIT = "RODATA_AFTER_INIT"


def _first_byte() -> tuple[Trace, Trace]:
    one_page, two_pages = ConcreteRange(BASE, BASE + PAGE - 1), ConcreteRange(BASE, BASE + 2 * PAGE - 1)
    guarded = Assumptions(guard="page")
    bad = trace("RNG001", "DATA", table(root("DATA", ranges=[one_page]), assume=guarded), load("a", ("DATA", 1, None)))
    return bad, on(bad, table(root("DATA", ranges=[two_pages]), assume=guarded), load("a", ("DATA", 1, BASE)))


def _misaligned() -> tuple[Trace, Trace]:
    bad = trace("ALN004", "DATA", table(root("DATA", alignment=48)), load("a", ("DATA", 1, BASE)))
    return bad, on(bad, table(root("DATA", alignment=64)))


def _two_roots_in_one_place() -> tuple[Trace, Trace]:
    step = load("a", ("TEXT", 1, BASE), ("DATA", 1, BASE))
    private = Assumptions(arbiter="private")
    bad = trace("OVL002", "TEXT", table(root("TEXT", "rwx"), root("DATA"), assume=private), step)
    return bad, on(bad, table(*bad.params.roots), load("a", ("TEXT", 1, BASE), ("DATA", 1, BASE + PAGE)))


def _shared_page() -> tuple[Trace, Trace]:
    small = (root("TEXT", "rwx", granularity=64, alignment=64), root("DATA", granularity=64, alignment=64))
    bad = trace("OVL003", "TEXT", table(*small), load("a", ("TEXT", 1, BASE), ("DATA", 1, BASE + 64)))
    good = table(root("TEXT", "rwx"), root("DATA"))
    return bad, on(bad, good, load("a", ("TEXT", 1, BASE), ("DATA", 1, BASE + PAGE)))


def _text_without_execute() -> tuple[Trace, Trace]:
    bad = trace("MAP006", "TEXT", table(root("TEXT", "rw-")), load("a", ("TEXT", 1, BASE)))
    return bad, on(bad, table(root("TEXT", "rwx")))


def _data_on_a_sealing_root() -> tuple[Trace, Trace]:
    bad = trace("MAP007", "DATA", table(root("DATA", seals=True)), load("a", ("DATA", 1, BASE)), finish_init("a"))
    return bad, on(bad, table(root("DATA")))


def _small_slots(alignment: int, assume: Assumptions | None = None) -> Concrete:
    slots = root(AFTER_INIT, granularity=PMD, alignment=alignment, seals=True)
    return table(slots, assume=assume)


def _restored_beside_a_sealed_one() -> tuple[Trace, Trace]:
    first, second = load("a", (AFTER_INIT, 1, BASE)), load("b", (AFTER_INIT, 1, BASE + 64))
    end = (finish_init("a"), finish_init("b"), unload("b"))
    bad = trace("ROI001", AFTER_INIT, _small_slots(64, RESTORED), first, second, *end)
    apart = load("b", (AFTER_INIT, 1, BASE + PAGE))
    good = _small_slots(PAGE, RESTORED)
    return bad, on(bad, good, first, apart, *end)


def _seal_of_a_shared_page() -> tuple[Trace, Trace]:
    first, second = load("a", (AFTER_INIT, 1, BASE)), load("b", (AFTER_INIT, 1, BASE + 64))
    bad = trace("ROI002", AFTER_INIT, _small_slots(64), first, second, finish_init("a"))
    return bad, on(bad, _small_slots(PAGE), first, load("b", (AFTER_INIT, 1, BASE + PAGE)), finish_init("a"))


def _read_only_too_early() -> tuple[Trace, Trace]:
    step = load("a", (AFTER_INIT, 1, BASE))
    bad = trace("ROI003", AFTER_INIT, table(root(AFTER_INIT, "r--", fill=True)), step)
    return bad, on(bad, table(root(AFTER_INIT, "rw-", fill=True)))


def _sealed_memory_invalidated() -> tuple[Trace, Trace]:
    steps = load("a", (AFTER_INIT, 1, BASE)), finish_init("a"), unload("a")
    bad = trace("ROI004", AFTER_INIT, table(root(AFTER_INIT, seals=True)), *steps)
    return bad, on(bad, table(root(AFTER_INIT, seals=True), assume=RESTORED))


def _sealed_memory_reused() -> tuple[Trace, Trace]:
    slots = root(AFTER_INIT, granularity=PMD, alignment=PAGE, seals=True, invalidate=True)
    again = load("b", (AFTER_INIT, 1, BASE))
    bad = trace(
        "ROI004", AFTER_INIT, table(slots), load("a", (AFTER_INIT, 1, BASE)), finish_init("a"), unload("a"), again
    )
    return bad, on(bad, table(slots, assume=RESTORED))


def _init_section_sealed() -> tuple[Trace, Trace]:
    steps = load("a", ("INITDATA", 1, BASE)), finish_init("a")
    to = {"INITDATA": "DATA"}
    bad = trace("ROI005", "INITDATA", table(root("DATA", seals=True), sections=to), *steps)
    return bad, on(bad, table(root("DATA"), sections=to))


def _memcpy_into_read_only() -> tuple[Trace, Trace]:
    bad = trace("PRT001", "RODATA", table(root("RODATA", "r--")), load("a", ("RODATA", 1, BASE)))
    return bad, on(bad, table(root("RODATA", "r--", fill=True)))


def _memset_of_read_only() -> tuple[Trace, Trace]:
    steps = load("a", ("RODATA", 1, BASE)), unload("a")
    bad = trace("PRT002", "RODATA", table(root("RODATA", "r--", fill=True)), *steps)
    return bad, on(bad, table(root("RODATA", "r--", fill=True, invalidate=True)))


def _rwx_text() -> tuple[Trace, Trace]:
    bad = trace("PRT003", "TEXT", table(root("TEXT", "rwx"), assume=STRICT), load("a", ("TEXT", 1, BASE)))
    return bad, on(bad, table(root("TEXT", "r-x", fill=True), assume=STRICT))


def _writable_rodata() -> tuple[Trace, Trace]:
    bad = trace("PRT004", "RODATA", table(root("RODATA", "rw-"), assume=STRICT), load("a", ("RODATA", 1, BASE)))
    return bad, on(bad, table(root("RODATA", "r--", fill=True), assume=STRICT))


def _executable_data() -> tuple[Trace, Trace]:
    bad = trace("PRT005", "DATA", table(root("DATA", "r-x", fill=True), assume=STRICT), load("a", ("DATA", 1, BASE)))
    return bad, on(bad, table(root("DATA", "rw-"), assume=STRICT))


CALL26 = Reach("CALL26", "segment", ("kernel", "text"), segment_bits=28)
NEAR = Reach("B", "relative", ("text", "data"), lowest=-PAGE, highest=PAGE - 4)


def _branch(reach: Reach, place: int, target: int) -> Step:
    return Step("branch", "a", reach=reach.name, place=place, target=target)


def _kernel_in_another_segment() -> tuple[Trace, Trace]:
    where = ConcreteRange(0xBE00_0000, 0xBFFF_FFFF)
    bare = replace(
        table(root("TEXT", "rwx", ranges=[where])), image=ConcreteRange(0xC000_0000, 0xC07F_FFFF), reach=(CALL26,)
    )
    steps = load("a", ("TEXT", 64, where.first)), _branch(CALL26, where.first, 0xC000_0000)
    bad = trace("RCH001", "TEXT", bare, *steps)
    return bad, on(bad, replace(bare, reach=(replace(CALL26, veneer="trampoline"),)))


def _far_text() -> tuple[Trace, Trace]:
    bare = replace(table(root("TEXT", "rwx")), reach=(NEAR,))
    steps = load("a", ("TEXT", 64, BASE)), load("b", ("TEXT", 64, BASE + PAGE)), _branch(NEAR, BASE, BASE + PAGE)
    bad = trace("RCH002", "TEXT", bare, *steps)
    return bad, on(bad, replace(bare, reach=(replace(NEAR, highest=PAGE),)))


def _far_data() -> tuple[Trace, Trace]:
    bare = replace(table(root("TEXT", "rwx"), root("DATA")), reach=(NEAR,))
    steps = load("a", ("TEXT", 64, BASE), ("DATA", 64, BASE + PAGE)), _branch(NEAR, BASE, BASE + PAGE)
    bad = trace("RCH003", "TEXT", bare, *steps)
    return bad, on(bad, replace(bare, reach=(replace(NEAR, kind="anywhere"),)))


ODD = ConcreteRange(BASE + 0x21, BASE + 0x5A)
"""ALIGN() by 48 skips the one multiple of 48 in it that has room for 16 bytes: BASE + 0x40."""


def _refused_with_room() -> tuple[Trace, Trace]:
    bad = trace(
        "CMP001",
        "DATA",
        table(root("DATA", granularity=48, alignment=48, ranges=[ODD])),
        load("a", ("DATA", 16, None)),
    )
    good = table(root("DATA", granularity=16, alignment=16, ranges=[ODD]))
    return bad, on(bad, good, load("a", ("DATA", 16, BASE + 0x30)))


def _second_range_too_early() -> tuple[Trace, Trace]:
    other = ConcreteRange(BASE + PAGE, BASE + 2 * PAGE - 1)
    bad = trace(
        "CMP002",
        "DATA",
        table(root("DATA", granularity=48, alignment=48, ranges=[ODD, other])),
        load("a", ("DATA", 16, BASE + PAGE)),
    )
    good = table(root("DATA", granularity=16, alignment=16, ranges=[ODD, other]))
    return bad, on(bad, good, load("a", ("DATA", 16, BASE + 0x30)))


CASES = {
    "first byte": _first_byte(),
    "misaligned": _misaligned(),
    "two roots in one place": _two_roots_in_one_place(),
    "shared page": _shared_page(),
    "text without execute": _text_without_execute(),
    "data on a sealing root": _data_on_a_sealing_root(),
    "restored beside a sealed one": _restored_beside_a_sealed_one(),
    "seal of a shared page": _seal_of_a_shared_page(),
    "read-only too early": _read_only_too_early(),
    "sealed memory invalidated": _sealed_memory_invalidated(),
    "sealed memory reused": _sealed_memory_reused(),
    "init section sealed": _init_section_sealed(),
    "memcpy into read-only": _memcpy_into_read_only(),
    "memset of read-only": _memset_of_read_only(),
    "rwx text": _rwx_text(),
    "writable rodata": _writable_rodata(),
    "executable data": _executable_data(),
    "kernel in another segment": _kernel_in_another_segment(),
    "far text": _far_text(),
    "far data": _far_data(),
    "refused with room": _refused_with_room(),
    "second range too early": _second_range_too_early(),
}


def test_every_rule_that_a_table_can_break_is_broken_here() -> None:
    assert {bad.rule for bad, _ in CASES.values()} == oracles().keys() - UNBREAKABLE


@pytest.mark.parametrize("case", CASES)
def test_broken_table_is_reproduced(case: str) -> None:
    bad, _ = CASES[case]
    result = replay(bad)
    assert result.problem == ""
    assert result.reproduced
    assert result.violation


@pytest.mark.parametrize("case", CASES)
def test_mended_table_plays_to_the_end_without_the_violation(case: str) -> None:
    bad, good = CASES[case]
    result = replay(good)
    assert result.problem.startswith(f"{bad.rule} is not violated for {bad.subject}")
    assert len(result.steps) == len(good.steps)
    assert not [v for record in result.steps for v in record.violations if v.rule == bad.rule]


@pytest.mark.parametrize("case", CASES)
def test_trace_reproduces_after_a_round_trip_through_json(case: str) -> None:
    bad, _ = CASES[case]
    assert replay(from_json(to_json(bad))) == replay(bad)


def broken(case: str) -> set[tuple[str, str]]:
    bad, _ = CASES[case]
    return {(v.rule, v.subject) for record in replay(bad).steps for v in record.violations}


def test_a_fault_on_sealed_memory_is_the_seals_doing_and_not_the_tables() -> None:
    assert broken("sealed memory invalidated") == {("ROI004", AFTER_INIT)}


def test_a_fault_on_sealed_memory_that_never_was_writable_is_both() -> None:
    never = table(root(AFTER_INIT, "r--", seals=True, fill=True))
    bad, _ = CASES["sealed memory invalidated"]
    last = replay(on(bad, never)).steps[-1]
    assert [v.rule for v in last.violations] == ["PRT002", "ROI004"]


def test_init_data_on_a_sealing_root_needs_no_write_permission_later() -> None:
    assert broken("init section sealed") == {("ROI004", "DATA"), ("ROI005", "INITDATA")}
