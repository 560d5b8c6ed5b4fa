"""Evidence where two routes to a verdict contradict each other: both questions, in files that anyone can decide again.

A disagreement is one of two things, and each is a mistake in this tool, never in the table:

- the hypotheses of a theorem hold of the table, and an obligation of the induction on its own values has a model;
- the induction on the table's own values is done, and a run, replayed on the executable allocator, violates the rule.

*Undecided* by one route and decided by the other is no disagreement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from modalloc_model.engine.solvers.setting import QUERIES, current
from modalloc_model.smt.smtlib import Query, document, slug


def keep(name: str, expected: str, remark: str, queries: Iterable[Query]) -> Path:
    """One file with these questions, one after the other; `expected` is what was answered to each.

    The file lies in the folder that evidence goes to; its name depends on its content alone. OSError if it cannot be
    written: evidence is not to be lost in silence.
    """
    text = "(reset)\n".join(document(query, (remark,), expected=expected) for query in queries)
    folder = current().keep or current().write or QUERIES
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{slug(name)[:100]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.smt2"
    file.write_text(text, encoding="utf-8")
    return file


def theorem_fails(table: str, rule: str, subject: str, hypotheses: Query, obligation: Query) -> str:
    """The message where the theorem's hypotheses hold of the table and what follows from them does not."""
    about = f"{table} {rule} {subject}"
    remark = f"{rule} for {subject or 'the table'} of {table}: the theorem's hypotheses against induction on the values"
    one = keep(f"{about} hypotheses hold", "unsat", remark, [hypotheses])
    other = keep(f"{about} {obligation.name} fails", "sat", remark, [obligation])
    return (
        f"two routes disagree on {rule} for {subject}: the theorem's hypotheses hold of the table ({one}), and "
        f"induction on its own values fails at “{obligation.name}” ({other})"
    )


def run_violates(table: str, rule: str, subject: str, run: Query, obligations: Iterable[Query]) -> str:
    """The message where a rule is proved on the table's own values and a run violates it."""
    about = f"{table} {rule} {subject}"
    remark = f"{rule} for {subject or 'the table'} of {table}: induction on the values against a run"
    one = keep(f"{about} induction holds", "unsat", remark, obligations)
    other = keep(f"{about} run violates", "sat", remark, [run])
    return (
        f"two routes disagree on {rule} for {subject}: induction on the table's own values proves it ({one}), and a "
        f"run violates it ({other})"
    )
