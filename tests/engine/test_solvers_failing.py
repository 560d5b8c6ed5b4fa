"""A solver that dies, raises, or never ends leaves one question open, says why and keeps it; the others are decided.

Without it, one crash of a solver could lose every verdict, or pass for an answer.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from modalloc_model.cli import deciding
from modalloc_model.engine import Options, solvers, verify_table
from modalloc_model.engine.solvers import Budget, Disagreement, ask, setting
from modalloc_model.engine.solvers.setting import Setting
from modalloc_model.isolation import Limits, WorkerLost, run_all
from modalloc_model.properties import RULES
from modalloc_model.smt.smtlib import Query
from modalloc_model.theorems.prove import How, prove_rule
from modalloc_model.verdict import Verdict
from modalloc_model.words import truth, ule, variable
from tests.engine import faulty
from tests.engine.faulty.tasks import Deadly, dies_over_three, sleeps_over_three
from tests.engine.tables import RIGHT, grafted, table

FAULTS = [
    ("killed", "its process died of SIGKILL"),
    ("crashing", "its process died of SIGSEGV"),
    ("raising", "it failed with RuntimeError: internal error at rewriter.cpp"),
    ("greedy", "it ran out of memory (the limit is 500 MiB)"),
    ("sleeping", "it did not answer within 4.5 seconds and was killed"),
    ("hesitant", "the resource limit was reached"),
]
MEMORY = 500  # MiB
WIDTH = 16  # bits: what dies does so at any width, and the others are decided sooner
RAISES = [("raising", "it failed with RuntimeError"), ("hesitant", "the resource limit was reached")]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The faulty solvers have names; one that hangs is not waited for."""
    modules = {name: f"tests.engine.faulty.{name}" for name in ("lying", *(fault for fault, _ in FAULTS))}
    monkeypatch.setattr(solvers, "SOLVERS", {**solvers.SOLVERS, **modules})
    monkeypatch.setattr(solvers, "GRACE", 4.0)


def files(text: str) -> list[Path]:
    """The files that a message names, each of which must be there, with a question in it."""
    found = [Path(name) for name in re.findall(r"[^\s(]+\.smt2", text)]
    assert all("(check-sat)" in path.read_text(encoding="utf-8") for path in found)
    return found


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_the_obligation_is_undecided_and_the_others_are_proved(fault: str, reason: str, tmp_path: Path) -> None:
    memory = MEMORY if fault == "greedy" else None
    how = How(
        (fault,), memory=memory, seconds=0.5 if fault == "sleeping" else 60, isolated=True, keep=tmp_path, used=False
    )
    report = prove_rule(RULES["RNG004"], WIDTH, how)
    assert report.verdict is Verdict.UNDECIDED
    assert report.opinions[0].discharged == report.obligations - 1 > 0
    assert f"{faulty.MARK}”: " in report.reason
    assert reason in report.reason
    assert files(report.reason)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("fault", "reason"), RAISES)
def test_what_fails_without_dying_needs_no_process_of_its_own(fault: str, reason: str, tmp_path: Path) -> None:
    report = prove_rule(RULES["RNG004"], WIDTH, How((fault,), keep=tmp_path, used=False))
    assert report.verdict is Verdict.UNDECIDED
    assert report.opinions[0].discharged == report.obligations - 1 > 0
    assert reason in report.reason
    assert files(report.reason)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("fault", ["killed", "raising", "hesitant"])
def test_a_table_s_rule_is_undecided_and_says_where_the_question_is(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(faulty.VARIABLE, "conditions: all of them|condition: RNG003 for DATA")
    # a solver's process knows the environment that it began with: another limit, another process
    with setting(Setting(isolated=fault == "killed", memory=2000, keep=tmp_path)):
        report = verify_table(table(RIGHT), Options(select=frozenset({"RNG003"}), solver=fault))
    verdicts = {result.subject: result.verdict for result in report.results}
    assert verdicts.pop("DATA") is Verdict.UNDECIDED
    assert set(verdicts.values()) == {Verdict.PROVED}
    assert files(next(result.message for result in report.results if result.subject == "DATA"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_whose_process_dies_is_lost_and_no_other(jobs: int) -> None:
    found = list(run_all(dies_over_three, [1, 2, 3, 4, 5], jobs))
    assert found == [1, 4, WorkerLost("its process died of SIGKILL"), 16, 25]


def test_a_task_that_takes_too_long_is_lost_and_no_other() -> None:
    found = list(run_all(sleeps_over_three, [1, 2, 3, 4, 5], 2, Limits(seconds=1.0)))
    assert found == [1, 4, WorkerLost("it did not answer within 1 seconds and was killed"), 16, 25]


def test_a_table_whose_process_dies_is_undecided_and_no_other() -> None:
    tasks = [deciding.Task(table(RIGHT), text) for text in ("", Deadly(), "")]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        decided = deciding.decide(tasks, Options(select=frozenset({"MAP001"})), 2, False, nowhere)
    assert [one.report.verdict for one in decided] == [Verdict.PROVED, Verdict.UNDECIDED, Verdict.PROVED]
    assert "its process died of SIGKILL" in decided[1].report.results[0].message


# -- second opinions -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("known")
def test_solvers_that_contradict_each_other_are_an_inconsistency_with_both_questions(tmp_path: Path) -> None:
    report = prove_rule(RULES["RNG004"], WIDTH, How(("z3", "lying"), keep=tmp_path, used=False))
    assert report.verdict is Verdict.INCONSISTENT
    assert len(report.contradictions) == 1
    assert "z3 says unsat" in report.contradictions[0]
    assert "lying says sat" in report.contradictions[0]
    assert len(set(files(report.contradictions[0]))) == 2


@pytest.mark.usefixtures("known")
def test_a_contradiction_is_kept_in_a_folder_made_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prove_rule(RULES["RNG004"], WIDTH, How(("z3",)))
    assert not list(tmp_path.iterdir())
    prove_rule(RULES["RNG004"], WIDTH, How(("z3", "lying"), used=False))
    assert len(list((tmp_path / "modalloc-queries").iterdir())) == 2


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("rule", ["MAP001", "RCH002", "PRT001"])
def test_a_table_over_which_solvers_contradict_each_other_is_inconsistent(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(faulty.VARIABLE, "")  # in every question
    options = Options(select=frozenset({rule}), solver="z3,lying")
    with setting(Setting(keep=tmp_path)):
        report = verify_table(table(RIGHT), options)
    assert report.verdict is Verdict.INCONSISTENT
    assert "solvers disagree" in report.results[0].message
    assert files(report.results[0].message)


@pytest.mark.usefixtures("known")
def test_one_question_over_which_solvers_contradict_each_other_is_one_rule_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(faulty.VARIABLE, "condition: RNG003 for DATA")
    wrong = table(grafted("DATA", "start[0]", "MODULES_END"))
    with setting(Setting(keep=tmp_path)):
        report = verify_table(wrong, Options(select=frozenset({"RNG003"}), solver="z3,lying"))
    verdicts = {result.subject: result.verdict for result in report.results}
    assert verdicts.pop("DATA") is Verdict.INCONSISTENT
    assert set(verdicts.values()) == {Verdict.PROVED}


@pytest.mark.usefixtures("known")
def test_unknown_is_no_contradiction_and_no_proof() -> None:
    x = variable("x", 32)
    never = Query(faulty.MARK, {"a": truth(ule(x, 7)), "b": truth(ule(8, x))})
    sometimes = Query(faulty.MARK, {"a": truth(ule(x, 7))})
    assert ask(never, "z3,hesitant").status == "unknown"
    assert "hesitant: the resource limit" in ask(never, "z3,hesitant").reason
    assert ask(sometimes, "hesitant,z3").status == "sat", "the model is there, and was evaluated"


def test_a_model_that_is_none_is_a_contradiction(tmp_path: Path) -> None:
    query = Query("x is small", {"a": truth(ule(variable("x", 32), 7))})
    answers = {"z3": solvers.Answer("sat", {"x": 8}), "cvc5": solvers.Answer("sat")}
    with setting(Setting(keep=tmp_path)), pytest.raises(Disagreement, match="its model does not satisfy it"):
        solvers.combine(query, answers)


@pytest.mark.parametrize("solver", solvers.SOLVERS)
def test_every_solver_keeps_to_its_budget(solver: str) -> None:
    x, y = variable("x", 64), variable("y", 64)
    factors = Query("factors", {"p": truth(ule(2, x)), "q": truth(ule(2, y)), "pq": truth(ule(x * y, x + y))})
    hard = Query(
        "hard", {**factors.conjuncts, "odd": truth(ule((x * y) % (x + y + 12345), 3)), "big": truth(ule(1 << 60, x))}
    )
    answer = ask(hard, solver, Budget(resources=2000, seconds=0.001))
    assert answer.status == "unknown"
    assert answer.reason in (
        "the resource limit was reached",
        "the time limit that was asked for was reached (0.001 s)",
    )
