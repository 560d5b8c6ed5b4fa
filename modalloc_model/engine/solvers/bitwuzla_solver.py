"""Bitwuzla, from the SMT-LIB text. It decides bit-vectors only, so a query over integers is unknown.

It has no resource units; instead the calls of its terminator are counted, which happen at the same points of its search
on any machine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bitwuzla

from modalloc_model.engine.solvers.answers import OUT_OF_RESOURCES, Answer, Budget
from modalloc_model.words import Term

UNITS_OF_Z3 = 50
"""Z3's resource units for one call of the terminator, roughly."""


def version() -> str:
    """Bitwuzla's version."""
    return str(bitwuzla.version())


def check(script: str, logic: str, wanted: Mapping[str, Term], budget: Budget) -> Answer:
    """Decide the script; no model is read back."""
    if logic != "QF_BV":
        return Answer("unknown", reason="bitwuzla decides bit-vectors alone")
    options = bitwuzla.Options()
    if budget.milliseconds is not None:
        options.set(bitwuzla.Option.TIME_LIMIT_PER, budget.milliseconds)
    with tempfile.NamedTemporaryFile("w", suffix=".smt2", delete=False, encoding="utf-8") as file:
        file.write(script.replace("(check-sat)\n", ""))
    try:
        parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
        parser.parse(file.name)
        solver, work = parser.bitwuzla(), _Work(max(1, budget.resources // UNITS_OF_Z3))
        solver.configure_terminator(work.is_too_much)
        said = str(solver.check_sat())
    finally:
        Path(file.name).unlink()
    reason = "" if said in ("sat", "unsat") else OUT_OF_RESOURCES if work.remaining < 0 else budget.out_of_time
    return Answer(said if not reason else "unknown", reason=reason, resources=work.done)


@dataclass
class _Work:
    """Counts calls of the terminator, up to `most`."""

    most: int
    done: int = 0

    @property
    def remaining(self) -> int:
        return self.most - self.done

    def is_too_much(self) -> bool:
        """The terminator: True once there are too many calls."""
        self.done += 1
        return self.remaining < 0
