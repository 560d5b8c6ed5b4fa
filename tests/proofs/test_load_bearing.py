"""Each hypothesis of each theorem is needed or explained. Without it, a theorem could refuse tables that are fine."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from itertools import islice

import pytest

from modalloc_model.designs.replay import replay
from modalloc_model.engine import Options, verify_table
from modalloc_model.engine.search import Search
from modalloc_model.exit_status import ExitStatus
from modalloc_model.params import Assumptions
from modalloc_model.properties import RULES
from modalloc_model.report.style import Style
from modalloc_model.report.theorems import (
    dropped_line,
    dropped_status,
    dropped_summary,
)
from modalloc_model.theorems.claims import theorem_rules
from modalloc_model.theorems.load_bearing import EXPLAINED, IDLE, INCONSISTENT, NEEDED, OPEN, check
from modalloc_model.theorems.load_bearing.check import DroppedPiece, row_of, rows_of
from modalloc_model.theorems.load_bearing.explained import EVERY
from modalloc_model.theorems.load_bearing.explained import EXPLAINED as SAID
from modalloc_model.theorems.load_bearing.pieces import Piece, pieces
from modalloc_model.theorems.load_bearing.runs import violating_run
from modalloc_model.theorems.load_bearing.tables import draw, tables
from modalloc_model.verdict import Verdict
from modalloc_model.words import FALSE, TRUE, evaluate
from proofs.load_bearing import BITS, FILE, read_record, record, text
from tests.cli.running import modalloc
from tests.engine.tables import RIGHT, table

QUICK = ("OVL002", "ROI005")
"""Rules whose rows the default run makes again; `make deep` makes them all."""


@cache
def _every_piece() -> list[Piece]:
    return [piece for rule in theorem_rules() for piece in pieces(rule, BITS)]


@pytest.fixture(scope="module")
def quick_rows() -> list[DroppedPiece]:
    return [row for rule in QUICK for row in rows_of(rule, BITS)]


def test_every_hypothesis_is_needed_or_explained(quick_rows: list[DroppedPiece]) -> None:
    assert {row.standing for row in quick_rows} == {NEEDED, EXPLAINED}


def test_the_rules_own_condition_is_needed_and_has_a_run(quick_rows: list[DroppedPiece]) -> None:
    own = [row for row in quick_rows if row.what == row.rule]
    assert {row.rule for row in own} == set(QUICK)
    assert all(row.standing == NEEDED and row.broken and row.trace for row in own)


def test_the_runs_replay(quick_rows: list[DroppedPiece]) -> None:
    traces = [row.trace for row in quick_rows if row.trace]
    assert traces
    assert all(replay(trace).reproduced for trace in traces)


def test_these_rows_are_recorded(quick_rows: list[DroppedPiece]) -> None:
    known = read_record()
    assert record(quick_rows) == {rule: known[rule] for rule in QUICK}, "run: make pages"


def test_every_hypothesis_of_every_theorem_is_recorded() -> None:
    wanted = [(piece.rule, str(piece)) for piece in _every_piece()]
    assert [(rule, row["without"]) for rule, rows in read_record().items() for row in rows] == wanted, "run: make pages"


def test_nothing_recorded_is_idle_or_open() -> None:
    assert {row["standing"] for rows in read_record().values() for row in rows} == {NEEDED, EXPLAINED}


@pytest.mark.deep
def test_the_whole_record_is_current() -> None:
    assert read_record() == record(check.check(BITS)), "run: make pages"


def test_the_record_is_written_as_it_stands() -> None:
    assert FILE.read_text(encoding="utf-8") == text(read_record())


def test_a_hypothesis_that_can_go_is_never_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modalloc_model.theorems.load_bearing.explained.EXPLAINED", {})
    rows = list(rows_of("ROI005", BITS))
    assert {row.standing for row in rows if row.piece.hypothesis == "machine"} == {IDLE}
    assert dropped_status(rows) is ExitStatus.INCONSISTENT


def test_a_hypothesis_that_is_needed_must_not_be_explained_away(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = Piece("ROI005", "ROI005")
    monkeypatch.setattr(check, "EXPLAINED", {piece: "it is not needed"})
    assert row_of(piece, pieces(RULES["ROI005"], BITS)[piece], BITS).standing == INCONSISTENT


def test_explanations_speak_of_hypotheses_that_theorems_have() -> None:
    known = set(_every_piece())
    known |= {Piece(EVERY, piece.hypothesis, piece.part) for piece in known}
    assert set(SAID) <= known


def test_a_condition_that_is_never_false_is_found_idle() -> None:
    """A hypothesis that says nothing cannot be needed: the check must be able to say so."""
    piece = Piece("ROI005", "ROI005")
    (first, *_) = pieces(RULES["ROI005"], BITS)[piece]
    empty = replace(first, kept=dict(first.claim.hypotheses), dropped=TRUE)
    assert row_of(piece, [empty], BITS).standing == IDLE


def test_drawn_tables_lack_the_piece_and_nothing_else() -> None:
    """Only a conjunct that is false where all else holds may be blamed for the run."""
    piece = Piece("OVL002", "OVL002")
    instances = pieces(RULES["OVL002"], BITS)[piece]
    found = list(islice(tables(instances, "OVL002", "a seed"), 5))
    assert found
    assert all(params.assumptions.arbiter == "private" for _, params in found)
    generator, kept = random.Random("a seed"), instances[0]
    values = [draw(generator, "machine") for _ in range(200)]
    wrong = replace(kept, dropped=FALSE, kept={**kept.kept, "impossible": FALSE})
    assert not list(tables([wrong], "OVL002", "a seed"))
    assert {evaluate(kept.kept["machine"], v) for v in values} == {0}


def test_a_right_table_has_no_violating_run() -> None:
    """Where everything that the theorem assumes holds, no run is found: the theorem says that there is none."""
    piece = Piece("PRT003", "ALN002")
    instances = [i for i in pieces(RULES["PRT003"], BITS)[piece] if i.claim.name != "pages"]
    sound = [replace(i, kept=i.claim.hypotheses, dropped=FALSE) for i in instances]
    generator, tried = random.Random("runs"), 0
    for instance, params in islice(tables(sound, "", "right tables"), 25):
        tried += 1
        assert violating_run("PRT003", params, ("R", instance.claim.table.sections[0].name), generator) is None
    assert tried


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [("PRT003", Verdict.PROVED), ("ROI002", Verdict.PROVED), ("OVL002", Verdict.UNDECIDED)],
)
def test_of_blocks_that_meet_across_roots_ovl002_alone_speaks(
    rule: str, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an arbiter each, and one range for all, the run ends where a block meets another root's."""
    monkeypatch.setattr(
        "modalloc_model.engine.verify.search", lambda suspects, *_: [Search(None, "not asked") for _ in suspects]
    )
    overlapping = table(RIGHT, "x86_64", Assumptions(arbiter="private", claims=("strict-rwx",)))
    results = verify_table(overlapping, Options(select=frozenset({rule}))).results
    assert results
    assert {result.verdict for result in results} == {verdict}


# -- what is printed -------------------------------------------------------------------------------------------------


def _row(standing: str) -> DroppedPiece:
    return DroppedPiece(Piece("OVL001", "machine"), 32, standing, note="said")


@pytest.mark.parametrize(
    ("standing", "status"),
    [
        (NEEDED, ExitStatus.PROVED),
        (EXPLAINED, ExitStatus.PROVED),
        (IDLE, ExitStatus.INCONSISTENT),
        (OPEN, ExitStatus.UNDECIDED),
        (INCONSISTENT, ExitStatus.INCONSISTENT),
    ],
)
def test_one_row_is_enough_to_decide_the_status(standing: str, status: ExitStatus) -> None:
    assert dropped_status([_row(NEEDED), _row(standing)]) is status


def test_no_row_at_all_shows_nothing() -> None:
    assert dropped_status([]) is ExitStatus.VACUOUS


def test_a_line_says_what_was_dropped_and_what_came_of_it(quick_rows: list[DroppedPiece]) -> None:
    row = next(row for row in quick_rows if row.what == "ROI005")
    line = dropped_line(row, Style())
    assert line.startswith(
        "✓ ROI005  32 bits  without ROI005: needed; “an INIT section is sealed [INITTEXT]” fails; run: "
    )
    assert "is sealed" in line.partition("run: ")[2]


def test_the_summary_counts_theorems_rows_and_runs(quick_rows: list[DroppedPiece]) -> None:
    assert dropped_summary(quick_rows).startswith(f"{len(QUICK)} theorems, {len(quick_rows)} hypotheses")


def test_prove_drops_hypotheses_when_asked() -> None:
    done = modalloc("prove", "--load-bearing", "--width", "32", "--select", "ROI005")
    assert done.returncode == ExitStatus.PROVED
    assert "without ROI005: needed" in done.stdout
    assert done.stdout.rstrip().endswith("1 with a run that replays")


def test_dropping_hypotheses_is_not_for_several_solvers() -> None:
    refused = modalloc("prove", "--load-bearing", "--solver", "z3,bitwuzla")
    assert refused.returncode == ExitStatus.BAD_INPUT
    assert "omit --solver" in refused.stderr
