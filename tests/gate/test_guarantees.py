"""What a change does to the guarantees, and that nothing can stop being decided unnoticed.

Without it, a guarantee could be lost, or its table no longer be decided, and the gate pass.
"""

from __future__ import annotations

from dataclasses import replace

from modalloc_model.gate.findings import Finding
from modalloc_model.gate.guarantees import between, rules_without_result
from modalloc_model.params import Location, ParamSet
from modalloc_model.properties import RULES
from modalloc_model.verdict import NOT_JUDGED, Result, Severity, TableReport, Verdict
from tests.descriptor.writing import one
from tests.gate.repositories import BROKEN, LEGACY, SPLIT, TINY, Repository, failing, kinds, of_kind


def test_a_rule_that_is_newly_refuted_fails_with_its_run(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", BROKEN)
    finished = legacy.gate()
    assert finished.returncode == 1
    for said in ("lost-guarantee", "PRT001", "was proved, is refuted", "the run (replayed", "load ", "violated"):
        assert said in finished.stdout
    document = legacy.report()
    lost = of_kind(document, "lost-guarantee")
    assert {finding["rule"] for finding in lost} >= {"PRT001", "PRT002"}
    assert all(finding["counterexample"]["replayed"] for finding in lost if finding["rule"] == "PRT001")
    assert lost[0]["location"]["path"] == "tables/legacy.c"


def test_a_rule_that_is_newly_proved_passes_and_is_told(repository: Repository) -> None:
    repository.write("legacy.c", BROKEN)
    repository.commit()
    repository.write("legacy.c", LEGACY)
    document = repository.report("--allow", "widened-protection")
    assert document["status"] == 0
    assert {f["rule"] for f in of_kind(document, "gained-guarantee")} >= {"PRT001", "PRT002"}


def test_a_table_that_was_broken_and_still_is_fails_nothing(repository: Repository) -> None:
    repository.write("legacy.c", BROKEN)
    repository.commit()
    repository.replace("legacy.c", "MODULES_END - 1", "MODULES_END - 0x100001")
    assert repository.report()["status"] == 0


def test_a_new_table_that_is_wrong_fails(legacy: Repository) -> None:
    legacy.write("tables/broken.c", BROKEN)
    document = legacy.report()
    assert failing(document) == {"new-failure"}
    assert "added-table" in kinds(document)


def test_a_new_table_that_is_right_passes(legacy: Repository) -> None:
    legacy.write("tables/split.c", SPLIT)
    document = legacy.report()
    assert document["status"] == 0
    assert "added-table" in kinds(document)
    assert document["tables"][0]["decided"]["head"]["proved"] > 50


def test_a_table_that_is_gone_is_lost_coverage(legacy: Repository) -> None:
    legacy.remove("tables/legacy.c")
    document = legacy.report()
    assert document["status"] == 1
    assert failing(document) == {"removed-table"}
    assert legacy.report("--allow", "removed-table")["status"] == 0


def test_a_claim_that_is_dropped_is_lost_coverage(repository: Repository) -> None:
    claimed = LEGACY.replace("{arch: x86_64}", "{arch: x86_64, claims: [strict-rwx]}")
    repository.write("legacy.c", claimed)
    repository.commit()
    repository.write("legacy.c", LEGACY)
    document = repository.report()
    assert failing(document) == {"lost-coverage"}
    assert {f["rule"] for f in of_kind(document, "lost-coverage")} >= {"PRT003", "PRT004", "PRT005"}


def test_a_new_claim_that_does_not_hold_fails(legacy: Repository) -> None:
    legacy.replace("tables/legacy.c", "{arch: x86_64}", "{arch: x86_64, claims: [strict-rwx]}")
    document = legacy.report()
    assert failing(document) == {"new-failure", "lost-guarantee"}
    assert {f["rule"] for f in of_kind(document, "new-failure")} >= {"PRT003"}
    assert {f["rule"] for f in of_kind(document, "lost-guarantee")} == {"MAP007"}


def test_a_machine_that_says_less_is_lost_coverage(repository: Repository) -> None:
    repository.write("machines/tiny.yaml", TINY)
    repository.write("tiny.c", LEGACY.replace("x86_64", "machines/tiny.yaml"))
    repository.commit()
    repository.write("machines/tiny.yaml", TINY[: TINY.index("reach:")])
    document = repository.report()
    assert document["profiles"] == ["machines/tiny.yaml"]
    assert failing(document) == {"lost-coverage"}
    lost = of_kind(document, "lost-coverage")
    assert {f["rule"] for f in lost} == {"RCH001", "RCH002", "RCH003"}
    assert {f["message"] for f in lost} == {
        "was proved, is not judged: the profile tiny names no reach; write `reach: none` with a source if there is none"
    }


def test_a_machine_that_is_said_to_have_no_reach_any_more_is_lost_coverage_too(repository: Repository) -> None:
    repository.write("machines/tiny.yaml", TINY)
    repository.write("tiny.c", LEGACY.replace("x86_64", "machines/tiny.yaml"))
    repository.commit()
    none = "reach: {value: none, source: test}\n"
    repository.write("machines/tiny.yaml", TINY[: TINY.index("reach:")] + none)
    document = repository.report()
    assert {f["rule"] for f in of_kind(document, "lost-coverage")} == {"RCH001", "RCH002", "RCH003"}
    assert failing(document) == {"lost-coverage"}


def test_a_rule_that_the_table_gives_no_reason_for_any_more_is_told_and_passes(repository: Repository) -> None:
    repository.write("split.c", SPLIT)
    repository.commit()
    repository.replace("split.c", ".mapto_type = MOD_ALLOC_TYPE_DATA", ".mapto_type = MOD_ALLOC_TYPE_TEXT")
    document = repository.report("--allow", "widened-protection")
    assert {f["rule"] for f in of_kind(document, "no-longer-applies")} == {"OVL002"}
    assert document["status"] == 0


def test_a_machine_without_a_boot_is_vacuous_with_status_4(repository: Repository) -> None:
    unknown = "unknowns:\n  shift: {step: 0x1000, k: [0, 1], source: test}\n"
    repository.write("machines/tiny.yaml", TINY + unknown)
    repository.write("tiny.c", LEGACY.replace("x86_64", "machines/tiny.yaml"))
    repository.commit()
    repository.write("machines/tiny.yaml", TINY + unknown + "constraints: [shift > 0x2000]\n")
    finished = repository.gate()
    assert finished.returncode == 4
    assert "vacuous-guarantee" in finished.stdout


def test_what_is_undecided_at_both_ends_is_no_pass(legacy: Repository) -> None:
    legacy.replace("tables/legacy.c", "MODULES_END - 1", "MODULES_END - 0x100001")
    finished = legacy.gate("--table-timeout", "0.01", "--no-cache")
    assert finished.returncode == 3
    assert "still-open" in finished.stdout


# -- on reports made by hand -----------------------------------------------------------------------------------------


def table() -> ParamSet:
    return one(LEGACY, "legacy.c")


def report(*results: Result) -> TableReport:
    return TableReport(table(), results)


def result(
    verdict: Verdict, rule: str = "OVL001", subject: str = "TEXT", severity: Severity = Severity.ERROR
) -> Result:
    return Result(rule, "no-overlap", severity, subject, (subject,), verdict, "because", Location("legacy.c", 3, 1))


def happened(before: TableReport, after: TableReport, same_machine: bool = True) -> list[Finding]:
    return list(between(before, after, same_machine))


def test_every_loss_has_its_kind_and_exit_status() -> None:
    expected = {
        Verdict.REFUTED: ("lost-guarantee", 1),
        Verdict.UNDECIDED: ("undecided-guarantee", 3),
        Verdict.VACUOUS: ("vacuous-guarantee", 4),
        Verdict.INCONSISTENT: ("inconsistent", 5),
    }
    for verdict, (kind, status) in expected.items():
        (finding,) = happened(report(result(Verdict.PROVED)), report(result(verdict)))
        assert (finding.kind, int(replace(finding, forbidden=True).status)) == (kind, status)


def test_an_inconsistency_that_was_there_before_is_told_too() -> None:
    both = report(result(Verdict.INCONSISTENT))
    assert [finding.kind for finding in happened(both, both)] == ["inconsistent"]


def test_a_new_failure_that_is_undecided_has_status_3() -> None:
    (finding,) = happened(report(), report(result(Verdict.UNDECIDED)))
    assert (finding.kind, int(replace(finding, forbidden=True).status)) == ("new-failure", 3)


def test_a_result_that_is_missing_is_lost_coverage() -> None:
    kept = result(Verdict.PROVED, subject="TEXT")
    before = report(kept, result(Verdict.PROVED, subject="DATA"))
    # DATA's memory comes from TEXT, whose result covers it; ALN001 is decided for nothing any more
    assert happened(before, report(kept)) == []
    (finding,) = happened(report(kept, result(Verdict.PROVED, "ALN001")), report(kept))
    assert (finding.kind, finding.rule) == ("lost-coverage", "ALN001")


def test_what_does_not_apply_is_lost_where_the_machine_changed() -> None:
    before, after = report(result(Verdict.PROVED)), report(result(Verdict.NOT_APPLICABLE))
    assert [f.kind for f in happened(before, after, same_machine=True)] == ["no-longer-applies"]
    assert [f.kind for f in happened(before, after, same_machine=False)] == ["lost-coverage"]


def test_what_is_open_at_both_ends_is_told_and_what_is_refuted_at_both_is_not() -> None:
    for verdict, kinds_of in (
        (Verdict.UNDECIDED, ["still-open"]),
        (Verdict.VACUOUS, ["still-open"]),
        (Verdict.REFUTED, []),
    ):
        both = report(result(verdict))
        assert [finding.kind for finding in happened(both, both)] == kinds_of


def test_what_is_not_judged_any_more_is_lost_coverage_and_what_never_was_stays_open() -> None:
    left = replace(result(Verdict.UNDECIDED), reason=NOT_JUDGED)
    for before in (Verdict.PROVED, Verdict.REFUTED, Verdict.VACUOUS):
        assert [f.kind for f in happened(report(result(before)), report(left))] == ["lost-coverage"]
    assert [f.kind for f in happened(report(left), report(left))] == ["still-open"]
    assert [f.kind for f in happened(report(left), report(result(Verdict.PROVED)))] == ["gained-guarantee"]


def test_what_was_undecided_and_is_refuted_is_a_new_failure() -> None:
    (finding,) = happened(report(result(Verdict.UNDECIDED)), report(result(Verdict.REFUTED)))
    assert finding.kind == "new-failure"


def test_what_stays_open_in_a_table_that_is_refuted_is_not_told() -> None:
    both = report(result(Verdict.REFUTED), result(Verdict.UNDECIDED, "OVL002"))
    assert happened(both, both) == []


def test_warnings_fail_nothing_by_themselves() -> None:
    before = report(result(Verdict.PROVED, severity=Severity.WARNING))
    after = report(result(Verdict.REFUTED, severity=Severity.WARNING))
    assert [finding.kind for finding in happened(before, after)] == ["new-warning"]


def test_a_report_with_fewer_rows_than_there_are_rules_is_lost_coverage() -> None:
    some = report(*(result(Verdict.PROVED, rule) for rule in list(RULES)[1:]))
    (finding,) = rules_without_result(some, RULES)
    assert (finding.kind, finding.rule) == ("lost-coverage", next(iter(RULES)))


def test_a_type_that_moves_to_a_root_that_fails_has_lost_its_guarantee(repository: Repository) -> None:
    """The root fails at both ends, and what came from another root did not."""
    far = SPLIT.replace("[MOD_ALLOC_TYPE_INITDATA ... MOD_ALLOC_TYPE_INITRODATA] = {", "[MOD_ALLOC_TYPE_INITDATA] = {")
    root = "[MOD_ALLOC_TYPE_INITRODATA] = { .mapto_type = MOD_ALLOC_TYPE_INITRODATA, .granularity = PAGE_SIZE, "
    root += ".alignment = PAGE_SIZE, .start[0] = 0xffffffffa0000000, .end[0] = 0xffffffffa0ffffff, "
    root += ".pgprot = PAGE_KERNEL },\n    },\n};\n"
    repository.write("far.c", far.removesuffix("    },\n};\n") + "        " + root)
    repository.commit()
    repository.replace(
        "far.c",
        "_INITDATA] = { .mapto_type = MOD_ALLOC_TYPE_DATA",
        "_INITDATA] = { .mapto_type = MOD_ALLOC_TYPE_INITRODATA",
    )
    lost = of_kind(repository.report(), "lost-guarantee")
    assert [(f["rule"], f["subject"]) for f in lost] == [("RNG005", "INITRODATA")]
    assert lost[0]["message"].startswith("was proved, is refuted")


def test_a_type_that_leaves_a_root_that_fails_loses_nothing() -> None:
    both = replace(result(Verdict.REFUTED, "RNG005", "DATA"), types=("DATA", "RODATA"))
    after = report(result(Verdict.REFUTED, "RNG005", "DATA"), result(Verdict.PROVED, "RNG005", "RODATA"))
    assert {finding.kind for finding in happened(report(both), after)} == {"gained-guarantee"}
