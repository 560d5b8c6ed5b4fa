"""The theorems: each rule with a behaviour has obligations on the symbolic table, under its hypotheses.

The hypotheses are the conditions that `modalloc verify` decides for a table: the rule's own and those of the rules it
leans on. They are stated nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail import MAIL
from modalloc_model.params import ParamSet, Section
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, Instances, Rule, Subject
from modalloc_model.smt.induction import Obligation
from modalloc_model.theorems.symbolic import OTHER_DATA, SECTIONS, any_table, machine_is_sane
from modalloc_model.words import Term, is_constant

DATA = next(section for section in SECTIONS if section.name == "DATA")
PREMISE = "pages"  # the name of the instance that proves a theorem's premises about its root's pages
MOST_TAKEN = 2  # regions registered at boot; one, as the wall below a place, stands for any number
CORE = tuple(section for section in SECTIONS if not section.init)


@dataclass(frozen=True)
class Claim:
    """One instance of a theorem: hypotheses by name, and the obligations that must follow from them."""

    rule: Rule
    name: str
    bits: int
    hypotheses: dict[str, Term]
    obligations: tuple[Obligation, ...]
    table: ParamSet


def claims(rule: Rule, bits: int) -> Iterator[Claim]:
    """The instances of the rule's theorem at a width in bits: one, or one for each choice of sections on a root."""
    for table in _tables(rule, bits):
        for subject in rule.each(table):
            if subject.parts[-1].name == "R" and subject.name in (table.sections[0].name, "R"):
                yield _claim(rule, table, subject, bits)
    if rule.id in MAIL.premises:
        yield _premise(rule, bits)


def _tables(rule: Rule, bits: int) -> Iterator[ParamSet]:
    """The symbolic tables of a theorem: a subject and up to two more kinds of sections on its root.

    A step involves two extents, so two more kinds stand for any number. Smaller choices are proved too: a condition
    ranges over the sections of the root, so it is weaker if there are fewer.
    """
    instances = _instances(rule)
    if instances.registered:  # other theorems are about holes, whatever made them
        yield from (any_table(bits, taken=taken) for taken in range(MOST_TAKEN + 1))
        return
    if instances.own_data:
        yield any_table(bits, (*SECTIONS[:1], DATA), OTHER_DATA)
        return
    for subject in _subjects(rule, bits):
        others = [section for section in CORE if section.kind is not subject.kind]
        counts = range(instances.companions + 1)
        for companions in (some for count in counts for some in combinations(others, count)):
            yield any_table(bits, (subject, *companions))


def _instances(rule: Rule) -> Instances:
    """How the rule's theorem is instantiated; if pages are followed over their life, with every kind of section."""
    own = rule.behaviour.instances if rule.behaviour else Instances()
    return replace(own, companions=2, every_kind=True) if rule.id in MAIL.lives else own


def _subjects(rule: Rule, bits: int) -> tuple[Section, ...]:
    """Every kind of section if the theorem depends on the kind, otherwise one."""
    if _instances(rule).every_kind:
        return SECTIONS
    of_sections = any(len(subject.parts) > 1 for subject in rule.each(any_table(bits, SECTIONS)))
    return SECTIONS if of_sections else SECTIONS[:1]


def _claim(rule: Rule, table: ParamSet, subject: Subject, bits: int) -> Claim:
    section = subject.parts[0] if len(subject.parts) > 1 else None
    matter = Matter(table, subject.parts[-1], section)
    name = ", ".join(s.name for s in table.sections_of(matter.root)) if _instances(rule).companions else subject.name
    name += "".join(f", {region.name}" for region in table.machine.registered)
    return Claim(rule, name, bits, hypotheses(rule, table, subject), tuple(MAIL.theorems[rule.id](matter)), table)


def _premise(rule: Rule, bits: int) -> Claim:
    """The premises about the root's pages, for any section, from the conditions of the rules it leans on.

    The base case and the steps of the invariants are proved once, by the rule that `proves_premises`; it leans on the
    same rules.
    """
    table = any_table(bits)
    root = table.type("R")
    known, premises = _conditions(table, rule.leans_on, (root,)), MAIL.premises[rule.id](Matter(table, root))
    wanted = tuple(o for o in premises if _instances(rule).proves_premises or o.kind == "conclusion")
    return Claim(rule, PREMISE, bits, known, wanted, table)


def hypotheses(rule: Rule, table: ParamSet, subject: Subject) -> dict[str, Term]:
    """For the subject's root: `machine_is_sane`, the rule's condition, and those of the rules it leans on."""
    own = _conditions(table, (rule.id,), subject.parts)
    return {**_conditions(table, rule.leans_on, subject.parts[-1:]), **own}


def _conditions(table: ParamSet, rules: tuple[str, ...], parts: tuple[Any, ...]) -> dict[str, Term]:
    """`machine_is_sane`, and the condition of each rule on these parts of the table unless it is constant."""
    found = {"machine": machine_is_sane(table)}
    for name in rules:
        outcome = RULES[name].condition(table, *parts)
        if isinstance(outcome, Condition) and not is_constant(outcome.formula):
            found[name] = outcome.formula
    return found


def theorem_rules() -> tuple[Rule, ...]:
    """Every rule that has a behaviour, in the registry's order."""
    return tuple(rule for rule in RULES.values() if rule.behaviour and rule.id in MAIL.theorems)
