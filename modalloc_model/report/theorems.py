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


class Opinion(Protocol):
    """What one solver says of a theorem."""

    @property
    def solver(self) -> str:
        """Who."""

    @property
    def verdict(self) -> Verdict:
        """Proved if it discharged every obligation."""

    @property
    def discharged(self) -> int:
        """How many obligations it found unsatisfiable."""

    @property
    def reason(self) -> str:
        """Why not the rest."""


class Theorem(Protocol):
    """One theorem at one width, and what each solver says of it."""

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
    def verdict(self) -> Verdict:
        """What became of it: proved if every solver proves it; vacuous where its hypotheses have no model."""

    @property
    def obligations(self) -> int:
        """How many queries it took, the check of the hypotheses not counted."""

    @property
    def used(self) -> Sequence[str]:
        """The hypotheses that the proofs needed."""

    @property
    def satisfiable(self) -> bool | None:
        """Whether its hypotheses can hold together; None where that is not known."""

    @property
    def opinions(self) -> Sequence[Opinion]:
        """What each solver says, in the order in which they were asked."""

    @property
    def reason(self) -> str:
        """What is wrong, where it is not proved."""

    @property
    def contradictions(self) -> Sequence[str]:
        """Where solvers disagree on one obligation, with the files of both questions."""


_STATUS = {
    Verdict.REFUTED: ExitStatus.REFUTED,
    Verdict.UNDECIDED: ExitStatus.UNDECIDED,
    Verdict.VACUOUS: ExitStatus.VACUOUS,
    Verdict.INCONSISTENT: ExitStatus.INCONSISTENT,
}
_SATISFIABLE = {True: "hypotheses can hold", False: "hypotheses cannot hold", None: "hypotheses not checked"}


def theorem_line(theorem: Theorem, style: Style) -> str:
    """One theorem: what became of it, in how many obligations, by whom, from which hypotheses."""
    mark = style.tick if theorem.verdict is Verdict.PROVED else style.cross
    used = f"uses {', '.join(theorem.used)}" if theorem.used else "uses no hypothesis"
    solvers = ", ".join(opinion.solver for opinion in theorem.opinions)
    parts = [
        f"{mark} {theorem.rule}  {theorem.bits} bits  {solvers:<8}  {theorem.verdict.value}",
        f"{theorem.obligations} {'obligation' if theorem.obligations == 1 else 'obligations'}{_each(theorem)}",
        _SATISFIABLE[theorem.satisfiable],
        used,
    ]
    return "; ".join([*parts, *([theorem.reason] if theorem.reason else [])]) + f"  [{theorem.name}]"


def _each(theorem: Theorem) -> str:
    """How many obligations each of several solvers discharged."""
    if len(theorem.opinions) == 1 and theorem.opinions[0].discharged == theorem.obligations:
        return ""
    return " (" + ", ".join(f"{opinion.solver} {opinion.discharged}" for opinion in theorem.opinions) + ")"


def theorem_table(theorems: Sequence[Theorem], style: Style) -> list[str]:
    """A row a rule, a column a width and solver; then the counters."""
    solvers = dict.fromkeys(opinion.solver for t in theorems for opinion in t.opinions)
    columns = [(bits, solver) for bits in dict.fromkeys(t.bits for t in theorems) for solver in solvers]
    rows = [["rule", *(f"{bits} bits, {solver}" for bits, solver in columns)]]
    for rule in dict.fromkeys(t.rule for t in theorems):
        of_rule = [t for t in theorems if t.rule == rule]
        rows.append([rule, *(_cell([t for t in of_rule if t.bits == bits], solver) for bits, solver in columns)])
    return [*aligned(rows), "", _counters(theorems), *disagreements(theorems, style)]


def _cell(theorems: Sequence[Theorem], solver: str) -> str:
    """What a solver says of a rule's theorems; a rule that was not asked about is not left blank."""
    asked = [(t, opinion) for t in theorems for opinion in t.opinions if opinion.solver == solver]
    if not asked:
        return "not asked"
    verdicts = dict.fromkeys(_shown(t, opinion) for t, opinion in asked)
    said = ", ".join(f"{sum(_shown(t, o) is v for t, o in asked)} {v.value}" for v in verdicts)
    done, total = sum(opinion.discharged for _, opinion in asked), sum(t.obligations for t, _ in asked)
    return f"{said} ({total if done == total else f'{done} of {total}'})"


def _shown(theorem: Theorem, opinion: Opinion) -> Verdict:
    """A solver's verdict, unless the hypotheses cannot hold: then it proves nothing."""
    return Verdict.VACUOUS if theorem.verdict is Verdict.VACUOUS else opinion.verdict


def _counters(theorems: Sequence[Theorem]) -> str:
    count = {verdict: sum(t.verdict is verdict for t in theorems) for verdict in (Verdict.PROVED, *_STATUS)}
    said = ", ".join(f"{number} {verdict.value}" for verdict, number in count.items())
    rules = len({t.rule for t in theorems})
    return f"{rules} rules, {len(theorems)} theorems, {sum(t.obligations for t in theorems)} obligations: {said}"


def disagreements(theorems: Iterable[Theorem], style: Style) -> list[str]:
    """Obligations that one solver proves and another refutes. There should be none."""
    return [style.bad(f"{t.rule} at {t.bits} bits: {found}") for t in theorems for found in t.contradictions]


def theorems_status(theorems: Sequence[Theorem]) -> ExitStatus:
    """The exit status that the theorems amount to; none at all are no proof."""
    if disagreements(theorems, Style()):
        return ExitStatus.INCONSISTENT
    if not theorems:
        return ExitStatus.VACUOUS
    return worst(_STATUS.get(t.verdict, ExitStatus.PROVED) for t in theorems)
