"""Writes the outputs in the README anew: `python -m tests.readme --write`. What needs more than the checkout stays."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.readme.blocks import OUTPUTS, README, rewritten


def main(words: list[str]) -> int:
    """Exit status 0 if the README is current or written, 1 if it is not current."""
    parser = argparse.ArgumentParser(prog="python -m tests.readme", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write it; otherwise only say whether it is current")
    args = parser.parse_args(words)
    old = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        new = rewritten(old, Path(folder))
    for output in OUTPUTS:
        if output.missing:
            sys.stdout.write(f"left as it is, for want of {output.missing}: what {output.names} shows\n")
    if args.write:
        README.write_text(new, encoding="utf-8")
    return int(old != new and not args.write)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
