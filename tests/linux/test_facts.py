"""The parameter sets against the survey that they were written from, where it lies beside this checkout.

Without it, a set could differ from the survey of the sources.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modalloc_model.concrete import letters
from modalloc_model.descriptor import Settings, read_path
from modalloc_model.params import AllocType, ParamSet
from modalloc_model.paths import spec_root
from modalloc_model.words import Term, is_constant

FACTS = Path(__file__).resolve().parents[2].parent / "shared" / "facts" / "linux-arch-facts.json"
FOLDER = spec_root() / "params" / "linux"


def _facts() -> list[dict[str, Any]]:
    if not FACTS.is_file():
        pytest.skip("the survey of Linux's architectures is not beside this checkout")
    facts: list[dict[str, Any]] = json.loads(FACTS.read_text(encoding="utf-8"))
    return facts


def _read(name: str) -> ParamSet:
    (file,) = FOLDER.glob(f"{name}.*")
    return read_path(str(file), Settings()).tables[0].params


def _types(table: ParamSet, fact: dict[str, Any]) -> list[tuple[AllocType, dict[str, Any]]]:
    """The types of the survey that the table has too; what 6.1 calls MODULE and MODULE_TEXT is one type there."""
    named = {"MODULE": "MODULE", "MODULE_TEXT(core)+INIT": "MODULE", "DATA": "DATA"}
    if table.dialect.name == "execmem":
        named = {name: name for name in table.dialect.types}
    kept = {named[name]: value for name, value in fact["types"].items() if name in named}
    return [(t, kept[t.name]) for t in table.types if t.name in kept]


def _agrees(term: Term, concrete: str | None) -> bool:
    return concrete is None or not is_constant(term) or term.value == int(concrete, 16)


def test_every_set_of_the_survey_has_a_file() -> None:
    assert {fact["id"] for fact in _facts()} == {file.stem for file in FOLDER.iterdir() if file.is_file()}


def test_words_pages_ranges_and_protections_are_those_of_the_survey() -> None:
    compared = 0
    for fact in _facts():
        table = _read(fact["id"])
        assert table.machine.bits == fact["word_bits"], fact["id"]
        assert table.machine.page.value == fact["page_size"], fact["id"]
        assert fact["pmd_size"] in (None, table.machine.pmd.value), fact["id"]
        for t, given in _types(table, fact):
            compared += 1
            for chosen, bounds in zip(t.ranges, (given["range"], given.get("fallback")), strict=True):
                assert bounds is None or _agrees(chosen.start, bounds["start"].get("concrete")), (fact["id"], t.name)
                assert bounds is None or _agrees(chosen.end, bounds["end"].get("concrete")), (fact["id"], t.name)
            protection = given.get("pgprot_at_alloc") or {}
            if protection.get("name") and fact["id"] != "generic-nommu-6.12":
                assert t.protection.name == protection["name"], (fact["id"], t.name)
                wanted = "".join(x if protection.get(x) else "-" for x in "rwx") if "r" in protection else None
                assert wanted in (None, letters(t.protection, {})), (fact["id"], t.name)
    assert compared > 200
