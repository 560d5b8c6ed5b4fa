"""`python -m proofs.mutants [OPTION...] [NAME...]`: run mutants, and print what caught each.

Exit status 1 if a mutant survives, 2 if a name is unknown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence

from proofs.mutants import page
from proofs.mutants.families import FAMILIES, MUTANTS
from proofs.mutants.mutant import SIDES, Change, Mutant, load_record, remember
from proofs.mutants.workshop import WIDTHS, MutantOutcome, all_theorems, many, one, preload, unchanged


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants asked for; 1 where one survives."""
    asked = _parser().parse_args(arguments)
    unknown = [name for name in asked.names if name not in MUTANTS]
    if unknown:
        print(f"there is no mutant {', '.join(unknown)}", file=sys.stderr)
        return 2
    preload()
    sides = tuple(asked.side or SIDES)
    chosen = _select(asked)
    if asked.all:
        return _every_theorem(chosen)
    outcomes = list(_recording(chosen, sides) if asked.record else _telling(many(chosen, sides, load_record())))
    survivors = [outcome for outcome in outcomes if not outcome.caught]
    print(f"{len(outcomes)} changes, {len(survivors)} survive")
    if asked.record:
        page.PAGE.write_text(page.text(), encoding="utf-8")
    return 1 if survivors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m proofs.mutants", description="Broken allocators, and what catches each."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants; all of them where none is named")
    parser.add_argument("--family", choices=sorted(FAMILIES), help="those of one family")
    parser.add_argument("--side", action="append", choices=SIDES, help="one side alone")
    parser.add_argument("--all", action="store_true", help="every theorem at both widths, for hours")
    parser.add_argument("--record", action="store_true", help="remember what caught them, and write the page")
    return parser


def _select(asked: argparse.Namespace) -> list[Mutant]:
    family = FAMILIES[asked.family] if asked.family else tuple(MUTANTS.values())
    return [mutant for mutant in family if not asked.names or mutant.name in asked.names]


def _every_theorem(mutants: Sequence[Mutant]) -> int:
    """Print the theorems that are no longer provable, for each mutant and width; 1 if there is none at any width."""
    survivors = 0
    for mutant in mutants:
        if isinstance(mutant.symbolic, Change):
            failing = {bits: all_theorems(mutant.symbolic, bits) for bits in WIDTHS}
            for bits, rules in failing.items():
                print(f"{mutant.name}, {bits} bits: {' '.join(rules) or 'none'}", flush=True)
            survivors += not any(failing.values())
    return 1 if survivors else 0


def _telling(outcomes: Iterable[MutantOutcome]) -> Iterator[MutantOutcome]:
    for outcome in outcomes:
        print(f"{outcome.mutant}, {outcome.side}: {_outcome_line(outcome)}", flush=True)
        yield outcome


def _recording(mutants: Sequence[Mutant], sides: Sequence[str]) -> Iterator[MutantOutcome]:
    """One by one, each noted at once; what the theorems ask of no mutant alone is left out of the search."""
    for mutant, side in ((m, side) for m in mutants for side in sides):
        known = load_record().get(mutant.name, {})
        outcome = one(
            mutant, side, known, unchanged() if side == "symbolic" and "theorem" not in known else frozenset()
        )
        if outcome is not None:
            yield from _telling([outcome])
            if outcome.caught:
                remember(mutant.name, outcome.evidence)


def _outcome_line(outcome: MutantOutcome) -> str:
    if not outcome.caught:
        return f"SURVIVES {outcome.problem}".rstrip()
    length = len(outcome.evidence["run"]["trace"]["steps"]) if "run" in outcome.evidence else 0
    what = outcome.evidence.get("theorem", {}).get("obligation") or f"a run of length {length}"
    return f"caught by {outcome.by} ({what})"


if __name__ == "__main__":
    sys.exit(main())
