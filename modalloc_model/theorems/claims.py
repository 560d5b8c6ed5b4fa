"""The theorems: for each rule with a behaviour, its obligations on the symbolic table under its own hypotheses.

The hypotheses are the conditions that `modalloc verify` decides for a table: the rule's own, and those of the rules it
leans on. There is no other statement of them anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail import MAIL
from modalloc_model.params import ParamSet, Section
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, Rule, Subject
from modalloc_model.smt.induction import Obligation
from modalloc_model.theorems.symbolic import OTHER_DATA, SECTIONS, any_table, machine_is_sane
from modalloc_model.words import Term, is_constant

DATA = next(section for section in SECTIONS if section.name == "DATA")
PREMISE = "pages"  # the name of the instance that says what a theorem takes of its root's pages
MOST_TAKEN = 2  # regions registered at boot; one, as the wall below a place, stands for any number
CORE = tuple(section for section in SECTIONS if not section.init)
_COMPANIONS = {
    "MAP007": 1,
    "OVL003": 1,
    **dict.fromkeys(MAIL.lives, 2),
}  # other kinds that a step of a subject's can meet


@dataclass(frozen=True)
class Claim:
    """One instance of a theorem: hypotheses by name, and the obligations that they must discharge."""

    rule: Rule
    name: str
    bits: int
    hypotheses: dict[str, Term]
    obligations: tuple[Obligation, ...]
    table: ParamSet


def claims(rule: Rule, bits: int) -> Iterator[Claim]:
    """The instances of the rule's theorem at a width: one, or one for each choice of sections that share a root."""
    for table in _tables(rule, bits):
        for subject in rule.each(table):
            if subject.parts[-1].name == "R" and subject.name in (table.sections[0].name, "R"):
                yield _claim(rule, table, subject, bits)
    if rule.id in MAIL.premises:
        yield _premise(rule, bits)


def _tables(rule: Rule, bits: int) -> Iterator[ParamSet]:
    """A step involves two extents, so a subject and up to two more kinds of sections on its root stand for any number.

    Fewer count too: a rule's condition speaks of every section of the root, and is weaker where there are fewer.
    """
    if rule.id == "RNG001":  # other theorems speak of holes, however these came about
        yield from (any_table(bits, taken=taken) for taken in range(MOST_TAKEN + 1))
        return
    if rule.id == "RCH003":
        yield any_table(bits, (*SECTIONS[:1], DATA), OTHER_DATA)
        return
    for subject in _subjects(rule, bits):
        others = [section for section in CORE if section.kind is not subject.kind]
        counts = range(_COMPANIONS.get(rule.id, 0) + 1)
        for companions in (some for count in counts for some in combinations(others, count)):
            yield any_table(bits, (subject, *companions))


def _subjects(rule: Rule, bits: int) -> tuple[Section, ...]:
    """Every kind of section, where the theorem looks at kinds; any one, where it does not."""
    if rule.id in (*MAIL.lives, "OVL003", "ROI002"):
        return SECTIONS
    of_sections = any(len(subject.parts) > 1 for subject in rule.each(any_table(bits, SECTIONS)))
    return SECTIONS if of_sections else SECTIONS[:1]


def _claim(rule: Rule, table: ParamSet, subject: Subject, bits: int) -> Claim:
    section = subject.parts[0] if len(subject.parts) > 1 else None
    matter = Matter(table, subject.parts[-1], section)
    name = ", ".join(s.name for s in table.sections_of(matter.root)) if rule.id in _COMPANIONS else subject.name
    name += "".join(f", {region.name}" for region in table.machine.registered)
    return Claim(rule, name, bits, hypotheses(rule, table, subject), tuple(MAIL.theorems[rule.id](matter)), table)


def _premise(rule: Rule, bits: int) -> Claim:
    """What the theorem takes of the root's pages, for any section: under what the rule leans on alone.

    That the invariants are kept is proved once, for OVL003, which leans on the same rules.
    """
    table = any_table(bits)
    root = table.type("R")
    known, premises = _conditions(table, rule.leans_on, (root,)), MAIL.premises[rule.id](Matter(table, root))
    wanted = tuple(o for o in premises if rule.id == "OVL003" or o.kind == "conclusion")
    return Claim(rule, PREMISE, bits, known, wanted, table)


def hypotheses(rule: Rule, table: ParamSet, subject: Subject) -> dict[str, Term]:
    """The machine's sanity, the rule's own condition, and those of the rules it leans on, for the subject's root."""
    own = _conditions(table, (rule.id,), subject.parts)
    return {**_conditions(table, rule.leans_on, subject.parts[-1:]), **own}


def _conditions(table: ParamSet, rules: tuple[str, ...], parts: tuple[Any, ...]) -> dict[str, Term]:
    """The machine's sanity, and what each of the rules asks of these parts of the table, where it asks anything."""
    found = {"machine": machine_is_sane(table)}
    for name in rules:
        outcome = RULES[name].condition(table, *parts)
        if isinstance(outcome, Condition) and not is_constant(outcome.formula):
            found[name] = outcome.formula
    return found


def theorem_rules() -> tuple[Rule, ...]:
    """Every rule that has a behaviour, in the registry's order."""
    return tuple(rule for rule in RULES.values() if rule.behaviour and rule.id in MAIL.theorems)
