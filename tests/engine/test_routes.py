"""The theorem route and the direct route: the same verdict on every table there is, and status 5 where they part.

Without it, the two routes could part, and one verdict be printed all the same.

Without it we would miss a disagreement of the two routes, or one that goes unreported.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from modalloc_model.descriptor import Settings, read_path
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail import lives, protection
from modalloc_model.designs.mail.theorems import PREMISES, THEOREMS
from modalloc_model.engine import Options, verify, verify_table
from modalloc_model.engine.direct import Induction
from modalloc_model.engine.solvers import Budget
from modalloc_model.engine.solvers.z3_solver import check
from modalloc_model.engine.verify import both_routes
from modalloc_model.params import Assumptions, ParamSet
from modalloc_model.paths import spec_root
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition
from modalloc_model.smt.smtlib import BITS, INTEGERS
from modalloc_model.verdict import ExitStatus, Result, TableReport, Verdict
from modalloc_model.words import TRUE
from tests.engine.drawn import SMALL, WIDE, any_table, right_table
from tests.engine.tables import RIGHT, grafted, table

DIRECT = "direct"


@dataclass(frozen=True)
class Difference:
    """One result on which the two routes differ; `open` where one of them leaves it undecided."""

    rule: str
    subject: str
    theorem: Result
    direct: Result

    @property
    def open(self) -> bool:
        return Verdict.UNDECIDED in (self.theorem.verdict, self.direct.verdict)


def differences(theorem: TableReport, direct: TableReport) -> Iterator[Difference]:
    """Every result with another verdict or another trace."""
    for one, other in zip(theorem.results, direct.results, strict=True):
        assert (one.rule, one.subject) == (other.rule, other.subject)
        inconsistent = Verdict.INCONSISTENT in (one.verdict, other.verdict)
        if one.verdict is not other.verdict or one.trace != other.trace or inconsistent:
            yield Difference(one.rule, one.subject, one, other)


def parted(params: ParamSet, options: Options | None = None) -> tuple[list[Difference], list[Difference]]:
    """Disagreements on the table, and results that one route leaves open."""
    found = list(differences(*both_routes(params, options)))
    return [d for d in found if not d.open], [d for d in found if d.open]


# -- every table there is --------------------------------------------------------------------------------------------


def cases() -> Iterator[tuple[str, ParamSet]]:
    """Each table of spec/params, under each of the assumptions for which something is expected of it.

    Linux's own, in spec/params/linux, take too long by the direct route.
    """
    files = sorted((spec_root() / "params").glob("*.c"))
    for entry in (found for file in files for found in read_path(str(file), Settings()).tables):
        for number, case in enumerate(entry.cases):
            yield f"{entry.params.id}-{number}", replace(entry.params, assumptions=case.assumptions)


CASES = dict(cases())
FIRST = (
    "mail-legacy-default",
    "mail-legacy-shared:legacy_shared-0",
    "nios2-16m",
    "mail-strict-separation:strict_separation-1",
)
QUICK = [name for name in CASES if name.startswith(FIRST)]
"""One of each kind; the others run in `make deep`, since a search that finds nothing takes its time."""


@pytest.mark.parametrize("name", QUICK)
def test_both_routes_agree_on_the_tables_of_spec(name: str) -> None:
    assert parted(CASES[name]) == ([], [])


@pytest.mark.deep
@pytest.mark.parametrize("name", [name for name in CASES if name not in QUICK])
def test_both_routes_agree_on_the_other_tables_of_spec(name: str) -> None:
    assert parted(CASES[name]) == ([], [])


def test_both_routes_agree_on_the_right_table() -> None:
    assert parted(table(RIGHT)) == ([], [])


@pytest.mark.parametrize("seed", range(5))
def test_both_routes_agree_on_right_tables(seed: int) -> None:
    assert parted(right_table(random.Random(seed), (8, 16))) == ([], [])


LITTLE = Options(resources=300_000)


@pytest.mark.parametrize("seed", range(1, 5))  # of the first ten, the quick ones; the search takes its time in others
def test_both_routes_agree_on_drawn_tables(seed: int) -> None:
    assert parted(any_table(random.Random(seed), (8, 16)), LITTLE)[0] == []


@pytest.mark.deep
@pytest.mark.parametrize("block", range(1, 31))
def test_both_routes_agree_on_thousands_of_tables(block: int) -> None:
    for seed in range(100 * block, 100 * block + 100):
        draw = any_table if seed % 2 else right_table
        assert parted(draw(random.Random(seed), (*SMALL, *WIDE)), LITTLE)[0] == [], seed


def test_the_direct_route_knows_no_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every rule's condition gone, the induction on the values says what it said before."""

    def outcomes() -> list[tuple[str, str]]:
        params = table(RIGHT)
        induction = Induction(params, "z3", Budget())
        matters = [(rule, Matter(params, root)) for root in params.roots for rule in ("ALN004", "OVL002", "ROI002")]
        return [(rule, induction.of(rule, matter).status) for rule, matter in matters]

    before = outcomes()
    monkeypatch.setattr("modalloc_model.properties.rule.Rule.of", lambda *_: pytest.fail("a condition was asked"))
    assert outcomes() == before
    assert {status for _, status in before} == {"proved"}


def test_every_theorem_can_be_asked_directly() -> None:
    assert {rule.id for rule in RULES.values() if rule.behaviour} == set(THEOREMS)
    assert set(PREMISES) < set(THEOREMS)


# -- where they part -------------------------------------------------------------------------------------------------

SHARED_SEAL = table(grafted("RODATA_AFTER_INIT", "alignment", "64"), "x86_64", Assumptions(free_access="restored"))
"""A seal takes its neighbours' pages with it: ROI002."""
UNFILLED = table(grafted("RODATA", "fill", "NULL"))
"""RODATA is filled with memcpy() into read-only pages: PRT001."""


def without_condition(rule: str) -> dict[str, object]:
    """The registry, with a rule whose condition accepts everything."""
    weak = replace(RULES[rule], condition=lambda *_: Condition(TRUE, "accepts everything"))
    return {**RULES, rule: weak}


def only(params: ParamSet, rule: str, subject: str) -> Result:
    report = verify_table(params, Options(method=DIRECT, select=frozenset({rule})))
    assert report.status() is ExitStatus.INCONSISTENT
    return next(r for r in report.results if r.subject == subject)


def answers(file: Path) -> list[str]:
    """What Z3 says to each question in the file."""
    texts = file.read_text().split("(reset)\n")
    return [check(text, BITS if BITS in text else INTEGERS, {}, Budget()).status for text in texts]


def told(folder: Path, message: str) -> None:
    """Two files are named; one holds a question that has a model, the other questions of which none has."""
    named = [file for file in sorted(folder.glob("*.smt2")) if f"{folder.name}/{file.name}" in message]
    found = [set(answers(file)) for file in named]
    assert sorted(found, key=sorted) == [{"sat"}, {"unsat"}]


def test_a_condition_that_accepts_too_much_is_an_inconsistency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(verify, "RULES", without_condition("ROI002"))
    result = only(SHARED_SEAL, "ROI002", "RODATA_AFTER_INIT")
    assert result.verdict is Verdict.INCONSISTENT
    assert "ROI002 for RODATA_AFTER_INIT" in result.message
    told(tmp_path / "modalloc-queries", result.message)


def test_a_relation_that_allows_too_little_is_an_inconsistency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Induction believes that memcpy() always finds its pages opened; a run shows that it does not."""
    monkeypatch.chdir(tmp_path)
    for module in (lives, protection):
        monkeypatch.setattr(module, "opens_to_fill", lambda *_: TRUE)
    result = only(UNFILLED, "PRT001", "RODATA")
    assert result.verdict is Verdict.INCONSISTENT
    assert result.trace
    assert result.replayed
    told(tmp_path / "modalloc-queries", result.message)


def test_nothing_is_kept_where_the_routes_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = verify_table(SHARED_SEAL, Options(method=DIRECT, select=frozenset({"ROI002"})))
    assert report.status() is ExitStatus.REFUTED
    assert not list(tmp_path.iterdir())


BROKEN = """
import sys
from dataclasses import replace
from modalloc_model.engine import verify
from modalloc_model.properties.rule import Condition
from modalloc_model.words import TRUE
weak = replace(verify.RULES["ROI002"], condition=lambda *_: Condition(TRUE, "accepts everything"))
verify.RULES = {**verify.RULES, "ROI002": weak}
from modalloc_model.cli import deciding, verify as command
command.where = lambda args: deciding.Where()  # in this process, which has the broken rule
from modalloc_model.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_the_command_ends_with_status_5_and_names_both_files(tmp_path: Path, root: Path) -> None:
    text = grafted("RODATA_AFTER_INIT", "alignment", "64")
    (tmp_path / "table.c").write_text(text)
    words = ["verify", "table.c", "--arch", "x86_64", "--method", "direct", "--select", "ROI002"]
    finished = subprocess.run(
        [sys.executable, "-c", BROKEN, *words],
        cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 5, finished.stderr
    told(tmp_path / "modalloc-queries", "".join(finished.stdout.split()).replace("(modalloc", " (modalloc"))
