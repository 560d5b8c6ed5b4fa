"""Calls of `verify` and of another command, of every kind, as the record that formats are written from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from modalloc_model.exit_status import ExitStatus
from modalloc_model.params import Location
from modalloc_model.report import write
from modalloc_model.report.diagnostic import Diagnostic, Findings, Outcome, Related, RuleNote, Step, Suite
from modalloc_model.report.findings import findings, refused
from modalloc_model.report.presentation import Decided, Expectation, Presentation
from modalloc_model.verdict import Problem, Severity, TableReport, Verdict
from tests.report import hostile
from tests.report.handmade import PAGES, presentation, proved_report, refuted_report, result, table

DOUBT = Problem(Location("toy.c", 7, 2), "duplicate-id", "twice", "name it otherwise", "warning")


def _expected() -> Findings:
    """A refutation as expected, and one that is not."""
    report = TableReport(table(), (result("PRT001", Verdict.REFUTED), result("MAP001", Verdict.PROVED)))
    fine = Decided(report, expectation=Expectation("refuted", ("PRT001",), "the mail says so", ()))
    missed = Decided(report, expectation=Expectation("proved", (), "", ("the verdict is refuted, not proved",)))
    return findings(Presentation((fine, missed), rules=PAGES))


def _gate() -> Findings:
    """Another command, whose rules nobody here knows; one finding has no place in any file."""
    lost = Diagnostic(
        "GATE001",
        Outcome.FAIL,
        Severity.ERROR,
        "PRT001 was proved, and is refuted",
        Location("toy.c", 4, 4),
        word="lost",
        subject="PRT001 TEXT",
        steps=(Step("load a"), Step("map", 1, Location("toy.c", 3, 3))),
        related=(Related(Location("old/toy.c", 9, 1), "it was proved here"),),
    )
    removed = Diagnostic("GATE002", Outcome.FAIL, Severity.ERROR, "the table is gone", Location(), word="removed")
    same = Diagnostic("GATE003", Outcome.PASS, Severity.ERROR, "no change", Location("toy.c", 1), word="unchanged")
    suites = (Suite("toy:toy", "toy.c", 1, (lost, same), ("base abc",)), Suite("old:old", "", 0, (removed,)))
    rules = {name: RuleNote(name, f"{name} title") for name in ("GATE001", "GATE002", "GATE003")}
    return Findings("gate", suites, rules, status=ExitStatus.REFUTED)


def _all_undecided() -> Findings:
    return findings(presentation(TableReport(table(), (result("MAP001", Verdict.INCONSISTENT),))))


_CALLS: Mapping[str, Callable[[], Findings]] = {
    "proved": lambda: findings(presentation(proved_report(), solvers={"z3": "1"})),
    "refuted": lambda: findings(presentation(proved_report(), refuted_report(), warnings=(DOUBT,))),
    "strict": lambda: findings(presentation(refuted_report(), strict=True)),
    "inconsistent": _all_undecided,
    "expected": _expected,
    "gate": _gate,
    "nothing asked": lambda: findings(presentation(TableReport(table(), ()))),
    "nothing at all": lambda: findings(presentation()),
    "wrong input": lambda: refused(
        "verify", [DOUBT, Problem(Location("a b.c", 3, 4), "x", "no")], ExitStatus.BAD_INPUT
    ),
    "wrong call": lambda: refused(
        "modalloc",
        [Problem(Location(), "usage", "no", "try"), Problem(Location("out"), "x", "y")],
        ExitStatus.BAD_INPUT,
    ),
    "hostile": lambda: findings(hostile.presentation()),
    "hostile expectations": lambda: findings(hostile.presentation(expected=True)),
    "hostile input": hostile.problems,
}
CALLS: Mapping[str, Callable[[], Findings]] = {name: cache(make) for name, make in _CALLS.items()}
"""Every kind of call."""


@cache
def written(format_name: str, call: str) -> str:
    """The call in that format."""
    return write(format_name, CALLS[call]())
