"""Every fact that is cited stands in spec/facts.md, each fact there is cited, and each says where it comes from.

Without it, a rule could cite a fact that nobody wrote down.

Without it we would miss a citation of a fact that does not exist, and a fact without a source.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modalloc_model.properties import RULES
from modalloc_model.properties.pages import anchor, citations, facts, link_citations, page
from tests.cli.running import modalloc

FOLDERS = ("modalloc_model", "proofs", "spec", "bench", "README.md")
ENDINGS = (".py", ".md", ".yaml", ".c")
PLACE = re.compile(r"\b(?:6\.1|6\.12|7\.3):[\w./-]+:\d+|\bthe mail \(")


def _citing(root: Path) -> dict[str, set[str]]:
    """Fact -> the files that cite it, in this repository's own text."""
    found: dict[str, set[str]] = {}
    for start in FOLDERS:
        files = [root / start] if (root / start).is_file() else (root / start).rglob("*")
        for file in (file for file in files if file.suffix in ENDINGS and file.name != "facts.md"):
            for fact in citations(re.sub(r"\[([A-Z]\d{2})\]\([^)]*\)", r"\1", file.read_text(encoding="utf-8"))):
                found.setdefault(fact, set()).add(str(file.relative_to(root)))
    return found


def test_what_is_cited_is_there_and_what_is_there_is_cited(root: Path) -> None:
    citing = _citing(root)
    assert {fact: files for fact, files in citing.items() if fact not in facts()} == {}
    assert set(facts()) == set(citing)


def test_each_fact_says_where_it_comes_from(root: Path) -> None:
    _, *parts = re.split(r"^## ", (root / "spec" / "facts.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(parts) == len(facts())
    for part in parts:
        _, source = part.split("\nSource: ")
        assert PLACE.search(source), part


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_page_links_its_facts_and_the_links_lead_somewhere(root: Path, rule: str) -> None:
    anchors = {anchor(fact, title) for fact, title in facts().items()}
    links = re.findall(r"\]\(\.\./facts\.md#([^)]+)\)", page(RULES[rule]))
    assert len(links) == len(citations(RULES[rule].page))
    assert set(links) <= anchors


def test_explain_names_the_facts_of_a_rule_with_their_titles() -> None:
    said = modalloc("explain", "RNG003").stdout
    assert "\n## Facts (spec/facts.md)\n  G15  the top of the address space\n  H33  zero means" in said
    without = next(rule.id for rule in RULES.values() if not citations(rule.page))
    assert "## Facts" not in modalloc("explain", without).stdout


def test_a_citation_may_run_over_a_line() -> None:
    assert citations("Facts F01,\nH28. Fact G05") == ("F01", "H28", "G05")
    assert link_citations("Fact G05.", "f.md") == "Fact [G05](f.md#g05-mapto-is-not-checked)."
