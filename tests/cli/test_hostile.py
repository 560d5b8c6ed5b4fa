"""A table that means harm does none, whatever command shows it.

Without it, a name in a table could steer the terminal or the log that shows it.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from modalloc_model.exit_status import ExitStatus
from tests.cli.running import ROOT, modalloc

HOSTILE = ROOT / "tests" / "fixtures" / "hostile"
TABLE = (HOSTILE / "table.yaml", "--arch", HOSTILE / "machine.yaml")
FORGED = ("ok 1 forged", "::error::forged", "##[error]")
RULE = ("--rule", "PRT001")

CALLS = {
    "show": ("show", *TABLE),
    "show as a picture": ("show", *TABLE, "--format", "svg"),
    "verify": ("verify", *TABLE),
    "arch": ("arch", HOSTILE / "machine.yaml"),
    **{
        f"trace as {form}": ("trace", *TABLE, *RULE, "--format", form)
        for form in ("text", "json", "svg", "pytest", "kunit")
    },
}


def harm(text: str) -> list[str]:
    """Characters that nobody sees, and lines that are another's."""
    unseen = {
        c for c in text if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    }
    return sorted(unseen) + [line for line in text.split("\n") if line.lstrip().startswith(FORGED)]


@pytest.mark.parametrize("call", CALLS)
def test_names_that_mean_harm_do_none(call: str) -> None:
    finished = modalloc(*CALLS[call])
    assert finished.returncode in (ExitStatus.PROVED, ExitStatus.REFUTED), finished.stderr
    assert harm(finished.stdout + finished.stderr) == []
    assert "alert(1)" in finished.stdout or call == "arch", "the name is shown"


def test_a_name_beside_an_expectation_does_none(tmp_path: Path) -> None:
    """Both where it is met, and where what differs is told."""
    cases = "cases:\n- {verdict: refuted, why: test}\n- {verdict: proved, why: test}\n"
    table = tmp_path / "table.yaml"
    table.write_text((HOSTILE / "table.yaml").read_text(encoding="utf-8") + cases, encoding="utf-8")
    finished = modalloc("verify", table, "--arch", HOSTILE / "machine.yaml", "--expect")
    assert "2 cases: 0 as expected, 2 not" in finished.stdout
    assert harm(finished.stdout + finished.stderr) == []
    assert "alert(1)" in finished.stdout


def test_a_run_that_is_replayed_does_none(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    modalloc("trace", *TABLE, *RULE, "--format", "json", "--output", trace)
    finished = modalloc("replay", trace)
    assert finished.returncode == ExitStatus.PROVED
    assert harm(finished.stdout) == []
