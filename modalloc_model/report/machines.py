"""Machines as text: words and pages, regions, unknowns and reach.

Values under -D are not shown here; `modalloc show` has them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from modalloc_model import addresses
from modalloc_model.addresses import readable, term_text
from modalloc_model.params import EVERYTHING, TEXT, Machine, Protection, Reach, Region
from modalloc_model.report.harmless import harmless
from modalloc_model.report.style import Style
from modalloc_model.words import Term, constant, is_constant, render, upwards

Sources = Mapping[str, str]

_BESIDE = 67  # characters beside name, word, page and PMD: 120 in all
_EITHER_WAY = "\N{PLUS-MINUS SIGN}"
_NEARLY = 10  # a distance is written as a power of two if it differs by less than a part in 2**10


def aligned(rows: Sequence[Sequence[str]], strip: bool = True) -> list[str]:
    """Rows of cells as lines with aligned columns; trailing blanks are stripped if `strip`."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    return [line.rstrip() for line in lines] if strip else lines


def machine_list(machines: Iterable[Machine], style: Style) -> list[str]:
    """The machines in a table: words and sizes, and beside them windows, reach and unknowns, a line or two each."""
    head = ("machine", "bits", "page", "PMD", ["window; reach; what the boot decides"])
    rows = [head, *((m.name, str(m.bits), _size(m.page), _size(m.pmd), _beside(m)) for m in machines)]
    left = [cells for *cells, _ in rows]
    lines = []
    for cells, (*_, right) in zip(aligned([[*cells, ""] for cells in left], strip=False), rows, strict=True):
        lines += [f"{cells}{right[0]}".rstrip(), *(f"{'':{len(cells)}}{line}" for line in right[1:])]
    return lines if style.unicode else [line.replace(_EITHER_WAY, "+-") for line in lines]


def _beside(machine: Machine) -> list[str]:
    unnamed = "no window" if "windows" in machine.none else "no window is known"
    windows = [[window.name, *_extent(window, machine)] for window in machine.windows] or [[unnamed]]
    boot = [["boot:", ", ".join(unknown.name for unknown in machine.unknowns)]] if machine.unknowns else []
    return [*_packed(windows), *_packed([*reach_in_short(machine.reach), *boot])]


def _packed(items: Sequence[Sequence[str]]) -> list[str]:
    """The items, separated by `;`, on as few lines as possible; a long item is broken between its parts."""
    lines: list[str] = []
    for number, item in enumerate(items):
        *parts, last = item
        parts.append(last if number == len(items) - 1 else f"{last};")
        for part in [" ".join(parts)] if len(" ".join(parts)) <= _BESIDE else parts:
            if lines and len(lines[-1]) + 1 + len(part) <= _BESIDE:
                lines[-1] += f" {part}"
            else:
                lines.append(part)
    return lines


def reach_in_short(reaches: Sequence[Reach]) -> list[list[str]]:
    """The targets, the distance and the veneer of each instruction; `anywhere` if none is limited."""
    if reaches and all(reach.kind == "anywhere" for reach in reaches):
        return [["anywhere"]]
    return [_short(reach) for reach in reaches]


def _short(reach: Reach) -> list[str]:
    if reach.kind == "anywhere":
        return [f"{', '.join(reach.targets)} anywhere"]
    limited = f"{_FAMILY.sub('', reach.name).partition(' (')[0]} {_distance(reach)}"
    veneer = re.split(", | [(]", reach.veneer)[0]
    return [f"{limited},", f"veneer: {veneer}"] if veneer else [limited]


_FAMILY = re.compile(r"^R_(X86_64|[A-Z0-9]+)_(?=[A-Z])")
"""The prefix of a relocation's name that repeats the machine's name."""


def _distance(reach: Reach) -> str:
    """Both ends of a displacement as one power of two, where they are one but for an instruction or a page or two."""
    if reach.kind == "segment":
        return f"{addresses.size(1 << reach.segment_bits)} segment"
    if reach.kind == "absolute":
        return f"{reach.lowest:+#x} .. {reach.highest:+#x} absolute"
    power = 1 << (max(3 * reach.highest, 3) >> 1).bit_length() - 1
    if all(abs(end - power) <= power >> _NEARLY for end in (-reach.lowest, reach.highest)):
        return f"{_EITHER_WAY}{addresses.size(power)}"
    return f"{reach.lowest:+#x} .. {reach.highest:+#x}"


def machine_text(machine: Machine, sources: Sources, style: Style) -> str:
    """Everything that a profile says, each value with where it comes from."""
    machine, sources = harmless(machine), harmless(sources)
    regions = [*_regions("windows", machine.windows, machine), *_regions("forbidden", machine.forbidden, machine)]
    regions += _regions("registered", machine.registered, machine)
    regions += _regions("image", [machine.image] if machine.image else [], machine)
    regions += _regions("target", machine.targets, machine)
    parts: list[tuple[str, Sequence[Sequence[str]]]] = [
        ("", _basics(machine, sources)),
        ("what the boot decides", [(u.name, u.text, u.source) for u in machine.unknowns]),
        ("", [("", f"where {term_text(term, machine)}", "") for term in machine.constraints]),
        ("bounds of this profile, not of the machine", [(one.text, one.why) for one in machine.bounds]),
        ("symbols", [(n, _bound(v), sources.get(f"symbols.{n}", "")) for n, v in sorted(machine.symbols.items())]),
        ("regions", regions),
        ("protections", [_protection(p, sources) for _, p in sorted(machine.protections.items())]),
        ("reach", [(reach.name, _reach(reach), reach.source) for reach in machine.reach]),
        ("there is none of", [(part, "none", source) for part, source in sorted(machine.none.items())]),
        ("", [(line,) for line in not_judged_lines(machine)]),
    ]
    lines = [style.strong(machine.name)]
    for title, rows in parts:
        lines += ["", style.strong(title)] if title and rows else []
        lines += [f"  {line}" for line in aligned(rows)] if rows else []
    return "\n".join(lines)


def not_judged_lines(machine: Machine) -> list[str]:
    """The rules that cannot be judged for lack of a part of the profile, and the missing part."""
    from modalloc_model.properties.profile_parts import unjudged_rules

    return [f"not judged: {rules}: {why}" for rules, why in unjudged_rules(machine)]


def _basics(machine: Machine, sources: Sources) -> list[tuple[str, str, str]]:
    ends = "the last byte" if machine.inclusive_ends else "the byte after the last"
    rows = [
        ("word", f"{machine.bits} bits", sources.get("word_bits", "")),
        ("page", _size(machine.page), sources.get("page_size", "")),
        ("PMD", _size(machine.pmd), sources.get("pmd_size", "")),
        ("*_END names", ends, sources.get("ends", "")),
    ]
    if machine.kasan_alignment is not None:
        rows.append(("KASAN alignment", _size(machine.kasan_alignment), sources.get("kasan_alignment", "")))
    return rows


def _bound(term: Term) -> str:
    return f"{term.value:#x}" if is_constant(term) else render(term)


def _size(term: Term) -> str:
    return addresses.size(term.value) if is_constant(term) else render(term)


def _regions(kind: str, regions: Iterable[Region], machine: Machine) -> list[tuple[str, str, str]]:
    return [(f"{kind}: {region.name}", " ".join(_stated(region, machine)), region.source) for region in regions]


def _stated(region: Region, machine: Machine) -> list[str]:
    limit = [] if region.allows == EVERYTHING else [f"allows {region.allows}"]
    return [*_extent(region, machine), *limit]


def _extent(region: Region, machine: Machine) -> list[str]:
    """Its bounds, by the machine's symbols where the boot decides them, and its size where the boot does not."""
    length = constant_length(region)
    bounds = f"{term_text(region.first, machine)} .. {term_text(region.last, machine)}"
    return [bounds, f"({readable(length)})"] if length else [bounds]


def constant_length(region: Region) -> int | None:
    """The region's length in bytes if its bounds differ by a constant; None if their sums do not show it."""
    one = constant(1, region.first.bits)
    left = _sum(region.last - region.first + 1)
    length = left.pop(one, 0)
    return length if not any(left.values()) else None


def _sum(term: Term) -> dict[Term, int]:
    """The sum's coefficients modulo its width; the constant is the coefficient of the number 1."""
    times: defaultdict[Term, int] = defaultdict(int, {term: 1})
    found: defaultdict[Term, int] = defaultdict(int)
    for part in reversed(list(upwards(term, into=_summands))):
        often = times[part] % (1 << term.bits)
        if part.op == "const":
            found[constant(1, term.bits)] += often * part.value
        elif not _summands(part):
            found[part] += often
        for arg, sign in zip(_summands(part), (1, 1 if part.op == "bvadd" else -1), strict=False):
            times[arg] += sign * often
    return {part: often % (1 << term.bits) for part, often in found.items()}


def _summands(term: Term) -> tuple[Term, ...]:
    return term.args if term.op in ("bvadd", "bvsub") else ()


def _protection(protection: Protection, sources: Sources) -> tuple[str, str, str]:
    triple = ((protection.read, "r"), (protection.write, "w"), (protection.execute, "x"))
    letters = "".join(letter if term.value else "-" for term, letter in triple)
    return protection.name, letters, sources.get(f"protections.{protection.name}", "")


def _reach(reach: Reach) -> str:
    """The places and targets of the rule, its distance, and what happens beyond it."""
    how = {
        "relative": f"{reach.lowest:+#x} .. {reach.highest:+#x} bytes",
        "page": f"{reach.lowest:+#x} .. {reach.highest:+#x} bytes from page to page",
        "absolute": f"{reach.lowest:+#x} .. {reach.highest:+#x}, wherever it stands",
        "segment": f"inside one {addresses.size(1 << reach.segment_bits)} segment",
        "anywhere": "anywhere",
    }.get(reach.kind, reach.kind)
    beyond = reach.veneer or ("refused beyond" if reach.checked else "unchecked")
    if reach.veneer_lowest or reach.veneer_highest:
        beyond += f", {reach.veneer_lowest:+#x} .. {reach.veneer_highest:+#x} bytes away"
    start = "" if reach.places == (TEXT,) else f"from {', '.join(reach.places)} "
    within = "within a module " if reach.within_module else ""
    return f"{start}{within}to {', '.join(reach.targets)}: {how}{'' if reach.kind == 'anywhere' else f'; {beyond}'}"
