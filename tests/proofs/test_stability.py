"""The same question has the same text and cost, and the same call the same bytes, whatever else there is.

Without it, a change of what is proved, or a proof about to break, would not show in a diff.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from modalloc_model.engine.solvers import version
from modalloc_model.properties import RULES
from modalloc_model.theorems.claims import claims, theorem_rules
from modalloc_model.theorems.obligations import question, stem
from modalloc_model.theorems.prove import How, TheoremReport, prove_rule
from modalloc_model.verdict import Verdict
from proofs import fingerprints, resources
from tests.cli.running import ROOT, modalloc

UNRELATED = """
import importlib.util, shutil, sys
from pathlib import Path

folder = Path(sys.argv[1])
spec = importlib.util.find_spec("modalloc_model.properties")
source = Path(spec.submodule_search_locations[0])
shutil.copy(source / "rng004_stays_in_range.py", folder / "rng000_unrelated.py")
spec.submodule_search_locations.append(str(folder))
package = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = package
spec.loader.exec_module(package)

from modalloc_model.designs.mail import MAIL
object.__setattr__(MAIL, "theorems", {"RNG000": MAIL.theorems["RNG004"], **MAIL.theorems})
from proofs.fingerprints import fingerprints
from modalloc_model.theorems.claims import theorem_rules
rules = {rule.id: rule for rule in theorem_rules()}
chosen = [rules.pop("RNG000"), *(rule for rule in rules.values() if len(sys.argv) < 3 or rule.id in sys.argv[2:])]
print("\\n".join(fingerprints(chosen, (32,))))
"""
"""A registry with one more rule, whose theorem comes first; then the fingerprints at 32 bits."""

FEW = ("MAP007", "RNG001", "RNG004", "ALN004", "OVL001", "OVL004", "ROI005", "CMP001")
"""Theorems whose obligations are written within a second."""

TABLES = [ROOT / "spec" / "params" / name for name in ("mail-strict-separation.c", "nios2-16m.c")]


def with_an_unrelated_rule(folder: Path, seed: str, *rules: str) -> list[str]:
    finished = subprocess.run(
        [sys.executable, "-c", UNRELATED, folder, *rules],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    first, *rest = finished.stdout.splitlines()
    assert first.startswith("RNG000 32 ")
    return rest


def recorded(bits: int, rules: tuple[str, ...]) -> list[str]:
    return [line for line in fingerprints.read_record() if line.split()[0] in rules and line.split()[1] == str(bits)]


def test_obligations_are_those_recorded_and_an_unrelated_rule_changes_none(tmp_path: Path) -> None:
    found = with_an_unrelated_rule(tmp_path, "7", *FEW)
    assert len(found) == len(FEW)
    assert fingerprints.changed(found, recorded(32, FEW)) == [], "if meant: python -m proofs.fingerprints --write"


@pytest.mark.deep
def test_all_obligations_are_those_recorded_and_an_unrelated_rule_changes_none(tmp_path: Path) -> None:
    everyone = tuple(rule.id for rule in theorem_rules())
    assert fingerprints.changed(with_an_unrelated_rule(tmp_path, "8"), recorded(32, everyone)) == []


@pytest.mark.deep
def test_all_obligations_at_64_bits_are_those_recorded() -> None:
    everyone = tuple(rule.id for rule in theorem_rules())
    assert fingerprints.changed(fingerprints.fingerprints(theorem_rules(), (64,)), recorded(64, everyone)) == []


def test_every_theorem_is_recorded_at_both_widths() -> None:
    wanted = [f"{rule.id} {bits}" for rule in theorem_rules() for bits in (32, 64)]
    assert [" ".join(line.split()[:2]) for line in fingerprints.read_record()] == wanted


def test_a_changed_obligation_a_new_one_and_a_lost_one_are_told() -> None:
    known = ["A 32 1 aa", "B 32 1 bb", "C 32 2 cc"]
    assert fingerprints.changed(["A 32 1 aa", "B 32 1 b0", "D 32 1 dd"], known) == ["B 32", "C 32", "D 32"]


def unique(rule: str, bits: int) -> None:
    """One name, one text."""
    seen: dict[str, object] = {}
    for claim in claims(RULES[rule], bits):
        for obligation in claim.obligations:
            conjuncts = dict(question(claim, obligation).conjuncts)
            assert seen.setdefault(stem(claim, obligation), conjuncts) == conjuncts, stem(claim, obligation)


@pytest.mark.parametrize("rule", [*FEW, "ROI003"])
def test_a_file_s_name_belongs_to_one_obligation(rule: str) -> None:
    unique(rule, 32)


@pytest.mark.deep
@pytest.mark.parametrize("rule", [rule.id for rule in theorem_rules() if rule.id not in FEW])
def test_every_file_s_name_belongs_to_one_obligation(rule: str) -> None:
    unique(rule, 64)


# -- bytes -----------------------------------------------------------------------------------------------------------


def test_verdicts_and_traces_do_not_depend_on_hashing_or_on_how_many_processes_there_are() -> None:
    one, other = (
        modalloc("verify", *TABLES, "--format", "json", "--jobs", jobs, environment={"PYTHONHASHSEED": seed})
        for jobs, seed in (("1", "1"), ("2", "2"))
    )
    assert json.loads(one.stdout)["summary"]["tables"] == len(TABLES)
    assert '"steps"' in one.stdout, "a trace is among what is compared"
    assert (one.returncode, one.stdout) == (other.returncode, other.stdout)


def test_theorems_do_not_depend_on_hashing_or_on_how_many_processes_there_are() -> None:
    call = ("prove", "--select", "MAP007,ROI005", "--width", "32")
    one, other = (
        modalloc(*call, "--jobs", jobs, environment={"PYTHONHASHSEED": seed}) for jobs, seed in (("1", "3"), ("2", "4"))
    )
    assert one.returncode == 0
    assert one.stdout == other.stdout


# -- costs -----------------------------------------------------------------------------------------------------------


def test_a_theorem_costs_the_same_in_any_process() -> None:
    here, elsewhere = (prove_rule(RULES["RNG004"], 32, How(isolated=isolated)).resources for isolated in (False, True))
    assert here == elsewhere > 0


def test_what_takes_more_than_twice_as_much_is_told() -> None:
    known = {"A": {"32": 100}, "B": {"32": 100}, "C": {"32": 100}}
    assert resources.dearer({"A": {"32": 200}, "B": {"32": 201}, "D": {"32": 1}}, known) == [
        "B at 32 bits took 201 units; 100 are recorded",
        "C at 32 bits is recorded but not proved",
        "D at 32 bits is not recorded",
    ]


def test_without_a_record_for_this_z3_it_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "resources.json"
    resources.record({"A": {"32": 100}}, file, "1.0")
    assert resources.check({"A": {"32": 100}}, file, "1.0") == []
    (said,) = resources.check({"A": {"32": 100}}, file, "2.0")
    assert "nothing is recorded for Z3 2.0, only for 1.0" in said
    assert "--write" in said


def test_what_is_not_proved_is_not_recorded() -> None:
    left = TheoremReport("A", "R", 32, Verdict.UNDECIDED, 1, (), True, reason="the time limit was reached")
    with pytest.raises(ValueError, match="undecided: the time limit"):
        resources.measure([left])


def test_every_theorem_s_cost_is_recorded() -> None:
    wanted = {rule.id: {"32", "64"} for rule in theorem_rules()}
    records = json.loads(resources.FILE.read_text(encoding="utf-8"))
    assert {rule: set(widths) for rule, widths in records.get(version("z3"), wanted).items()} == wanted
    assert records
