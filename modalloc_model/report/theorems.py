"""The output of `modalloc prove`: a line for each theorem, a table at the end, and the result of `--load-bearing`.

`--smt2` writes the obligations to files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from modalloc_model.exit_status import ExitStatus, worst
from modalloc_model.report.machines import aligned
from modalloc_model.report.style import Style
from modalloc_model.theorems.load_bearing import EXPLAINED, IDLE, INCONSISTENT, NEEDED, OPEN, STANDINGS
from modalloc_model.trace import OF_OTHERS, Step, Trace
from modalloc_model.verdict import Verdict


class SolverOpinion(Protocol):
    """One solver's result for a theorem."""

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
    """One theorem at one width, with each solver's result."""

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
        """Proved if every solver proves it; vacuous if its hypotheses have no model."""

    @property
    def obligations(self) -> int:
        """How many queries it took, the check of the hypotheses not counted."""

    @property
    def used(self) -> Sequence[str]:
        """The hypotheses that the proofs needed."""

    @property
    def satisfiable(self) -> bool | None:
        """Whether its hypotheses have a model; None if undecided."""

    @property
    def opinions(self) -> Sequence[SolverOpinion]:
        """The solvers' results, in the order of the call."""

    @property
    def reason(self) -> str:
        """The reason why it is not proved."""

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
    """One theorem: its verdict, obligations, solvers and hypotheses."""
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
    """A solver's result for a rule's theorems; "not asked" if there is none."""
    asked = [(t, opinion) for t in theorems for opinion in t.opinions if opinion.solver == solver]
    if not asked:
        return "not asked"
    verdicts = dict.fromkeys(_verdict_of(t, opinion) for t, opinion in asked)
    said = ", ".join(f"{sum(_verdict_of(t, o) is v for t, o in asked)} {v.value}" for v in verdicts)
    done, total = sum(opinion.discharged for _, opinion in asked), sum(t.obligations for t, _ in asked)
    return f"{said} ({total if done == total else f'{done} of {total}'})"


def _verdict_of(theorem: Theorem, opinion: SolverOpinion) -> Verdict:
    """A solver's verdict, unless the hypotheses cannot hold: then it proves nothing."""
    return Verdict.VACUOUS if theorem.verdict is Verdict.VACUOUS else opinion.verdict


def _counters(theorems: Sequence[Theorem]) -> str:
    count = {verdict: sum(t.verdict is verdict for t in theorems) for verdict in (Verdict.PROVED, *_STATUS)}
    said = ", ".join(f"{number} {verdict.value}" for verdict, number in count.items())
    rules = len({t.rule for t in theorems})
    return f"{rules} rules, {len(theorems)} theorems, {sum(t.obligations for t in theorems)} obligations: {said}"


def disagreements(theorems: Iterable[Theorem], style: Style) -> list[str]:
    """Obligations that one solver proves and another refutes; an error of a solver or of this tool."""
    return [style.bad(f"{t.rule} at {t.bits} bits: {found}") for t in theorems for found in t.contradictions]


def theorems_status(theorems: Sequence[Theorem]) -> ExitStatus:
    """The exit status of the theorems; vacuous if there is none."""
    if disagreements(theorems, Style()):
        return ExitStatus.INCONSISTENT
    if not theorems:
        return ExitStatus.VACUOUS
    return worst(_STATUS.get(t.verdict, ExitStatus.PROVED) for t in theorems)


# -- load-bearing hypotheses: a line for each dropped piece, and the counters -----------------------------------------


_STATUS_OF_STANDING = {
    NEEDED: ExitStatus.PROVED,
    EXPLAINED: ExitStatus.PROVED,
    IDLE: ExitStatus.INCONSISTENT,
    OPEN: ExitStatus.UNDECIDED,
    INCONSISTENT: ExitStatus.INCONSISTENT,
}


class Dropped(Protocol):
    """A hypothesis of a theorem, or a conjunct of one, with the result of dropping it."""

    @property
    def rule(self) -> str:
        """The theorem's rule."""

    @property
    def what(self) -> str:
        """The dropped piece in words."""

    @property
    def bits(self) -> int:
        """The width of a word."""

    @property
    def standing(self) -> str:
        """One of STANDINGS."""

    @property
    def broken(self) -> str:
        """The obligation that fails without it, or nothing."""

    @property
    def trace(self) -> Trace | None:
        """A run that violates the rule in a table that lacks this hypothesis alone; replayed."""

    @property
    def note(self) -> str:
        """Why there is no run, or why no obligation fails."""


def dropped_line(row: Dropped, style: Style) -> str:
    """One row."""
    mark = {NEEDED: style.tick, EXPLAINED: style.tick, OPEN: style.question}.get(row.standing, style.cross)
    parts = [f"{mark} {row.rule}  {row.bits} bits  without {row.what}: {row.standing}"]
    if row.broken:
        parts.append(f"“{row.broken}” fails")
    if row.trace:
        parts.append(f"run: {run_text(row.trace)}")
    return "; ".join([*parts, *([row.note] if row.note else [])])


def run_text(trace: Trace) -> str:
    """The run in one line, and its violation."""
    return f"{', '.join(_step(step) for step in trace.steps)}: {trace.violation}"


def _step(step: Step) -> str:
    if step.op in OF_OTHERS:
        return f"others {step.op} {step.first:#x}..{step.last:#x}"
    places = [f"{p.section} {p.size} {'refused' if p.at is None else f'at {p.at:#x}'}" for p in step.sections]
    return f"{step.op} {step.module}" + (f" ({', '.join(places)})" if places else "")


def dropped_summary(rows: Sequence[Dropped]) -> str:
    """The counters; the number of theorems is among them, since fewer rows are no success."""
    counts = ", ".join(f"{sum(row.standing == s for row in rows)} {s}" for s in STANDINGS)
    runs = sum(row.trace is not None for row in rows)
    rules = len({row.rule for row in rows})
    return f"{rules} theorems, {len(rows)} hypotheses and parts of them: {counts}; {runs} with a run that replays"


def dropped_status(rows: Iterable[Dropped]) -> ExitStatus:
    """The exit status of the rows; vacuous if there is none."""
    found = [_STATUS_OF_STANDING[row.standing] for row in rows]
    return worst(found) if found else ExitStatus.VACUOUS
