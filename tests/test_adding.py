"""Adding a rule, a format or a solver touches its own files and one registry, and everything else follows.

Without these tests a second, hand-kept list of rules, formats or solvers could come back unseen.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from modalloc_model.exit_status import ExitStatus
from tests.cli.running import LEGACY, ROOT

TABLE = LEGACY.replace(".mapto_type", ".flags = FLAG_SET_RO_AFTER_INIT,\n            .mapto_type")
"""Everything on one root that seals: what the new rule forbids."""

RULE = '''"""Text is never sealed.

## Formula
`text => its root does not seal`

## Why it matters
It is an example.

## Source
Section 3 of semantics.md.

## Example that fails
FLAG_SET_RO_AFTER_INIT on the root of TEXT.

## How to mend
Give what is sealed a root of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.properties.rule import (
    AllocationView,
    Behaviour,
    Condition,
    Outcome,
    Quantity,
    Subject,
    each_section,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import negate, truth


def text_sections(table: ParamSet) -> Iterator[Subject]:
    """Sections of text that last."""
    return (s for s in each_section(table) if s.parts[0].kind is Kind.TEXT and not s.parts[0].init)


def seal_on_text(moment: Any) -> Iterator[Any]:
    """ROI007: a seal on a text section."""
    from modalloc_model.allocator.oracles.moment import Violation

    event = moment.event
    if event.kind == "sealed" and event.section == "TEXT":
        yield Violation("ROI007", event.section, "text is sealed", event.lo, event.last)


def text_is_sealed(suspect: Any, run: Any) -> bool:
    """ROI007."""
    return any(extent.section is suspect.section for extent in run.sealed_now)


def _barred(seen: AllocationView) -> str:
    """What a test in C can see of it."""
    return "w" if seen.kind is Kind.TEXT and not seen.sealed else ""


@rule(
    severity=Severity.ERROR,
    each=text_sections,
    behaviour=Behaviour(at_event=":seal_on_text", symbolic=":text_is_sealed", bars=_barred),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """Its root does not seal."""
    seals = table.seals_section(section)
    facts = {"seals": Quantity(root.seals, "truth")}
    return Condition(truth(negate(seals)), f"{section.name} is sealed", facts, "flags")
'''

THEOREM = '''def text_is_not_sealed(matter: Matter) -> Iterator[Obligation]:
    """ROI007."""
    assert matter.section is not None
    yield impossible("text is sealed", {"sealed": matter.table.seals_section(matter.section)})


THEOREMS: Mapping'''

FORMAT = '''"""Findings, a line each."""

from modalloc_model.report.diagnostic import Findings


def render(findings: Findings) -> str:
    """Where, and what."""
    found = [one for suite in findings.suites for one in suite.diagnostics if one.bad]
    return "\\n".join(f"{one.where.line}: {one.rule}" for one in found)
'''

SOLVER = '''"""Z3 under another name."""

from modalloc_model.engine.solvers.z3_solver import check as check


def version() -> str:
    """Of what it is."""
    return "twin-1"
'''


@dataclass(frozen=True)
class Scratch:
    """A copy of what is installed, and of what pages are generated into."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """The one place where `old` stands."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name}: {old}"
        self.write(name, text.replace(old, new))

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, cwd=self.folder, check=False, encoding="utf-8"
        )

    def modalloc(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "modalloc_model", *words)

    def verify(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.modalloc("verify", "table.c", "--arch", "x86_64", "--jobs", "1", *words)

    def touched(self) -> set[str]:
        """The files that are not as they are in the checkout."""
        here = (path for part in PARTS for path in (self.folder / part).rglob("*") if path.is_file())
        names = {str(path.relative_to(self.folder)): path for path in here if path.suffix != ".pyc"}
        return {
            name
            for name, path in names.items()
            if not (ROOT / name).is_file() or (ROOT / name).read_bytes() != path.read_bytes()
        }


PARTS = ("modalloc_model", "proofs", "spec")


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    for part in PARTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "linux"))
    made = Scratch(tmp_path)
    made.write("table.c", TABLE)
    return made


def add_rule(scratch: Scratch) -> None:
    scratch.write("modalloc_model/properties/roi007_text_is_not_sealed.py", RULE)
    scratch.replace("modalloc_model/designs/mail/theorems.py", "THEOREMS: Mapping", THEOREM)
    scratch.replace("modalloc_model/designs/mail/theorems.py", '"ROI005": init_is_gone,', '"ROI005": init_is_gone,\n'
                    '        "ROI007": text_is_not_sealed,')  # fmt: skip
    assert scratch.python("-m", "modalloc_model.properties.pages").returncode == 0


def test_a_rule_with_a_behaviour_is_its_file_its_theorem_and_its_pages(scratch: Scratch) -> None:
    add_rule(scratch)
    assert scratch.touched() == {
        "modalloc_model/properties/roi007_text_is_not_sealed.py",
        "modalloc_model/designs/mail/theorems.py",
        "spec/properties/ROI007.md",
        "spec/properties/README.md",
    }
    proved = scratch.modalloc("prove", "--select", "ROI007", "--width", "32")
    assert proved.returncode == ExitStatus.PROVED, proved.stdout + proved.stderr
    assert scratch.modalloc("explain", "roi007").stdout.startswith(
        "ROI007  ro-after-init, error\n\nText is never sealed"
    )


@pytest.mark.parametrize("method", ["theorem", "direct"])
def test_a_new_rule_is_refuted_by_a_run_that_replays(scratch: Scratch, method: str) -> None:
    add_rule(scratch)
    said = scratch.verify("--select", "ROI007", "--format", "json", "--method", method)
    assert said.returncode == ExitStatus.REFUTED, said.stdout + said.stderr
    document = json.loads(said.stdout)
    schema = json.loads((scratch.folder / "spec/schema/verdict.schema.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    (result,) = document["tables"][0]["results"]
    assert [step["op"] for step in result["counterexample"]["steps"]] == ["load", "finish_init"]
    assert (result["subject"], result["counterexample"]["violation"]) == ("TEXT", "text is sealed")


def test_formats_know_a_new_rule(scratch: Scratch) -> None:
    add_rule(scratch)
    sarif: Any = json.loads(scratch.verify("--select", "ROI007", "--format", "sarif").stdout)
    rules = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert {rule["id"]: rule["shortDescription"]["text"] for rule in rules}["ROI007"] == "Text is never sealed"
    trace = scratch.modalloc("trace", "table.c", "--arch", "x86_64", "--rule", "ROI007", "--format", "kunit")
    assert "KUNIT_EXPECT_TRUE(test, !(rights.any & MAY_WRITE)); /* fails */" in trace.stdout


def test_a_format_is_its_file_and_the_registry(scratch: Scratch) -> None:
    scratch.write("modalloc_model/report/lines.py", FORMAT)
    last = '"markdown": "modalloc_model.report.markdown",'
    scratch.replace(
        "modalloc_model/report/__init__.py", last, f'{last}\n        "lines": "modalloc_model.report.lines",'
    )
    assert scratch.touched() == {"modalloc_model/report/lines.py", "modalloc_model/report/__init__.py"}
    said = scratch.verify("--select", "ROI005", "--format", "lines")
    assert said.returncode == ExitStatus.REFUTED, said.stderr
    assert said.stdout.splitlines() == ["5: ROI005"] * 3
    for command in ("verify", "gate"):
        assert ",lines}" in "".join(scratch.modalloc(command, "--help").stdout.split())


def test_a_solver_is_its_file_and_the_registry(scratch: Scratch) -> None:
    scratch.write("modalloc_model/engine/solvers/twin_solver.py", SOLVER)
    last = '"bitwuzla": "modalloc_model.engine.solvers.bitwuzla_solver",'
    new = '"twin": "modalloc_model.engine.solvers.twin_solver",'
    scratch.replace("modalloc_model/engine/registry.py", last, f"{last}\n        {new}")
    assert scratch.touched() == {"modalloc_model/engine/solvers/twin_solver.py", "modalloc_model/engine/registry.py"}
    said = scratch.verify("--select", "PRT001", "--solver", "z3,twin", "--format", "json")
    assert said.returncode == ExitStatus.PROVED, said.stdout + said.stderr
    assert json.loads(said.stdout)["tool"]["solvers"]["twin"] == "twin-1"
    assert "bitwuzla, twin, or several" in " ".join(scratch.modalloc("verify", "--help").stdout.split())
