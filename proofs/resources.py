"""The cost of each theorem in Z3's resource units: a proof whose cost doubles is about to fail.

python -m proofs.resources --check     # prove all and compare with proofs/resources.json
python -m proofs.resources --write     # record the costs with the installed Z3

Resource units depend only on the text and on Z3's version, not on the machine or its load.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from modalloc_model.engine.solvers import version
from modalloc_model.theorems.prove import How, TheoremReport, prove
from modalloc_model.verdict import Verdict

FILE = Path(__file__).parent / "resources.json"
TOLERANCE = 2

Record = Mapping[str, Mapping[str, int]]
"""Resource units by rule and width."""


def measure(reports: Iterable[TheoremReport]) -> dict[str, dict[str, int]]:
    """The cost of each theorem. ValueError if one is not proved."""
    found: dict[str, dict[str, int]] = {}
    for report in reports:
        if report.verdict is not Verdict.PROVED:
            raise ValueError(f"{report.rule} at {report.bits} bits is {report.verdict.value}: {report.reason}")
        found.setdefault(report.rule, {})[str(report.bits)] = report.resources
    return found


def dearer(found: Record, known: Record) -> list[str]:
    """The theorems that cost more than twice the record, and those missing in the record or here."""
    said = []
    for rule in dict.fromkeys((*known, *found)):
        for bits in dict.fromkeys((*known.get(rule, {}), *found.get(rule, {}))):
            now, then = found.get(rule, {}).get(bits), known.get(rule, {}).get(bits)
            if now is None or then is None:
                said.append(f"{rule} at {bits} bits is {'recorded but not proved' if now is None else 'not recorded'}")
            elif now > TOLERANCE * then:
                said.append(f"{rule} at {bits} bits took {now} units; {then} are recorded")
    return said


def check(found: Record, file: Path, z3: str) -> list[str]:
    """The problems of these costs, by the record for this version of Z3."""
    records = json.loads(file.read_text(encoding="utf-8"))
    if z3 not in records:
        return [
            f"nothing is recorded for Z3 {z3}, only for {', '.join(records)}: see whether all is proved, "
            "then run python -m proofs.resources --write and commit the file"
        ]
    return dearer(found, records[z3])


def record(found: Record, file: Path, z3: str) -> None:
    """Adds or replaces the record for this version of Z3."""
    records = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    records[z3] = {rule: dict(widths) for rule, widths in found.items()}
    file.write_text(json.dumps(dict(sorted(records.items())), indent=2) + "\n", encoding="utf-8")


def main(words: list[str]) -> int:
    """Exit status 0 if no theorem has become dear, or the record is written; 1 if one has; 3 if one is not proved."""
    parser = argparse.ArgumentParser(prog="python -m proofs.resources", description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="record what is measured")
    parser.add_argument("--check", action="store_true", help="compare with the record (the default)")
    parser.add_argument("--jobs", type=int, metavar="N", help="theorems proved at a time")
    args = parser.parse_args(words)
    try:
        found = measure(prove(how=How(isolated=True), jobs=args.jobs))
    except ValueError as failure:
        sys.stdout.write(f"{failure}\n")
        return 3
    if args.write:
        record(found, FILE, version("z3"))
        return 0
    wrong = check(found, FILE, version("z3"))
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
