"""The parts of a machine's profile that rules need, and the outcome of a rule if one is missing.

A part that the profile leaves out is unknown. The machine lacks it only if the profile says `{value: none, ...}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from modalloc_model.params import TARGETS_OF_TEXT, TEXT, AllocType, Kind, Machine, ParamSet
from modalloc_model.properties.rule import Condition, NotApplicable, NotJudged, Outcome


@dataclass(frozen=True, slots=True)
class ProfilePart:
    """A part of a profile that rules may need (:attr:`Rule.profile`): its key, and its name in messages."""

    key: str
    noun: str


PARTS = {
    "windows": ProfilePart("windows", "window"),
    "forbidden": ProfilePart("forbidden", "forbidden region"),
    "image": ProfilePart("image", "kernel image"),
    **{f"reach.{target}": ProfilePart("reach", f"reach for {target}") for target in TARGETS_OF_TEXT},
}
"""By the part's name in :attr:`Machine.none`."""


def names_part(machine: Machine, part: str) -> bool:
    """Whether the profile names the part."""
    if part.startswith("reach."):
        of_text = (reach for reach in machine.reach if TEXT in reach.places)
        return any(part == f"reach.{target}" for reach in of_text for target in reach.targets)
    return bool(getattr(machine, part))


def why_missing(machine: Machine, part: str) -> str:
    """Why the part is missing; "" if the profile has it, or says that there is none."""
    if names_part(machine, part) or part in machine.none:
        return ""
    key, noun = PARTS[part].key, PARTS[part].noun
    if key == "reach" and machine.reach:
        advice = "add one, of kind `anywhere` if nothing limits it or of kind `none` if nothing names it, with a source"
    else:
        noun = "reach" if key == "reach" else noun
        under = ", under `regions`," if key == "forbidden" else ""
        advice = f"write `{key}: none`{under} with a source if there is none"
    return f"the profile {machine.name} names no {noun}; {advice}"


def without(machine: Machine, *parts: str) -> NotApplicable | NotJudged | None:
    """The outcome of a rule that needs every part, if one is missing; None if the profile has all."""
    for part in parts:
        if part in machine.none:
            return NotApplicable(_none(machine, part))
        if why := why_missing(machine, part):
            return NotJudged(why)
    return None


def qualify_outcome(table: ParamSet, root: AllocType, outcome: Outcome, *parts: str) -> Outcome:
    """The outcome of a rule that needs these parts for a complete judgement; if one is missing, a proof is incomplete.

    Reach is needed for module text only; for data and for other allocators the rules of the profile are complete.
    """
    is_text = any(section.kind is Kind.TEXT for section in table.sections_of(root))
    missing = without(table.machine, *(part for part in parts if is_text or not part.startswith("reach.")))
    if missing is None:
        return outcome
    if not isinstance(outcome, Condition):
        return missing
    return replace(outcome, not_judged=missing.reason) if isinstance(missing, NotJudged) else outcome


def without_any(machine: Machine, *parts: str) -> NotApplicable | NotJudged | None:
    """The outcome of a rule that needs one of the parts, if all are missing; None if the profile has one."""
    if any(names_part(machine, part) for part in parts):
        return None
    why = why_any_missing(machine, *parts)
    return NotJudged(why) if why else NotApplicable("; ".join(_none(machine, part) for part in parts))


def why_any_missing(machine: Machine, *parts: str) -> str:
    """Why some part is missing; "" if the profile has each, or says that there is none."""
    return "; ".join(why for part in parts if (why := why_missing(machine, part)))


def _none(machine: Machine, part: str) -> str:
    return f"{machine.name} has no {PARTS[part].noun} ({machine.none[part]})"


def unjudged_rules(machine: Machine) -> Iterator[tuple[str, str]]:
    """The rules that cannot be judged on the machine, each reason once: ("RCH001, RCH002, RCH003", why)."""
    from modalloc_model.properties import RULES

    found: dict[str, list[str]] = {}
    for part in PARTS:
        if why := why_missing(machine, part):
            found.setdefault(why, []).extend(rule.id for rule in RULES.values() if part in rule.profile)
    yield from ((", ".join(rules), why) for why, rules in found.items())
