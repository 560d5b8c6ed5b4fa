"""The boots that each end may have: constraints and unknowns are compared for what they allow.

Without it, boots could be added or lost without a finding.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from modalloc_model.engine.solvers import Answer, Budget
from modalloc_model.engine.solvers.answers import OUT_OF_RESOURCES
from modalloc_model.gate.changes import changes
from modalloc_model.gate.directions import protections
from modalloc_model.gate.directions.pairs import boots
from modalloc_model.params import AllocType, ParamSet, Protection, Unknown
from modalloc_model.smt.smtlib import Query
from modalloc_model.words import Term, constant, evaluate, truth, ule, variable
from tests.descriptor.writing import one
from tests.gate.repositories import LEGACY, TINY, Repository, failing, kinds, of_kind

PROFILE = (
    TINY.replace("value: 0x80000000", 'value: "0x80000000 - shift"').replace("name: tiny", "name: base")
    + """\
unknowns:
  shift: {step: 0x1000, k: [0, 0x3fff], source: test}
constraints:
  - "shift <= 0x200000"
"""
)
"""Modules begin up to 2 MiB lower than in TINY; another 34 MiB lower and no branch reaches the kernel."""

TABLE = (
    LEGACY.replace("{arch: x86_64}", "{arch: machines/own.yaml}")
    .replace(".start[0] = MODULES_VADDR", ".start[0] = LOW")
    .replace("MODULES_END - 1", "MODULES_END - 0x1001")
)
"""A table on a profile that extends the one with the constraint, and has a symbol more."""

OWN = "name: own\nextends: machines/base.yaml\nsymbols:\n  LOW: {value: MODULES_VADDR, source: test}\n"

YAML = """\
name: modules
dialect: execmem
arch: machines/base.yaml
unknowns:
  more: {step: 0x1000, k: [0, 0x3fff], source: test}
constraints:
  - "shift + more <= 0x200000"
types:
  MODULE_TEXT:
    ranges:
      - {start: "MODULES_VADDR - more", end: MODULES_END}
    alignment: 1
    pgprot: PAGE_KERNEL_EXEC
"""
"""The same with a constraint of the table's own between its unknown and the profile's."""


@pytest.fixture
def bounded(repository: Repository) -> Repository:
    repository.write("machines/base.yaml", PROFILE)
    repository.write("machines/own.yaml", OWN)
    repository.write("tables/legacy.c", TABLE)
    repository.write("tables/modules.yaml", YAML)
    repository.commit()
    return repository


LOOSENED = {
    "a constraint of the profile that another extends": ("machines/base.yaml", '"shift <= 0x200000"', '"shift >= 0"'),
    "a constraint that is gone": ("machines/base.yaml", 'constraints:\n  - "shift <= 0x200000"\n', ""),
    "a constraint that another takes the place of": (
        "machines/own.yaml",
        "name: own\n",
        "name: own\nconstraints: []\n",
    ),
    "a constraint of the table": ("tables/modules.yaml", "0x200000", "0x4000000"),
}


@pytest.mark.parametrize("what", LOOSENED)
def test_a_constraint_that_lets_in_boots_in_which_a_rule_fails_is_a_loss(bounded: Repository, what: str) -> None:
    path, old, new = LOOSENED[what]
    bounded.replace(path, old, new)
    document = bounded.report()
    assert document["status"] == 1
    assert "lost-guarantee" in failing(document)
    assert {finding["rule"] for finding in of_kind(document, "lost-guarantee")} >= {"RCH001"}
    assert "lost-reach-margin" in kinds(document)


def test_what_a_constraint_was_and_is_stands_among_the_changes(bounded: Repository) -> None:
    bounded.replace("tables/modules.yaml", "0x200000", "0x4000000")
    (table,) = bounded.report()["tables"]
    assert [(c["subject"], c["field"], c["old"], c["new"]) for c in table["changes"]] == [
        ("machine", "constraints", "shift <= 0x200000; (shift + more) <= 0x200000",
         "shift <= 0x200000; (shift + more) <= 0x4000000")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("step: 0x1000, k: [0, 0x3fff]", "step: 0x800, k: [0, 0x3fff]"),
        ("step: 0x1000, k: [0, 0x3fff]", "step: 0x2000, k: [0, 0x3fff]"),
        ("step: 0x1000, k: [0, 0x3fff]", "step: 0x1000, k: [1, 0x3fff]"),
        ("step: 0x1000, k: [0, 0x3fff]", "step: 0x1000, k: [0, 0x1ff]"),
        ('"shift <= 0x200000"', '"shift <= 0x1ff000"'),
        ('"shift <= 0x200000"', '"shift != 0x3000 && shift <= 0x200000"'),
    ],
)
def test_boots_that_come_or_go_are_a_change(bounded: Repository, old: str, new: str) -> None:
    bounded.replace("machines/base.yaml", old, new)
    assert {table["fate"] for table in bounded.report()["tables"]} == {"changed"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"shift <= 0x200000"', '"shift < 0x200001"'),
        ('"shift <= 0x200000"', '"shift <= 0x2007ff"'),
        ('"shift <= 0x200000"', '"shift <= 0x200000"\n  - "shift <= 0x300000"'),
        ("k: [0, 0x3fff]", "k: [0, 0x200]"),
        ('k: [0, 0x3fff], source: test}\nconstraints:\n  - "shift <= 0x200000"', "k: [0, 0x200], source: test}"),
    ],
)
def test_the_same_boots_in_other_words_are_no_change(bounded: Repository, old: str, new: str) -> None:
    bounded.replace("machines/base.yaml", old, new)
    document = bounded.report()
    assert {table["fate"] for table in document["tables"]} == {"alike"}
    assert document["findings"] == []


def test_an_unknown_that_is_new_or_gone_is_a_change(bounded: Repository) -> None:
    bounded.replace("machines/base.yaml", "constraints:", "  other: {step: 1, k: [0, 1], source: test}\nconstraints:")
    document = bounded.report()
    assert {table["fate"] for table in document["tables"]} == {"changed"}
    assert document["findings"] == []
    bounded.commit()
    bounded.replace("machines/base.yaml", "  other: {step: 1, k: [0, 1], source: test}\n", "")
    assert {table["fate"] for table in bounded.report()["tables"]} == {"changed"}


# -- on tables -------------------------------------------------------------------------------------------------------

X86 = one(LEGACY, "legacy.c")
BITS = 64
U = variable("u", BITS)


def with_boots(*constraints: Term, high: int = 3, table: ParamSet = X86) -> ParamSet:
    """The table on a machine that leaves `u` to the boot, 0 to `high`."""
    unknowns = (*table.machine.unknowns, Unknown("u", 1, 0, high, "u"))
    return replace(table, machine=replace(table.machine, unknowns=unknowns, constraints=constraints))


def executable(table: ParamSet, when: Term) -> ParamSet:
    """The table with pages that are executable in some boots."""
    types = [replace(t, protection=Protection("P", truth(True), truth(True), when)) for t in table.types]
    return replace(table, types=tuple(types))


def found(base: ParamSet, head: ParamSet) -> set[str]:
    return {finding.kind for finding in protections.compare(base, head)}


def test_a_value_that_differs_in_a_boot_of_one_end_alone_has_changed() -> None:
    low = truth(ule(U, 1))
    base = executable(with_boots(low), truth(ule(U, 1)))
    head = executable(with_boots(), truth(True))
    assert {change.field for change in changes(base, head)} >= {"pgprot", "constraints"}


def test_what_is_allowed_in_new_boots_alone_is_wider() -> None:
    late = truth(ule(constant(2, BITS), U))
    base, head = executable(with_boots(truth(ule(U, 1))), late), executable(with_boots(), late)
    assert found(base, head) == {"widened-protection"}
    assert found(head, base) == {"narrowed-protection"}


def test_new_boots_in_which_the_same_is_allowed_make_nothing_wider() -> None:
    early = truth(ule(U, 1))
    assert found(executable(with_boots(high=2), early), executable(with_boots(high=3), early)) == set()
    assert found(with_boots(high=2), with_boots(high=3)) == set()


def test_what_the_other_end_leaves_to_the_boot_is_tied_as_it_is_there() -> None:
    (kaslr,) = X86.machine.unknowns
    offset = variable(kaslr.name, BITS)
    tied = with_boots(truth(ule(U, offset)), high=1 << 20)
    domain = boots(X86, tied)
    assert evaluate(domain, {kaslr.name: 0x1000, "u": 0x1000})
    assert not evaluate(domain, {kaslr.name: 0x1000, "u": 0x1001})


def test_what_makes_no_difference_to_addresses_gains_and_loses_none(bounded: Repository) -> None:
    free = YAML.replace("constraints:\n", 'constraints:\n  - "other <= 0x8000"\n').replace(
        "unknowns:\n", "unknowns:\n  other: {step: 0x1000, k: [0, 16], source: test}\n"
    )
    bounded.write("tables/modules.yaml", free)
    bounded.commit()
    bounded.replace("tables/modules.yaml", "other <= 0x8000", "other <= 0x9000")
    assert kinds(bounded.report()) == set()


def test_what_is_tied_to_an_address_makes_a_difference_to_it(bounded: Repository) -> None:
    tied = YAML.replace("shift + more <= 0x200000", "more <= other && other <= 0x8000").replace(
        "unknowns:\n", "unknowns:\n  other: {step: 0x1000, k: [0, 16], source: test}\n"
    )
    bounded.write("tables/modules.yaml", tied)
    bounded.commit()
    bounded.replace("tables/modules.yaml", "other <= 0x8000", "other <= 0x9000")
    assert "gained-addresses" in kinds(bounded.report())


def test_one_start_of_several_types_is_compared_once_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the bound, a start made of a chain of 25 sums keeps the solver busy for hours."""
    budgets: list[int] = []

    def give_up(query: Query, solver: str = "z3", budget: Budget | None = None, cores: bool = False) -> Answer:
        budgets.append((budget or Budget()).resources)
        return Answer("unknown", reason=OUT_OF_RESOURCES)

    monkeypatch.setattr("modalloc_model.engine.solvers.settle", give_up)
    base, own = (one(LEGACY) for _ in range(2))
    low, head = variable("low", base.machine.bits), variable("low", base.machine.bits)
    for _ in range(25):
        head = head + ((head >> 20) & 0x1000)
    found = changes(*(replace(table, types=tuple(_with_start(t, start) for t in table.types))
                      for table, start in ((base, low), (own, head))))  # fmt: skip
    assert {(c.subject, c.field) for c in found} >= {(t.name, "start[0]") for t in base.types}
    assert len(budgets) == 1
    assert budgets[0] <= 5_000_000


def _with_start(t: AllocType, start: Term) -> AllocType:
    return replace(t, ranges=tuple(replace(chosen, start=start) for chosen in t.ranges))
