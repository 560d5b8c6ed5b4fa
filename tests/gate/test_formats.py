"""Every format, complete even where nothing happened; the JSON document against its schema.

Without it, a format could leave out the finding that fails the gate.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from modalloc_model.gate.policy import Policy
from modalloc_model.report import FORMATS
from tests.gate.repositories import BROKEN, LEGACY, SPLIT, TINY, Repository

SCHEMA = Path(__file__).resolve().parents[2] / "spec" / "schema" / "gate.schema.json"


def valid(document: Any) -> list[str]:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    return [error.message for error in validator.iter_errors(document)]


def changed(repository: Repository) -> None:
    """Something of every sort: lost and gained, added and removed, a profile, an expectation."""
    repository.write("machines/tiny.yaml", TINY)
    repository.write("tiny.c", LEGACY.replace("x86_64", "machines/tiny.yaml"))
    repository.write("split.c", SPLIT)
    repository.write("gone.yaml", "types: {TEXT: {mapto: TEXT}}\narch: x86_64\n")
    repository.commit()
    repository.replace("machines/tiny.yaml", "highest: 0x3ffffff", "highest: 0x2ffffff")
    repository.write("tables/legacy.c", BROKEN)
    repository.replace("split.c", "MODULES_END - 1", "MODULES_END - 0x100001")
    repository.remove("gone.yaml")
    repository.write("broken.c", BROKEN)
    expectation = {"table": "broken:legacy", "rule": "PRT001", "reason": "it is known"}
    repository.write("known.yaml", f"- {json.dumps(expectation)}\n")


def test_the_document_keeps_to_its_schema(legacy: Repository) -> None:
    assert valid(legacy.report()) == []
    assert valid(legacy.report(base="nowhere")) == []
    changed(legacy)
    document = legacy.report("--expect", "known.yaml")
    assert valid(document) == []
    assert {table["fate"] for table in document["tables"]} == {"changed", "added", "removed"}
    assert any(finding["witness"] for finding in document["findings"])
    assert any(finding["counterexample"] for finding in document["findings"])
    assert any(finding["expected"] for finding in document["findings"])


def test_the_schema_refuses_what_is_none() -> None:
    assert valid({"schema": "modalloc.gate/1"})
    assert valid({"schema": "modalloc.verdict/1", "errors": []})


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_complete_where_nothing_happened(legacy: Repository, name: str) -> None:
    finished = legacy.gate("--format", name)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.endswith("\n")
    if name in ("sarif", "junit", "ktap"):
        for kind in Policy().forbidden:
            assert kind in finished.stdout


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_what_was_lost_and_where(legacy: Repository, name: str) -> None:
    changed(legacy)
    finished = legacy.gate("--format", name, "--expect", "known.yaml")
    assert finished.returncode == 1
    for said in ("lost-guarantee", "PRT001", "removed-table", "tables/legacy.c"):
        assert said in finished.stdout, name


def test_runs_are_told_in_sarif_and_kinds_have_help(legacy: Repository) -> None:
    changed(legacy)
    run = json.loads(legacy.gate("--format", "sarif").stdout)["runs"][0]
    lost = [r for r in run["results"] if r["ruleId"] == "lost-guarantee" and "PRT001" in json.dumps(r["message"])]
    assert lost and all(result.get("codeFlows") for result in lost)
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert "How to mend" in json.dumps(rules["lost-guarantee"])


def test_junit_counts_what_fails(legacy: Repository) -> None:
    changed(legacy)
    suites = ElementTree.fromstring(legacy.gate("--format", "junit").stdout)
    failures = [case.get("name", "") for case in suites.iter("testcase") if case.find("failure") is not None]
    assert any("lost-guarantee" in name for name in failures)
    assert not any("lost-addresses" in name for name in failures)


def test_a_report_goes_to_a_file_all_or_nothing(legacy: Repository, tmp_path: Path) -> None:
    target = tmp_path / "gate.json"
    assert legacy.gate("--format", "json", "--output", target).stdout == ""
    assert valid(json.loads(target.read_text(encoding="utf-8"))) == []
    assert legacy.gate("--output", tmp_path / "none" / "gate.txt").returncode == 2


def test_the_text_tells_how_much_was_compared_and_decided(legacy: Repository) -> None:
    changed(legacy)
    text = legacy.gate("--expect", "known.yaml").stdout
    for said in (
        "7 files compared, 1 alike",
        "profiles that changed: machines/tiny.yaml",
        "what changed",
        "pgprot  PAGE_KERNEL_EXEC rwx  ->  PAGE_KERNEL_ROX r-x",
        "of TEXT, DATA, RODATA, RODATA_AFTER_INIT, INITTEXT, INITDATA, INITRODATA",
        "machine.reach.CALL",
        "decided at the base  110 results",
        "decided at the head  110 results",
        "results",
        "expected: it is known",
        "failed: ",
    ):
        assert said in text, text
