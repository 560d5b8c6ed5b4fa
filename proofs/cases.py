"""`python -m proofs.cases [--check] [ID...]`: decide every reported case again, and write spec/CASES.md.

A case is an input on which a version of the tool was wrong or silent: the report, that version's output, and the output
that is required now. `spec/cases.yaml` lists the cases; their inputs are in tests/cases. The page is not written if a
case fails. With ids, only these cases are decided, and their sections are printed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from modalloc_model.cli import main as modalloc
from modalloc_model.paths import spec_root

CASES, PAGE = spec_root() / "cases.yaml", spec_root() / "CASES.md"
ROOT = spec_root().parent
INPUTS = ROOT / "tests" / "cases"
VERDICTS = ("refuted", "proved", "undecided")

HEAD = """\
# Cases that were reported

Generated (`python -m proofs.cases`) from `spec/cases.yaml` and from what the tool says of the inputs in `tests/cases`.
Each is an input of which a version of modalloc said something that is not so, or of which it said nothing. *Before* is
what that version said; *now* is what the tool says today, and the page is not written if that is not what it must be.

{count} cases.
"""


@dataclass(frozen=True)
class Case:
    """One case. `table` is decided, or `gate` compares `NAME-base.*` with `NAME-head.*`, or `tree` is read.

    `trees` compares the kernel trees NAME-base and NAME-head.

    `expect` names what must come out: `status`, and the rules of each verdict (refuted, proved, undecided), the codes
    of what is refused (errors), or the kinds of what the gate finds (findings; [] is none). `says` must stand in the
    text.
    """

    id: str
    title: str
    reported: str
    before: str
    expect: Mapping[str, Any]
    table: str = ""
    gate: str = ""
    tree: str = ""
    trees: str = ""
    options: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class CaseOutcome:
    """The tool's result for a case: exit status, document and text."""

    case: Case
    command: tuple[str, ...]
    status: int
    document: Mapping[str, Any]
    text: str = field(repr=False)

    def rules(self, verdict: str) -> tuple[str, ...]:
        """The rules with a result of that verdict."""
        return tuple(dict.fromkeys(r["rule"] for r in self.results if r["verdict"] == verdict))

    @property
    def results(self) -> Iterator[Mapping[str, Any]]:
        """Every result, table by table."""
        return (result for table in self.document.get("tables", ()) for result in table.get("results", ()))

    @property
    def errors(self) -> tuple[str, ...]:
        """The codes of the problems of the input."""
        return tuple(dict.fromkeys(error["code"] for error in self.document.get("errors", ())))

    @property
    def findings(self) -> tuple[str, ...]:
        """The kinds of the gate's findings, each with its rule if it has one."""
        every = self.document.get("findings", ())
        return tuple(dict.fromkeys(f"{one['kind']} {one.get('rule') or ''}".strip() for one in every))


def load(path: Path = CASES) -> tuple[Case, ...]:
    """The cases, in the order of the file."""
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]
    return tuple(
        Case(**{**entry, "options": tuple(entry.get("options", ())), "says": tuple(entry.get("says", ()))})
        for entry in listed
    )


# -- deciding --------------------------------------------------------------------------------------------------------


def decide(case: Case) -> CaseOutcome:
    """The tool's result for the case."""
    if case.gate:
        with _repository(case.gate) as folder:
            return _call(case, ("gate", "--base", "HEAD", *case.options), folder)
    if case.trees:
        ends = f"{case.trees}-base", f"{case.trees}-head"
        with _kernels(*ends) as folder:
            return _call(case, ("gate", "--base", ends[0], "--head", ends[1], *case.options), folder)
    if case.tree:
        with _kernels(case.tree) as folder:
            return _call(case, ("verify", case.tree, *case.options), folder)
    return _call(case, ("verify", f"tests/cases/verify/{case.table}", *case.options), ROOT)


def _call(case: Case, words: tuple[str, ...], folder: Path) -> CaseOutcome:
    with contextlib.chdir(folder):
        status, text = _output(words)
        _, document = _output((*words, "--format", "json"))
    return CaseOutcome(case, words, status, json.loads(document), text)


def _output(words: Sequence[str]) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = modalloc(list(words))
    return status, out.getvalue()


@contextlib.contextmanager
def _kernels(*names: str) -> Iterator[Path]:
    """Kernel trees: the files common to a version, with the files of each case on top."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for part in ("before-6.10" if name.endswith("-6.1") else "since-6.10", name):
                shutil.copytree(INPUTS / "trees" / part, Path(folder) / name, dirs_exist_ok=True)
        yield Path(folder)


@contextlib.contextmanager
def _repository(name: str) -> Iterator[Path]:
    """A git repository whose one revision is the base, and whose working tree is the head."""
    with tempfile.TemporaryDirectory() as folder:
        (base,), (head,) = (sorted((INPUTS / "gate").glob(f"{name}-{end}.*")) for end in ("base", "head"))
        table = Path(folder) / f"{name}{base.suffix}"
        shutil.copyfile(base, table)
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "base")):
            _git(Path(folder), *words)
        shutil.copyfile(head, table)
        yield Path(folder)


def _git(folder: Path, *words: str) -> None:
    author = {f"GIT_{who}_{what}": "cases@modalloc" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *words], cwd=folder, check=True, env={**os.environ, **author, **quiet})


def problems(outcome: CaseOutcome) -> Iterator[str]:
    """The differences from the case's expectation."""
    case = outcome.case
    if outcome.status != case.expect["status"]:
        yield f"{case.id}: the exit status is {outcome.status}, not {case.expect['status']}"
    for verdict in VERDICTS:
        wanted, found = case.expect.get(verdict, ()), outcome.rules(verdict)
        yield from (f"{case.id}: {rule} is not {verdict}" for rule in wanted if rule not in found)
    for what in ("errors", "findings"):
        wanted, found = case.expect.get(what, ()), getattr(outcome, what)
        yield from (f"{case.id}: no {one} among {', '.join(found) or 'nothing'}" for one in wanted if one not in found)
    if case.expect.get("findings") == [] and outcome.findings:
        yield f"{case.id}: {', '.join(outcome.findings)}, and nothing was to be found"
    yield from (f"{case.id}: the report does not say “{text}”" for text in case.says if text not in _flat(outcome.text))


def _flat(text: str) -> str:
    return " ".join(text.split())


# -- the page --------------------------------------------------------------------------------------------------------


def page(outcomes: Sequence[CaseOutcome]) -> str:
    """The whole page."""
    return "\n".join([HEAD.format(count=len(outcomes)), *map(section, outcomes)])


def section(outcome: CaseOutcome) -> str:
    """One case."""
    case = outcome.case
    source = f" Source: {case.source}." if case.source else ""
    lines = [f"## {case.id}: {case.title}", "", f"{_flat(case.reported)}{source}", ""]
    lines += [f"- before: {_flat(case.before)}", f"- now: {_now(outcome)}", *_evidence(outcome), ""]
    return "\n".join(lines)


def _now(outcome: CaseOutcome) -> str:
    expect = outcome.case.expect
    parts = [f"{', '.join(expect[verdict])} {verdict}" for verdict in VERDICTS if verdict in expect]
    parts += [f"refused ({', '.join(expect['errors'])})"] if "errors" in expect else []
    parts += [", ".join(expect["findings"]) or "no finding"] if "findings" in expect else []
    return f"`modalloc {' '.join(outcome.command)}` ends with {outcome.status}: {'; '.join(parts)}"


def _evidence(outcome: CaseOutcome) -> Iterator[str]:
    """The first message of each rule of the case, and of each problem of the input."""
    wanted = {rule for verdict in ("refuted", "undecided") for rule in outcome.case.expect.get(verdict, ())}
    for rule in sorted(wanted):
        message = next(r["message"] for r in outcome.results if r["rule"] == rule and r["verdict"] in VERDICTS[::2])
        yield f"  - {rule}: {message}"
    for error in outcome.document.get("errors", ()):
        yield f"  - {error['path']}:{error['line']}: {error['message']}"


def main(arguments: Sequence[str] | None = None) -> int:
    """As the command line asks."""
    asked = _parser().parse_args(arguments)
    outcomes = [decide(case) for case in load() if not asked.ids or case.id in asked.ids]
    wrong = [text for outcome in outcomes for text in problems(outcome)]
    if not wrong and asked.ids:
        print("\n".join(map(section, outcomes)))
    elif not wrong and asked.check:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page(outcomes)
        wrong = [] if current else ["CASES.md is not what the tool says now: run python -m proofs.cases"]
    elif not wrong:
        PAGE.write_text(page(outcomes), encoding="utf-8")
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m proofs.cases", description="Inputs on which the tool was wrong.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="print these cases alone, and write nothing")
    parser.add_argument("--check", action="store_true", help="compare with the page that is there, and write nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
