"""`--solver`, `--smt2`, `--memory`: what a call with several solvers says, writes and comes to.

Without it, solvers could disagree, and nobody be told.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from modalloc_model.cli import prove
from modalloc_model.cli.application import parser
from modalloc_model.engine import solvers
from modalloc_model.exit_status import ExitStatus
from tests.cli.running import LEGACY, document, modalloc


def proved(*words: str) -> tuple[ExitStatus, str]:
    args = parser("prove").parse_args(["prove", "--select", "RNG004", "--width", "32", "--jobs", "1", *words])
    out = StringIO()
    return prove.run(args, out, StringIO()), out.getvalue()


def test_solvers_that_contradict_each_other_are_status_5_and_both_questions_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(solvers, "SOLVERS", {**solvers.SOLVERS, "cvc5": "tests.engine.faulty.lying"})
    status, said = proved("--solver", "z3,cvc5")
    assert status is ExitStatus.INCONSISTENT
    kept = sorted(path.name for path in (tmp_path / "modalloc-queries").iterdir())
    assert len(kept) == 2
    assert all(f"modalloc-queries/{name}" in said for name in kept)


def test_what_a_solver_leaves_open_is_status_3_and_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(solvers, "SOLVERS", {**solvers.SOLVERS, "cvc5": "tests.engine.faulty.hesitant"})
    status, said = proved("--solver", "z3,cvc5", "--smt2", str(tmp_path))
    assert status is ExitStatus.UNDECIDED
    assert "undecided; 19 obligations (z3 19, cvc5 18); " in said
    assert f"the query is in {tmp_path}/" in said


def test_verify_asks_every_solver_and_writes_what_it_asked(tmp_path: Path) -> None:
    pytest.importorskip("cvc5")
    table = tmp_path / "legacy.c"
    table.write_text(LEGACY, encoding="utf-8")
    call = ("verify", table, "--arch", "x86_64", "--select", "range", "--format", "json")
    alone = modalloc(*call)
    both = modalloc(*call, "--solver", "z3,cvc5", "--smt2", tmp_path / "asked", "--memory", "2000")
    assert both.returncode == alone.returncode == ExitStatus.PROVED
    assert document(both)["tables"] == document(alone)["tables"]
    assert set(document(both)["tool"]["solvers"]) == {"z3", "cvc5"}
    head, *lines = (tmp_path / "asked" / "legacy-legacy" / "index.tsv").read_text(encoding="utf-8").splitlines()
    assert head.split("\t") == ["file", "question", "logic", "solver", "answer"]
    assert {line.split("\t")[3] for line in lines} == {"z3", "cvc5"}
    assert all((tmp_path / "asked" / "legacy-legacy" / line.split("\t")[0]).is_file() for line in lines)


def test_an_unknown_solver_is_a_wrong_call() -> None:
    finished = modalloc("verify", "x", "--solver", "z3,minisat")
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert "'minisat' is not one of z3, cvc5, bitwuzla" in finished.stderr
