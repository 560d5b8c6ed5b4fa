"""Widened and narrowed protections of every section: as its pages are mapped, once it is loaded, once it is live.

A protection is wider if it allows something in a boot in which the other end did not, or allows something that the
other end allowed in no boot, since boots may be new. The temporary protections while pages are filled or invalidated
are not compared; the rules of the group protection cover them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modalloc_model.engine.deciding import Decision, decide
from modalloc_model.gate.directions.extremes import BUDGET
from modalloc_model.gate.directions.pairs import Pair, boots, pairs
from modalloc_model.gate.findings import Finding
from modalloc_model.params import ParamSet, Protection, Section
from modalloc_model.words import FALSE, TRUE, Term, all_of, implies, negate, truth

Phases = Mapping[str, Protection]


def compare(base: ParamSet, head: ParamSet) -> Iterator[Finding]:
    """At most one finding for each section and direction."""
    for pair in pairs(base, head):
        old, new = _phases(base, pair, False), _phases(head, pair, True)
        for kind, here, there in (("widened-protection", old, new), ("narrowed-protection", new, old)):
            yield from _more(kind, base, head, pair, here, there)


def _phases(table: ParamSet, pair: Pair, at_head: bool) -> Phases:
    root, section = (pair.head, pair.new) if at_head else (pair.base, pair.old)
    if root is None:
        return {}
    if section is None:
        return {"as mapped": root.protection}
    loaded = table.final_protection(section)
    live = {} if section.init else {"once live": _after_seal(table, section, loaded)}
    return {"as mapped": root.protection, "once loaded": loaded, **live}


def _after_seal(table: ParamSet, section: Section, loaded: Protection) -> Protection:
    write = truth(all_of(loaded.write, negate(table.seals_section(section))))
    return Protection(loaded.name, loaded.read, write, loaded.execute)


def _more(kind: str, base: ParamSet, head: ParamSet, pair: Pair, less: Phases, more: Phases) -> Iterator[Finding]:
    """The permissions that `more` allows and `less` does not."""
    told, left = [], []
    ends = (base, head) if kind.startswith("widened") else (head, base)
    for phase in [phase for phase in more if phase in less]:
        letters, reason = _letters(less[phase], more[phase], *ends)
        if letters:
            old, new = (less, more) if kind.startswith("widened") else (more, less)
            told.append(f"{phase} {_text(old[phase])} became {_text(new[phase])}")
        left += [f"{phase}: {reason}"] if reason else []
    if told or left:
        where = head.location(pair.head.name if pair.head else "", "pgprot")
        message = "; ".join([*told, *(f"could not determine {text}" for text in left)])
        yield Finding(kind, head.id, pair.name, message, where, open="" if told else "; ".join(left))


def _letters(less: Protection, more: Protection, here: ParamSet, there: ParamSet) -> tuple[str, str]:
    """The letters that `more`, of table `there`, allows and `less` does not, and the reason if one is undecided."""
    found, reason = "", ""
    pairs = ((less.read, more.read), (less.write, more.write), (less.execute, more.execute))
    for letter, (old, new) in zip("rwx", pairs, strict=True):
        decision = _wider(old, new, here, there)
        found += letter if decision.holds is False else ""
        reason = reason or ("" if decision.holds is not None else decision.reason)
    return found, reason


def _wider(old: Term, new: Term, here: ParamSet, there: ParamSet) -> Decision:
    """Holds if every boot of `there` that allows the new permission allowed the old one, or if no boot did."""
    name = "a protection is no wider"
    decision = decide(name, boots(there, here), truth(implies(new, old)), {}, BUDGET, "z3")
    if not decision.holds or TRUE in (old, new) or FALSE in (old, new):
        return decision
    never = decide(name, boots(here, there), truth(negate(old)), {}, BUDGET, "z3")
    return decide(name, boots(there, here), truth(negate(new)), {}, BUDGET, "z3") if never.holds else decision


def _text(protection: Protection) -> str:
    terms = zip((protection.read, protection.write, protection.execute), "rwx", strict=True)
    return "".join(letter if term == TRUE else "-" if term == FALSE else f"{letter}?" for term, letter in terms)
