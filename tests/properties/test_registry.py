"""Every rule is registered, documented, and has what its kind needs.

Without it, a rule could be left out of the registry, and never be asked.

Without it we would miss a rule without a page, a theorem or a search.
"""

from __future__ import annotations

import pytest

from modalloc_model.designs.mail.theorems import THEOREMS
from modalloc_model.designs.mail.violations import VIOLATIONS
from modalloc_model.paths import spec_root
from modalloc_model.properties import GROUPS, RULES
from modalloc_model.properties.pages import pages
from modalloc_model.report.telling import section

HEADINGS = ("Formula", "Why it matters", "Source", "Example that fails", "How to mend")
EXPECTED = {"MAP": 7, "RNG": 6, "ALN": 6, "OVL": 4, "ROI": 6, "PRT": 7, "RCH": 4, "CMP": 2}
SAFE_FOR_EVERY_TABLE = {"RNG004", "OVL001", "OVL004"}


def test_every_rule_of_the_design_is_there() -> None:
    found = {prefix: sum(rule.startswith(prefix) for rule in RULES) for prefix in GROUPS}
    assert found == EXPECTED


def test_rules_come_group_by_group() -> None:
    order = list(GROUPS)
    assert sorted(RULES, key=lambda rule: (order.index(rule[:3]), rule)) == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_whole_page(rule: str) -> None:
    missing = [heading for heading in HEADINGS if not section(RULES[rule].page, heading)]
    assert not missing


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_page_in_spec_is_current(name: str) -> None:
    written = (spec_root() / "properties" / name).read_text(encoding="utf-8")
    assert written == pages()[name], "run: make pages"


def test_no_page_is_left_of_a_rule_that_is_gone() -> None:
    assert {path.name for path in (spec_root() / "properties").glob("*.md")} == set(pages())


def test_a_rule_leans_on_rules_that_exist() -> None:
    assert {other for rule in RULES.values() for other in rule.leans_on} <= set(RULES)


def test_behaviours_are_what_theorems_and_searches_are_for() -> None:
    behaviours = {rule.id for rule in RULES.values() if rule.behaviour}
    assert set(THEOREMS) | set(VIOLATIONS) == behaviours
    assert behaviours - set(VIOLATIONS) == SAFE_FOR_EVERY_TABLE
