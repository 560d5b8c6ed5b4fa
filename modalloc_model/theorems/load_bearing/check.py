"""The check itself: every piece of every theorem dropped, the obligation that fails then, and the run that shows it.

A piece is *needed* if, without it, an obligation has a model that breaks it: the solver's model, evaluated. It is
*explained* if nothing breaks and `explained.py` says why it stands there. Otherwise it is *idle*, and that is an
inconsistency of the tool's own claims; or *open*, where a budget ran out.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing import get_context

from modalloc_model.engine.solvers import Answer, Budget, holds_in, settle
from modalloc_model.properties import RULES
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.smtlib import write
from modalloc_model.theorems.claims import PREMISE, Claim, theorem_rules
from modalloc_model.theorems.load_bearing import EXPLAINED as IS_EXPLAINED
from modalloc_model.theorems.load_bearing import IDLE, INCONSISTENT, NEEDED, OPEN
from modalloc_model.theorems.load_bearing.explained import EXPLAINED, NO_RUN, explanation
from modalloc_model.theorems.load_bearing.pieces import Instance, Piece, pieces
from modalloc_model.theorems.load_bearing.runs import DoesNotReplay, violating_run
from modalloc_model.theorems.load_bearing.tables import tables
from modalloc_model.trace import Trace
from modalloc_model.words import negate, truth

BUDGET = Budget(resources=100_000_000)  # for one obligation
TABLES = 200  # that break the piece and nothing else, and are run


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of one theorem. `broken` is the obligation that fails without it; `trace` the run, if one was found."""

    piece: Piece
    bits: int
    standing: str
    broken: str = ""
    trace: Trace | None = None
    note: str = ""

    @property
    def rule(self) -> str:
        """The theorem's rule."""
        return self.piece.rule

    @property
    def what(self) -> str:
        """What was dropped, in words."""
        return str(self.piece)


def check(bits: int, select: frozenset[str] = frozenset(), jobs: int | None = None) -> Iterator[Row]:
    """Every row of the selected rules (all, if none is), in the order of the rules."""
    chosen = [rule.id for rule in theorem_rules() if not select or rule.id in select]
    tasks = [(rule, bits) for rule in chosen]
    workers = min(jobs or os.cpu_count() or 1, len(tasks)) if tasks else 1
    if workers == 1:
        for task in tasks:
            yield from _task(task)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for rows in pool.map(_task, tasks):
            yield from rows


def count(bits: int, select: frozenset[str] = frozenset()) -> int:
    """How many rows there will be."""
    return sum(len(pieces(rule, bits)) for rule in theorem_rules() if not select or rule.id in select)


def _task(task: tuple[str, int]) -> list[Row]:
    return list(rows_of(*task))


def rows_of(rule: str, bits: int) -> Iterator[Row]:
    """The rows of one rule. Where a whole hypothesis is idle, so is each part of it."""
    idle: dict[str, Row] = {}
    cores = Cores()
    for piece, instances in pieces(RULES[rule], bits).items():
        if piece.hypothesis in idle and piece.part:
            yield replace(idle[piece.hypothesis], piece=piece)
            continue
        row = row_of(piece, instances, bits, cores)
        if not row.broken and not piece.part and row.standing != OPEN:
            idle[piece.hypothesis] = row
        yield row


@dataclass(slots=True)
class Cores:
    """Which hypotheses the proof of an obligation uses: what is not among them, it does without, and is not asked."""

    _known: dict[tuple[int, str, str], frozenset[str]] = field(default_factory=dict)

    def uses(self, claim: Claim, obligation: Obligation, hypothesis: str) -> bool:
        """Whether the hypothesis is in the solver's core; it counts as used where there is none."""
        key = (id(claim), obligation.kind, obligation.name)
        if key not in self._known:
            answer = settle(obligation.under(claim.hypotheses).query(), "z3", BUDGET, cores=True)
            told = answer.status == "unsat" and answer.core
            self._known[key] = frozenset(answer.core if told else claim.hypotheses)
        return hypothesis in self._known[key]


def row_of(piece: Piece, instances: Sequence[Instance], bits: int, cores: Cores | None = None) -> Row:
    """One row: first the obligation, then the run."""
    status, broken = _first_broken(piece.hypothesis, instances, cores or Cores())
    if status == "unknown":
        return Row(piece, bits, OPEN, broken, note="the budget ran out")
    if status == "unsat":
        said = explanation(piece)
        return Row(piece, bits, IS_EXPLAINED if said else IDLE, note=said or "nothing breaks without it")
    if status == "no model":
        return Row(piece, bits, INCONSISTENT, broken, note="the solver's model does not satisfy the query")
    if piece in EXPLAINED:
        return Row(piece, bits, INCONSISTENT, broken, note="it is needed, and explained as if it were not")
    return _with_run(Row(piece, bits, NEEDED, broken), instances)


def _first_broken(hypothesis: str, instances: Sequence[Instance], cores: Cores) -> tuple[str, str]:
    """The first obligation that fails without the piece; "unsat" if none does, "unknown" if that is not known.

    Asked only of states in which the piece is false: of the others the theorem itself speaks.
    """
    seen: dict[str, Answer] = {}
    open_one = ""
    for instance in instances:
        for obligation in instance.claim.obligations:
            if not cores.uses(instance.claim, obligation, hypothesis):
                continue
            query = obligation.under({**instance.kept, "without it": truth(negate(instance.dropped))}).query()
            key = write(replace(query, name=""), cores=False)
            answer = seen[key] if key in seen else seen.setdefault(key, settle(query, "z3", BUDGET))
            where = f"{obligation.name} [{instance.claim.name}]"
            if answer.status == "sat":
                return ("sat" if holds_in(query, answer.model) else "no model"), where
            open_one = open_one or (where if answer.status == "unknown" else "")
    return ("unknown" if open_one else "unsat"), open_one


def _with_run(row: Row, instances: Sequence[Instance]) -> Row:
    """The row with a run, looked for in tables in which all of the theorem's other hypotheses hold."""
    if row.rule in NO_RUN:
        return replace(row, note=NO_RUN[row.rule])
    whole = [instance for instance in instances if instance.claim.name != PREMISE]
    seed, looked_at = f"{row.piece} of {row.piece.rule} at {row.bits} bits", 0
    generator = random.Random(seed)
    for instance, params in islice(tables(whole, row.piece.hypothesis, seed), TABLES):
        looked_at += 1
        subjects = ("R", instance.claim.table.sections[0].name)
        try:
            trace = violating_run(row.piece.rule, params, subjects, generator)
        except DoesNotReplay as disagreement:
            return replace(row, standing=INCONSISTENT, note=str(disagreement))
        if trace:
            return replace(row, trace=trace)
    return replace(row, note=f"no run in {looked_at} tables that lack this alone")
