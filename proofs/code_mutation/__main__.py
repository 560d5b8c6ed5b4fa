"""`python -m proofs.code_mutation`: make the mutants, try them, and print the results."""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
from pathlib import Path

from proofs.code_mutation.copying import GROUPS, ROOT, prepare
from proofs.code_mutation.page import outcomes, page
from proofs.code_mutation.session import quick
from proofs.code_mutation.switch import MUTANT, PLAN

PLAINLY = ("-p", "no:cacheprovider", "-n", "0", "--assert=plain", "--tb=native")
"""One process, nothing left behind, and no time spent on saying how a test failed: terms are long."""


def run(folder: Path, mutants: list[str], options: argparse.Namespace, tests: tuple[str, ...]) -> int:
    """Try the mutants, or a sample of them; the results are appended to `outcomes.jsonl`."""
    output = folder / "outcomes.jsonl"
    output.touch()
    files = {"output": str(output), "stats": str(_stats(folder, tests))}
    plan = {"mutants": mutants, "jobs": options.jobs, "sample": options.sample, "seed": options.seed, **files}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    environment = {**os.environ, PLAN: str(folder / "plan.json"), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "pytest", "-p", "proofs.code_mutation.session", *PLAINLY, *tests]
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def again(folder: Path, tests: tuple[str, ...]) -> None:
    """Survivors that had done their work when modules were imported: each once more, quick tests first."""
    stats = json.loads(_stats(folder, tests).read_text(encoding="utf-8"))
    imported, quick_first = set(stats["imported"]), quick(stats["durations"])
    for mutant, outcome in outcomes(folder).items():
        if outcome in ("survived", "untested") and mutant.rpartition("__mutmut_")[0] in imported:
            environment = {**os.environ, MUTANT: mutant, "PYTHONHASHSEED": "0"}
            command = [sys.executable, "-m", "pytest", "-x", *PLAINLY, *quick_first]
            status = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True).returncode
            _note(folder, mutant, "killed" if status else outcome)


def _note(folder: Path, mutant: str, outcome: str) -> None:
    with (folder / "outcomes.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"mutant": mutant, "outcome": outcome, "killer": "from the start"}) + "\n")


def _stats(folder: Path, tests: tuple[str, ...]) -> Path:
    return folder / f"stats-{'-'.join(Path(test).stem for test in tests)}.json"


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m proofs.code_mutation", description="Mutants of this project's own code."
    )
    parser.add_argument(
        "folder",
        type=lambda text: Path(text).resolve(),
        help="for the copy and the outcomes; a run that was stopped goes on there",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sample", type=int, metavar="N", help="of each part, as many, drawn by chance (all)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the draw: another one is another sample")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="mutants by name")
    parser.add_argument("--page", action="store_true", help="write proofs/CODE-MUTATION.md")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    mutants = prepare(options.folder)
    wanted = [m for m in mutants if any(fnmatch.fnmatch(m, pattern) for pattern in options.only or ["*"])]
    status = max((_group(options, wanted, group) for group in GROUPS), default=0)
    if options.page:
        (ROOT / "proofs" / "CODE-MUTATION.md").write_text(page(options.folder, mutants), encoding="utf-8")
    return status


def _group(options: argparse.Namespace, mutants: list[str], group: str) -> int:
    start, tests = f"modalloc_model.{group.removesuffix('.py')}.", GROUPS[group]
    mine = [mutant for mutant in mutants if mutant.startswith(start)]
    if not mine:
        return 0
    status = run(options.folder, mine, options, tests)
    again(options.folder, tests)
    return status


if __name__ == "__main__":
    sys.exit(main())
