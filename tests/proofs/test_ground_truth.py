"""The tool's verdicts are what the enumeration of every run says; and the enumeration would see it if they were not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.exit_status import ExitStatus
from modalloc_model.params import Assumptions, Kind, ParamSet
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition
from modalloc_model.words import TRUE
from proofs.ground_truth import __main__ as command
from proofs.ground_truth import promises, tables
from proofs.ground_truth.compare import DISAGREE, REFUTED, Finding, compare
from proofs.ground_truth.explore import Truth, enumerate_runs
from proofs.ground_truth.promises import compare_promises
from proofs.ground_truth.table import Table

PIECE = 100
BY_ITSELF = ("table", "state", "operations", "rules", "explore")


def wrong(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.outcome == DISAGREE]


# -- the check itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", range(1, 1 + 3 * PIECE, PIECE))
def test_no_run_breaks_what_the_theorems_promise(start: int) -> None:
    for number in range(start, start + PIECE):
        assert wrong(compare_promises(number, tables.table(number), 1000)) == []


def test_verdicts_and_lengths_are_those_of_the_enumeration() -> None:
    found = [finding for number in range(1, 10) for finding in compare(number, tables.table(number), 1500)]
    assert wrong(found) == []
    assert any(finding.outcome == REFUTED for finding in found)


@pytest.mark.parametrize("number", [286, 2911])
def test_a_seal_in_the_same_page_is_not_promised_away(number: int) -> None:
    """MAP007 was once proved of data whose page another section's seal makes read-only."""
    assert wrong(compare_promises(number, tables.table(number), 3000)) == []


def test_room_is_room_at_a_multiple_and_not_under_a_mask() -> None:
    """CMP001 was once proved on a table's own values with an alignment of 3."""
    assert wrong(compare(159, tables.table(159), 1500, search=0)) == []


@pytest.mark.deep
@pytest.mark.parametrize("start", range(1, 401, 100))
def test_verdicts_and_lengths_of_many_tables(start: int) -> None:
    assert command.main(["--tables", "100", "--seed", str(start)]) == ExitStatus.PROVED


@pytest.mark.deep
@pytest.mark.parametrize("bits", sorted(tables.PAGES))
def test_promises_of_thousands_of_tables(bits: int) -> None:
    assert command.main(["--theorems", "--tables", "1500", "--bits", str(bits)]) == ExitStatus.PROVED


# -- that it can fail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["PRT001", "ROI002", "RNG001", "MAP006"])
def test_a_condition_that_asks_for_too_little_is_seen(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lax = replace(RULES[rule], condition=lambda table, *parts: Condition(TRUE, ""), leans_on=())
    monkeypatch.setattr(promises, "RULES", {rule: lax})
    found = (wrong(compare_promises(number, tables.table(number), 1000)) for number in range(1, 101))
    assert next((findings for findings in found if findings), [])


def test_a_disagreement_is_told_with_its_table_and_status_5(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contradiction = Finding(3, "PRT001", "TEXT", DISAGREE, True, "proved, violated by something")
    monkeypatch.setattr(command, "compare_promises", lambda *task: [contradiction])
    assert command.main(["--theorems", "--tables", "1", "--jobs", "1"]) == ExitStatus.INCONSISTENT
    said = capsys.readouterr().out
    assert "DISAGREE table 3: PRT001 for TEXT: proved, violated by something" in said
    assert "'granularity'" in said


# -- the enumeration -------------------------------------------------------------------------------------------------


def imports(name: str) -> Iterator[str]:
    path = Path(tables.__file__).parent / f"{name}.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("name", BY_ITSELF)
def test_the_enumeration_is_a_reading_of_its_own(name: str) -> None:
    of_the_tool = {module for module in imports(name) if module.startswith("modalloc_model")}
    assert of_the_tool <= {"modalloc_model.concrete", "modalloc_model.params"}
    ours = {module.removeprefix("proofs.ground_truth.") for module in imports(name) if module.startswith("proofs")}
    assert ours <= set(BY_ITSELF)


def one_root(letters: str = "rw-", alignment: int = 4, granularity: int = 4, **changes: bool) -> Concrete:
    """Data on two pages of 4 bytes."""
    plain = {"seals": False, "fill": False, "invalidate": False}
    root = ConcreteRoot("R", granularity, alignment, (ConcreteRange(32, 39), None), letters, **plain | changes)
    return Concrete(6, 4, 0, Assumptions(), (root,), (ConcreteSection("DATA", Kind.DATA, False, "R"),))


def truth(table: Concrete) -> Truth:
    return enumerate_runs(Table(table), 50_000, 6)


def test_a_right_table_is_enumerated_to_the_end_and_violates_nothing() -> None:
    found = truth(one_root())
    assert found.closed
    assert found.shortest == {}
    assert found.graph.number_of_nodes() == 11  # empty, and each way to have one module or two, in init or live


def test_read_only_pages_fault_when_filled() -> None:
    found = truth(one_root("r--"))
    assert found.closed
    assert found.shortest == {("PRT001", "DATA"): 1}


def test_what_is_filled_otherwise_faults_when_freed_and_never_met_its_needs() -> None:
    assert truth(one_root("r--", fill=True)).shortest == {("MAP006", "DATA"): 1, ("PRT002", "DATA"): 2}


def test_a_seal_on_half_a_page_takes_the_neighbour_with_it() -> None:
    found = truth(one_root(alignment=2, seals=True, invalidate=True))
    assert found.shortest[("ROI002", "R")] == 3  # load, load, finish_init
    assert found.shortest[("MAP007", "DATA")] == 2  # data does not tolerate the seal at all


def test_a_shortest_run_is_told_operation_by_operation() -> None:
    found = truth(one_root("r--", fill=True))
    assert [label[0] for label in found.run(("PRT002", "DATA"))] == ["load", "unload"]


def test_a_range_too_small_refuses_the_first_byte() -> None:
    small = one_root()
    root = replace(small.roots[0], ranges=(ConcreteRange(33, 38), None))
    assert truth(replace(small, roots=(root,))).shortest == {("RNG001", "DATA"): 1}


def test_a_block_back_from_the_second_range_is_no_violation() -> None:
    both = one_root()
    root = replace(both.roots[0], ranges=(ConcreteRange(32, 35), ConcreteRange(40, 43)))
    assert truth(replace(both, roots=(root,))).shortest == {}


def test_tables_are_drawn_alike_every_time_and_are_no_two_alike() -> None:
    drawn: list[ParamSet] = [tables.table(number) for number in range(20)]
    assert drawn == [tables.table(number) for number in range(20)]
    assert len({str(table.types) for table in drawn}) == len(drawn)
