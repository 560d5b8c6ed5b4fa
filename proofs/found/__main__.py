"""`python -m proofs.found [--check] [--jobs N] [ID...]`: decide every set, check every claim, write spec/FOUND.md.

With ids, only the sets that these findings speak of are decided, and their sections are printed. Exit status 1, and
nothing is written, where a claim is not borne out, something is unexplained, or (with --check) the page is not current.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from modalloc_model.cli.deciding import job_limit
from proofs.found import findings as data
from proofs.found.claims import left_open, not_produced, problems
from proofs.found.deciding import Told, asked_of, questions, tell
from proofs.found.findings import Finding
from proofs.found.page import PAGE, page, section


def main(arguments: Sequence[str] | None = None) -> int:
    """As the command line asks."""
    asked = _parser().parse_args(arguments)
    findings = data.load(asked.findings)
    if asked.ids:
        return _print([finding for finding in findings if finding.id in asked.ids], asked.jobs)
    every = questions(findings)
    return _deliver(findings, tell(every, job_limit(asked.jobs, len(every))), asked.page, asked.check)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m proofs.found", description="What modalloc finds in Linux.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="print these findings alone, and write nothing")
    parser.add_argument("--check", action="store_true", help="compare with the page that is there, and write nothing")
    parser.add_argument("--jobs", type=int, help="sets decided at a time (default: one a core)")
    parser.add_argument("--findings", type=Path, default=data.PATH, help="the claims (default: spec/found.yaml)")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page (default: spec/FOUND.md)")
    return parser


def _print(findings: Sequence[Finding], jobs: int | None) -> int:
    named = [(name, shown) for finding in findings for shown in finding.shown_by for name in shown.sets]
    every = {str(asked): asked for name, shown in named for asked in asked_of(name, shown)}
    told = tell(list(every.values()), job_limit(jobs, len(every)))
    if _say([*not_produced(findings, told), *left_open(told)]):
        return 1
    print("\n".join(section(finding, told) for finding in findings))
    return 0


def _deliver(findings: Sequence[Finding], told: Sequence[Told], path: Path, check: bool) -> int:
    if _say(problems(findings, told)):
        return 1
    text = page(findings, told)
    if not check:
        path.write_text(text, encoding="utf-8")
        return 0
    current = path.is_file() and path.read_text(encoding="utf-8") == text
    return _say([] if current else [f"{path.name} is not what the tool says now: run python -m proofs.found"])


def _say(wrong: Sequence[str]) -> int:
    """Print every problem; 1 if there is one."""
    for text in wrong:
        print(text, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
