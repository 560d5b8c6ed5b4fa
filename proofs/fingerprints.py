"""The hash of every theorem's obligations, so that a change of what is proved shows in a diff.

    python -m proofs.fingerprints            # compare proofs/obligations.sha256 with the obligations as they are
    python -m proofs.fingerprints --write    # write it again

A line is a rule, a width, the number of obligations, SHA-256 over their texts as solvers get them, in bits and in their
order, and how many there are of each kind.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from modalloc_model.properties.rule import Rule
from modalloc_model.smt.smtlib import write
from modalloc_model.theorems.claims import claims, theorem_rules
from modalloc_model.theorems.obligations import question

FILE = Path(__file__).parent / "obligations.sha256"
WIDTHS = (32, 64)


def fingerprint(rule: Rule, bits: int) -> str:
    """The line of one rule at one width."""
    digest, kinds = hashlib.sha256(), Counter[str]()
    for claim in claims(rule, bits):
        for obligation in claim.obligations:
            digest.update(write(question(claim, obligation)).encode())
            kinds[obligation.kind] += 1
    counts = (f"{kind}={count}" for kind, count in sorted(kinds.items()))
    return " ".join([rule.id, str(bits), str(kinds.total()), digest.hexdigest(), *counts])


def fingerprints(rules: Iterable[Rule], widths: tuple[int, ...] = WIDTHS) -> Iterator[str]:
    """The lines of these rules."""
    for rule in rules:
        yield from (fingerprint(rule, bits) for bits in widths)


def read_record() -> list[str]:
    """The lines of the file."""
    return FILE.read_text(encoding="utf-8").splitlines()


def changed(found: Iterable[str], known: Iterable[str]) -> list[str]:
    """Rules and widths whose line is not the recorded one, or that only one side has."""
    ours, theirs = ({tuple(line.split()[:2]): line for line in lines} for lines in (found, known))
    return [" ".join(key) for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)]


def main(words: list[str]) -> int:
    """Exit status 0 if the file is current, or has been written; 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m proofs.fingerprints", description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write proofs/obligations.sha256")
    lines = list(fingerprints(theorem_rules()))
    if parser.parse_args(words).write:
        FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return 0
    differing = changed(lines, read_record())
    for name in differing:
        sys.stdout.write(f"{name} bits: the obligations are not those of {FILE.name}\n")
    if differing:
        sys.stdout.write("if that is meant: python -m proofs.fingerprints --write\n")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
