"""Bitwuzla, on the same text. It decides bit-vectors alone: a question over integers is left to others.

It has no limit in units of work, so that seconds alone end a question: on a slower machine it may leave open what it
decides on a faster one. It never decides otherwise.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import bitwuzla

from modalloc_model.engine.solvers.answers import Answer, Budget
from modalloc_model.words import Term


def version() -> str:
    """Bitwuzla's version."""
    return str(bitwuzla.version())


def check(script: str, logic: str, wanted: Mapping[str, Term], budget: Budget) -> Answer:
    """Decide the script; no model is read back."""
    if logic != "QF_BV":
        return Answer("unknown", reason="bitwuzla decides bit-vectors alone")
    options = bitwuzla.Options()
    options.set(bitwuzla.Option.TIME_LIMIT_PER, max(1, int(budget.seconds * 1000)))
    with tempfile.NamedTemporaryFile("w", suffix=".smt2", delete=False, encoding="utf-8") as file:
        file.write(script.replace("(check-sat)\n", ""))
    try:
        parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
        parser.parse(file.name)
        said = str(parser.bitwuzla().check_sat())
    finally:
        Path(file.name).unlink()
    known = {"sat": Answer("sat"), "unsat": Answer("unsat")}
    return known.get(said, Answer("unknown", reason="the time limit was reached"))
