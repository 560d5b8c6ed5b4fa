"""What proving the theorems again comes to: a line a theorem as it is decided, and a table at the end.

Models nothing. Leaves out: the obligations one by one; `--smt2` writes them down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from modalloc_model.exit_status import ExitStatus, worst
from modalloc_model.report.machines import aligned
from modalloc_model.report.style import Style
from modalloc_model.verdict import Verdict


class Theorem(Protocol):
    """One theorem at one width, as one solver decided it."""

    @property
    def rule(self) -> str:
        """The rule that it proves."""

    @property
    def name(self) -> str:
        """Which instance it is: the sections that share a root."""

    @property
    def bits(self) -> int:
        """The width of a word."""

    @property
    def solver(self) -> str:
        """Who decided it."""

    @property
    def verdict(self) -> Verdict:
        """What became of it; vacuous where its hypotheses have no model."""

    @property
    def obligations(self) -> int:
        """How many queries it took, the check of the hypotheses not counted."""

    @property
    def used(self) -> Sequence[str]:
        """The hypotheses that the proofs needed, by the solver's unsatisfiable cores."""

    @property
    def satisfiable(self) -> bool | None:
        """Whether its hypotheses can hold together; None where that is not known."""

    @property
    def reason(self) -> str:
        """What is wrong, where it is not proved."""


_STATUS = {
    Verdict.REFUTED: ExitStatus.REFUTED,
    Verdict.UNDECIDED: ExitStatus.UNDECIDED,
    Verdict.VACUOUS: ExitStatus.VACUOUS,
    Verdict.INCONSISTENT: ExitStatus.INCONSISTENT,
}
_SATISFIABLE = {True: "hypotheses can hold", False: "hypotheses cannot hold", None: "hypotheses not checked"}


def theorem_line(theorem: Theorem, style: Style) -> str:
    """One theorem: what became of it, in how many obligations, from which hypotheses."""
    mark = style.tick if theorem.verdict is Verdict.PROVED else style.cross
    used = f"uses {', '.join(theorem.used)}" if theorem.used else "uses no hypothesis"
    parts = [
        f"{mark} {theorem.rule}  {theorem.bits} bits  {theorem.solver:<8}  {theorem.verdict.value}",
        f"{theorem.obligations} {'obligation' if theorem.obligations == 1 else 'obligations'}",
        _SATISFIABLE[theorem.satisfiable],
        used,
    ]
    return "; ".join([*parts, *([theorem.reason] if theorem.reason else [])]) + f"  [{theorem.name}]"


def theorem_table(theorems: Sequence[Theorem], style: Style) -> list[str]:
    """A row a rule, a column a width and solver; then the counters."""
    columns = list(dict.fromkeys((t.bits, t.solver) for t in theorems))
    rows = [["rule", *(f"{bits} bits, {solver}" for bits, solver in columns)]]
    for rule in dict.fromkeys(t.rule for t in theorems):
        rows.append(
            [rule, *(_cell([t for t in theorems if (t.rule, t.bits, t.solver) == (rule, *c)]) for c in columns)]
        )
    return [*aligned(rows), "", _counters(theorems), *disagreements(theorems, style)]


def _cell(theorems: Sequence[Theorem]) -> str:
    """The verdicts of a rule's instances; a rule that was not asked about is not left blank."""
    if not theorems:
        return "not asked"
    verdicts = dict.fromkeys(t.verdict for t in theorems)
    said = ", ".join(f"{sum(t.verdict is v for t in theorems)} {v.value}" for v in verdicts)
    return f"{said} ({sum(t.obligations for t in theorems)})"


def _counters(theorems: Sequence[Theorem]) -> str:
    count = {verdict: sum(t.verdict is verdict for t in theorems) for verdict in (Verdict.PROVED, *_STATUS)}
    said = ", ".join(f"{number} {verdict.value}" for verdict, number in count.items())
    rules = len({t.rule for t in theorems})
    return f"{rules} rules, {len(theorems)} theorems, {sum(t.obligations for t in theorems)} obligations: {said}"


def disagreements(theorems: Iterable[Theorem], style: Style) -> list[str]:
    """Theorems that one solver proves and another refutes. There should be none."""
    verdicts: dict[tuple[str, str, int], dict[str, Verdict]] = {}
    for t in theorems:
        verdicts.setdefault((t.rule, t.name, t.bits), {})[t.solver] = t.verdict
    return [
        style.bad(f"solvers disagree on {rule} at {bits} bits [{name}]: {_said(found)}")
        for (rule, name, bits), found in verdicts.items()
        if {Verdict.PROVED, Verdict.REFUTED} <= set(found.values())
    ]


def _said(found: dict[str, Verdict]) -> str:
    return ", ".join(f"{solver} says {verdict.value}" for solver, verdict in found.items())


def theorems_status(theorems: Sequence[Theorem]) -> ExitStatus:
    """The exit status that the theorems amount to; none at all are no proof."""
    if disagreements(theorems, Style()):
        return ExitStatus.INCONSISTENT
    if not theorems:
        return ExitStatus.VACUOUS
    return worst(_STATUS.get(t.verdict, ExitStatus.PROVED) for t in theorems)
