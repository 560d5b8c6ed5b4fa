"""Tables on machines of their own, from their text to the verdict of both routes: reach, regions, alignments.

Without it, a mistake between the text of a profile and the verdict on it would show in no other test.

Without it we would miss a profile whose text comes to another verdict by the two routes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.descriptor import Settings, read_path
from modalloc_model.engine.regions import wrapping
from modalloc_model.engine.verify import Options, both_routes, verify_table
from modalloc_model.params import ParamSet
from modalloc_model.trace import from_json, to_json
from modalloc_model.verdict import Result, Verdict

MACHINE = """\
name: plateau
word_bits: {value: 32, source: s}
page_size: {value: 0x1000, source: s}
pmd_size: {value: 0x400000, source: s}
ends: {value: exclusive, source: s}
protections: {FREE: {allows: rwx, source: s}}
windows: [{name: w, first: 0x30000000, last: 0x4fffffff, source: s}]
image: {name: image, first: 0x20000000, last: 0x2000ffff, source: s}
"""
TABLE = """\
name: plateau
arch: %s
types:
  TEXT: {mapto: TEXT, granularity: PAGE_SIZE, alignment: %s, ranges: [{start: 0x30000000, end: %s}], pgprot: FREE}
  DATA: {mapto: TEXT}
  RODATA: {mapto: TEXT}
  RODATA_AFTER_INIT: {mapto: TEXT}
  INITTEXT: {mapto: TEXT}
  INITDATA: {mapto: TEXT}
  INITRODATA: {mapto: TEXT}
"""


def plateau(folder: Path, machine: str, alignment: str = "PAGE_SIZE", end: str = "0x3000ffff") -> ParamSet:
    profile, table = folder / "machine.yaml", folder / "table.yaml"
    profile.write_text(MACHINE + machine, encoding="utf-8")
    table.write_text(TABLE % (profile, alignment, end), encoding="utf-8")
    reading = read_path(str(table), Settings())
    assert [p for p in reading.problems if p.severity == "error"] == []
    return reading.tables[0].params


def by_both(params: ParamSet, rule: str) -> Result:
    """The only result of the rule, on which both routes agree."""
    one, two = (report.results for report in both_routes(params, Options(select=frozenset({rule}))))
    assert [(r.subject, r.verdict) for r in one] == [(r.subject, r.verdict) for r in two]
    (result,) = (r for r in one if r.verdict is not Verdict.NOT_APPLICABLE)
    return result


def refuted_by(params: ParamSet, rule: str, name: str) -> tuple[int, int]:
    """Place and target of the replayed branch that violates the rule."""
    result = by_both(params, rule)
    assert (result.verdict, result.replayed) == (Verdict.REFUTED, True)
    assert result.trace is not None
    assert from_json(to_json(result.trace)) == result.trace
    step = result.trace.steps[-1]
    assert step.reach == name
    return step.place, step.target


LONG = "{name: long, kind: anywhere, targets: [kernel], instruction: 6, source: s}"
SHORT = "{name: short, kind: relative, targets: [kernel], lowest: %d, highest: 0, instruction: 2, source: s}"


def test_a_short_branch_after_a_long_one_has_places_of_its_own(tmp_path: Path) -> None:
    """It can begin two bytes before the end of the text; a long one only six before."""
    last = 0x3000FFFF - 1 - 0x20000000
    params = plateau(tmp_path, f"reach: [{LONG}, {SHORT % -last}]\n")
    assert by_both(params, "RCH001").verdict is Verdict.PROVED
    params = plateau(tmp_path, f"reach: [{LONG}, {SHORT % -(last - 1)}]\n")
    assert refuted_by(params, "RCH001", "short") == (0x3000FFFE, 0x20000000)


def test_an_address_by_pages_reaches_what_the_bytes_between_do_not(tmp_path: Path) -> None:
    away = 0x3000F000 - 0x20000000
    adrp = "{name: adrp, kind: %s, targets: [kernel], lowest: %d, highest: 0, source: s}"
    assert by_both(plateau(tmp_path, f"reach: [{adrp % ('page', -away)}]\n"), "RCH001").verdict is Verdict.PROVED
    assert by_both(plateau(tmp_path, f"reach: [{adrp % ('relative', -away)}]\n"), "RCH001").verdict is Verdict.REFUTED
    short = plateau(tmp_path, f"reach: [{adrp % ('page', 0x1000 - away)}]\n")
    place, target = refuted_by(short, "RCH001", "adrp")
    assert (place >> 12, target >> 12) == (0x3000F, 0x20000)


def test_a_table_in_data_names_a_region_that_the_machine_has_beside_its_image(tmp_path: Path) -> None:
    word = "{name: word, kind: relative, places: [data], targets: [area], lowest: 0, highest: %d, source: s}"
    area = "targets: [{name: area, first: 0x38000000, end: 0x38001000, source: s}]\n"
    text = "{name: text, kind: none, targets: [kernel], source: s}"  # names no byte of the image
    far = 0x38000FFF - 0x30000000
    assert by_both(plateau(tmp_path, f"{area}reach: [{text}, {word % far}]\n"), "RCH001").verdict is Verdict.PROVED
    found = refuted_by(plateau(tmp_path, f"{area}reach: [{text}, {word % (far - 1)}]\n"), "RCH001", "word")
    left_out = by_both(plateau(tmp_path, f"{area}reach: [{word % far}]\n"), "RCH001")
    assert (left_out.verdict, left_out.reason) == (Verdict.UNDECIDED, "not-judged")
    assert found == (0x30000000, 0x38000FFF)


def test_a_word_that_its_sign_extends_holds_the_lowest_and_the_highest_addresses(tmp_path: Path) -> None:
    word = "{name: word, kind: absolute, targets: [text], bits: %d, source: s}"
    assert by_both(plateau(tmp_path, f"reach: [{word % 31}]\n"), "RCH002").verdict is Verdict.PROVED
    assert refuted_by(plateau(tmp_path, f"reach: [{word % 30}]\n"), "RCH002", "word")[1] >= 0x30000000


APART = """\
reach:
  - {name: load, kind: relative, targets: [data], lowest: 0x0fff0000, highest: 0x1000ffff, source: s}
  - {name: late, kind: relative, places: [init-text], targets: [init-text], lowest: 0, highest: 0x10000, source: s}
"""
DATA = "{mapto: DATA, granularity: PAGE_SIZE, alignment: PAGE_SIZE, ranges: [%s], pgprot: FREE}"


def test_the_run_names_its_target_by_a_rule_that_is_for_such_targets(tmp_path: Path) -> None:
    """The first rule of the two does not reach init text either, and does not have to."""
    plateau(tmp_path, APART)
    table = tmp_path / "table.yaml"
    text = table.read_text(encoding="utf-8").replace("DATA: {mapto: TEXT}", "DATA: {mapto: DATA}")
    text = text.replace("  DATA: {mapto: DATA}", f"  DATA: {DATA % '{start: 0x40000000, end: 0x4000ffff}'}")
    table.write_text(text.replace("RODATA: {mapto: TEXT}", "RODATA: {mapto: DATA}"), encoding="utf-8")
    (params,) = (found.params for found in read_path(str(table), Settings()).tables)
    (result,) = (r for r in verify_table(params, Options(select=frozenset({"RCH003"}))).results if r.subject == "TEXT")
    assert (result.verdict, result.replayed) == (Verdict.REFUTED, True)
    assert result.trace is not None
    assert result.trace.steps[-1].reach == "late"


def test_init_text_is_named_by_its_own_module(tmp_path: Path) -> None:
    near = "{name: near, kind: relative, targets: [init-text], lowest: -0xff00, highest: 0xff00, source: s}"
    place, target = refuted_by(plateau(tmp_path, f"reach: [{near}]\n"), "RCH003", "near")
    assert abs(target - place) > 0xFF00


# -- regions ---------------------------------------------------------------------------------------------------------

GROWS = "unknowns: {size: {step: SZ_1M, k: [%d, %d], source: s}}\n"
TAKEN = "regions: {%s: [{name: taken, first: 0xff800000, end: 0xff800000 + size, source: s}]}\n"


@pytest.mark.parametrize("group", ["forbidden", "registered"])
def test_a_region_that_wraps_in_some_boot_is_a_problem_of_the_profile(tmp_path: Path, group: str) -> None:
    params = plateau(tmp_path, GROWS % (8, 12) + TAKEN % group)
    (problem,) = wrapping([params, params])
    assert (problem.where.line, problem.severity) == (10, "error")
    assert problem.message == ("region 'taken' ends at 0xfffff, before it begins at 0xff800000, where size = 0x900000")
    verdict = by_both(params, "RNG005").verdict
    assert verdict is Verdict.REFUTED  # where nobody looked for problems


@pytest.mark.parametrize(("least", "greatest"), [(0, 8), (1, 8), (8, 8), (0, 0)])
def test_a_region_may_be_empty_or_end_with_the_address_space(tmp_path: Path, least: int, greatest: int) -> None:
    assert wrapping([plateau(tmp_path, GROWS % (least, greatest) + TAKEN % "forbidden")]) == ()


def test_what_wraps_by_more_than_sums_is_found_and_constraints_are_minded(tmp_path: Path) -> None:
    product = TAKEN.replace("0xff800000 + size", "0xff800000 + size * (size / SZ_1M)") % "forbidden"
    assert [p.message.rpartition(" = ")[2] for p in wrapping([plateau(tmp_path, GROWS % (1, 4) + product)])] == [
        "0x300000"
    ]
    bounded = GROWS % (1, 4) + "constraints: [size < SZ_1M * 3]\n" + product
    assert wrapping([plateau(tmp_path, bounded)]) == ()


def test_a_region_that_is_empty_is_no_wall_and_forbids_nothing(tmp_path: Path) -> None:
    """Room for 17 pages in a row is there only where nothing is registered in their middle."""
    wall = "regions: {%s: [{name: wall, first: 0x30008000, end: 0x30008000 + size, source: s}]}\n"
    unknown = "unknowns: {size: {step: PAGE_SIZE, k: [0, %d], source: s}}\n"
    for group, rule in (("registered", "RNG001"), ("forbidden", "RNG005")):
        for most, verdict in ((0, Verdict.PROVED), (1, Verdict.REFUTED)):
            params = plateau(tmp_path, unknown % most + wall % group, alignment="0x10000")
            results = verify_table(params, Options(select=frozenset({rule}))).results
            assert {r.verdict for r in results} == {verdict}


# -- alignments that the boot decides --------------------------------------------------------------------------------


def test_an_alignment_that_the_boot_decides_is_decided_for_each_of_its_values(tmp_path: Path) -> None:
    unknown = "unknowns: {unit: {step: %s, k: [1, 2], source: s}}\n"
    select = Options(select=frozenset({"ALN001", "ALN004", "OVL003", "ROI002", "MAP006"}))
    for step, refuted in (("0x800", set()), ("0x30", {"ALN001", "ALN004"})):
        for report in both_routes(plateau(tmp_path, unknown % step, alignment="unit"), select):
            found = {r.rule for r in report.results if r.verdict is Verdict.REFUTED}
            assert found == refuted
            left = {r.verdict for r in report.results} - {Verdict.REFUTED, Verdict.NOT_APPLICABLE}
            assert left == {Verdict.PROVED}


def test_the_boot_of_a_refutation_has_the_value_that_breaks_the_rule(tmp_path: Path) -> None:
    unknown = "unknowns: {unit: {step: 0x40, k: [2, 3], source: s}}\n"
    params = plateau(tmp_path, unknown, alignment="unit")
    (result,) = verify_table(params, Options(select=frozenset({"ALN004"}))).results
    assert (result.verdict, result.replayed, dict(result.boot)) == (Verdict.REFUTED, True, {"unit": 0xC0})
