"""`modalloc fuzz`: what runs of a user's own table come upon, and what contradicts a verdict.

Without it, a fuzzer that draws nothing, forgets its seed, or keeps a contradiction to itself would pass.
"""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from modalloc_model.cli.fuzz import contradiction_of, draw_runs
from modalloc_model.conformance.fuzz import Fuzzed, Plan, shorten
from modalloc_model.descriptor import Settings, read_path
from modalloc_model.designs.arbiter.executable import Arbiter
from modalloc_model.params import ParamSet
from modalloc_model.trace import from_json
from tests.cli.running import LEGACY, READ_ONLY, modalloc

FEW = ("--runs", "4", "--steps", "8", "--arch", "x86_64")


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    (tmp_path / "wrong.c").write_text(READ_ONLY, encoding="utf-8")
    return tmp_path / "wrong.c"


@pytest.fixture
def right(tmp_path: Path) -> Path:
    (tmp_path / "right.c").write_text(LEGACY, encoding="utf-8")
    return tmp_path / "right.c"


def table_in(path: Path) -> ParamSet:
    return read_path(str(path), Settings("x86_64")).tables[0].params


def test_a_run_that_goes_wrong_is_shortened_and_replays(wrong: Path, tmp_path: Path) -> None:
    found = modalloc("fuzz", wrong, *FEW, "--format", "json", "--output", tmp_path / "trace.json")
    assert found.returncode == 1, found.stderr
    trace = from_json(json.loads((tmp_path / "trace.json").read_text(encoding="utf-8")))
    assert (trace.rule, [step.op for step in trace.steps], len(trace.steps[0].sections)) == ("PRT001", ["load"], 1)
    assert modalloc("replay", tmp_path / "trace.json").returncode == 0


def test_each_rule_and_subject_is_shown_once_with_its_story(wrong: Path) -> None:
    found = modalloc("fuzz", wrong, *FEW)
    heads = [line.partition(":")[0] for line in found.stdout.splitlines() if line.startswith("PRT001 ")]
    assert len(heads) == len(set(heads)) > 1
    assert "step 1    load A: " in found.stdout
    assert "contradiction" not in found.stdout


def test_runs_of_a_right_table_come_upon_nothing(right: Path) -> None:
    found = modalloc("fuzz", right, *FEW)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "4 runs drawn, none goes wrong; this proves nothing" in found.stdout
    assert "alloc from range 0" in found.stdout


def test_the_seed_decides_what_is_draw_runs(right: Path) -> None:
    words = ("fuzz", right, *FEW, "--format", "json")
    first, again, other = (modalloc(*words, "--seed", seed).stdout for seed in ("1", "1", "2"))
    assert first == again != other


def test_an_arbiter_that_keeps_what_it_gets_back_contradicts_the_relation(
    monkeypatch: pytest.MonkeyPatch, right: Path
) -> None:
    monkeypatch.setattr(Arbiter, "give_back", lambda self, lo, last: None)
    assert draw_runs(table_in(right), Plan(runs=20)).contradiction


def test_a_run_that_violates_what_is_proved_is_a_contradiction(wrong: Path, right: Path) -> None:
    fuzzed = draw_runs(table_in(wrong), Plan(runs=4, operations=8))
    assert contradiction_of(table_in(wrong), fuzzed, StringIO()) == ""
    said = contradiction_of(table_in(right), Fuzzed(fuzzed.traces), StringIO())
    assert "PRT001 TEXT is proved, and a run violates it" in said


def test_a_trace_is_shortened_as_long_as_it_reproduces(wrong: Path) -> None:
    trace = draw_runs(table_in(wrong), Plan(runs=4, operations=8)).traces[0]
    (load,) = trace.steps
    more = replace(load, module="B", sections=(*load.sections, replace(load.sections[0], size=5 * trace.params.page)))
    long = replace(trace, steps=(replace(more, sections=more.sections[1:]),))
    assert shorten(long) == replace(trace, steps=(replace(load, module="B"),))


def test_verify_holds_runs_against_its_verdicts(wrong: Path, right: Path) -> None:
    for path, status in ((right, 0), (wrong, 1)):
        plain, held = (modalloc("verify", path, "--arch", "x86_64", *more) for more in ((), ("--fuzz",)))
        assert (plain.returncode, held.returncode) == (status, status)
        assert plain.stdout == held.stdout
        assert "runs drawn, none contradicts a verdict" in held.stderr
