"""Writes proofs/LOAD-BEARING.md anew: `python -m proofs.load_bearing` (`make pages` runs it too)."""

from __future__ import annotations

import sys

from modalloc_model.theorems.load_bearing.check import check
from proofs.load_bearing.page import BITS, PAGE, page


def main() -> None:
    """Check everything, and write the page whatever it says: what is wrong stands there too."""
    rows = []
    for row in check(BITS):
        rows.append(row)
        print(f"{row.rule} {row.what}: {row.standing}", file=sys.stderr)
    PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
