"""What the boot decides, told: each unknown with its values and the rules that depend on it, then the other rules.

Models nothing. Leaves out: verdicts. A rule whose condition fails may still be proved for the table, in another way.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from modalloc_model.addresses import term_text
from modalloc_model.params import Machine, Unknown
from modalloc_model.report.style import Style
from modalloc_model.verdict import Severity

if TYPE_CHECKING:
    from modalloc_model.engine.dependence import Stand, Turn

_WIDTH = 100


def unknowns_text(machine: Machine, stands: Sequence[Stand], style: Style) -> list[str]:
    """The unknowns in turn, what ties them together, and the conditions that none of them turns."""
    if not machine.unknowns:
        return ["nothing; every boot is alike"]
    lines = []
    for unknown in machine.unknowns:
        lines.append(f"{style.strong(unknown.name)}  {domain_text(unknown)}")
        lines += _wrapped(_dependents(unknown.name, stands, style) or [_of_no_rule(stands)])
    lines += [f"where {term_text(term, machine)}" for term in machine.constraints]
    return [*lines, "whatever the boot decides", *_wrapped(_whatever(stands, style))]


def domain_text(unknown: Unknown) -> str:
    """The values that it may have, in words, and how many they are."""
    count = unknown.high - unknown.low + 1
    first, last = (unknown.step * k for k in (unknown.low, unknown.high))
    return f"{unknown.text}: {count} {'value' if count == 1 else 'values'}, {first:#x} .. {last:#x}"


def _wrapped(lines: Iterable[str]) -> list[str]:
    return [
        part for line in lines for part in textwrap.wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    ]


def _dependents(name: str, stands: Iterable[Stand], style: Style) -> list[str]:
    turned: dict[str, list[Stand]] = {}
    left = []
    for stand in stands:
        for turn in stand.turns:
            if turn.unknown == name:
                turned.setdefault(_turned(turn), []).append(stand)
        left += [stand] if name in stand.open else []
    lines = [f"{_names(found)} {style.doubtful(_depend(found))}: {how}" for how, found in turned.items()]
    return lines + ([f"{style.doubtful('left open')} whether it bears on {_names(left)}"] if left else [])


def _of_no_rule(stands: Iterable[Stand]) -> str:
    return f"no rule depends on it{' alone' if _together(stands) else ''}"


def _together(stands: Iterable[Stand]) -> list[Stand]:
    """What depends on the boot, and on no single unknown."""
    return [s for s in stands if s.standing.name == "VARIES" and not s.turns and not s.open]


def _depend(stands: Iterable[Stand]) -> str:
    return f"depend{'' if len({stand.rule for stand in stands}) > 1 else 's'} on it"


def _turned(turn: Turn) -> str:
    others = ", ".join(f"{name} = {value:#x}" for name, value in turn.others)
    return f"holds with {turn.holds:#x} and fails with {turn.fails:#x}{f', where {others}' if others else ''}"


def _whatever(stands: Sequence[Stand], style: Style) -> list[str]:
    """The conditions that hold in every boot, in none, in some by several unknowns at once; and those left open."""
    always, never, left = (
        [stand for stand in stands if stand.standing.name == name] for name in ("ALWAYS", "NEVER", "OPEN")
    )
    together = _together(stands)
    all_hold = f"every condition, {len(always)} in all: proved for all values"
    told = (
        (always, style.good("holds"), all_hold if len(always) == len(stands) else _counted(always)),
        (never, style.bad("fails"), _names(never)),
        (together, style.doubtful("depends on several unknowns at once"), _names(together)),
        (left, style.doubtful("left open"), _names(left)),
    )
    return [f"{how}: {which}" for found, how, which in told if found]


def _counted(stands: Sequence[Stand]) -> str:
    return f"{len(stands)} {'condition' if len(stands) == 1 else 'conditions'}"


def _names(stands: Iterable[Stand]) -> str:
    """The rules, and of each on what; one that is no error is said to be a warning or a note."""
    found: dict[str, list[str]] = {}
    for stand in stands:
        aside = "" if stand.severity is Severity.ERROR else f", a {stand.severity.value}"
        found.setdefault(f"{stand.rule}{aside}", []).append(stand.subject)
    return "; ".join(f"{rule} ({', '.join(subjects)})" for rule, subjects in found.items())
