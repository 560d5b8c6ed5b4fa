"""What `prove` writes to files is the question that it decided, and other solvers decide it from the files alone.

Without it, --smt2 and --proof could hand out something else than what is proved here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modalloc_model.engine.solvers import SOLVERS, Budget
from modalloc_model.exit_status import ExitStatus
from modalloc_model.properties import RULES
from modalloc_model.smt.smtlib import INTEGERS, write
from modalloc_model.theorems.certificates import proof_of
from modalloc_model.theorems.claims import claims
from modalloc_model.theorems.obligations import COLUMNS, INDEX, premises, question, stem, texts
from modalloc_model.theorems.prove import How, prove, prove_rule
from modalloc_model.verdict import Verdict
from tests.cli.running import modalloc

Z3 = Path(sys.executable).parent / "z3"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The obligations of two rules, as a user gets them."""
    chosen = tmp_path_factory.mktemp("obligations")
    reports = list(prove((32,), How(smt2=chosen), frozenset({"RNG004", "MAP007"}), 1))
    assert {report.verdict for report in reports} == {Verdict.PROVED}
    return chosen


def rows(folder: Path) -> list[dict[str, str]]:
    head, *lines = (folder / INDEX).read_text(encoding="utf-8").splitlines()
    assert tuple(head.split("\t")) == COLUMNS
    return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines]


def easy(folder: Path) -> list[dict[str, str]]:
    """Those that take no more than a moment: the steps are quick in integers alone."""
    return [row for row in rows(folder) if row["kind"] != "step" or row["logic"] == INTEGERS]


def test_the_index_lists_every_file_once(folder: Path) -> None:
    listed = [row["file"] for row in rows(folder)]
    assert sorted(listed) == sorted(path.name for path in folder.iterdir() if path.name != INDEX)
    assert {row["expected"] for row in rows(folder)} == {"sat", "unsat"}


@pytest.mark.skipif(not Z3.exists(), reason="the z3 command is not beside this Python")
def test_z3_itself_answers_the_files_as_the_index_expects(folder: Path) -> None:
    for row in easy(folder)[::4]:
        said = subprocess.run([Z3, folder / row["file"]], capture_output=True, text=True, check=False)
        assert said.stdout.split() == [row["expected"]], row["file"]


def answers(path: Path) -> Iterator[str]:
    """What cvc5 answers to the commands of a file."""
    cvc5 = pytest.importorskip("cvc5")
    solver = cvc5.Solver()
    parser = cvc5.InputParser(solver)
    parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, str(path))
    while not (command := parser.nextCommand()).isNull():
        yield str(command.invoke(solver, parser.getSymbolManager())).strip()


def test_cvc5_answers_the_files_as_the_index_expects(folder: Path) -> None:
    for row in easy(folder)[1::4]:
        assert [said for said in answers(folder / row["file"]) if said] == [row["expected"]], row["file"]


def test_a_file_says_what_it_is_and_names_its_hypotheses(folder: Path) -> None:
    row = next(row for row in rows(folder) if row["rule"] == "RNG004" and row["logic"] == INTEGERS)
    text = (folder / row["file"]).read_text(encoding="utf-8")
    assert "; Rule RNG004: " + RULES["RNG004"].title in text
    assert "Words of 32 bits" in text
    assert "(set-info :status unsat)" in text
    assert "sat\n; here would prove nothing" in text or "sat here would prove nothing" in text.replace("\n; ", " ")
    assert ":named |assert:goal|" in text


def test_a_hypothesis_has_its_rule_s_title_beside_it() -> None:
    claim, obligation = next((c, o) for c in claims(RULES["MAP007"], 32) for o in c.obligations)
    _, text = next(iter(texts(claim, obligation, integers=False)))
    assert f"; condition MAP007: {RULES['MAP007'].title}\n(assert (! " in text


@pytest.mark.parametrize("rule", ["RNG004", "MAP007"])
def test_comments_change_nothing_of_what_is_asked(rule: str) -> None:
    for claim in claims(RULES[rule], 32):
        for obligation in claim.obligations:
            for row, text in texts(claim, obligation, integers=False):
                asked = question(claim, obligation) if row.expected == "unsat" else premises(claim, obligation)
                assert code(text) == code(write(asked)), stem(claim, obligation)


def code(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith((";", "(set-info"))]


def test_every_solver_proves_each_obligation() -> None:
    pytest.importorskip("cvc5")
    pytest.importorskip("bitwuzla")
    report = prove_rule(RULES["ROI005"], 64, How(tuple(SOLVERS)))
    assert report.verdict is Verdict.PROVED
    assert [(o.solver, o.discharged) for o in report.opinions] == [(solver, report.obligations) for solver in SOLVERS]


def test_solvers_write_their_proofs_down(tmp_path: Path) -> None:
    said = modalloc("prove", "--select", "ROI005", "--width", "32", "--solver", ",".join(SOLVERS), "--proof", tmp_path)
    assert said.returncode == ExitStatus.PROVED, said.stdout
    listed = (tmp_path / INDEX).read_text(encoding="utf-8")
    assert "bitwuzla writes no proofs" in listed
    found = {path.suffix for path in tmp_path.iterdir()}
    assert found == {".tsv", ".z3", ".alethe"}
    for path in tmp_path.glob("*.alethe"):
        commands = alethe(path.read_text(encoding="utf-8"))
        assert {command[0] for command in commands} <= {"assume", "step", "anchor", "define-fun"}
        assert conclusion(commands[-1]) == ["cl"], "the last step is the empty clause"
    for path in tmp_path.glob("*.z3"):
        (proof,) = expressions(path.read_text(encoding="utf-8"))
        assert proof[0] in ("let", "asserted", "mp", "unit-resolution", "lemma", "th-lemma", "hyper-res"), path


Expression = Any
"""A word, or a list of expressions."""

_TOKENS = re.compile(r"""\(|\)|\|[^|]*\||"(?:[^"]|"")*"|[^\s()|"]+|;[^\n]*""")


def expressions(text: str) -> list[Expression]:
    """All of a text. AssertionError where parentheses do not match, or something is no word of SMT-LIB."""
    assert _TOKENS.sub("", text).strip() == "", "the text is nothing but words and parentheses"
    stack: list[list[Expression]] = [[]]
    for token in _TOKENS.findall(text):
        if token == "(":
            stack.append([])
        elif token == ")":
            assert len(stack) > 1, "one parenthesis too many"
            stack[-2].append(stack.pop())
        elif not token.startswith(";"):
            stack[-1].append(token)
    assert len(stack) == 1, "a parenthesis is open"
    return stack[0]


def alethe(text: str) -> list[Expression]:
    """The commands of a proof, which stand in one pair of parentheses."""
    (commands,) = expressions(text)
    assert all(isinstance(command, list) and command for command in commands)
    return list(commands)


def conclusion(step: Expression) -> Expression:
    assert step[0] == "step" and ":rule" in step
    return step[2]


@pytest.mark.parametrize("text", ["b'(step t0 (cl))'", "(step t0 (cl)", "(step t0 (cl)))"])
def test_what_is_no_proof_does_not_pass_for_one(text: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        assert {command[0] for command in alethe(text)} <= {"step"}


def test_what_is_not_proved_has_no_certificate() -> None:
    open_ = "(set-logic QF_LIA)\n(declare-const x Int)\n(assert (< x 3))\n(check-sat)\n"
    for solver in ("z3", "cvc5"):
        text, why = proof_of(solver, open_, Budget())
        assert (text, why) == ("", f"with proofs on, {solver} says sat")


@pytest.mark.skipif(shutil.which("carcara") is None, reason="no checker for Alethe is installed")
def test_a_checker_accepts_the_alethe_proofs(tmp_path: Path) -> None:
    claim = next(claims(RULES["RNG004"], 32))
    for obligation in claim.obligations[:4]:
        query = question(claim, obligation)
        script = write(query, cores=False)
        (tmp_path / "p.smt2").write_text(script, encoding="utf-8")
        (tmp_path / "p.alethe").write_text(proof_of("cvc5", script, Budget())[0], encoding="utf-8")
        said = subprocess.run(
            ["carcara", "check", tmp_path / "p.alethe", tmp_path / "p.smt2"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.stdout.split() == ["valid"]
