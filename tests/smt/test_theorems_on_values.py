"""The theorems' obligations on tables with values: discharged just where the rule holds.

Without it, the direct route could prove a rule that fails, or leave open one that holds.
"""

from __future__ import annotations

import random
from itertools import product

import pytest

from modalloc_model.concrete import in_boot
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.designs.mail.theorems import THEOREMS
from modalloc_model.designs.mail.transitions import scene_of
from modalloc_model.engine.solvers import settle
from modalloc_model.params import Assumptions, ParamSet, Section
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import root_of, section_of
from modalloc_model.smt.induction import Obligation
from modalloc_model.words import evaluate
from tests.properties.test_conditions import drawn_roots, ranges
from tests.properties.toy import PAGE, PMD, alloc_type, holds, region, subjects, table

EVERY = ("TEXT", "DATA", "RODATA", "RODATA_AFTER_INIT", "INITTEXT", "INITDATA", "INITRODATA")


def obligations(rule: str, params: ParamSet, name: str) -> list[Obligation]:
    subject = subjects(rule, params)[name]
    return list(THEOREMS[rule](Matter(params, root_of(subject.parts), section_of(subject.parts))))


def follows(rule: str, params: ParamSet, name: str) -> bool:
    return all(settle(o.query()).status == "unsat" for o in obligations(rule, params, name))


def test_the_first_allocation_succeeds_if_the_allocator_places_it() -> None:
    generator, seen = random.Random(5), set()
    for root in drawn_roots(60):
        taken = tuple(
            region(f"taken {n}", *bounds) for n, bounds in enumerate(ranges(generator, 2)) if bounds[0] <= bounds[1]
        )
        assume = Assumptions(guard=generator.choice(("none", "page")))
        params = table(root, assume=assume, registered=taken)
        *rooms, found = (o for o in obligations("RNG001", params, "r.TEXT") if o.kind == "conclusion")
        placed = Allocator(in_boot(params, {})).alloc("r.TEXT", 1, "m") is not None
        assert (found.name, len(rooms), found.hypotheses) == (
            "some place is clear" if taken else "the first allocation succeeds",
            2 * (1 + len(taken)) if taken else 0,
            {},
        )
        assert bool(evaluate(found.goal)) is placed
        assert {settle(o.query()).status for o in rooms[: placed * 2]} <= {"unsat"}
        seen.add(placed)
    assert seen == {False, True}


def test_a_seal_is_tolerated_where_the_rule_says_so() -> None:
    names = {"a.DATA": "written data is sealed", "a.RODATA_AFTER_INIT": "late data is left writable"}
    for kind, seals, claims, protect in product(EVERY, (False, True), ((), ("strict-rwx",)), ("at-map", "by-loader")):
        name = f"a.{kind}"
        params = table(alloc_type("r", seals=seals), sections={name: "r"}, assume=Assumptions(protect, claims=claims))
        assert [o.name for o in obligations("MAP007", params, name)][:1] == ([names[name]] if name in names else [])
        assert follows("MAP007", params, name) is holds("MAP007", params, name)
        if kind.startswith("INIT"):
            assert [o.name for o in obligations("ROI005", params, name)] == ["an INIT section is sealed"]
            assert follows("ROI005", params, name) is holds("ROI005", params, name)


def test_roots_are_apart_by_one_arbiter_or_by_their_ranges() -> None:
    for second, arbiter in product(((0x80, 0x8F), (0x50, 0x5F), (0x7F, 0x8F)), ("shared", "private")):
        roots = alloc_type("a", 0, ranges=[(0x40, 0x7F)]), alloc_type("b", 1, ranges=[second])
        params = table(*roots, assume=Assumptions(arbiter=arbiter))
        conclusions = [o for o in obligations("OVL002", params, "a") if o.kind == "conclusion"]
        assert [o.name for o in conclusions] == ["blocks of a and b are apart"]
        apart = settle(conclusions[0].query()).status == "unsat"
        assert apart is holds("OVL002", params, "a")


@pytest.mark.parametrize(("rule", "wrong"), [("ALN004", {"alignment": 6}), ("RNG004", None), ("OVL001", None)])
def test_the_induction_goes_through_on_values(rule: str, wrong: dict[str, int] | None) -> None:
    right = {"granularity": PMD, "alignment": PAGE, "shared_pmd": True}
    assert follows(rule, table(alloc_type("r", **right)), "r")
    if wrong:
        assert not follows(rule, table(alloc_type("r", **{**right, **wrong})), "r")


def test_an_allocation_fails_only_when_full_where_sizes_are_powers_of_two() -> None:
    for g, a, right in ((PAGE, PAGE, True), (PMD, 2, True), (12, 12, False)):
        params = table(alloc_type("r", granularity=g, alignment=a))
        conclusions = [o for o in obligations("CMP001", params, "r") if o.kind == "conclusion"]
        assert all(settle(o.query()).status == "unsat" for o in conclusions) is right


@pytest.mark.parametrize(("first", "right"), [(0x40, False), (0x78, True)])
def test_linux_passes_over_no_hole_where_blocks_are_aligned_to_a_page(first: int, right: bool) -> None:
    """Or where a range is as long as the only block that it can hold."""
    for granularity in (PAGE, PMD):
        root = alloc_type("r", granularity=granularity, alignment=PAGE, ranges=[(first, 0x7F)])
        params = table(root, assume=Assumptions(arbiter_search="linux"))
        conclusions = [o for o in obligations("CMP001", params, "r") if o.name.startswith("the search passes over")]
        assert len(conclusions) == 2
        proved = all(settle(o.query()).status == "unsat" for o in conclusions)
        assert proved is (right or granularity == PAGE)


def test_a_matter_knows_the_other_roots_and_its_scene() -> None:
    params = table(alloc_type("a", 0), alloc_type("b", 1), assume=Assumptions(guard="page"))
    matter = Matter(params, params.types[1])
    assert [other.name for other in matter.others] == ["a"]
    scene = scene_of(matter)
    assert (scene.pool.name, evaluate(scene.page), evaluate(scene.guard), scene.bits) == ("b", PAGE, PAGE, 8)
    assert matter.section is None


@pytest.mark.parametrize("rule", ["MAP006", "PRT001", "PRT002", "PRT003"])
def test_a_life_is_proved_of_one_section_or_of_all_of_the_root(rule: str) -> None:
    params = table(alloc_type("r"), sections={"a.TEXT": "r", "a.DATA": "r"})
    one = list(THEOREMS[rule](Matter(params, params.types[0], params.sections[1])))
    assert [o.name for o in one if o.kind == "conclusion"] == ["a.DATA"]
    every = list(THEOREMS[rule](Matter(params, params.types[0])))
    assert [o.name for o in every if o.kind == "conclusion"] == ["a.TEXT", "a.DATA"]
    assert all(isinstance(section, Section) for section in params.sections)
    assert RULES[rule].behaviour
