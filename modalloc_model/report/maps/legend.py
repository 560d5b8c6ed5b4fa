"""What stands beneath a map, however it is drawn: a line for each region, with its letter, its place and its size.

Leaves out: how the lines are set.
"""

from __future__ import annotations

from string import ascii_uppercase

from modalloc_model.report.maps.model import AddressMap, Column, Mark

SIGNS = {Mark.SAME: "", Mark.NEW: "+ ", Mark.CHANGED: "~ ", Mark.GONE: "\N{MINUS SIGN} ", Mark.FAULT: "\N{BALLOT X} "}
"""What a step did to a region, before its name."""
_SAID = {Mark.NEW: "new", Mark.CHANGED: "changed", Mark.GONE: "gone", Mark.FAULT: "written, and not writable"}


def letters(count: int) -> list[str]:
    """A, B, ... Z, A1, B1, ..."""
    return [f"{ascii_uppercase[n % 26]}{n // 26 or ''}" for n in range(count)]


def legend(shown: AddressMap) -> list[str]:
    """Every region in turn, and last the branch, if there is one."""
    named = zip(letters(len(shown.columns)), shown.columns, strict=True)
    lines = [f"{letter}  {SIGNS[c.mark]}{called(c)}: {shown.span(c)}{_said(c)}" for letter, c in named]
    branch = shown.branch
    if branch:
        places = f"from {shown.place(branch.place)} to {shown.place(branch.target)}"
        lines.append(f"\N{RIGHTWARDS ARROW}  {branch.title}: {places}")
    return lines


def called(column: Column) -> str:
    """What a region is, and how it is at the moment."""
    return f"{column.title}, {column.detail}" if column.detail else column.title


def _said(column: Column) -> str:
    return f", {_SAID[column.mark]}" if column.mark is not Mark.SAME else ""
