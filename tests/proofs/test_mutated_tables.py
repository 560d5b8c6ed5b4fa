"""A changed field is noticed by a rule that reads it, or does no harm in runs of the allocator.

Without it, a field that no rule reads any more would go unnoticed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition
from modalloc_model.words import TRUE
from proofs import mutated_tables
from proofs.changes import changes
from proofs.mutated_tables import PAGE, UNREAD, examine, failing, outcomes, page, proved_rows, readers, violations
from proofs.right_tables import every_field, right_tables

SMALL = next(name for name in right_tables() if "legacy-shared" in name)


def test_every_field_that_is_changed_is_read_by_some_rule() -> None:
    assert {change.field for change in changes(every_field())} - set(readers()) == set(UNREAD)


def test_a_reason_stands_only_where_no_rule_reads_the_field() -> None:
    assert not set(UNREAD) & set(readers())


def test_a_field_that_no_rule_reads_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ALN002 nobody looks at FLAG_SHARED_PMD."""
    monkeypatch.setattr(mutated_tables, "RULES", {i: rule for i, rule in RULES.items() if i != "ALN002"})
    readers.cache_clear()
    found = {change.field for change in changes(every_field())} - set(readers())
    readers.cache_clear()
    assert found == {"FLAG_SHARED_PMD"}


@pytest.mark.parametrize("name", right_tables())
def test_the_tables_are_right_before_they_are_changed(name: str) -> None:
    table = right_tables()[name]
    severe = {
        rule for rule, _ in failing(table.machine.domain, outcomes(table)) if RULES[rule].severity.value == "error"
    }
    assert severe == set()
    assert violations(table) == {}


def test_every_change_of_a_table_is_noticed_or_harmless() -> None:
    found = list(examine(right_tables()[SMALL]))
    assert [(one.change.field, one.change.kind, dict(one.missed)) for one in found if one.missed] == []
    assert mutated_tables.undetected(found) == set()
    assert any(not one.rules for one in found)


def test_a_rule_that_misses_a_change_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """PRT001 accepts everything: text that is mapped read-only and filled with memcpy() faults all the same."""
    blind = replace(RULES["PRT001"], condition=lambda *_: Condition(TRUE, "accepts everything"))
    table = right_tables()[SMALL]
    change = next(c for c in changes(table) if (c.field, c.kind) == ("pgprot", "PAGE_KERNEL_RO"))
    monkeypatch.setattr(mutated_tables, "RULES", {**RULES, "PRT001": blind})
    conditions = outcomes(change.table)
    still = proved_rows(change.table, conditions, failing(table.machine.domain, conditions))
    assert {rule for rule, _ in set(violations(change.table)) & still} == {"PRT001"}


def test_the_page_tells_of_every_field_and_every_kind_of_change() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for field, kind in {(change.field, change.kind) for change in changes(every_field())}:
        assert f"\n## {field}\n" in text
        assert f"\n| {kind} | " in text
    for field, rules in readers().items():
        assert f"\n## {field}\n\nRead by {', '.join(rules)}.\n" in text


@pytest.mark.deep
def test_the_page_is_what_the_generator_writes() -> None:
    found = [(name, noticed) for name, table in right_tables().items() for noticed in examine(table)]
    assert [one.missed for _, one in found if one.missed] == []
    assert PAGE.read_text(encoding="utf-8") == page(found)
