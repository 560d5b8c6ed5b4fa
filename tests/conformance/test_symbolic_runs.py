"""Drawn operations on drawn tables: the symbolic run and the executable one have the same state at each step.

Without it, the search could find runs that the allocator does not have, or miss runs that it has.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modalloc_model.allocator import Policy
from modalloc_model.concrete import Concrete
from modalloc_model.conformance.machine import DEEP, profile_from_environment
from modalloc_model.conformance.symbolic import Asked, Incomparable, side_by_side
from modalloc_model.conformance.tables import any_table, crowded_table, requests, tried_places, well_formed_table
from modalloc_model.designs.mail.violations import VIOLATIONS

LONGEST = 7
FEW = 260
RUNS = 2500 if profile_from_environment() is DEEP else FEW


@st.composite
def operations(draw: st.DrawFn, params: Concrete) -> list[Asked]:
    """Loads, each of a module of its own, and what can be done to those that are there."""
    found: list[Asked] = []
    phases: dict[str, str] = {}
    for number in range(draw(st.integers(1, LONGEST))):
        there = sorted(module for module, phase in phases.items() if phase != "gone")
        op = draw(st.sampled_from(["load", "load", "failed load", "finish_init", "unload", "finish_init"]))
        if op in ("load", "failed load") or not there:
            found.append(_load(draw, params, op, f"m{number}"))
            phases[found[-1].module] = "init" if found[-1].op == "load" else "gone"
            continue
        module = draw(st.sampled_from(there))
        op = "unload" if phases[module] == "live" else op
        phases[module] = {"finish_init": "live", "unload": "gone"}[op]
        found.append(Asked(op, module))
    return found


def _load(draw: st.DrawFn, params: Concrete, op: str, module: str) -> Asked:
    wanted = draw(requests(params).filter(lambda found: any(params.section(r.section).root for r in found)))
    first = next(r for r in wanted if params.section(r.section).root)
    size = max(1, first.size)
    others = [s.name for s in params.sections if s.name != first.section and s.root]
    if op != "failed load" or not others:
        return Asked("load", module, first.section, size)
    return Asked(op, module, first.section, size, draw(st.sampled_from(others)), (1 << params.bits) - params.page)


def _can_load(params: Concrete) -> bool:
    return any(section.root for section in params.sections)


def _take_along(params: Concrete, policy: Policy, asked: list[Asked], met: Counter[str]) -> None:
    pair = side_by_side(params, policy)
    gone: set[str] = set()
    for operation in asked:
        if operation.module in gone:
            continue
        try:
            goes_on = pair.do(operation)
        except Incomparable:
            met["incomparable"] += 1
            return
        met[operation.op] += 1
        if pair.run.refused:
            gone.add(operation.module)
            met["refused"] += 1
        if not goes_on:
            met["fault"] += 1
            break
    met.update(rule for rule, _ in pair.said)


TABLES = st.one_of(crowded_table(), crowded_table(), any_table()).filter(_can_load)


def test_any_table_is_run_alike() -> None:
    met: Counter[str] = Counter()

    @settings(derandomize=RUNS == FEW, max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data: st.DataObject) -> None:
        params = data.draw(TABLES, label="table")
        _take_along(params, data.draw(tried_places()), data.draw(operations(params), label="operations"), met)

    run()
    assert not {op for op in ("load", "failed load", "finish_init", "unload", "refused", "fault") if not met[op]}
    assert met["incomparable"] < met["load"] // 20
    assert len(VIOLATIONS.keys() & met.keys()) > len(VIOLATIONS) // 2


def test_right_table_is_run_alike_and_violates_nothing() -> None:
    met: Counter[str] = Counter()

    @settings(derandomize=RUNS == FEW, max_examples=RUNS // 2, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data: st.DataObject) -> None:
        params = data.draw(well_formed_table(), label="table")
        _take_along(params, data.draw(tried_places()), data.draw(operations(params), label="operations"), met)

    run()
    assert met["load"] and met["finish_init"] and met["unload"]
    assert not VIOLATIONS.keys() & met.keys()
