"""A claim that the configuration withdraws, or makes: of the machine, of a kernel, or of the table.

Without it, a configuration could withdraw a protection, and the change pass.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modalloc_model.engine import Options, verify_table
from modalloc_model.gate.guarantees import between
from tests.descriptor.writing import one
from tests.gate.repositories import Repository, failing, kinds, of_kind
from tests.gate.test_kernel_trees import Trees

TABLE = """\
name: modules
dialect: execmem
arch: machines/own.yaml
types:
  MODULE_TEXT:
    ranges:
      - {start: MODULES_VADDR, end: MODULES_END}
    alignment: 1
    pgprot: PAGE_KERNEL
  MODULE_DATA:
    ranges:
      - {start: MODULES_VADDR, end: MODULES_END}
    alignment: 1
    pgprot: PAGE_KERNEL
"""
MACHINE = "name: own\nextends: machines/base.yaml\n"
BASE = "name: base\nextends: x86_64\nstrict_module_rwx: {value: true, source: test}\n"
CLAIMED = ("PRT003", "PRT004", "PRT005")


@pytest.fixture
def claiming(repository: Repository) -> Repository:
    """A table that claims strict-rwx, since the profile that its machine extends says so."""
    repository.write("machines/base.yaml", BASE)
    repository.write("machines/own.yaml", MACHINE)
    repository.write("modules.yaml", TABLE)
    repository.commit()
    return repository


WITHDRAWN = {
    "by the profile that another extends": (
        "machines/base.yaml", "value: true", "value: false",
        "the configuration withdrew the claim strict-rwx (strict_module_rwx of own is false)",
    ),
    "by the machine's own profile": (
        "machines/own.yaml", MACHINE, MACHINE + "strict_module_rwx: {value: false, source: test}\n",
        "the configuration withdrew the claim strict-rwx (strict_module_rwx of own is false)",
    ),
    "by the kernel's configuration": (
        "modules.yaml", "types:\n", "configuration: {STRICT_MODULE_RWX: n}\ntypes:\n",
        "the configuration withdrew the claim strict-rwx (STRICT_MODULE_RWX is n)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", WITHDRAWN)
def test_a_claim_that_is_withdrawn_is_lost_coverage_and_said_to_be_withdrawn(claiming: Repository, how: str) -> None:
    path, old, new, words = WITHDRAWN[how]
    claiming.replace(path, old, new)
    document = claiming.report()
    assert document["status"] == 1
    assert "lost-coverage" in failing(document)
    lost = [finding for finding in of_kind(document, "lost-coverage") if finding["rule"] in CLAIMED]
    assert {finding["rule"] for finding in lost} == set(CLAIMED)
    assert {finding["message"] for finding in lost} == {f"was proved, is not claimed: {words}"}


@pytest.mark.parametrize("how", WITHDRAWN)
def test_the_way_back_is_a_gain(claiming: Repository, how: str) -> None:
    path, old, new, words = WITHDRAWN[how]
    claiming.replace(path, old, new)
    claiming.commit()
    claiming.replace(path, new, old)
    document = claiming.report()
    assert failing(document) <= {"widened-protection"}, "text that is mapped rw- becomes r-x"
    gained = [finding for finding in of_kind(document, "gained-guarantee") if finding["rule"] in CLAIMED]
    assert {finding["rule"] for finding in gained} == set(CLAIMED)
    who = words.partition(" withdrew ")[0]
    assert all(f"; {who} claims strict-rwx now" in finding["message"] for finding in gained)


def test_what_goes_with_the_claim_is_said_to_go_with_it(claiming: Repository) -> None:
    claiming.replace("machines/base.yaml", "value: true", "value: false")
    (lost, *_) = [f for f in of_kind(claiming.report(), "lost-coverage") if f["rule"] == "ROI001"]
    assert lost["message"].startswith("was proved, is not applicable: ")
    assert lost["message"].endswith(
        "; the configuration withdrew the claim strict-rwx (strict_module_rwx of own is false)"
    )


def test_a_new_claim_that_does_not_hold_fails(claiming: Repository) -> None:
    table = TABLE.replace("PAGE_KERNEL\n", "PAGE_KERNEL_EXEC\n")
    claiming.write("modules.yaml", table + "configuration: {STRICT_MODULE_RWX: n}\n")
    claiming.commit()
    claiming.write("modules.yaml", table + "configuration: {STRICT_MODULE_RWX: y}\n")
    document = claiming.report()
    assert document["status"] == 1
    (failure, *_) = of_kind(document, "new-failure")
    assert failure["rule"] == "PRT003"
    assert failure["message"].endswith("; the configuration claims strict-rwx now (STRICT_MODULE_RWX is y)")


def test_a_claim_that_the_table_withdraws_is_not_the_configurations_doing() -> None:
    base = one(TABLE.replace("machines/own.yaml", "x86_64"), "modules.yaml")
    claimed = replace(base, assumptions=replace(base.assumptions, claims=("strict-rwx",)))
    plain = replace(base, assumptions=replace(base.assumptions, claims=()))
    before, after = (verify_table(table, Options(select=frozenset({"PRT003"}))) for table in (claimed, plain))
    assert {f.message for f in between(before, after, same_machine=True)} == {
        "was proved, is not claimed: the table withdrew the claim strict-rwx"
    }


def test_an_option_that_says_the_same_at_both_ends_withdraws_nothing(claiming: Repository) -> None:
    claiming.write("modules.yaml", TABLE + "configuration: {STRICT_MODULE_RWX: n, MODULES: y}\n")
    claiming.commit()
    claiming.write("modules.yaml", TABLE + "configuration: {STRICT_MODULE_RWX: n}\n")
    assert claiming.report()["findings"] == []
    claiming.replace("machines/base.yaml", "value: true", "value: false")
    assert "lost-coverage" not in kinds(claiming.report())


def rules(document: Any, kind: str) -> set[str]:
    return {finding["rule"] for finding in of_kind(document, kind)}


def test_a_kernel_s_own_configuration_withdraws_a_claim_and_makes_it(tmp_path: Path) -> None:
    trees = Trees(tmp_path)
    option = "CONFIG_STRICT_MODULE_RWX=y\n"
    for folder in (trees.base, trees.head):
        text = (folder / ".config").read_text(encoding="utf-8").replace(option, "")
        (folder / ".config").write_text(text + "CONFIG_ARCH_HAS_SET_MEMORY=y\n" + option, encoding="utf-8")
    trees.replace(".config", option, "")
    lost = of_kind(trees.report(), "lost-coverage")
    assert {finding["rule"] for finding in lost} >= set(CLAIMED)
    words = "the configuration withdrew the claim strict-rwx (STRICT_MODULE_RWX is n)"
    assert all(words in finding["message"] for finding in lost)
    trees.base, trees.head = trees.head, trees.base
    back = trees.report()
    assert rules(back, "lost-coverage") == set()
    claimed = [f for kind in ("gained-guarantee", "new-failure") for f in of_kind(back, kind) if f["rule"] in CLAIMED]
    assert {finding["rule"] for finding in claimed} == set(CLAIMED)
    assert all("; the configuration claims strict-rwx now (STRICT_MODULE_RWX is y)" in f["message"] for f in claimed)
