"""What replay refuses to call reproduced.

Without it, a trace that does not show its violation could be printed as a counterexample.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from modalloc_model.designs.replay import replay
from modalloc_model.params import Assumptions, Reach
from modalloc_model.trace import Step
from tests.allocator.tables import BASE, PAGE, finish_init, load, on, root, table, trace, unload

READ_ONLY = table(root("RODATA", "r--", fill=True))
FREED = trace("PRT002", "RODATA", READ_ONLY, load("a", ("RODATA", 1, BASE)), unload("a"))


def test_the_story_of_a_reproduced_trace_is_told_step_by_step() -> None:
    result = replay(FREED)
    assert result.reproduced
    first, second = result.steps
    assert [event.kind.value for event in first.events] == ["phase", "map", "alloc", "fill", "phase"]
    assert [event.kind.value for event in second.events] == ["free", "fault"]
    assert first.violations == ()
    assert [(r.lo, r.section, r.phase, r.pages) for r in first.live] == [
        (BASE, "RODATA", "init", ((BASE, BASE + PAGE - 1, "r--"),))
    ]


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ((load("a", ("RODATA", 1, BASE + 1)),), "which is not open; 0x80000000 is"),
        ((load("a", ("RODATA", 1, None)),), "says refused, but 0x80000000 is open"),
        ((load("a", ("RODATA", 0, BASE)),), "0 bytes of RODATA are refused, not placed at 0x80000000"),
        ((load("a", ("NO_SUCH", 1, BASE)),), "no section 'NO_SUCH'"),
        ((finish_init("a"),), "module a is gone, not init"),
        ((Step("explode", "a"),), "'explode' is not an operation"),
        ((*FREED.steps, finish_init("a")), "step 3, finish_init of a: the run has ended"),
        (FREED.steps[:1], "PRT002 is not violated for RODATA"),
    ],
)
def test_a_trace_that_does_not_happen_is_not_reproduced(steps: tuple[Step, ...], problem: str) -> None:
    result = replay(replace(FREED, steps=steps))
    assert not result.reproduced
    assert problem in result.problem


def test_a_violation_before_the_last_step_is_not_what_the_trace_says() -> None:
    strict = table(root("TEXT", "rwx"), assume=Assumptions(claims=("strict-rwx",)))
    early = trace("PRT003", "TEXT", strict, load("a", ("TEXT", 1, BASE)), unload("a"))
    result = replay(early)
    assert not result.reproduced
    assert result.problem.startswith("PRT003 is violated already at step 1 of 2")


def test_another_rule_or_subject_is_named_instead() -> None:
    assert replay(replace(FREED, subject="TEXT")).problem.endswith("violated is PRT002 for RODATA")


def test_a_rule_of_the_table_alone_cannot_be_replayed() -> None:
    assert replay(replace(FREED, rule="MAP001")).problem == "no run violates MAP001: it speaks of the table alone"


def test_a_trace_without_steps_is_not_reproduced() -> None:
    assert not replay(replace(FREED, steps=())).reproduced


NEAR = Reach("B", "relative", ("text",), lowest=-16, highest=16)


def branch(place: int, target: int, reach: str = "B") -> Step:
    return Step("branch", "a", reach=reach, place=place, target=target)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (branch(BASE, BASE + 64, "C"), "no reach rule 'C'"),
        (branch(BASE - 4, BASE + 64), "0x7ffffffc is in no live text of a"),
        (branch(BASE, BASE - 4), "0x7ffffffc is nothing that B is for (text)"),
        (branch(BASE, BASE + 16), "RCH002 is not violated"),
        (branch(BASE + 32, BASE + 16), "RCH002 is not violated"),
    ],
)
def test_branches_are_held_to_places_targets_and_distances(step: Step, problem: str) -> None:
    params = replace(table(root("TEXT", "rwx")), reach=(NEAR,))
    whole = trace("RCH002", "TEXT", params, load("a", ("TEXT", PAGE, BASE)), step)
    assert problem in replay(whole).problem


def test_displacements_are_twos_complement() -> None:
    params = replace(table(root("TEXT", "rwx")), reach=(NEAR,))
    start = load("a", ("TEXT", PAGE, BASE))
    too_far_back = trace("RCH002", "TEXT", params, start, branch(BASE + 32, BASE + 15))
    assert replay(too_far_back).reproduced
    assert not replay(on(too_far_back, replace(params, reach=(replace(NEAR, lowest=-17),)))).reproduced


def test_replay_gives_the_same_answer_every_time() -> None:
    assert replay(FREED) == replay(FREED)
