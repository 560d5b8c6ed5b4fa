"""The pages of the theorems. Without it, a page could show a statement, a cost or a hash that is no longer so."""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.theorems.claims import theorem_rules
from proofs import load_bearing, theorem_pages
from proofs.theorem_pages import FOLDER, INDEX, page, pages


def test_every_theorem_has_a_page_and_no_other_page_stands_there() -> None:
    assert {*FOLDER.iterdir()} == {FOLDER / f"{rule.id}.md" for rule in theorem_rules()}
    assert {*pages()} == {*FOLDER.iterdir(), INDEX}


def test_the_pages_are_current() -> None:
    old = [file.name for file, text in pages().items() if file.read_text(encoding="utf-8") != text]
    assert not old, "run: make pages"


def test_a_page_names_hypotheses_what_breaks_cost_and_how_to_decide_it_again() -> None:
    text = page("OVL002", load_bearing.read_record()["OVL002"])
    assert "| [OVL002](../../spec/properties/OVL002.md), its own condition |" in text
    assert "| OVL002 | needed |" in text
    assert "| 64 | 109 (base 12, conclusion 1, step 96) |" in text
    assert "modalloc prove --select OVL002 --solver z3,cvc5" in text


def test_a_standing_that_changes_shows_on_the_page() -> None:
    rows = load_bearing.read_record()["OVL002"]
    changed = [{**row, "standing": "open", "run": "", "note": "the budget ran out"} for row in rows]
    assert page("OVL002", changed) != page("OVL002", rows)
    assert "| OVL002 | open |" in page("OVL002", changed)


def test_a_page_of_a_theorem_that_is_gone_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theorem_pages, "FOLDER", tmp_path / "theorems")
    monkeypatch.setattr(theorem_pages, "INDEX", tmp_path / "LOAD-BEARING.md")
    theorem_pages.main()
    (tmp_path / "theorems" / "OVL099.md").touch()
    theorem_pages.main()
    assert not (tmp_path / "theorems" / "OVL099.md").exists()
    assert len(list((tmp_path / "theorems").iterdir())) == len(load_bearing.read_record())
