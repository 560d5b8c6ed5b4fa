"""Known failures: each with its reason, some until a day; and none outlives the failure.

Without it, an expected failure could cover up another one, or stay when it is mended.
"""

from __future__ import annotations

import json

import pytest

from tests.gate.repositories import BROKEN, LEGACY, Repository, failing, of_kind

RULES = ("PRT001", "PRT002", "ROI003", "MAP006", "MAP007")


def line(rule: str, table: str = "broken:legacy", **more: str) -> str:
    return f"- {json.dumps({'table': table, 'rule': rule, 'reason': 'it is known', **more})}\n"


def expected(document: object) -> dict[str, set[str]]:
    assert isinstance(document, dict)
    found: dict[str, set[str]] = {}
    for finding in document["findings"]:
        if finding["expected"] is not None:
            assert finding["expected"] == "it is known"
            found.setdefault(finding["rule"], set()).add(finding["subject"])
    return found


@pytest.fixture
def broken(legacy: Repository) -> Repository:
    """A repository to which a broken table was added."""
    legacy.write("tables/broken.c", BROKEN)
    return legacy


def failures(repository: Repository) -> set[str]:
    return {finding["rule"] for finding in of_kind(repository.report(), "new-failure")}


def test_failures_that_are_expected_pass_with_their_reason(broken: Repository) -> None:
    rules = failures(broken)
    assert "PRT001" in rules
    broken.write("known.yaml", "# known\n" + "".join(map(line, sorted(rules))))
    finished = broken.gate("--expect", "known.yaml")
    assert finished.returncode == 0
    assert "expected: it is known" in finished.stdout
    assert set(expected(broken.report("--expect", "known.yaml"))) == rules


def test_what_is_not_among_them_fails_still(broken: Repository) -> None:
    rules = sorted(failures(broken) - {"PRT002"})
    broken.write("known.yaml", "".join(map(line, rules)))
    document = broken.report("--expect", "known.yaml")
    assert {f["rule"] for f in document["findings"] if f["fails"]} == {"PRT002"}


def test_one_subject_alone_can_be_expected(broken: Repository) -> None:
    broken.write("known.yaml", line("PRT001", type="DATA"))
    assert expected(broken.report("--expect", "known.yaml")) == {"PRT001": {"DATA"}}


def test_an_expected_failure_that_is_gone_fails_until_its_line_is_taken_away(legacy: Repository) -> None:
    legacy.write("known.yaml", line("PRT001", table="legacy:legacy"))
    finished = legacy.gate("--expect", "known.yaml")
    assert finished.returncode == 1
    assert "gone-expectation" in finished.stdout and "known.yaml:1" in finished.stdout
    legacy.write("known.yaml", "[]\n")
    assert legacy.gate("--expect", "known.yaml").returncode == 0


def test_a_failure_in_a_table_that_did_not_change_is_looked_at_again(legacy: Repository) -> None:
    legacy.write("tables/broken.c", BROKEN)
    legacy.commit()
    legacy.write("known.yaml", line("PRT001"))
    document = legacy.report("--expect", "known.yaml")
    assert document["status"] == 0
    assert [table["fate"] for table in document["tables"]] == ["alike"]
    assert document["tables"][0]["decided"]["head"]["refuted"] >= 1


def test_a_table_that_is_nowhere_is_a_failure_that_is_gone(legacy: Repository) -> None:
    legacy.write("known.yaml", line("PRT001", table="nowhere:nothing"))
    document = legacy.report("--expect", "known.yaml")
    assert failing(document) == {"gone-expectation"}
    assert "no such table" in document["findings"][0]["message"]


def test_after_its_last_day_a_failure_fails_again(legacy: Repository) -> None:
    legacy.write("tables/broken.c", BROKEN)
    legacy.commit()
    legacy.write("known.yaml", line("PRT001", until="2027-01-01"))
    assert legacy.report("--expect", "known.yaml", "--today", "2027-01-01")["status"] == 0
    document = legacy.report("--expect", "known.yaml", "--today", "2027-01-02")
    assert failing(document) == {"expired-expectation"}
    assert "2027-01-01" in document["findings"][0]["message"]


def test_the_day_is_the_real_one_where_none_is_given(legacy: Repository) -> None:
    legacy.write("tables/broken.c", BROKEN)
    legacy.commit()
    legacy.write("known.yaml", line("PRT001", until="2001-01-01"))
    assert failing(legacy.report("--expect", "known.yaml")) == {"expired-expectation"}
    legacy.write("known.yaml", line("PRT001", until="9999-01-01"))
    assert legacy.report("--expect", "known.yaml")["status"] == 0


def test_a_new_failure_is_not_expected_after_the_last_day(broken: Repository) -> None:
    broken.write("known.yaml", "".join(line(rule, until="2027-01-01") for rule in failures(broken)))
    assert broken.report("--expect", "known.yaml", "--today", "2026-12-31")["status"] == 0
    late = broken.report("--expect", "known.yaml", "--today", "2027-01-02")
    assert failing(late) == {"new-failure", "expired-expectation"}


def test_a_kind_of_change_can_be_expected_of_one_change(legacy: Repository) -> None:
    legacy.remove("tables/legacy.c")
    legacy.write("known.yaml", "- {table: 'legacy:legacy', kind: removed-table, reason: it is known}\n")
    assert legacy.gate("--expect", "known.yaml").returncode == 0
    legacy.commit()
    assert failing(legacy.report("--expect", "known.yaml")) == {"gone-expectation"}


def test_the_configuration_names_the_file_of_the_same_version(broken: Repository) -> None:
    broken.write(".modalloc.yaml", "expect: known.yaml\n")
    broken.write("known.yaml", "".join(map(line, sorted(failures_before(broken)))))
    broken.commit()
    broken.remove("known.yaml")
    assert broken.gate("--head", "HEAD", base="HEAD~1").returncode == 0


def failures_before(repository: Repository) -> set[str]:
    repository.write("known.yaml", "[]\n")
    return failures(repository)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("- {table: t, rule: PRT009, reason: r}\n", (1, 20), "PRT00"),
        ("- {table: t, rule: PRT001}\n", (1, 3), "'reason' is missing"),
        ("- {table: t, rule: PRT001, reason: ' '}\n", (1, 37), "has a reason"),
        ("- {rule: PRT001, reason: r}\n", (1, 3), "'table' is missing"),
        ("- {table: t, reason: r}\n", (1, 3), "either a rule or a kind"),
        ("- {table: t, rule: PRT001, kind: removed-table, reason: r}\n", (1, 3), "either a rule or a kind"),
        ("- {table: t, kind: gone-expectation, reason: r}\n", (1, 20), "cannot be expected"),
        ("- {table: t, rule: PRT001, reason: r, until: soon}\n", (1, 46), "not a date"),
        ("- {table: t, rule: PRT001, reason: r, because: x}\n", (1, 39), "unknown key"),
        (2 * "- {table: t, rule: PRT001, reason: r}\n", (2, 3), "twice"),
        ("table: t\n", (1, 1), "a list"),
        ("- {table: t\n", (2, 1), "YAML"),
        ("- t\n", (1, 3), "mapping"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_line_and_column(
    legacy: Repository, text: str, place: tuple[int, int], said: str
) -> None:
    legacy.write("known.yaml", text)
    document = legacy.report("--expect", "known.yaml")
    problems = document["errors"]
    assert {problem["path"] for problem in problems} == {"known.yaml"}
    assert place in {(problem["line"], problem["column"]) for problem in problems}
    assert any(said in f"{problem['message']} {problem['hint']}" for problem in problems)


def test_everything_wrong_is_said_at_once(legacy: Repository) -> None:
    legacy.write("known.yaml", "- {table: t, rule: NONE, reason: r}\n- {table: t, kind: none, reason: r}\n- {}\n")
    assert len(legacy.report("--expect", "known.yaml")["errors"]) >= 4


def test_the_tables_of_the_base_are_not_looked_at(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", BROKEN)
    legacy.commit()
    legacy.write("tables/legacy.c", LEGACY)
    legacy.write("known.yaml", line("PRT001", table="legacy:legacy"))
    document = legacy.report("--expect", "known.yaml", "--allow", "widened-protection")
    assert failing(document) == {"gone-expectation"}
