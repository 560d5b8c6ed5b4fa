"""The direct route: induction on the table's own values, with the domain of the boot's unknowns as only hypothesis.

It uses no theorem and no rule's condition: the obligations have the table's values in place of variables. So a mistake
in a condition (too weak, or not the theorem's hypothesis) shows as an obligation that fails on the table. Rules without
a behaviour have no induction. See spec/semantics.md, section 7.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from modalloc_model.designs import of
from modalloc_model.designs.design import Matter
from modalloc_model.engine.solvers import Budget, ask, holds_in, settle
from modalloc_model.engine.solvers.setting import QUERIES, current
from modalloc_model.params import ParamSet
from modalloc_model.smt.induction import LEMMA, ROUNDING, Obligation
from modalloc_model.smt.smtlib import BITS, INTEGERS, Query, document, slug, write
from modalloc_model.words import all_of, implies, truth


@dataclass(frozen=True, slots=True)
class Induced:
    """The result of an induction: `proved`, or the first obligation that `fails` (with a model) or is `open`."""

    status: str
    query: Query | None = None
    reason: str = ""

    @property
    def stop_text(self) -> str:
        """The obligation at which it stopped, in words; "" if it is proved."""
        if self.query is None:
            return ""
        why = f" ({self.reason})" if self.reason else ""
        return f"induction on the table's own values stops at “{self.query.name.partition(': ')[2]}”{why}"


PROVED = Induced("proved")
OF_WORDS = (LEMMA, ROUNDING)

_DISCHARGED: set[bytes] = set()
"""Digests of queries that are unsatisfiable: lemmas are the same for every table of one width."""


@dataclass
class Induction:
    """The inductions on one table. Rules and roots share obligations, so each is decided once."""

    table: ParamSet
    solver: str
    budget: Budget
    _premises: dict[tuple[object, str], Induced] = field(default_factory=dict)
    _found: dict[tuple[str, str, str], Induced] = field(default_factory=dict)
    _asked: dict[str, Induced] = field(default_factory=dict)

    def of(self, rule: str, matter: Matter) -> Induced:
        """The result of the rule's induction for a root, or a section of it."""
        key = (rule, matter.root.name, matter.section.name if matter.section else "")
        if key not in self._found:
            premises = self._premises_of(rule, matter)
            theorem = of(self.table).theorems[rule]
            self._found[key] = premises if premises != PROVED else self._first_stop(theorem(matter))
        return self._found[key]

    def queries(self, rule: str, matter: Matter) -> Iterator[Query]:
        """Every query of the induction in the logic that decided it, as evidence: each is unsatisfiable."""
        premise = of(self.table).premises.get(rule)
        for obligation in (*(premise(matter) if premise else ()), *of(self.table).theorems[rule](matter)):
            query = self._query(obligation)
            over_integers = replace(query, logic=INTEGERS)
            yield over_integers if ask(over_integers, self.solver, self.budget).status == "unsat" else query

    def _premises_of(self, rule: str, matter: Matter) -> Induced:
        premise = of(self.table).premises.get(rule)
        if premise is None:
            return PROVED
        key = (premise, matter.root.name)
        if key not in self._premises:
            self._premises[key] = self._first_stop(premise(matter))
        return self._premises[key]

    def _first_stop(self, obligations: Iterator[Obligation]) -> Induced:
        """The first result that is not proved. Obligations of one clause are decided together, then one by one."""
        groups: dict[str, list[Obligation]] = {}
        for number, obligation in enumerate(obligations):
            clause = obligation.name.partition(" keeps: ")[2] or obligation.kind
            groups.setdefault(f"{number}" if obligation.kind in OF_WORDS else clause, []).append(obligation)
        return next((stop for group in groups.values() if (stop := self._first_of(group)) != PROVED), PROVED)

    def _first_of(self, group: list[Obligation]) -> Induced:
        if len(group) > 1 and self._all_at_once(group) == PROVED:
            return PROVED
        outcomes = (self._decide(self._query(obligation)) for obligation in group)
        return next((outcome for outcome in outcomes if outcome != PROVED), PROVED)

    def _all_at_once(self, obligations: list[Obligation]) -> Induced:
        each = (implies(all_of(*o.hypotheses.values()), o.goal) for o in obligations)
        together = Query.validity("all at once", {"boot": self.table.machine.domain}, truth(all_of(*each)), INTEGERS)
        return self._decide(together)

    def _query(self, obligation: Obligation) -> Query:
        """The obligation's query. Lemmas are about words alone: without the domain they are the same for all tables."""
        boot = {} if obligation.kind in OF_WORDS else {"boot": self.table.machine.domain}
        return obligation.under(boot).query()

    def _decide(self, query: Query) -> Induced:
        text = write(replace(query, name=""), cores=False)
        if text not in self._asked:
            self._asked[text] = self._ask(query, text)
        return self._asked[text]

    def _ask(self, query: Query, text: str) -> Induced:
        digest = hashlib.sha256(f"{self.solver} {self.budget}\n{text}".encode()).digest()
        if digest in _DISCHARGED and not current().write:
            return PROVED
        answer = (ask if query.logic == INTEGERS else settle)(query, self.solver, self.budget)
        if answer.status == "unsat":
            _DISCHARGED.add(digest)
            return PROVED
        if answer.status == "sat" and query.logic == BITS and holds_in(query, answer.model):
            return Induced("fails", query)
        return Induced("open", query, answer.reason or "the solver's model does not satisfy its query")


# -- evidence of a contradiction between the two routes --------------------------------------------------------------


def keep(name: str, expected: str, remark: str, queries: Iterable[Query]) -> Path:
    """Write these queries to one file in the folder for evidence; `expected` is the answer to each.

    The file's name depends on its content alone. OSError if the file cannot be written.
    """
    text = "(reset)\n".join(document(query, (remark,), expected=expected) for query in queries)
    folder = current().keep or current().write or QUERIES
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{slug(name)[:100]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.smt2"
    file.write_text(text, encoding="utf-8")
    return file


def theorem_fails(table: str, rule: str, subject: str, hypotheses: Query, obligation: Query) -> str:
    """The message if the theorem's hypotheses hold on the table but the induction fails."""
    about = f"{table} {rule} {subject}"
    remark = f"{rule} for {subject or 'the table'} of {table}: the theorem's hypotheses against induction on the values"
    one = keep(f"{about} hypotheses hold", "unsat", remark, [hypotheses])
    other = keep(f"{about} {obligation.name} fails", "sat", remark, [obligation])
    return (
        f"two routes disagree on {rule} for {subject}: the theorem's hypotheses hold of the table ({one}), and "
        f"induction on its own values fails at “{obligation.name}” ({other})"
    )


def run_violates(table: str, rule: str, subject: str, run: Query, obligations: Iterable[Query]) -> str:
    """The message if induction proves a rule on the table's own values but a run violates it."""
    about = f"{table} {rule} {subject}"
    remark = f"{rule} for {subject or 'the table'} of {table}: induction on the values against a run"
    one = keep(f"{about} induction holds", "unsat", remark, obligations)
    other = keep(f"{about} run violates", "sat", remark, [run])
    return (
        f"two routes disagree on {rule} for {subject}: induction on the table's own values proves it ({one}), and a "
        f"run violates it ({other})"
    )
