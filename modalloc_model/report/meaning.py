"""The meaning of a table: its types and sections, the roots with their parameters, the mapto graph, and the unknowns.

`modalloc verify` judges it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from modalloc_model import addresses
from modalloc_model.addresses import readable_span
from modalloc_model.concrete import letters
from modalloc_model.params import AllocType, Location, ParamSet, Section
from modalloc_model.report.address_map import address_map
from modalloc_model.report.machines import aligned, not_judged_lines
from modalloc_model.report.problems import place
from modalloc_model.report.story import boot_text
from modalloc_model.report.style import Style
from modalloc_model.report.text import assuming_text, bounds_lines
from modalloc_model.words import Term, evaluate

if TYPE_CHECKING:
    from modalloc_model.engine.dependence import Dependence
import textwrap
from typing import TYPE_CHECKING

from modalloc_model.addresses import term_text
from modalloc_model.params import Machine, Unknown
from modalloc_model.verdict import Severity

if TYPE_CHECKING:
    from modalloc_model.engine.dependence import Dependence, Turn


Boot = Mapping[str, int]


def meaning(table: ParamSet, boot: Boot, dependences: Sequence[Dependence], style: Style) -> list[str]:
    """The whole description, with addresses of the given boot, and how the conditions depend on the boot."""
    return [
        f"{style.strong(table.id)}  ({place(Location(table.path, table.line))})",
        f"  {table.dialect.name} on {table.machine.name}, {table.machine.bits} bits",
        f"  assuming   {assuming_text(table)}",
        f"  shown for  {boot_text(boot)}",
        *(f"  bounds     {line}" for line in bounds_lines(table.machine)),
        *(f"  {line}" for line in not_judged_lines(table.machine)),
        *_part("sections and the roots that their memory comes from", aligned(_sections(table, boot)), style),
        *_part("mapto", _graph(table, style), style),
        *_part("roots", [line for root in table.roots for line in _root(table, root, boot)], style),
        *_part("address map", address_map(table, boot, style), style),
        *_part("what the boot decides", unknowns_text(table.machine, dependences, style), style),
    ]


def _part(title: str, lines: Iterable[str], style: Style) -> list[str]:
    return ["", style.strong(title), *(f"  {line}".rstrip() for line in lines)]


def _sections(table: ParamSet, boot: Boot) -> list[tuple[str, str, str, str, str]]:
    rows = []
    for section in table.sections:
        root = table.section_root(section)
        life = "until the module is live" if section.init else "as long as the module"
        pages = _pages(table, section, root, boot) if root else ""
        source = f"from {root.name}" if root else "from no type: fails"
        rows.append((section.name, section.kind.value, source, life, pages))
    return rows


def _pages(table: ParamSet, section: Section, root: AllocType, boot: Boot) -> str:
    """What the section's pages allow once mapped, once loaded, and once live."""
    mapped = letters(root.protection, boot)
    final = letters(table.final_protection(section), boot)
    sealed = final.replace("w", "-") if evaluate(table.seals_section(section), boot) else final
    loaded = f", {final} once loaded" if final != mapped else ""
    return f"{mapped}{loaded}{f', {sealed} once live' if sealed != final else ''}"


def _graph(table: ParamSet, style: Style) -> list[str]:
    """Each target with the types mapped to it; mapto takes one hop only."""
    if not table.dialect.has_mapto:
        idle = [t.name for t in table.types if t not in table.roots]
        said = [f"no section's memory comes from {', '.join(idle)}"] if idle else []
        return ["every type is its own root", *said, *_left_out(table)]
    lines = []
    for target in table.types:
        sources = [t.name for t in table.types if t.mapto == target.index and t is not target]
        if target.mapto == target.index or sources:
            lines.append(f"{target.name}{'' if target.mapto == target.index else _astray(table, target, style)}")
            lines += [f"  {style.faint('<-')} {name}" for name in sources]
    lost = [t for t in table.types if table.root(t) is None]
    return lines + [f"{t.name} -> {t.mapto} {style.bad('no such type')}" for t in lost]


def _left_out(table: ParamSet) -> list[str]:
    """The types that the table says nothing of, and that the dialect merges into its default, the first, or copies."""
    default, *others = table.types
    gone = [t for t in others if not t.written]
    merged = [t.name for t in gone if table.root(t) is not t]
    copied = [_copied(t, default) for t in gone if table.root(t) is t]
    return [
        *([f"left out, and merged into {default.name}: {', '.join(merged)}"] if merged else []),
        *([f"left out, and copied from {default.name}: {', '.join(copied)}"] if copied else []),
    ]


def _copied(t: AllocType, default: AllocType) -> str:
    return t.name if t.protection == default.protection else f"{t.name} (with {t.protection.name})"


def _astray(table: ParamSet, target: AllocType, style: Style) -> str:
    onward = table.root(target)
    return style.bad(f" (itself mapped to {onward.name if onward else target.mapto}, which nobody follows)")


def _root(table: ParamSet, root: AllocType, boot: Boot) -> list[str]:
    symbols = {name: evaluate(value, boot) for name, value in table.machine.symbols.items()}
    rows = [
        ("used by", ", ".join(section.name for section in table.sections_of(root))),
        ("granularity", addresses.size(evaluate(root.granularity, boot))),
        ("alignment", addresses.size(evaluate(root.wanted, boot))),
        (
            "free space",
            "is used again" if evaluate(root.reuses, boot) else "goes back; every allocation has fresh pages",
        ),
        ("pages", f"{root.protection.name} {letters(root.protection, boot)}"),
        ("fill", _function(root.fill, root.fill_name, "memcpy()", boot)),
        ("invalidate", _function(root.invalidate, root.invalidate_name, "memset()", boot)),
        *((f"range {number}", _range(root, number, boot, symbols)) for number in _given_ranges(root)),
        ("after init", _after_init(table, root, boot)),
    ]
    return [root.name, *(f"  {line}" for line in aligned(rows))]


def _after_init(table: ParamSet, root: AllocType, boot: Boot) -> str:
    if evaluate(root.seals, boot):
        return "read-only"
    return "as the loader has it, section by section" if evaluate(table.assumptions.by_loader, boot) else "as before"


def _given_ranges(root: AllocType) -> list[int]:
    """The ranges that the source names; the first in any case."""
    return [n for n in range(len(root.ranges)) if n == 0 or {f"start{n}", f"end{n}"} & root.written]


def _function(given: Term, name: str, otherwise: str, boot: Boot) -> str:
    return f"{name}()" if evaluate(given, boot) and name else "a function" if evaluate(given, boot) else otherwise


def _range(root: AllocType, number: int, boot: Boot, symbols: Mapping[str, int]) -> str:
    chosen = root.ranges[number]
    first, last = evaluate(chosen.first, boot), evaluate(chosen.last, boot)
    if not evaluate(chosen.nonempty, boot):
        return f"empty: start {evaluate(chosen.start, boot):#x}, end {evaluate(chosen.end, boot):#x}"
    unused = "" if evaluate(root.usable(number), boot) else ", not used: no FLAG_SECOND_ADDRESS_SPACE"
    return f"{readable_span(first, last, symbols)}{unused}"


# -- the unknowns of the boot: the values of each, and the rules that depend on it ------------------------------------


_WIDTH = 100


def unknowns_text(machine: Machine, dependences: Sequence[Dependence], style: Style) -> list[str]:
    """Each unknown, the constraints between them, and the conditions that depend on no single unknown."""
    if not machine.unknowns:
        return ["nothing; every boot is alike"]
    lines = []
    for unknown in machine.unknowns:
        lines.append(f"{style.strong(unknown.name)}  {domain_text(unknown)}")
        lines += _wrapped(_dependents(unknown.name, dependences, style) or [_of_no_rule(dependences)])
    lines += [f"where {term_text(term, machine)}" for term in machine.constraints]
    return [*lines, "whatever the boot decides", *_wrapped(_whatever(dependences, style))]


def domain_text(unknown: Unknown) -> str:
    """The values that it may have, in words, and how many they are."""
    count = unknown.high - unknown.low + 1
    first, last = (unknown.step * k for k in (unknown.low, unknown.high))
    return f"{unknown.text}: {count} {'value' if count == 1 else 'values'}, {first:#x} .. {last:#x}"


def _wrapped(lines: Iterable[str]) -> list[str]:
    return [
        part for line in lines for part in textwrap.wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    ]


def _dependents(name: str, dependences: Iterable[Dependence], style: Style) -> list[str]:
    turned: dict[str, list[Dependence]] = {}
    left = []
    for dependence in dependences:
        for turn in dependence.turns:
            if turn.unknown == name:
                turned.setdefault(_turned(turn), []).append(dependence)
        left += [dependence] if name in dependence.open else []
    lines = [f"{_names(found)} {style.doubtful(_depend(found))}: {how}" for how, found in turned.items()]
    return lines + ([f"{style.doubtful('left open')} whether it bears on {_names(left)}"] if left else [])


def _of_no_rule(dependences: Iterable[Dependence]) -> str:
    return f"no rule depends on it{' alone' if _together(dependences) else ''}"


def _together(dependences: Iterable[Dependence]) -> list[Dependence]:
    """The conditions that vary, and depend on no single unknown."""
    return [s for s in dependences if s.standing.name == "VARIES" and not s.turns and not s.open]


def _depend(dependences: Iterable[Dependence]) -> str:
    return f"depend{'' if len({dependence.rule for dependence in dependences}) > 1 else 's'} on it"


def _turned(turn: Turn) -> str:
    others = ", ".join(f"{name} = {value:#x}" for name, value in turn.others)
    return f"holds with {turn.holds:#x} and fails with {turn.fails:#x}{f', where {others}' if others else ''}"


def _whatever(dependences: Sequence[Dependence], style: Style) -> list[str]:
    """The conditions that hold in every boot, in none, in some by several unknowns at once; and the undecided ones."""
    always, never, left = (
        [dependence for dependence in dependences if dependence.standing.name == name]
        for name in ("ALWAYS", "NEVER", "OPEN")
    )
    together = _together(dependences)
    all_hold = f"every condition, {len(always)} in all: proved for all values"
    told = (
        (always, style.good("holds"), all_hold if len(always) == len(dependences) else _count_text(always)),
        (never, style.bad("fails"), _names(never)),
        (together, style.doubtful("depends on several unknowns at once"), _names(together)),
        (left, style.doubtful("left open"), _names(left)),
    )
    return [f"{how}: {which}" for found, how, which in told if found]


def _count_text(dependences: Sequence[Dependence]) -> str:
    return f"{len(dependences)} {'condition' if len(dependences) == 1 else 'conditions'}"


def _names(dependences: Iterable[Dependence]) -> str:
    """The rules with their subjects; a warning or a note is marked."""
    found: dict[str, list[str]] = {}
    for dependence in dependences:
        aside = "" if dependence.severity is Severity.ERROR else f", a {dependence.severity.value}"
        found.setdefault(f"{dependence.rule}{aside}", []).append(dependence.subject)
    return "; ".join(f"{rule} ({', '.join(subjects)})" for rule, subjects in found.items())
