"""Records the result of dropping each hypothesis of each theorem: `python -m proofs.load_bearing` (takes minutes).

The record is proofs/load_bearing.json; the theorems' pages show its rows (theorem_pages.py). A run is in words, with
the table that it violates; `modalloc prove --load-bearing` finds it again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from modalloc_model.concrete import Concrete, ConcreteRoot
from modalloc_model.report.theorems import run_text
from modalloc_model.theorems.load_bearing.check import DroppedPiece, check

FILE = Path(__file__).with_name("load_bearing.json")
BITS = 32

Cells = Mapping[str, str]
"""One piece: the dropped piece (`without`), its `standing`, the obligation that `fails`, the `run`, and a `note`."""


def record(rows: Iterable[DroppedPiece]) -> dict[str, list[Cells]]:
    """The rows by rule, in their order."""
    found: dict[str, list[Cells]] = {}
    for row in rows:
        found.setdefault(row.rule, []).append(cells(row))
    return found


def cells(row: DroppedPiece) -> Cells:
    """The record of one row."""
    run = f"{run_text(row.trace)}. In {_table_text(row.trace.params)}" if row.trace else ""
    note = "" if run else row.note
    return {"without": row.what, "standing": row.standing, "fails": row.broken, "run": run, "note": note}


def _table_text(params: Concrete) -> str:
    assume = params.assumptions
    assumed = f"protect={assume.protect}, free-access={assume.free_access}, arbiter={assume.arbiter}"
    roots = "; ".join(f"{root.name}: {_root_text(root)}" for root in params.roots)
    return f"{roots}; page {params.page:#x}, guard {params.guard:#x}, {assumed}"


def _root_text(root: ConcreteRoot) -> str:
    flags = [name for name in ("seals", "fill", "invalidate") if getattr(root, name)]
    ranges = [f"{r.first:#x}..{r.last:#x}" for r in root.ranges if r]
    sizes = f"granularity {root.granularity:#x}, alignment {root.alignment:#x}"
    return ", ".join([sizes, root.protection, *flags, *ranges])


def read_record() -> dict[str, list[Cells]]:
    """The record in the file."""
    found: dict[str, list[Cells]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def text(found: Mapping[str, Sequence[Cells]]) -> str:
    """The file for this record."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Check everything and write the record, including failures."""
    rows = []
    for row in check(BITS):
        rows.append(row)
        print(f"{row.rule} {row.what}: {row.standing}", file=sys.stderr)
    FILE.write_text(text(record(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
