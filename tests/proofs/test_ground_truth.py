"""The tool's verdicts are what the enumeration of every run says; and the enumeration would see it if they were not.

Without it, a verdict that is wrong by theorem and by search alike would stay.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from modalloc_model.exit_status import ExitStatus
from modalloc_model.params import Assumptions, Kind
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition
from modalloc_model.words import TRUE
from proofs.ground_truth import __main__ as command
from proofs.ground_truth import edges, mends, promises, tables
from proofs.ground_truth.branches import KINDS
from proofs.ground_truth.compare import DISAGREE, PROVED, REFUTED, Finding, compare
from proofs.ground_truth.explore import Truth, enumerate_runs
from proofs.ground_truth.mends import MENDS, Mend
from proofs.ground_truth.operations import load
from proofs.ground_truth.others import of_others
from proofs.ground_truth.promises import compare_promises
from proofs.ground_truth.reach import reachable
from proofs.ground_truth.rules import OF_RUNS
from proofs.ground_truth.space import blocks, byte_set, holes
from proofs.ground_truth.state import Taken, choice, empty
from proofs.ground_truth.statics import JUDGES
from proofs.ground_truth.table import Table
from proofs.ground_truth.world import Branch, Fields, Interval, Part, World

PIECE = 10
BY_ITSELF = (
    "world",
    "space",
    "statics",
    "reach",
    "alone",
    "table",
    "state",
    "operations",
    "others",
    "rules",
    "explore",
)
DRAWN = ("tables", "edges", "boots", "branches")
OF_EVERY_TABLE = {"RNG004", "OVL001", "OVL004"}  # the allocator alone guarantees them
OF_FEW = {"PRT006"}  # what others allocate is in few tables


def wrong(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.outcome == DISAGREE]


# -- the check itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", range(1, 1 + 4 * PIECE, PIECE))
def test_no_run_and_no_byte_contradicts_what_is_promised(start: int) -> None:
    for number in range(start, start + PIECE):
        assert wrong(compare_promises(number, edges.table(number), 800)) == []


def test_verdicts_and_lengths_are_those_of_the_enumeration() -> None:
    found = [finding for number in range(1, 6) for finding in compare(number, edges.table(number), 1500)]
    assert wrong(found) == []
    assert any(finding.outcome == REFUTED for finding in found)


def test_every_rule_is_judged() -> None:
    assert {*JUDGES, *OF_RUNS} == set(RULES)
    assert not set(JUDGES) & set(OF_RUNS)


@pytest.mark.deep
def test_every_rule_is_seen_to_hold_and_to_fail() -> None:
    found = [finding for number in range(1, 201) for finding in compare(number, edges.table(number), 3000)]
    assert wrong(found) == []
    for outcome, never in ((PROVED, set()), (REFUTED, OF_EVERY_TABLE | OF_FEW)):
        assert {finding.rule for finding in found if finding.outcome == outcome} >= set(RULES) - never


@pytest.mark.parametrize("number", [286, 2911])
def test_a_seal_in_the_same_page_is_not_promised_away(number: int) -> None:
    """MAP007 was once proved of data whose page another section's seal makes read-only."""
    assert wrong(compare_promises(number, (tables.plain(number),), 3000)) == []


def test_room_is_room_at_a_multiple_and_not_under_a_mask() -> None:
    """CMP001 was once proved on a table's own values with an alignment of 3."""
    assert wrong(compare(159, (tables.plain(159),), 1500, search=0)) == []


def test_the_shortest_run_may_be_at_another_place_than_the_search_tries() -> None:
    """48 is a multiple of 12, and is tried first; 52 has no bit of 11 either, and is none."""
    masked = one_root(alignment=12, starts=(48, 0), ends=(59, 0))
    found = compare(0, (masked,), 1500)
    assert wrong(found) == []
    assert truth(masked).shortest[("ALN004", "DATA")] == 1
    assert {finding.outcome for finding in found if finding.rule == "ALN004"} == {REFUTED}


def test_a_window_of_the_whole_word_in_one_boot_and_of_nothing_in_another_limits_in_the_first() -> None:
    boot = one_root(windows=((0, 63),), allows=("r-x",))
    boots = (boot, replace(boot, windows=((16, 15),), unknown=16))
    found = compare_promises(0, boots, 800)
    assert wrong(found) == []
    assert {finding.outcome for finding in found if finding.rule == "PRT007"} == {REFUTED}


@pytest.mark.deep
@pytest.mark.parametrize("bits", sorted(tables.PAGES))
def test_many_tables_of_each_width(bits: int) -> None:
    assert command.main(["--tables", "600", "--every", "20", "--bits", str(bits)]) == ExitStatus.PROVED


# -- that it can fail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["PRT001", "ROI002", "RNG001", "MAP006"])
def test_a_condition_that_asks_for_too_little_is_seen(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lax = replace(RULES[rule], condition=lambda table, *parts: Condition(TRUE, ""), leans_on=())
    monkeypatch.setattr(promises, "RULES", {rule: lax})
    found = (wrong(compare_promises(number, (tables.plain(number),), 1000)) for number in range(1, 101))
    assert next((findings for findings in found if findings), [])


@pytest.mark.parametrize("mend", MENDS, ids=lambda mend: mend.name)
def test_a_mistake_that_was_mended_is_found_again(mend: Mend) -> None:
    assert mends.contradictions(mend, mend.number)
    assert mends.disagreements_over(mend, mend.number) == []


@pytest.mark.deep
@pytest.mark.parametrize("mend", [mend for mend in MENDS if not mend.searched], ids=lambda mend: mend.name)
def test_a_mistake_that_was_mended_is_found_by_drawing(mend: Mend) -> None:
    assert mends.first_to_show(mend, range(20_000, 22_000)) is not None


def test_a_mend_whose_source_has_changed_is_told() -> None:
    stale = replace(MENDS[0], exchanged=(("modalloc_model.params", "no such words", ""),))
    with pytest.raises(ValueError, match="'no such words' 0 times, not once"), mends.taken_back(stale):
        pass


def test_the_tool_is_itself_again_afterwards() -> None:
    assert [mend.name for mend in MENDS if mends.disagreements_over(mend, 1)] == []


def test_a_disagreement_is_told_with_its_table_and_status_5(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contradiction = Finding(3, "PRT001", "TEXT", DISAGREE, True, "proved, violated by something")
    monkeypatch.setattr(command, "compare_promises", lambda *task: [contradiction])
    assert command.main(["--theorems", "--tables", "1", "--jobs", "1"]) == ExitStatus.INCONSISTENT
    said = capsys.readouterr().out
    assert "DISAGREE table 3: PRT001 for TEXT: proved, violated by something" in said
    assert "granularity=" in said


# -- the enumeration -------------------------------------------------------------------------------------------------


def imports(name: str) -> Iterator[str]:
    path = Path(tables.__file__).parent / f"{name}.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("name", [*BY_ITSELF, *DRAWN])
def test_the_enumeration_is_a_reading_of_its_own(name: str) -> None:
    of_the_tool = {module for module in imports(name) if module.startswith("modalloc_model")}
    assert of_the_tool <= {"modalloc_model.params"}  # the names of kinds and assumptions, no formula
    ours = {module.removeprefix("proofs.ground_truth.") for module in imports(name) if module.startswith("proofs")}
    assert ours <= {*BY_ITSELF, *(DRAWN if name in DRAWN else ())}


def one_root(letters: str = "rw-", alignment: int = 4, granularity: int = 4, **changes: Any) -> World:
    """Data on two pages of 4 bytes. Changes are of the type, or of the machine."""
    data = Fields("DATA", 0, granularity, alignment, (32, 0), (39, 0), letters=letters)
    of_type = {name: value for name, value in changes.items() if hasattr(data, name)}
    world = World(6, 4, 8, (replace(data, **of_type),), (Part("DATA", Kind.DATA, False, "DATA"),))
    return replace(world, **{name: value for name, value in changes.items() if name not in of_type})


def truth(table: World) -> Truth:
    return enumerate_runs(Table(table), 50_000, 6)


def test_a_right_table_is_enumerated_to_the_end_and_violates_nothing() -> None:
    found = truth(one_root())
    assert found.closed
    assert found.shortest == {}
    assert found.graph.number_of_nodes() == 11  # empty, and each way to have one module or two, in init or live


def test_read_only_pages_fault_when_filled() -> None:
    found = truth(one_root("r--"))
    assert found.closed
    assert found.shortest == {("PRT001", "DATA"): 1}


def test_what_is_filled_otherwise_faults_when_freed_and_never_met_its_needs() -> None:
    assert truth(one_root("r--", fill="poke")).shortest == {("MAP006", "DATA"): 1, ("PRT002", "DATA"): 2}


def test_a_seal_on_half_a_page_takes_the_neighbour_with_it() -> None:
    found = truth(one_root(alignment=2, seals=True, invalidate="clear"))
    assert found.shortest[("ROI002", "DATA")] == 3  # load, load, finish_init
    assert found.shortest[("MAP007", "DATA")] == 2  # data does not tolerate the seal at all


def test_a_shortest_run_is_told_operation_by_operation() -> None:
    found = truth(one_root("r--", fill="poke"))
    assert [label[0] for label in found.run(("PRT002", "DATA"))] == ["load", "unload"]


def test_a_range_too_small_refuses_the_first_byte() -> None:
    assert truth(one_root(starts=(33, 0), ends=(38, 0))).shortest == {("RNG001", "DATA"): 1}


def test_a_block_back_from_the_second_range_is_no_violation() -> None:
    assert truth(one_root(starts=(32, 40), ends=(35, 43), second=True)).shortest == {}


def test_a_block_may_go_to_any_aligned_place_of_a_hole() -> None:
    table = Table(one_root(alignment=4, ends=(47, 0)))
    assert [place.lo for place in choice(table, empty(table), 0, 4).places] == [32, 36, 40, 44]


def test_a_search_that_prunes_may_pass_over_a_hole_that_fits() -> None:
    """A hole of 12 bytes is one that Linux, adding what the alignment may cost, is not sure to come upon for 8."""
    large = one_root(alignment=8, ends=(43, 0), prunes=True, registered=((0, 31), (44, 63)))
    assert truth(large).shortest[("CMP001", "DATA")] == 1
    assert ("CMP001", "DATA") not in truth(replace(large, prunes=False)).shortest


def test_others_who_take_the_first_range_leave_the_second() -> None:
    both = Table(one_root(starts=(32, 40), ends=(35, 43), second=True))
    taken = empty(both)._replace(taken=(Taken(-1, 32, 35),))
    assert [place.lo for place in choice(both, taken, 0, 4).places] == [40]
    assert any(way.state == empty(both) for way in of_others(both, taken))  # and return it


def carved(promised: int = 4, **changes: Any) -> World:
    return one_root("r-x", carved=True, large=8, promised=promised, fill="poke", invalidate="clear", **changes)


def test_a_carved_block_is_a_large_page_where_there_is_room_for_one() -> None:
    roomy, narrow = Table(carved(ends=(51, 0))), Table(carved(starts=(36, 0), ends=(43, 0)))
    assert {(place.lo, place.length) for place in choice(roomy, empty(roomy), 0, 4).places} == {(32, 8), (40, 8)}
    assert {(place.lo, place.length) for place in choice(narrow, empty(narrow), 0, 4).places} == {(36, 4), (40, 4)}


def test_a_search_that_prunes_may_pass_over_the_large_page_and_take_less() -> None:
    table = Table(carved(prunes=True, ends=(43, 0), registered=((0, 31), (44, 63))))
    found = choice(table, empty(table), 0, 4)
    assert {(place.lo, place.length) for place in found.places} == {(32, 8), (32, 4), (36, 4), (40, 4)}
    assert not found.refused


def test_what_is_carved_is_used_again_and_aligned_to_no_more_than_a_page() -> None:
    table = Table(carved(ends=(39, 0), promised=8))
    (loaded,) = [way.state for way in load(table, empty(table), ((0, 4, 4),)) if way.state]
    assert [(place.lo, place.spare) for place in choice(table, loaded, 0, 4).places] == [(36, loaded.spares[0])]
    found = truth(table.source)
    assert found.shortest[("ALN004", "DATA")] == 2  # a large page is aligned, and its second half is not
    assert ("ALN004", "DATA") not in truth(carved(ends=(39, 0), promised=4)).shortest


def test_a_block_over_another_roots_ends_the_run_as_an_overlap() -> None:
    found = truth(two_roots("private"))
    assert found.shortest == {("OVL002", "DATA"): 2, ("OVL002", "TEXT"): 2}
    assert truth(two_roots("shared")).shortest == {}


def two_roots(arbiter: str) -> World:
    """Data and text on the same page, of which text may not be written."""
    data = one_root(ends=(35, 0)).types[0]
    text = replace(data, name="TEXT", mapto=1, letters="r-x", fill="poke", invalidate="clear")
    parts = (Part("DATA", Kind.DATA, False, "DATA"), Part("TEXT", Kind.TEXT, False, "TEXT"))
    return World(6, 4, 8, (data, text), parts, assumptions=Assumptions(arbiter=arbiter))


def test_a_region_that_is_empty_is_no_wall() -> None:
    assert holes(64, [(8, 7), (16, 19)]) == [(0, 15), (20, 63)]


def test_each_branch_has_places_of_its_own() -> None:
    short = Branch("short", "relative", ("kernel",), lowest=-31, highest=31, instruction=2)
    text = replace(
        two_roots("shared"), image=(0, 3), branches=(Branch("long", "anywhere", ("kernel",), instruction=4), short)
    )
    assert truth(text).shortest == {("RCH001", "TEXT"): 1}
    assert truth(replace(text, branches=(replace(short, lowest=-34),))).shortest == {}


def test_a_page_relative_branch_looks_at_pages_alone() -> None:
    page = Branch("page", "page", ("kernel",), lowest=-32, highest=0, page_bits=2)
    text = replace(two_roots("shared"), image=(0, 3), branches=(page,))
    assert truth(text).shortest == {}
    assert truth(replace(text, branches=(replace(page, kind="relative"),))).shortest == {("RCH001", "TEXT"): 1}


def test_a_word_that_is_extended_by_its_sign_reaches_both_ends() -> None:
    word = Branch("word", "absolute", ("kernel",), lowest=-8, highest=7)
    assert reachable(word, 20, 6) == byte_set(0, 7) | byte_set(56, 63)


def test_a_table_whose_alignment_exceeds_its_granularity_has_no_block_at_the_end() -> None:
    world = one_root(alignment=8, ends=(43, 0))
    assert list(blocks(world, world.types[0])) == [(32, 39)]


def _differ(boots: tuple[World, ...], of: Callable[[World], object]) -> bool:
    return len({of(world) for world in boots}) > 1


def _is_power(x: int) -> bool:
    return x > 0 and not x & (x - 1)


def _some_are_empty(boots: tuple[World, ...], of: Callable[[World], tuple[Interval, ...]]) -> bool:
    """Of one interval, that it is empty in some boot and not in another."""
    return any(len({last < first for first, last in each}) > 1 for each in zip(*map(of, boots), strict=True))


def _written_ranges(world: World) -> tuple[Interval, ...]:
    return tuple(world.written_range(t, number) for t in world.types for number in (0, 1))


def _nest(regions: tuple[Interval, ...]) -> bool:
    pairs = [(a, b) for a, b in permutations(regions, 2) if a[0] <= a[1] and b[0] <= b[1]]
    return any(a[0] <= b[0] and b[1] <= a[1] and a != b for a, b in pairs)


def _usable(world: World) -> list[list[tuple[int, int, int]]]:
    return [list(world.ranges(t)) for t in world.allocated()]


DRAWN_THINGS: dict[str, Callable[[tuple[World, ...]], bool]] = {
    "an alignment that the boot decides": lambda b: _differ(b, lambda w: tuple(t.wanted for t in w.types)),
    "one that is a power of two in some boots": lambda b: (
        any(len({_is_power(t.alignment) for t in each}) > 1 for each in zip(*(w.types for w in b), strict=True))
    ),
    "a granularity that the boot decides": lambda b: _differ(b, lambda w: tuple(t.granularity for t in w.types)),
    "alignment above granularity": lambda b: any(t.granularity < t.alignment for t in b[0].allocated()),
    "a range that moves": lambda b: _differ(b, lambda w: tuple((t.starts, t.ends) for t in w.types)),
    "a range that is empty in some boots": lambda b: _some_are_empty(b, _written_ranges),
    "a region that is empty in some boots": lambda b: _some_are_empty(b, lambda w: tuple(w.regions())),
    "registered regions that nest": lambda b: _nest(b[0].registered),
    "two ranges": lambda b: any(len(ranges) > 1 for ranges in _usable(b[0])),
    "two ranges that overlap": lambda b: any(
        len(r) > 1 and r[0][1] <= r[1][2] and r[1][1] <= r[0][2] for r in _usable(b[0])
    ),
    "a range up to the word's end": lambda b: any(last == b[0].size - 1 for r in _usable(b[0]) for _, _, last in r),
    "a range of the whole word": lambda b: any(r[1:] == (0, b[0].size - 1) for each in _usable(b[0]) for r in each),
    "branches of several lengths": lambda b: len({branch.instruction for branch in b[0].branches}) > 1,
    "a type that others allocate from": lambda b: bool(b[0].of_others()),
    "carving": lambda b: any(t.carved for t in b[0].roots()),
    "carving below what is promised": lambda b: any(t.carved and t.promised > t.alignment for t in b[0].roots()),
    "carving without large pages": lambda b: any(t.carved and not t.large for t in b[0].roots()),
    "carving of what others allocate": lambda b: any(t.carved for t in b[0].of_others()),
} | {
    f"a branch of kind {kind}": lambda b, kind=kind: any(branch.kind == kind for branch in b[0].branches)
    for kind in KINDS
}  # fmt: skip


@pytest.fixture(scope="module")
def many_tables() -> list[tuple[World, ...]]:
    return [edges.table(number) for number in range(1, 501)]


@pytest.mark.parametrize("thing", DRAWN_THINGS)
def test_tables_have_what_mistakes_are_made_about(thing: str, many_tables: list[tuple[World, ...]]) -> None:
    assert sum(DRAWN_THINGS[thing](boots) for boots in many_tables) >= 2


def test_tables_are_drawn_alike_every_time_and_are_no_two_alike() -> None:
    drawn = [edges.table(number) for number in range(40)]
    assert drawn == [edges.table(number) for number in range(40)]
    assert len(set(drawn)) == len(drawn)
