"""The exit status of `verify` for every verdict, the rare ones too: the engine is replaced by what it might say.

Without it, a rare verdict could end with the status of a common one, and pass in CI.
"""

from __future__ import annotations

import argparse
from io import StringIO
from pathlib import Path

import pytest

from modalloc_model.cli import deciding, verify
from modalloc_model.cli.application import parser
from modalloc_model.exit_status import ExitStatus
from modalloc_model.report.presentation import Decided
from modalloc_model.verdict import Severity, TableReport, Verdict
from tests.cli.running import LEGACY
from tests.report.handmade import result, table

STATUS = [
    (Verdict.PROVED, ExitStatus.PROVED),
    (Verdict.NOT_CLAIMED, ExitStatus.PROVED),
    (Verdict.NOT_APPLICABLE, ExitStatus.PROVED),
    (Verdict.REFUTED, ExitStatus.REFUTED),
    (Verdict.UNDECIDED, ExitStatus.UNDECIDED),
    (Verdict.VACUOUS, ExitStatus.VACUOUS),
    (Verdict.INCONSISTENT, ExitStatus.INCONSISTENT),
]


def verified(
    monkeypatch: pytest.MonkeyPatch, path: Path, verdict: Verdict, *words: str, severity: Severity = Severity.ERROR
) -> tuple[ExitStatus, str]:
    """The status and the report of a call in which the engine gives one table this verdict."""
    path.write_text(LEGACY, encoding="utf-8")
    report = TableReport(table(), (result("MAP001", Verdict.PROVED), result("MAP002", verdict, severity=severity)))

    def decide(tasks: list[deciding.Task], *_: object) -> list[Decided]:
        return [Decided(report) for _ in tasks]

    def options(args: argparse.Namespace, rules: frozenset[str]) -> None:
        return None

    monkeypatch.setattr(verify, "decide", decide)
    monkeypatch.setattr(verify, "options", options)
    args = parser("verify").parse_args(["verify", str(path), "--arch", "x86_64", *words])
    out = StringIO()
    return verify.run(args, out, StringIO()), out.getvalue()


@pytest.mark.parametrize(("verdict", "status"), STATUS)
def test_each_verdict_has_its_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verdict: Verdict, status: ExitStatus
) -> None:
    assert verified(monkeypatch, tmp_path / "t.c", verdict)[0] is status


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.NOTE])
def test_warnings_and_notes_do_not_bear_on_the_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, severity: Severity
) -> None:
    found = verified(monkeypatch, tmp_path / "t.c", Verdict.REFUTED, severity=severity)
    assert found[0] is ExitStatus.PROVED


def test_with_strict_a_warning_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = verified(monkeypatch, tmp_path / "t.c", Verdict.REFUTED, "--strict", severity=Severity.WARNING)
    assert found[0] is ExitStatus.REFUTED


def test_an_inconsistency_is_not_hidden_by_expectations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = verified(monkeypatch, tmp_path / "t.c", Verdict.INCONSISTENT, "--expect")
    assert found[0] is ExitStatus.INCONSISTENT
