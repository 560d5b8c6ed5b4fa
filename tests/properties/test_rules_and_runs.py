"""What the rules of sections say of a table, against short runs of the executable allocator on that very table.

Without it, a rule could call a table right on which the allocator goes wrong.

Where a rule and those that it leans on hold, no run violates it. Where it fails, one of these few runs does, or else
some other rule's violation comes first: it never fails for a table on which nothing at all goes wrong.

Without it we would miss a condition that holds of a table on which a short run goes wrong.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import product

import pytest

from modalloc_model.allocator import Event, Lowest, Watcher
from modalloc_model.allocator.events import Ended
from modalloc_model.concrete import in_boot
from modalloc_model.designs.mail.loader import Loader, Request
from modalloc_model.params import CLAIMS, FREE_ACCESS, PROTECT, Assumptions, ParamSet
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, Subject, root_of
from modalloc_model.words import evaluate
from tests.properties.toy import PAGE, PMD, alloc_type, table

KINDS = ("TEXT", "DATA", "RODATA", "RODATA_AFTER_INIT", "INITTEXT", "INITDATA", "INITRODATA")
FITTING = {"TEXT": "r-x", "DATA": "rw-", "RODATA": "r--", "RODATA_AFTER_INIT": "rw-"}
LETTERS = ["".join(letters) for letters in product("r-", "w-", "x-")]
RULES_OF_RUNS = (
    "MAP006", "MAP007", "OVL003", "ROI001", "ROI002", "ROI003", "ROI004", "ROI005",
    "PRT001", "PRT002", "PRT003", "PRT004", "PRT005",
)  # fmt: skip
TABLES = 130
TOO_LARGE = 200  # bytes; the range has fewer

Do = tuple[str, ...]
"""`load a X Y`, `init a`, `gone a`: an operation, a module, and the sections that it loads."""


def runs(x: str, y: str) -> Iterator[Sequence[Do]]:
    """Short runs in which x is alone, beside y, or where y was before, and loads that fail."""
    yield ("load", "a", x), ("gone", "a")
    yield ("load", "a", x, "too large"), ("load", "b", x), ("init", "b"), ("gone", "b")
    yield ("load", "a", y, "too large"), ("load", "b", x), ("init", "b"), ("gone", "b")
    yield ("load", "a", y), ("gone", "a"), ("load", "b", x), ("init", "b"), ("gone", "b")
    yield ("load", "a", x, y), ("init", "a"), ("gone", "a")
    yield ("load", "a", y), ("init", "a"), ("gone", "a"), ("load", "b", x), ("init", "b"), ("gone", "b")
    yield ("load", "a", x), ("load", "b", y), ("init", "b"), ("gone", "b"), ("init", "a"), ("gone", "a")
    yield ("load", "a", y), ("load", "b", x), ("init", "a"), ("gone", "a"), ("init", "b"), ("gone", "b")
    yield ("load", "a", x), ("init", "a"), ("load", "b", y), ("gone", "b"), ("load", "c", y), ("gone", "a")
    yield ("load", "a", x), ("init", "a"), ("gone", "a"), ("load", "b", x), ("init", "b"), ("gone", "b")


def violations(params: ParamSet, run: Sequence[Do], release: bool) -> set[tuple[str, str]]:
    """Rules and subjects that the run violates; a fault ends it."""
    concrete, events, found = in_boot(params, {}), list[Event](), set[tuple[str, str]]()
    loader, watcher = Loader(concrete, Lowest(release), events), Watcher(concrete)
    for step in run:
        events.clear()
        with suppress(Ended):
            _do(loader, params, step)
        found |= {(v.rule, v.subject) for v in watcher.step(list(events), loader.allocator.tiles())}
        if loader.ended:
            break
    return found


def _do(loader: Loader, params: ParamSet, step: Do) -> None:
    operation, module, *sections = step
    if operation == "load":
        any_section = params.sections[0].name
        loader.load(module, [Request(any_section, TOO_LARGE) if s == "too large" else Request(s, 1) for s in sections])
    elif operation == "init":
        loader.finish_init(module)
    else:
        loader.unload(module)


@cache
def drawn_tables() -> tuple[tuple[ParamSet, frozenset[tuple[str, str]]], ...]:
    """Tables, and what goes wrong on each in any of the runs."""
    generator, found = random.Random(11), []
    for _ in range(TABLES):
        params = drawn(generator)
        x, y = (section.name for section in params.sections)
        wrong = [violations(params, run, n % 3 == 0) for n, run in enumerate((*runs(x, y), *runs(y, x)))]
        found.append((params, frozenset[tuple[str, str]]().union(*wrong)))
    return tuple(found)


def drawn(generator: random.Random) -> ParamSet:
    """A root with two kinds of sections; often one that fits the first of them."""
    kinds = generator.sample(KINDS, 2)
    protect = generator.choice(PROTECT)
    fitting = "rw-" if protect == "by-loader" else FITTING[kinds[0].removeprefix("INIT")]
    letters = generator.choice((*LETTERS, *8 * (fitting,)))
    flags = {name: generator.random() < 0.4 for name in ("seals", "fill", "invalidate")}
    if letters == fitting and generator.random() < 0.6:
        flags = {"seals": kinds[0] == "RODATA_AFTER_INIT", "fill": generator.random() < 0.7}
        flags["invalidate"] = generator.random() < 0.6
    granularity, alignment = generator.choice(((PAGE, PAGE), (PMD, PAGE), (PMD, 2)))
    root = alloc_type(
        "r", granularity=granularity, alignment=alignment, protection=letters, shared_pmd=granularity == PMD, **flags
    )
    claims = generator.choice(((), CLAIMS))
    assume = Assumptions(protect, generator.choice((*FREE_ACCESS, "restored")), claims=claims)
    return table(root, sections={f"x.{kinds[0]}": "r", f"y.{kinds[1]}": "r"}, assume=assume)


def holds(rule: str, params: ParamSet, subject: Subject) -> bool:
    outcome = RULES[rule].of(params, subject)
    return not isinstance(outcome, Condition) or bool(evaluate(outcome.formula))


def leaned_on_hold(rule: str, params: ParamSet, subject: Subject) -> bool:
    root = root_of(subject.parts)
    about = Subject(root.name, (), root.name, (root,))
    return all(holds(other, params, about) for other in RULES[rule].leans_on)


def test_some_of_the_drawn_tables_are_right_and_most_are_not() -> None:
    right = sum(not wrong for _, wrong in drawn_tables())
    assert 8 < right < TABLES // 2


def _something_else(rule: str, params: ParamSet, wrong: frozenset[tuple[str, str]]) -> bool:
    """What may come first: a fault ends a run. And where conditions are stricter than needed, another rule is violated.

    They are where the loader protects (pages that lose nothing that matters), and where a seal has nothing to take.
    """
    faults = {"PRT001", "PRT002", "ROI004"} & {name for name, _ in wrong}
    stricter = params.assumptions.protect == "by-loader" or rule in ("MAP007", "ROI002", "ROI003", "PRT004")
    return bool(faults or (stricter and wrong))


@pytest.mark.parametrize("rule", RULES_OF_RUNS)
def test_a_rule_that_holds_is_violated_by_no_run_and_does_not_fail_for_nothing(rule: str) -> None:
    seen: Counter[str] = Counter()
    for params, wrong in drawn_tables():
        for subject in RULES[rule].each(params):
            right, goes_wrong = holds(rule, params, subject), (rule, subject.name) in wrong
            told = (rule, subject.name, params.types[0], params.assumptions, wrong)
            assert not (right and goes_wrong and leaned_on_hold(rule, params, subject)), told
            assert right or goes_wrong or _something_else(rule, params, wrong), told
            seen["nothing goes wrong"] += not wrong
            seen["it goes wrong"] += not right and goes_wrong
    assert seen["nothing goes wrong"] > 3
    assert seen["it goes wrong"] > 3 or rule == "ROI001"  # which has no condition but those it leans on
