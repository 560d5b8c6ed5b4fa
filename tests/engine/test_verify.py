"""A right table is proved; each graft is refuted by the rule that is there to find it, with a run that replays.

Without it, a rule could stop finding the mistake that it is there for.

Without it we would miss a rule that no longer finds what it is there for.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from modalloc_model.designs.replay import replay
from modalloc_model.engine import Options, verify_table
from modalloc_model.params import Assumptions
from modalloc_model.properties import RULES
from modalloc_model.trace import from_json, to_json
from modalloc_model.verdict import Result, Severity, TableReport, Verdict
from modalloc_model.words import FALSE
from tests.engine.tables import GRAFTS, RIGHT, STRICT, grafted, table

BY_ITS_MACHINE = {"ALN006", "PRT006", "PRT007", "RCH004"}
SAFE_FOR_EVERY_TABLE = {"RNG004", "OVL001", "OVL004"}


def of(report: TableReport, rule: str) -> list[Result]:
    return [result for result in report.results if result.rule == rule]


def select(*rules: str) -> Options:
    return Options(select=frozenset(rules))


def test_the_right_table_is_proved_under_strict_rwx() -> None:
    report = verify_table(table(RIGHT))
    assert report.verdict is Verdict.PROVED
    errors = {r.verdict for r in report.results if r.severity is Severity.ERROR}
    assert errors == {Verdict.PROVED, Verdict.NOT_APPLICABLE}


def test_every_rule_has_a_result_for_every_table() -> None:
    assert {result.rule for result in verify_table(table(RIGHT)).results} == set(RULES)


def test_results_come_in_the_order_of_the_rules() -> None:
    order = [result.rule for result in verify_table(table(RIGHT)).results]
    assert order == sorted(order, key=list(RULES).index)


@pytest.mark.parametrize(("rule", "text", "assume"), GRAFTS)
def test_the_graft_is_found_by_its_rule(rule: str, text: str, assume: dict[str, str]) -> None:
    wrong = table(text, "x86_64", Assumptions(claims=STRICT.claims, **assume))
    refuted = [r for r in of(verify_table(wrong, select(rule)), rule) if r.verdict is Verdict.REFUTED]
    assert refuted
    if RULES[rule].behaviour:
        assert all(r.replayed and r.trace and r.method == "search" for r in refuted)


@pytest.mark.parametrize("rule", [g[0] for g in GRAFTS if not g[2] and g[1] != RIGHT])
def test_the_right_table_passes_where_the_graft_fails(rule: str) -> None:
    assert Verdict.REFUTED not in {r.verdict for r in of(verify_table(table(RIGHT), select(rule)), rule)}


def test_grafts_cover_every_rule_that_a_table_can_break() -> None:
    grafted_rules = {rule for rule, _, _ in GRAFTS}
    assert grafted_rules | BY_ITS_MACHINE | SAFE_FOR_EVERY_TABLE == set(RULES)


def test_kasan_needs_its_alignment() -> None:
    plain = table(RIGHT)
    shadowed = replace(plain, machine=replace(plain.machine, kasan_alignment=plain.machine.page << 3))
    assert {r.verdict for r in verify_table(shadowed, select("ALN006")).results} == {Verdict.REFUTED}
    assert {r.verdict for r in verify_table(plain, select("ALN006")).results} == {Verdict.NOT_APPLICABLE}


def test_a_trace_survives_json_and_replays() -> None:
    report = verify_table(table(grafted("RODATA", "fill", "NULL")), select("PRT001"))
    trace = next(r.trace for r in report.results if r.trace)
    again = from_json(to_json(trace))
    assert again == trace
    assert replay(again).reproduced


def test_a_trace_does_not_replay_on_the_mended_table() -> None:
    report = verify_table(table(grafted("RODATA", "fill", "NULL")), select("PRT001"))
    trace = next(r.trace for r in report.results if r.trace)
    mended = tuple(replace(root, fill=True) for root in trace.params.roots)
    assert not replay(replace(trace, params=replace(trace.params, roots=mended))).reproduced


def test_an_empty_domain_is_vacuous_and_never_a_proof() -> None:
    some = table(RIGHT)
    unknown = replace(some.machine.unknowns[0], low=2, high=1)
    nowhere = replace(some, machine=replace(some.machine, unknowns=(unknown,)))
    assert nowhere.machine.domain == FALSE or verify_table(nowhere, select("RNG003")).verdict is Verdict.VACUOUS
    assert verify_table(nowhere, select("RNG003")).verdict is Verdict.VACUOUS


def test_a_budget_that_runs_out_is_undecided() -> None:
    report = verify_table(table(RIGHT), Options(select=frozenset({"RCH002"}), resources=1))
    assert report.verdict is Verdict.UNDECIDED


def test_a_boot_that_breaks_a_rule_is_named() -> None:
    wrong = table(grafted("DATA", "start[0]", "MODULES_END - kaslr_offset - 1"))
    refuted = [r for r in of(verify_table(wrong, select("RNG001")), "RNG001") if r.verdict is Verdict.REFUTED]
    assert not refuted
    wrong = table(grafted("DATA", "start[0]", "MODULES_BASE + kaslr_offset - PAGE_SIZE * 2"))
    broken = [r for r in of(verify_table(wrong, select("RNG005")), "RNG005") if r.verdict is Verdict.REFUTED]
    assert dict(broken[0].boot) == {"kaslr_offset": 0x1000}
