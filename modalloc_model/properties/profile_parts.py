"""What a machine's profile must name for a rule to be judged, and what is said where it does not.

A part that the profile leaves out is not one that the machine lacks: only `{value: none, source: ...}` says that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from modalloc_model.params import TARGETS_OF_TEXT, TEXT, AllocType, Kind, Machine, ParamSet
from modalloc_model.properties.rule import Condition, NotApplicable, NotJudged, Outcome


@dataclass(frozen=True, slots=True)
class ProfilePart:
    """Something that a profile names, and a rule may need (:attr:`Rule.profile`): its key, and what it is called."""

    key: str
    noun: str


PARTS = {
    "windows": ProfilePart("windows", "window"),
    "forbidden": ProfilePart("forbidden", "forbidden region"),
    "image": ProfilePart("image", "kernel image"),
    **{f"reach.{target}": ProfilePart("reach", f"reach for {target}") for target in TARGETS_OF_TEXT},
}
"""By the name under which :attr:`Machine.none` has them."""


def names_part(machine: Machine, part: str) -> bool:
    """Whether the profile names the part."""
    if part.startswith("reach."):
        of_text = (reach for reach in machine.reach if TEXT in reach.places)
        return any(part == f"reach.{target}" for reach in of_text for target in reach.targets)
    return bool(getattr(machine, part))


def why_missing(machine: Machine, part: str) -> str:
    """Why nothing can be judged by the part; "" where it is named, or said to be none."""
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
    """What a rule that needs each of the parts comes to where one is not named; None where all are."""
    for part in parts:
        if part in machine.none:
            return NotApplicable(_none(machine, part))
        if why := why_missing(machine, part):
            return NotJudged(why)
    return None


def qualify_outcome(table: ParamSet, root: AllocType, outcome: Outcome, *parts: str) -> Outcome:
    """The outcome by what is named beside a part that is not; where that part is left out, it is not all there is.

    Reach is asked of module text; of data, and of what others allocate, what stands there is all that there is.
    """
    is_text = any(section.kind is Kind.TEXT for section in table.sections_of(root))
    missing = without(table.machine, *(part for part in parts if is_text or not part.startswith("reach.")))
    if missing is None:
        return outcome
    if not isinstance(outcome, Condition):
        return missing
    return replace(outcome, not_judged=missing.reason) if isinstance(missing, NotJudged) else outcome


def without_any(machine: Machine, *parts: str) -> NotApplicable | NotJudged | None:
    """What a rule that goes by any of the parts comes to where none is named; None where one is."""
    if any(names_part(machine, part) for part in parts):
        return None
    why = why_any_missing(machine, *parts)
    return NotJudged(why) if why else NotApplicable("; ".join(_none(machine, part) for part in parts))


def why_any_missing(machine: Machine, *parts: str) -> str:
    """Why not all can be judged that the parts are there for; "" where each is named, or said to be none."""
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
