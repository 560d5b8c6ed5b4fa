"""The pieces that can be dropped from a theorem: each hypothesis, and each conjunct of its outermost *and*.

Deeper parts are not dropped, so an unneeded disjunct is not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.blocks import in_powers
from modalloc_model.properties.protection import exclusive, no_stale_seal, opens, quiet_loader, seals_any
from modalloc_model.properties.prt005_only_text_executes import clear_of_text
from modalloc_model.properties.reach import all_reach, instructions
from modalloc_model.properties.rule import Rule
from modalloc_model.theorems.claims import Claim, claims
from modalloc_model.words import Term, all_of, is_constant, is_power_of_two, negate, render, replaced, truth

INSTRUCTION = 4  # bytes of a branch


@dataclass(frozen=True, order=True, slots=True)
class Piece:
    """A hypothesis of a rule's theorem, or one conjunct of it; `part` is the conjunct in words."""

    rule: str
    hypothesis: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.hypothesis}: {self.part}" if self.part else self.hypothesis


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of the theorem without the piece: the hypotheses that are kept, and the dropped formula."""

    claim: Claim
    kept: Mapping[str, Term]
    dropped: Term


@dataclass(slots=True)
class _Pieces:
    instances: dict[Piece, list[Instance]] = field(default_factory=dict)

    def add(self, piece: Piece, instance: Instance) -> None:
        self.instances.setdefault(piece, []).append(instance)


def pieces(rule: Rule, bits: int) -> dict[Piece, list[Instance]]:
    """Every piece of the rule's theorem, with the instances of the theorem that have it."""
    found = _Pieces()
    for claim in _small_first(claims(rule, bits)):
        names = _all_names(claim.table)
        for name, term in claim.hypotheses.items():
            found.add(Piece(rule.id, name), _without(claim, name, term))
        for name, term in claim.hypotheses.items():
            for part in term.args if term.op == "and" else ():
                found.add(Piece(rule.id, name, render(_with_names(part, names))), _without(claim, name, part))
    return found.instances


def _small_first(every: Iterator[Claim]) -> list[Claim]:
    """The claims with the fewest obligations first: they are cheap, and often have the counterexample."""
    return sorted(every, key=lambda claim: len(claim.obligations))


def _without(claim: Claim, name: str, dropped: Term) -> Instance:
    whole = claim.hypotheses[name]
    rest = truth(all_of(*(part for part in whole.args if part is not dropped))) if dropped is not whole else None
    kept = {other: term for other, term in claim.hypotheses.items() if other != name}
    return Instance(claim, kept if rest is None else {**kept, name: rest}, dropped)


def _all_names(table: ParamSet) -> dict[Term, str]:
    """Readable names for the formulas of the rules."""
    names = {}
    for root in table.roots:
        names.update(_names(table, root))
        names.update(_names_of_reach(table, root))
    return names


def _with_names(term: Term, names: Mapping[Term, str]) -> Term:
    return replaced(term, {part: Term("var", bits=part.bits, name=name) for part, name in names.items()})


def _names(table: ParamSet, root: AllocType) -> dict[Term, str]:
    """Names of the rules' formulas; if two formulas are equal, the later and longer name wins."""
    page, pmd = table.machine.page, table.machine.pmd
    finals = {
        getattr(table.final_protection(section), letter): f"final protection of {section.kind} allows {letter}"
        for section in reversed(table.sections_of(root))
        for letter in ("read", "write", "execute")
    }
    named = {
        **finals,
        root.reuses: f"{root.name} uses free space again",
        truth(is_power_of_two(page)): "PAGE_SIZE is a power of two",
        truth(is_power_of_two(pmd)): "PMD_SIZE is a power of two",
        truth(is_power_of_two(root.alignment)): f"alignment of {root.name} is a power of two",
        truth(is_power_of_two(root.wanted)): f"what {root.name} promises is a power of two",
        exclusive(table, root): f"extents of {root.name} have pages of their own",
        opens(table, root): f"pages of {root.name} are opened to be written",
        truth(negate(opens(table, root))): f"pages of {root.name} are never opened to be written",
        seals_any(table, root): f"something on {root.name} is sealed",
        no_stale_seal(table, root): f"no old seal stays on {root.name}",
        clear_of_text(table, root): f"no page of text comes to other sections of {root.name}",
        quiet_loader(table, root): f"the loader leaves other sections' pages of {root.name} alone",
    }
    return {term: name for term, name in named.items() if not is_constant(term)}


def _names_of_reach(table: ParamSet, root: AllocType) -> dict[Term, str]:
    """Names of the formulas of the reach rules: instructions in a range, and regions of targets."""
    image, rules = table.machine.image, list(table.machine.reach)
    named = {truth(in_powers(root)): f"granularity and alignment of {root.name} are powers of two"}
    for what in ("text", "data"):
        naming = [(reach, what) for reach in rules if what in reach.targets]
        named[truth(all_reach(table, root, naming))] = f"all {what} is in reach of text of {root.name}"
    for number, (some, places) in enumerate(instructions(table, root, INSTRUCTION)):
        named[some] = f"range {number} of {root.name} holds an instruction"
        if image:
            reached = {truth(reach.covers(places, image)): reach.name for reach in rules}
            named |= {term: f"{name} reaches from range {number} to the image" for term, name in reached.items()}
    return {term: name for term, name in named.items() if not is_constant(term)}
