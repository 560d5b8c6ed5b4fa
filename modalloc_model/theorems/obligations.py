"""Obligations as SMT-LIB files with comments and an index, so that any solver can decide them again.

A file's name and text depend on its rule, width and obligation alone. Each obligation is written in bit-vectors, which
are exact; in integers as well, if these prove it; and its hypotheses alone, which must have a model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modalloc_model.properties import RULES
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.smtlib import INTEGERS, Query, document, slug
from modalloc_model.theorems.claims import Claim
from modalloc_model.words import FALSE

INDEX = "index.tsv"
COLUMNS = ("file", "rule", "kind", "width", "logic", "expected", "what it says")

_KINDS = {
    "base": "base case: the empty state has the invariant",
    "step": "induction step: an operation keeps the invariant",
    "conclusion": "conclusion: what is known implies the rule",
    "rounding": "rounding: what ALIGN computes, which the steps take for granted",
    "lemma": "lemma: about any words, which the steps and conclusions take for granted",
}
_PREFIXES = {
    "before: ": "the invariant, of what the operation consumes",
    "others: ": "the invariant, of one arbitrary other extent, hole and area of others",
}
_NOTES = {
    "machine": "every machine's profile is checked for this when read: powers of two, no page larger than a PMD",
    "operation": "the operation can happen, and this is what it does",
    "rounding": "what ALIGN computes; a lemma of its own proves it",
    "neighbours": "what looking at the neighbours tells of any other extent or hole",
    "goal": "the goal, negated: that no model is left proves that the hypotheses imply it",
}
_IN_INTEGERS = (
    "In integers: each sum wraps at 2^W as words do, and what a constant does to a word is written out; anything else "
    "(the product of two words, a mask that is one) is an arbitrary word, the same for the same term. Every model in "
    "words is one here, so that unsat is a proof; sat here would prove nothing by itself, and the question would have "
    "to be asked in bits."
)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A row of the index; `bits` is the width of a word."""

    file: str
    rule: str
    kind: str
    bits: int
    logic: str
    expected: str
    says: str

    def row(self) -> str:
        """The row with its columns separated by tabs."""
        return "\t".join((self.file, self.rule, self.kind, str(self.bits), self.logic, self.expected, self.says))


def question(claim: Claim, obligation: Obligation) -> Query:
    """The query that is unsatisfiable if and only if the obligation holds under the claim's hypotheses."""
    return obligation.under(claim.hypotheses).query(f"{claim.rule.id} at {claim.bits} bits, {claim.name}, ")


def premises(claim: Claim, obligation: Obligation) -> Query:
    """The query that must be satisfiable: the hypotheses, or those of the claim if the goal is FALSE."""
    full = obligation.under(claim.hypotheses)
    conjuncts = claim.hypotheses if obligation.goal == FALSE else full.hypotheses
    return Query(f"{claim.rule.id} at {claim.bits} bits, {claim.name}, hypotheses of {obligation.name}", conjuncts)


def stem(claim: Claim, obligation: Obligation) -> str:
    """The file's name without its ending: rule, width, and a slug of the instance and the obligation."""
    words = slug(f"{claim.name} {obligation.kind} {obligation.name}")
    if len(words) > _LONG:
        words = f"{words[:_LONG]}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
    return f"{claim.rule.id}-{claim.bits}-{words}"


_LONG = 120  # characters


def texts(claim: Claim, obligation: Obligation, integers: bool) -> Iterator[tuple[IndexRow, str]]:
    """The obligation's files: in bit-vectors, in integers if these prove it, and its hypotheses."""
    asked, known = question(claim, obligation), premises(claim, obligation)
    name, notes = stem(claim, obligation), dict(_notes(asked.conjuncts))
    head = _head(claim, obligation)
    says = f"{claim.name}: {obligation.name}"

    def row(ending: str, logic: str, expected: str) -> IndexRow:
        return IndexRow(f"{name}{ending}", claim.rule.id, obligation.kind, claim.bits, logic, expected, says)

    yield row(".smt2", asked.logic, "unsat"), document(asked, head, notes, "unsat")
    if integers:
        over = replace(asked, logic=INTEGERS)
        yield row(".integers.smt2", INTEGERS, "unsat"), document(over, (*head, _IN_INTEGERS), notes, "unsat")
    vacuity = "Expected: sat. These hypotheses can hold together; a proof from hypotheses that cannot proves nothing."
    yield row(".hypotheses.smt2", known.logic, "sat"), document(known, (*head[:-1], vacuity), notes, "sat")


def _head(claim: Claim, obligation: Obligation) -> tuple[str, ...]:
    return (
        f"Rule {claim.rule.id}: {claim.rule.title}. Words of {claim.bits} bits. Instance: {claim.name}.",
        f"{_KINDS[obligation.kind]}: {obligation.name}.",
        "Each assertion is one hypothesis, the last one the goal negated. Expected: unsat, which proves it.",
    )


def _notes(conjuncts: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name in conjuncts:
        prefix = next((p for p in _PREFIXES if name.startswith(p)), "")
        if name in RULES:
            yield name, f"condition {name}: {RULES[name].title}"
        elif prefix:
            yield name, f"{_PREFIXES[prefix]}: {name.removeprefix(prefix)}"
        else:
            yield name, _NOTES.get(name, f"known: {name}")


def write_out(claim: Claim, obligation: Obligation, integers: bool, folder: Path) -> tuple[IndexRow, ...]:
    """Write the obligation's files into the folder, and return their index rows."""
    rows = []
    for row, text in texts(claim, obligation, integers):
        (folder / row.file).write_text(text, encoding="utf-8")
        rows.append(row)
    return tuple(rows)


def write_index(rows: Iterable[IndexRow], folder: Path) -> None:
    """Write the folder's index: a line a file, sorted by name."""
    lines = sorted(row.row() for row in rows)
    (folder / INDEX).write_text("\n".join(["\t".join(COLUMNS), *lines, ""]), encoding="utf-8")
