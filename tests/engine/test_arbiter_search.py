"""What the arbiter's search passes over is found, with a run that replays; what it does not pass over is proved.

Without it, an allocation that fails beside free space could go unseen, or a search that finds it be refuted.

Without it we would miss a hole that Linux passes over and the search does not, or the reverse.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from modalloc_model.descriptor import Settings, read_text
from modalloc_model.designs.replay import replay
from modalloc_model.engine import Options, verify_table
from modalloc_model.params import Assumptions, ParamSet, Range
from modalloc_model.trace import from_json, to_json
from modalloc_model.verdict import Result, Verdict
from modalloc_model.words import TRUE, constant
from tests.engine.tables import RIGHT, STRICT, table

EXECMEM = """\
struct execmem_info layout = {{
  .ranges = {{
    [EXECMEM_DEFAULT] = {{
      .start = MODULES_VADDR, .end = 0xffffffffd0000000,
      {fallback}
      .pgprot = PAGE_KERNEL, .alignment = {alignment},{flags}
    }},
  }},
}};
"""
AWAY = ".fallback_start = 0xffffffffd8000000, .fallback_end = MODULES_END,"
COMPLETENESS = frozenset({"CMP001", "CMP002"})


def execmem(alignment: str, fallback: str = AWAY, flags: str = "", **assume: str) -> ParamSet:
    text = EXECMEM.format(alignment=alignment, fallback=fallback, flags=flags)
    settings = Settings(arch="x86_64", defines=(), assume=assume, claims=())
    reading = read_text(text.encode(), "table.c", settings)
    errors = [problem.message for problem in reading.problems if problem.severity == "error"]
    assert not errors, errors
    return reading.tables[0].params


def decided(params: ParamSet, method: str = "theorem") -> list[Result]:
    return list(verify_table(params, Options(method=method, select=COMPLETENESS)).results)


@pytest.mark.parametrize("method", ["theorem", "direct"])
@pytest.mark.parametrize("alignment", ["0x2000", "PMD_SIZE"])
def test_an_alignment_above_a_page_is_refuted_under_linux_with_a_run_of_others(alignment: str, method: str) -> None:
    results = decided(execmem(alignment), method)
    assert {(r.rule, r.verdict) for r in results} == {(rule, Verdict.REFUTED) for rule in COMPLETENESS}
    for result in results:
        assert result.trace is not None and result.replayed and result.method == "search"
        *before, last = result.trace.steps
        assert {step.op for step in before} == {"take"} and last.op == "load"
        assert (last.sections[0].at is None) is (result.rule == "CMP001")
        assert replay(from_json(to_json(result.trace))).reproduced


@pytest.mark.parametrize("method", ["theorem", "direct"])
@pytest.mark.parametrize(
    "params",
    [
        execmem("1"), execmem("PAGE_SIZE"), execmem("PAGE_SIZE", fallback=""),
        execmem("0x2000", **{"arbiter-search": "exact"}),
        execmem("PAGE_SIZE", fallback="", flags=" .flags = EXECMEM_ROX_CACHE,"),
    ],
    ids=["1", "a page", "one range", "exact", "a cache"],
)  # fmt: skip
def test_where_the_search_passes_over_nothing_completeness_is_proved(params: ParamSet, method: str) -> None:
    verdicts = {r.rule: r.verdict for r in decided(params, method)}
    second = Verdict.PROVED if params.roots[0].second == TRUE else Verdict.NOT_APPLICABLE
    assert verdicts == {"CMP001": Verdict.PROVED, "CMP002": second}


def test_a_cache_of_two_ranges_is_not_judged_by_which_comes_first() -> None:
    """It asks both ranges for large pages before it asks either for less (7.3:mm/execmem.c)."""
    results = {r.rule: r for r in decided(execmem("PAGE_SIZE", flags=" .flags = EXECMEM_ROX_CACHE,"), "theorem")}
    assert results["CMP001"].verdict is Verdict.PROVED
    assert (results["CMP002"].verdict, results["CMP002"].reason) == (Verdict.UNDECIDED, "not-judged")


def test_a_range_that_can_hold_one_block_is_searched_for_its_length() -> None:
    """(vend - vstart) == size: no theorem speaks of it, the table's own values do, and one byte more is refuted."""
    one = execmem("0x4000", fallback="")
    for length, verdict in ((0x5000, Verdict.PROVED), (0x6000, Verdict.REFUTED)):
        first = constant(0xFFFF_FFFF_C800_0000, 64)
        chosen = Range.from_bounds(first, first + length, inclusive=False)
        types = tuple(replace(t, ranges=(chosen, t.ranges[1])) for t in one.types)
        assert {r.verdict for r in decided(replace(one, types=types)) if r.rule == "CMP001"} == {verdict}


def test_the_dialects_have_the_search_of_their_arbiter() -> None:
    assert execmem("1").assumptions.arbiter_search == "linux"
    assert table(RIGHT).dialect.assumptions.arbiter_search == "exact"
    assert execmem("1", **{"arbiter-search": "exact"}).assumptions.arbiter_search == "exact"


def test_the_large_pages_of_the_mail_are_refuted_only_if_its_arbiter_is_linux() -> None:
    for search, verdict in (("exact", Verdict.PROVED), ("linux", Verdict.REFUTED)):
        params = table(RIGHT, "x86_64", replace(STRICT, arbiter_search=search))
        found = {r.subject: r.verdict for r in decided(params) if r.rule == "CMP001"}
        assert found["TEXT"] is verdict and found["DATA"] is Verdict.PROVED


def test_with_an_arbiter_each_others_take_from_the_one_that_is_asked() -> None:
    params = table(RIGHT, "x86_64", Assumptions(arbiter="private", arbiter_search="linux"))
    (found,) = [r for r in decided(params) if (r.rule, r.subject) == ("CMP001", "TEXT")]
    assert found.verdict is Verdict.REFUTED and found.replayed and found.trace
    assert {step.root for step in found.trace.steps if step.op == "take"} == {"TEXT"}


def test_where_roots_overlap_that_alone_is_found() -> None:
    """Linux gives up where pages are mapped: what would become of them afterwards is nobody's finding."""
    report = verify_table(table(RIGHT, "x86_64", Assumptions(arbiter="private", claims=("strict-rwx",))))
    refuted = {r.rule for r in report.results if r.verdict is Verdict.REFUTED and r.severity.value == "error"}
    assert refuted == {"OVL002"}
    assert all(r.replayed for r in report.results if r.rule == "OVL002")
