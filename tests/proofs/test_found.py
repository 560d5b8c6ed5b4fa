"""FOUND.md says what the findings claim, what the sets expect and what the tool says; a claim not borne out is refused.

Without it, the page could claim of Linux what no set shows, or pass over what one does.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from modalloc_model.params import Reach
from modalloc_model.properties import RULES
from modalloc_model.verdict import NOT_JUDGED, Result, Severity, TableReport, Verdict
from proofs.found import __main__ as command_line
from proofs.found.claims import problems
from proofs.found.deciding import Asked, Told, asked_of, linux_sets, questions, tell
from proofs.found.findings import PATH, Finding, load
from proofs.found.page import PAGE, Row, rows, section
from proofs.found.unreached import Interval, naming, without

FINDINGS = load()
CHEAP = ("L01", "L05", "L18", "L19", "L21", "R03")


def _named(*ids: str) -> list[Finding]:
    return [finding for finding in FINDINGS if finding.id in ids]


def _told(finding: Finding) -> list[Told]:
    asked = [one for shown in finding.shown_by for name in shown.sets for one in asked_of(name, shown)]
    return tell(asked, jobs=1)


# -- without deciding ------------------------------------------------------------------------------------------------


def _expected(asked: Asked) -> Told:
    """As the expectation beside the set has it; what no expectation speaks of, as the findings have it."""
    speaking = [shown for f in FINDINGS for shown in f.shown_by for n in shown.sets if asked.is_meant_by(shown, n)]
    asides = [rule for shown in speaking for rule in shown.refuted if RULES[rule].severity is not Severity.ERROR]
    refuted = asked.case.rules if asked.case else asked.rules
    found = dict.fromkeys((rule for shown in speaking for rule in shown.proved), Verdict.PROVED)
    found |= dict.fromkeys((*refuted, *asides), Verdict.REFUTED)
    left = asked.case.not_judged if asked.case else ()
    results = [_result(asked, *one) for one in found.items()]
    results += [replace(_result(asked, rule, Verdict.UNDECIDED), reason=NOT_JUDGED) for rule in left]
    told = Told(asked, TableReport(asked.params, tuple(results)))
    assert asked.case is None or told.report.verdict.value == asked.case.verdict
    return told


def _result(asked: Asked, rule: str, verdict: Verdict) -> Result:
    where = asked.params.location("")
    return Result(rule, RULES[rule].group, RULES[rule].severity, "", (), verdict, "", where)


def test_claims_are_what_the_sets_expect() -> None:
    assert problems(FINDINGS, [_expected(asked) for asked in questions(FINDINGS)]) == []


def test_the_page_lists_every_case_with_its_expected_verdict_and_findings() -> None:
    expected = list(rows(FINDINGS, [_expected(asked) for asked in questions(FINDINGS)]))
    assert _rows_of(PAGE.read_text(encoding="utf-8")) == expected
    assert {row[0] for row in expected} >= set(linux_sets())
    assert len(linux_sets()) == 84


def _rows_of(page: str) -> list[Row]:
    lines = page.partition("# Every set")[2].strip().splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [(name, claims, verdict, by) for name, claims, verdict, by in cells]


def test_the_page_has_a_section_with_all_it_should_say_for_each_finding() -> None:
    page = PAGE.read_text(encoding="utf-8")
    sections = re.findall(r"^## ((?:L|R)\d\d): (.+)$", page, re.MULTILINE)
    assert sections == [(finding.id, finding.title) for finding in FINDINGS]
    plain = " ".join(page.split())
    for finding in FINDINGS:
        assert all(" ".join(text.split()) in plain for text in (finding.what, finding.check, finding.since))
        assert all(f"`{place.at}`: {' '.join(place.says.split())}" in plain for place in finding.where)


def test_every_finding_names_its_version_its_certainty_and_a_place() -> None:
    for finding in FINDINGS:
        assert all(re.match(r"(6\.1|6\.12):[\w/.-]+(:[\d,-]+)?$", place.at) for place in finding.where), finding.id
        assert finding.is_right or re.search(r"6\.\d+", finding.since)
        assert finding.is_right or finding.sure == "source" or len(finding.sure) > 20
        assert len(finding.what.split(". ")) <= 8


READ_SINCE = {
    "6.12:arch/powerpc/mm/book3s32/mmu.c:185-194",
    "6.12:arch/powerpc/mm/book3s32/mmu.c:228-234",
    "6.1:arch/powerpc/kernel/kprobes.c:129-142",
}
"""Places of findings that the survey does not have, read in the kernel's source one by one."""


def test_places_with_a_line_are_those_of_the_survey(root: Path) -> None:
    folder = next((path for path in sorted(root.parent.glob("*/facts")) if path.is_dir()), None)
    if folder is None:
        pytest.skip("the survey of Linux's architectures is not beside this checkout")
    survey = "".join(file.read_text(encoding="utf-8") for file in folder.iterdir())
    surveyed: dict[str, set[str]] = {}
    for path, lines in re.findall(r"(6\.\d+:[\w/.-]+):(\d[\d,-]*)", survey):
        surveyed.setdefault(path, set()).update(lines.split(","))
    cited = {place.at for finding in FINDINGS for place in finding.where if re.search(r":\d[\d,-]*$", place.at)}
    assert cited >= READ_SINCE
    for at in sorted(cited - READ_SINCE):
        path, _, lines = at.rpartition(":")
        assert set(lines.split(",")) <= surveyed[path], at


# -- deciding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHEAP)
def test_a_section_is_what_the_tool_says(name: str) -> None:
    (finding,) = _named(name)
    assert section(finding, _told(finding)).strip() in PAGE.read_text(encoding="utf-8")


def test_on_another_machine_the_claimed_rules_alone_are_asked() -> None:
    (finding,) = _named("L18")
    (one,) = tell(list(asked_of("mail-legacy-default", finding.shown_by[0])), jobs=1)
    assert one.asked.params.machine.name == "parisc32"
    assert {result.rule for result in one.report.results} == {"PRT001", "PRT002"}


def test_the_page_is_what_the_tool_says() -> None:
    assert command_line.main(["--check", "--jobs", "1"]) == 0


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.fixture
def one_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.found.deciding.linux_sets", lambda: ("riscv64-6.12",))


def _run(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> tuple[int, str, Path]:
    claims, page = tmp_path / "found.yaml", tmp_path / "FOUND.md"
    claims.write_text(text, encoding="utf-8")
    status = command_line.main(["--jobs", "1", "--findings", str(claims), "--page", str(page)])
    return status, capsys.readouterr().err, page


CLAIM = """
findings:
  - id: L01
    title: a title
    what: something
    where: [{{at: "6.12:arch/riscv/include/asm/pgtable.h:56-57", says: the window}}]
    since: "6.1"
    sure: source
    check: look
    shown_by: [{{sets: [riscv64-6.12], refuted: [{rules}]}}]
right: []
"""


@pytest.mark.usefixtures("one_set")
def test_claims_that_are_borne_out_make_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said, page = _run(tmp_path, capsys, CLAIM.format(rules="RCH001"))
    assert (status, said) == (0, "")
    assert "## L01: a title" in page.read_text(encoding="utf-8")
    arguments = ["--jobs", "1", "--findings", str(tmp_path / "found.yaml"), "--page", str(page), "--check"]
    assert command_line.main(arguments) == 0
    page.write_text(page.read_text(encoding="utf-8").replace("2 GiB", "3 GiB") + "more\n", encoding="utf-8")
    assert command_line.main(arguments) == 1
    assert "not what the tool says" in capsys.readouterr().err


@pytest.mark.usefixtures("one_set")
def test_a_claim_that_the_tool_does_not_produce_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said, page = _run(tmp_path, capsys, CLAIM.format(rules="RCH001, RNG005"))
    assert status == 1
    assert said == "L01: RNG005 is not refuted in riscv64-6.12 (strict-rwx), but proved\n"
    assert not page.exists()


@pytest.mark.usefixtures("one_set")
def test_a_refutation_that_no_finding_explains_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said, page = _run(tmp_path, capsys, "findings: []\nright: []\n")
    assert status == 1
    assert said == "unexplained: RCH001 is refuted in riscv64-6.12 (strict-rwx), and no finding says why\n"
    assert not page.exists()


def _all_expected() -> list[Told]:
    return [_expected(asked) for asked in questions(FINDINGS)]


def test_each_finding_is_needed() -> None:
    told = _all_expected()
    for finding in FINDINGS:
        if any(RULES[rule].severity is Severity.ERROR for shown in finding.shown_by for rule in shown.rules):
            others = [other for other in FINDINGS if other is not finding]
            assert any(text.startswith("unexplained") for text in problems(others, told)), finding.id


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict.UNDECIDED, "RCH001 is undecided for "),
        (Verdict.INCONSISTENT, "RCH001 is inconsistent for "),
        (Verdict.PROVED, "L05: RCH001 is not refuted in riscv64-6.12 (strict-rwx), but proved"),
    ],
)
def test_what_is_left_open_is_an_error(verdict: Verdict, said: str) -> None:
    (asked,) = asked_of("riscv64-6.12")
    told = Told(asked, TableReport(asked.params, (_result(asked, "RCH001", verdict),)))
    (finding,) = _named("L05")
    alone = replace(finding, shown_by=(replace(finding.shown_by[0], sets=("riscv64-6.12",)),))
    assert any(text.startswith(said) for text in problems([alone], [told]))


def test_a_warning_that_is_not_given_and_a_case_that_is_not_there_are_errors() -> None:
    (asked,) = asked_of("riscv64-6.12")
    told = Told(asked, TableReport(asked.params, (_result(asked, "RCH001", Verdict.REFUTED),)))
    (finding,) = _named("L05")
    shown = replace(finding.shown_by[0], sets=("riscv64-6.12",))
    for wrong, said in (
        (replace(shown, warned=("length",)), "reading riscv64-6.12 (strict-rwx) gives no warning of the kind length"),
        (replace(shown, claims=()), "no case of riscv64-6.12 was asked that makes the claims ()"),
        (replace(shown, refuted=("XYZ001",)), "there is no rule XYZ001"),
    ):
        assert f"L05: {said}" in problems([replace(finding, shown_by=(wrong,))], [told])


def test_what_is_called_right_and_is_not_is_an_error() -> None:
    (asked,) = asked_of("riscv64-6.12")
    told = Told(asked, TableReport(asked.params, (_result(asked, "RCH001", Verdict.REFUTED),)))
    (finding,) = _named("R05")
    shown = replace(finding.shown_by[0], sets=("riscv64-6.12",), proved=("RCH001", "PRT003"))
    said = problems([replace(finding, shown_by=(shown,))], [told])
    assert "R05: RCH001 is not proved of riscv64-6.12 (strict-rwx), but refuted" in said
    assert "R05: PRT003 is not proved of riscv64-6.12 (strict-rwx), but not asked" in said
    assert "R05: riscv64-6.12 (strict-rwx) is refuted, not proved" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    sure: source\n", "    surely: source\n"),
        ("- id: L02", "- id: L01"),
        ("right:\n", "wright:\n"),
        ("    what: >-\n", "    why: >-\n"),
        ("sets: [riscv64-6.12, riscv64-6.1]", "set: riscv64-6.12"),
    ],
)
def test_findings_of_another_form_are_refused(old: str, new: str, tmp_path: Path) -> None:
    text = PATH.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "found.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"found\.yaml|L0"):
        load(tmp_path / "found.yaml")


# -- counting what is out of reach -----------------------------------------------------------------------------------

REACHES = [
    Reach("relative", "relative", ("kernel",), lowest=low, highest=high)
    for low, high in ((-128, 127), (-64, 63), (-8, 7), (-3, 4), (-7, 8), (0, 15), (-200, 55), (-128, 0), (-120, 130))
] + [
    Reach("segment", "segment", ("kernel",), segment_bits=5),
    Reach("anywhere", "anywhere", ("kernel",)),
    Reach("by veneer", "relative", ("kernel",), lowest=-1, highest=1, veneer="a stub"),
]


@pytest.mark.parametrize("reach", REACHES, ids=lambda reach: f"{reach.name}{reach.lowest}..{reach.highest}")
@pytest.mark.parametrize("targets", [(0, 0), (0, 255), (100, 107), (96, 127), (250, 255), (3, 90), (128, 128)])
def test_what_names_all_targets_is_what_names_each_of_them(reach: Reach, targets: Interval) -> None:
    every = range(targets[0], targets[1] + 1)
    wanted = {place for place in range(256) if all(reach.names(place, target, 8) for target in every)}
    found = [set(range(low, high + 1)) for low, high in naming(reach, targets, 8)]
    assert set().union(*found) == wanted
    left = without((10, 200), naming(reach, targets, 8))
    assert {place for low, high in left for place in range(low, high + 1)} == set(range(10, 201)) - wanted
