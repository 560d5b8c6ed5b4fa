"""Which kinds of change fail the gate: by themselves, by option, by configuration; and who may loosen that.

Without it, a change under review could loosen the policy that it is reviewed by.
"""

from __future__ import annotations

import json
from pathlib import Path

from modalloc_model.gate.policy import ALWAYS, KINDS, Policy
from tests.gate.repositories import LEGACY, Repository, failing, kinds

SMALLER = LEGACY.replace("MODULES_END - 1", "MODULES_END - 0x100001")
SCHEMA = Path(__file__).resolve().parents[2] / "spec" / "schema" / "gate.schema.json"


def test_by_default_lost_guarantees_and_widened_protection_are_forbidden() -> None:
    forbidden = {kind for kind in KINDS if kind in Policy().forbidden}
    assert forbidden == {
        "lost-guarantee", "undecided-guarantee", "vacuous-guarantee", "still-open", "inconsistent", "new-failure",
        "lost-coverage", "removed-table", "widened-protection", "weakened-policy", "gone-expectation",
        "expired-expectation",
    }  # fmt: skip


def test_no_policy_lets_an_inconsistency_through() -> None:
    assert Policy().changed([], KINDS).forbidden == ALWAYS


def test_every_kind_has_a_page_and_stands_in_the_help_and_in_the_schema(legacy: Repository) -> None:
    shown = legacy.gate("--help").stdout
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    assert schema["finding"]["properties"]["kind"]["enum"] == list(KINDS)
    assert list(schema["report"]["properties"]["policy"]["properties"]) == list(KINDS)
    for kind in KINDS.values():
        assert f"{kind.id} " in shown
        assert kind.page.startswith(f"# {kind.title}\n") and "## How to mend" in kind.page


def test_forbidding_adds_to_what_is_forbidden(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", SMALLER)
    assert {"lost-addresses", "lost-capacity"} <= kinds(legacy.report())
    assert failing(legacy.report()) == set()
    assert failing(legacy.report("--forbid", "lost-capacity,lost-addresses")) == {"lost-capacity", "lost-addresses"}
    legacy.remove("tables/legacy.c")
    assert failing(legacy.report("--forbid", "lost-capacity")) == {"removed-table"}


def test_the_configuration_of_the_head_forbids_and_allows(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", SMALLER)
    legacy.write(".modalloc.yaml", "forbid: [lost-capacity]\n")
    assert failing(legacy.report()) == {"lost-capacity"}
    assert failing(legacy.report("--allow", "lost-capacity")) == set()
    legacy.write("policy.yaml", "forbid: lost-addresses\n")
    assert failing(legacy.report("--config", "policy.yaml")) == {"lost-addresses"}


def test_a_change_that_loosens_the_policy_fails_by_that(legacy: Repository) -> None:
    legacy.write(".modalloc.yaml", "forbid: [lost-capacity]\n")
    legacy.commit()
    legacy.write(".modalloc.yaml", "allow: [removed-table]\n")
    legacy.remove("tables/legacy.c")
    document = legacy.report()
    assert failing(document) == {"weakened-policy"}
    assert {f["subject"] for f in document["findings"] if f["fails"]} == {"removed-table", "lost-capacity"}
    assert legacy.report("--allow", "weakened-policy")["status"] == 0
    legacy.remove(".modalloc.yaml")
    assert failing(legacy.report()) == {"weakened-policy", "removed-table"}


def test_a_policy_cannot_loosen_its_own_guard(legacy: Repository) -> None:
    legacy.write(".modalloc.yaml", "allow: [weakened-policy, removed-table]\n")
    legacy.remove("tables/legacy.c")
    assert failing(legacy.report()) == {"weakened-policy"}


def test_the_configuration_says_what_is_compared(legacy: Repository) -> None:
    legacy.write("other/broken.c", "not a table")
    legacy.write("more/legacy2.c", LEGACY)
    legacy.write(".modalloc.yaml", "paths: [tables]\n")
    assert legacy.report()["summary"]["files"] == 1
    assert legacy.report("more")["summary"]["files"] == 1


def test_the_configuration_gives_the_shape_of_the_module(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", SMALLER)
    (plain,) = [f for f in legacy.report()["findings"] if f["kind"] == "lost-capacity"]
    legacy.write(".modalloc.yaml", "shape: {TEXT: 8}\n")
    (large,) = [f for f in legacy.report()["findings"] if f["kind"] == "lost-capacity"]
    assert large["before"]["least"]["value"] == plain["before"]["least"]["value"] * 7 // 14
    assert "TEXT 8" in large["message"]
