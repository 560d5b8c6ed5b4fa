"""Machines described for reading: words and pages, the address map, what the boot decides, what reaches what.

Models nothing. Leaves out: a machine's values under -D; `modalloc show` has those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from modalloc_model import addresses
from modalloc_model.params import Machine, Protection, Reach, Region
from modalloc_model.report.style import Style
from modalloc_model.words import Term, is_constant, render

Sources = Mapping[str, str]


def machine_line(machine: Machine) -> list[str]:
    """The machine in a row of a list: name, words, pages, windows."""
    windows = "; ".join(f"{_bound(w.first)} .. {_bound(w.last)}" for w in machine.windows)
    return [machine.name, f"{machine.bits} bits", f"page {_size(machine.page)}", f"PMD {_size(machine.pmd)}", windows]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines of columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def machine_text(machine: Machine, sources: Sources, style: Style) -> str:
    """Everything that a profile says, each value with where it comes from."""
    regions = [*_regions("windows", machine.windows), *_regions("forbidden", machine.forbidden)]
    regions += _regions("registered", machine.registered)
    regions += [("image", *_region(machine.image))] if machine.image else []
    parts = [
        ("", _basics(machine, sources)),
        ("what the boot decides", [(u.name, u.text, u.source) for u in machine.unknowns]),
        ("", [("", f"where {render(term)}", "") for term in machine.constraints]),
        ("symbols", [(n, _bound(v), sources.get(f"symbols.{n}", "")) for n, v in sorted(machine.symbols.items())]),
        ("regions", [(f"{kind}: {name}", bounds, source) for kind, name, bounds, source in regions]),
        ("protections", [_protection(p, sources) for _, p in sorted(machine.protections.items())]),
        ("reach", [(reach.name, _reach(reach), reach.source) for reach in machine.reach]),
    ]
    lines = [style.strong(machine.name)]
    for title, rows in parts:
        lines += ["", style.strong(title)] if title and rows else []
        lines += [f"  {line}" for line in aligned(rows)] if rows else []
    return "\n".join(lines)


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


def _regions(kind: str, regions: Iterable[Region]) -> list[tuple[str, str, str, str]]:
    return [(kind, *_region(region)) for region in regions]


def _region(region: Region) -> tuple[str, str, str]:
    size = region.last - region.first + 1
    extent = f" ({addresses.size(size.value)})" if is_constant(size) and size.value else ""
    return region.name, f"{_bound(region.first)} .. {_bound(region.last)}{extent}", region.source


def _protection(protection: Protection, sources: Sources) -> tuple[str, str, str]:
    triple = ((protection.read, "r"), (protection.write, "w"), (protection.execute, "x"))
    letters = "".join(letter if term.value else "-" for term, letter in triple)
    return protection.name, letters, sources.get(f"protections.{protection.name}", "")


def _reach(reach: Reach) -> str:
    """What it can name, from where, and what happens beyond."""
    how = {
        "relative": f"{reach.lowest:+#x} .. {reach.highest:+#x} bytes",
        "segment": f"inside one {addresses.size(1 << reach.segment_bits)} segment",
        "anywhere": "anywhere",
    }.get(reach.kind, reach.kind)
    beyond = reach.veneer or ("refused beyond" if reach.checked else "unchecked")
    return f"to {', '.join(reach.targets)}: {how}{'' if reach.kind == 'anywhere' else f'; {beyond}'}"
