"""How a module becomes a rule, how rules are found, and how their pages are written.

Without it, a rule of a package of its own could be read wrongly, or its page lose a section.

Without it we would miss a rule that takes its identifier, page or subjects from the wrong place.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from modalloc_model import properties
from modalloc_model.properties import RULES
from modalloc_model.properties.pages import pages, write
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, Rule, each_root, root_of, rule, section_of
from modalloc_model.verdict import Severity
from modalloc_model.words import TRUE
from tests.properties.toy import alloc_type, table


def made(monkeypatch: pytest.MonkeyPatch, doc: str | None, **facts: object) -> Rule:
    """A rule of a module of that docstring."""
    module = ModuleType("somewhere.xyz123_a_name", doc)
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)

    def condition(params: object, root: object) -> Outcome:
        return Condition(TRUE, f"{params} {root}")

    condition.__module__ = module.__name__
    return rule(severity=Severity.NOTE, each=each_root, **facts)(condition)  # type: ignore[arg-type]


def test_a_rule_is_named_after_its_module_and_told_by_its_docstring(monkeypatch: pytest.MonkeyPatch) -> None:
    found = made(monkeypatch, "It holds.\n\n    ## Formula\n    `x`\n")
    assert (found.id, found.module, found.severity) == ("XYZ123", "somewhere.xyz123_a_name", Severity.NOTE)
    assert (found.page, found.title) == ("It holds.\n\n## Formula\n`x`", "It holds")
    assert (found.each, found.behaviour, found.leans_on) == (each_root, None, ())
    assert made(monkeypatch, None).page == ""
    runs = Behaviour(at_step="somewhere:wrong")
    other = made(monkeypatch, "It holds.", behaviour=runs, leans_on=("ALN001",))
    assert (other.behaviour, other.leans_on) == (runs, ("ALN001",))


def test_a_rule_is_asked_with_the_parts_of_its_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    params = table(alloc_type("r"))
    subject = next(each_root(params))
    outcome = made(monkeypatch, "x").of(params, subject)
    assert isinstance(outcome, Condition)
    assert outcome.message == f"{params} {params.types[0]}"


def test_rules_are_found_by_their_modules_group_by_group() -> None:
    modules = [path.stem for path in Path(properties.__file__).parent.glob("[a-z][a-z][a-z][0-9][0-9][0-9]_*.py")]
    assert sorted(RULES) == sorted(name.partition("_")[0].upper() for name in modules)
    assert list(RULES)[:3] == ["MAP001", "MAP002", "MAP003"]
    assert list(RULES)[-2:] == ["CMP001", "CMP002"]
    assert {name[:3]: r.group for name, r in RULES.items()} == dict(properties.GROUPS)


def test_the_root_and_the_section_of_a_subject_are_among_its_parts() -> None:
    params = table(alloc_type("r", 0), alloc_type("s", 1))
    section, (first, second) = params.sections[0], params.types
    assert root_of((section, first)) is first
    assert root_of((first, second)) is second
    assert root_of((first, section)) is first
    assert section_of((section, first)) is section
    assert section_of((first, second)) is None


def test_pages_are_written_anew_and_those_of_rules_that_are_gone_are_removed(tmp_path: Path) -> None:
    (tmp_path / "OLD001.md").write_text("gone", encoding="utf-8")
    (tmp_path / "MAP001.md").write_text("old", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("kept", encoding="utf-8")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*pages(), "notes.txt"}
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.md")} == dict(pages())


def test_a_page_says_what_kind_of_rule_it_is() -> None:
    text = pages()["ROI001.md"]
    first, _, second = text.splitlines()[:3]
    assert first == "# ROI001: Once sealed, never writable again while live"
    leans = ", ".join(RULES["ROI001"].leans_on)
    assert second == f"Group: ro-after-init · severity: error · behaviour · leans on: {leans}"
    assert pages()["ALN003.md"].splitlines()[2] == "Group: alignment · severity: warning · static"
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_index_has_a_table_for_each_group() -> None:
    text = pages()["README.md"]
    head = "# Rules\n\nGenerated from the rules themselves (`make pages`).\n\n## mapto\n\n"
    columns = "| rule | severity | kind | claim |\n|---|---|---|---|\n"
    assert text.startswith(f"{head}{columns}| [MAP001](MAP001.md) | error | static | The merge target is")
    assert "\n\n## completeness\n\n| rule |" in text
    assert text.count("](") == len(RULES)
    claim = "An allocation fails only if no free extent and no hole has a place for it"
    row = f"| [CMP001](CMP001.md) | error | behaviour | {claim} |"
    assert row in text.splitlines()
