"""The theorems: for each rule with a behaviour, its obligations on the symbolic table under its own hypotheses.

The hypotheses are the conditions that `modalloc verify` decides for a table: the rule's own, and those of the rules it
leans on. There is no other statement of them anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from modalloc_model.params import ParamSet, Section
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, Rule, Subject
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.lives import LIVES
from modalloc_model.smt.theorems import THEOREMS, Matter
from modalloc_model.words import Term, is_constant
from proofs.symbolic import SECTIONS, any_table, machine_is_sane

CORE = tuple(section for section in SECTIONS if not section.init)


@dataclass(frozen=True)
class Claim:
    """One instance of a theorem: hypotheses by name, and the obligations that they must discharge."""

    rule: Rule
    name: str
    bits: int
    hypotheses: dict[str, Term]
    obligations: tuple[Obligation, ...]


def claims(rule: Rule, bits: int) -> Iterator[Claim]:
    """The instances of the rule's theorem at a width: one, or one for each choice of sections that share a root."""
    for table in _tables(rule, bits):
        for subject in rule.each(table):
            if subject.parts[-1].name == "R" and subject.name in (table.sections[0].name, "R"):
                yield _claim(rule, table, subject, bits)


def _tables(rule: Rule, bits: int) -> Iterator[ParamSet]:
    """A step involves two extents, so a subject and up to two more kinds of sections on its root stand for any number.

    Fewer count too: a rule's condition speaks of every section of the root, and is weaker where there are fewer.
    """
    for subject in _subjects(rule, bits):
        others = [section for section in CORE if section.kind is not subject.kind]
        counts = range(3) if rule.id in LIVES else range(1)
        for companions in (some for count in counts for some in combinations(others, count)):
            yield any_table(bits, (subject, *companions))


def _subjects(rule: Rule, bits: int) -> tuple[Section, ...]:
    """Every kind of section, where the theorem looks at kinds; any one, where it does not."""
    if rule.id in (*LIVES, "ROI002"):
        return SECTIONS
    of_sections = any(len(subject.parts) > 1 for subject in rule.each(any_table(bits, SECTIONS)))
    return SECTIONS if of_sections and rule.id != "RNG001" else SECTIONS[:1]  # RNG001: one byte, whatever it is for


def _claim(rule: Rule, table: ParamSet, subject: Subject, bits: int) -> Claim:
    section = subject.parts[0] if len(subject.parts) > 1 else None
    matter = Matter(table, subject.parts[-1], section)
    name = ", ".join(s.name for s in table.sections_of(matter.root)) if rule.id in LIVES else subject.name
    return Claim(rule, name, bits, hypotheses(rule, table, subject), tuple(THEOREMS[rule.id](matter)))


def hypotheses(rule: Rule, table: ParamSet, subject: Subject) -> dict[str, Term]:
    """The machine's sanity, the rule's own condition, and those of the rules it leans on, for the subject's root."""
    found = {"machine": machine_is_sane(table)}
    for other in (*(RULES[name] for name in rule.leans_on), rule):
        parts = subject.parts if other is rule else subject.parts[-1:]
        outcome = other.condition(table, *parts)
        if isinstance(outcome, Condition) and not is_constant(outcome.formula):
            found[other.id] = outcome.formula
    return found


def theorem_rules() -> tuple[Rule, ...]:
    """Every rule that has a behaviour, in the registry's order."""
    return tuple(rule for rule in RULES.values() if rule.behaviour and rule.id in THEOREMS)
