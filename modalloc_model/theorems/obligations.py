"""Obligations as files: named, commented, and listed in an index, so that anyone can decide them again.

A file's name and text depend on its rule, width and obligation alone. Each comes in bits, which are exact; where the
integers prove it, in integers too; and its hypotheses by themselves, which must have a model.
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
class Written:
    """A row of the index."""

    file: str
    rule: str
    kind: str
    bits: int
    logic: str
    expected: str
    says: str

    def row(self) -> str:
        """The row, its columns parted by tabs."""
        return "\t".join((self.file, self.rule, self.kind, str(self.bits), self.logic, self.expected, self.says))


def question(claim: Claim, obligation: Obligation) -> Query:
    """The question whose answer `unsat` discharges the obligation under the claim's hypotheses."""
    return obligation.under(claim.hypotheses).query(f"{claim.rule.id} at {claim.bits} bits, {claim.name}, ")


def premises(claim: Claim, obligation: Obligation) -> Query:
    """What must have a model: the hypotheses; where the goal is that they cannot hold, those of the claim."""
    full = obligation.under(claim.hypotheses)
    conjuncts = claim.hypotheses if obligation.goal == FALSE else full.hypotheses
    return Query(f"{claim.rule.id} at {claim.bits} bits, {claim.name}, hypotheses of {obligation.name}", conjuncts)


def stem(claim: Claim, obligation: Obligation) -> str:
    """The file's name without its ending: rule, width, and what tells it from its like."""
    said = slug(f"{claim.name} {obligation.kind} {obligation.name}")
    if len(said) > _LONG:
        said = f"{said[:_LONG]}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"
    return f"{claim.rule.id}-{claim.bits}-{said}"


_LONG = 120  # characters


def texts(claim: Claim, obligation: Obligation, integers: bool) -> Iterator[tuple[Written, str]]:
    """The obligation's files: in bits, in integers where that proves it, and its hypotheses."""
    asked, known = question(claim, obligation), premises(claim, obligation)
    name, notes = stem(claim, obligation), dict(_notes(asked.conjuncts))
    head = _head(claim, obligation)
    says = f"{claim.name}: {obligation.name}"

    def written(ending: str, logic: str, expected: str) -> Written:
        return Written(f"{name}{ending}", claim.rule.id, obligation.kind, claim.bits, logic, expected, says)

    yield written(".smt2", asked.logic, "unsat"), document(asked, head, notes, "unsat")
    if integers:
        over = replace(asked, logic=INTEGERS)
        yield written(".integers.smt2", INTEGERS, "unsat"), document(over, (*head, _IN_INTEGERS), notes, "unsat")
    vacuity = "Expected: sat. These hypotheses can hold together; a proof from hypotheses that cannot proves nothing."
    yield written(".hypotheses.smt2", known.logic, "sat"), document(known, (*head[:-1], vacuity), notes, "sat")


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


def write_out(claim: Claim, obligation: Obligation, integers: bool, folder: Path) -> tuple[Written, ...]:
    """Writes the obligation's files."""
    rows = []
    for row, text in texts(claim, obligation, integers):
        (folder / row.file).write_text(text, encoding="utf-8")
        rows.append(row)
    return tuple(rows)


def write_index(rows: Iterable[Written], folder: Path) -> None:
    """The index of the folder: a line a file, in the order of their names."""
    lines = sorted(row.row() for row in rows)
    (folder / INDEX).write_text("\n".join(["\t".join(COLUMNS), *lines, ""]), encoding="utf-8")
