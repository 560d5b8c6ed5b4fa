"""Drops every piece of every theorem, and looks for an obligation and a run that fail without it.

A piece is *needed* if an obligation has a counterexample without it: the solver's model, evaluated. It is *explained*
if no obligation fails and `explained.py` says why it is there. Otherwise it is *idle*, which contradicts the tool's own
claims, or *open* if a budget ran out.
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
from modalloc_model.properties import RULES, behaviour_of
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
TABLES = 1500  # tables to run, each of which breaks the piece alone


@dataclass(frozen=True, slots=True)
class DroppedPiece:
    """The result for one piece: `broken` is the obligation that fails without it, `trace` the run if one was found."""

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
        """The dropped piece in words."""
        return str(self.piece)


def check(bits: int, select: frozenset[str] = frozenset(), jobs: int | None = None) -> Iterator[DroppedPiece]:
    """The result for each piece of the selected rules (all rules if none is selected), in the order of the rules."""
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
    """The number of results that `check` gives."""
    return sum(len(pieces(rule, bits)) for rule in theorem_rules() if not select or rule.id in select)


def _task(task: tuple[str, int]) -> list[DroppedPiece]:
    return list(rows_of(*task))


def rows_of(rule: str, bits: int) -> Iterator[DroppedPiece]:
    """The results of one rule. The parts of an idle hypothesis are idle."""
    idle: dict[str, DroppedPiece] = {}
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
    """The unsat core of each obligation: a hypothesis outside it is not needed, and its query is skipped."""

    _known: dict[tuple[int, str, str], frozenset[str]] = field(default_factory=dict)

    def uses(self, claim: Claim, obligation: Obligation, hypothesis: str) -> bool:
        """Whether the unsat core has the hypothesis; True if there is no core."""
        key = (id(claim), obligation.kind, obligation.name)
        if key not in self._known:
            answer = settle(obligation.under(claim.hypotheses).query(), "z3", BUDGET, cores=True)
            has_core = answer.status == "unsat" and answer.core
            self._known[key] = frozenset(answer.core if has_core else claim.hypotheses)
        return hypothesis in self._known[key]


def row_of(piece: Piece, instances: Sequence[Instance], bits: int, cores: Cores | None = None) -> DroppedPiece:
    """The result for one piece: first the obligation, then the run."""
    status, broken = _first_broken(piece.hypothesis, instances, cores or Cores())
    if status == "unknown":
        return DroppedPiece(piece, bits, OPEN, broken, note="the budget ran out")
    if status == "unsat":
        why = explanation(piece)
        return DroppedPiece(piece, bits, IS_EXPLAINED if why else IDLE, note=why or "nothing fails without it")
    if status == "no model":
        return DroppedPiece(piece, bits, INCONSISTENT, broken, note="the solver's model does not satisfy the query")
    if piece in EXPLAINED:
        return DroppedPiece(
            piece, bits, INCONSISTENT, broken, note="it is needed, but explained.py says that it is not"
        )
    return _with_run(DroppedPiece(piece, bits, NEEDED, broken), instances)


def _first_broken(hypothesis: str, instances: Sequence[Instance], cores: Cores) -> tuple[str, str]:
    """(status, obligation): the first that fails without the piece; "unsat" if none does, "unknown" if undecided.

    The query has the piece negated: the theorem covers the states in which the piece holds.
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


def _with_run(row: DroppedPiece, instances: Sequence[Instance]) -> DroppedPiece:
    """The row with a run, from tables that satisfy all other hypotheses of the theorem."""
    if behaviour_of(row.rule).last == "branch":
        return replace(row, note=NO_RUN)
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
    return replace(row, note=f"no run in {looked_at} tables that break this alone")
