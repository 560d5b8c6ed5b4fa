"""A solver that is not there: status 2 and what to install, for every command that takes --solver.

Without it, a missing solver could end in a traceback, or in a verdict without it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modalloc_model.engine.registry import SOLVERS
from tests.cli.running import LEGACY, document, modalloc

CROSSCHECK = "install it with pip install 'modalloc[crosscheck]'"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "legacy.c").write_text(LEGACY, encoding="utf-8")
    return tmp_path / "legacy.c"


def _without(folder: Path, name: str, how: str) -> dict[str, str]:
    """An environment in which the module of that name cannot be loaded."""
    (folder / "shadow").mkdir()
    (folder / "shadow" / f"{name}.py").write_text(f"raise {how}\n", encoding="utf-8")
    return {"PYTHONPATH": str(folder / "shadow"), "MODALLOC_CACHE": "off"}


MISSING = "ModuleNotFoundError('No module', name=__name__)"
BROKEN = "OSError('lib.so: cannot open shared object')"


@pytest.mark.parametrize("name", sorted(SOLVERS.keys() - {"z3"}))
@pytest.mark.parametrize("asked", ["{}", "z3,{}"])
def test_a_second_opinion_that_is_not_there_is_refused(tmp_path: Path, table: Path, name: str, asked: str) -> None:
    environment = _without(tmp_path, name, MISSING)
    solver = asked.format(name)
    for words in (
        ("verify", table, "--arch", "x86_64"),
        ("prove", "--select", "RNG004", "--width", "32"),
        ("gate", "--base", "HEAD"),
    ):
        done = modalloc(*words, "--solver", solver, environment=environment)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{name} is not installed" in done.stderr
        assert CROSSCHECK in done.stderr


def test_one_that_is_broken_says_why(tmp_path: Path, table: Path) -> None:
    environment = _without(tmp_path, "cvc5", BROKEN)
    done = modalloc("verify", table, "--arch", "x86_64", "--solver", "cvc5", environment=environment)
    assert done.returncode == 2
    assert "cvc5 cannot be loaded: lib.so: cannot open shared object" in done.stderr


@pytest.mark.parametrize("how", [MISSING, BROKEN])
def test_the_usual_solver_is_needed_to_decide(tmp_path: Path, table: Path, how: str) -> None:
    environment = _without(tmp_path, "z3", how)
    for words in (
        ("verify", table, "--arch", "x86_64"),
        ("show", table, "--arch", "x86_64"),
        ("trace", table, "--arch", "x86_64", "--rule", "PRT003", "--claim", "strict-rwx"),
        ("prove", "--select", "RNG004", "--width", "32"),
    ):
        done = modalloc(*words, environment=environment)
        assert (done.returncode, done.stdout) == (2, "")
        assert "z3 " in done.stderr
        assert "install it with pip install z3-solver" in done.stderr


def test_scripts_are_told_too(tmp_path: Path, table: Path) -> None:
    call = ("verify", table, "--arch", "x86_64", "--solver", "cvc5", "--format", "json")
    done = modalloc(*call, environment=_without(tmp_path, "cvc5", MISSING))
    (problem,) = document(done)["errors"]
    assert (done.returncode, problem["code"]) == (2, "usage")
    assert "modalloc[crosscheck]" in json.dumps(problem)
