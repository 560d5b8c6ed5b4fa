"""Which protections are wider or narrower: of every section, as its pages are mapped, once loaded, once live.

What allows something in some boot that it did not allow there is wider, and so is what allows something that it allowed
in no boot before, since boots may be new. Leaves out: the moments in which pages are opened to be filled or
invalidated; the rules of the group protection look at these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modalloc_model.engine.deciding import Decision, decide
from modalloc_model.gate.directions.extremes import BUDGET
from modalloc_model.gate.directions.places import Place, boots, places
from modalloc_model.gate.findings import Finding
from modalloc_model.params import ParamSet, Protection, Section
from modalloc_model.words import FALSE, TRUE, Term, all_of, implies, negate, truth

Phases = Mapping[str, Protection]


def compare(base: ParamSet, head: ParamSet) -> Iterator[Finding]:
    """At most one finding a place and direction."""
    for place in places(base, head):
        old, new = _phases(base, place, False), _phases(head, place, True)
        for kind, here, there in (("widened-protection", old, new), ("narrowed-protection", new, old)):
            yield from _more(kind, base, head, place, here, there)


def _phases(table: ParamSet, place: Place, at_head: bool) -> Phases:
    root, section = (place.head, place.new) if at_head else (place.base, place.old)
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


def _more(kind: str, base: ParamSet, head: ParamSet, place: Place, less: Phases, more: Phases) -> Iterator[Finding]:
    """What `more` allows and `less` does not."""
    told, left = [], []
    ends = (base, head) if kind.startswith("widened") else (head, base)
    for phase in [phase for phase in more if phase in less]:
        letters, reason = _letters(less[phase], more[phase], *ends)
        if letters:
            old, new = (less, more) if kind.startswith("widened") else (more, less)
            told.append(f"{phase} {_text(old[phase])} became {_text(new[phase])}")
        left += [f"{phase}: {reason}"] if reason else []
    if told or left:
        where = head.location(place.head.name if place.head else "", "pgprot")
        message = "; ".join([*told, *(f"could not determine {text}" for text in left)])
        yield Finding(kind, head.id, place.name, message, where, open="" if told else "; ".join(left))


def _letters(less: Protection, more: Protection, here: ParamSet, there: ParamSet) -> tuple[str, str]:
    """The letters that `more`, of the table `there`, allows and `less` does not, and why one was left open."""
    found, reason = "", ""
    pairs = ((less.read, more.read), (less.write, more.write), (less.execute, more.execute))
    for letter, (old, new) in zip("rwx", pairs, strict=True):
        decision = _wider(old, new, here, there)
        found += letter if decision.holds is False else ""
        reason = reason or ("" if decision.holds is not None else decision.reason)
    return found, reason


def _wider(old: Term, new: Term, here: ParamSet, there: ParamSet) -> Decision:
    """Whether in each boot that is there now what is allowed was; and, where it is, whether it was in any boot."""
    name = "a protection is no wider"
    decision = decide(name, boots(there, here), truth(implies(new, old)), {}, BUDGET, "z3")
    if not decision.holds or TRUE in (old, new) or FALSE in (old, new):
        return decision
    never = decide(name, boots(here, there), truth(negate(old)), {}, BUDGET, "z3")
    return decide(name, boots(there, here), truth(negate(new)), {}, BUDGET, "z3") if never.holds else decision


def _text(protection: Protection) -> str:
    terms = zip((protection.read, protection.write, protection.execute), "rwx", strict=True)
    return "".join(letter if term == TRUE else "-" if term == FALSE else f"{letter}?" for term, letter in terms)
