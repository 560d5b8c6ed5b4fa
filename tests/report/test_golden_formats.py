"""The formats that people look at as well, against texts that a person has read: one call that has everything in it.

Without it, a format could become unreadable for people while its readers accept it.

Without it we would miss a change of a format's text that nobody has read.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from modalloc_model.report import FOUND, write
from tests.report.calls import CALLS

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", sorted(FOUND.keys() - {"sarif"}))
def test_a_refuted_table_and_a_proved_one_are_written_so(name: str) -> None:
    written = write(name, replace(CALLS["refuted"](), version="1"))
    assert written.rstrip("\n") == (GOLDEN / f"refuted.{name}").read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("module", FOUND.values())
def test_a_renderer_knows_the_record_and_neither_rules_nor_who_decided(module: str) -> None:
    tree = ast.parse(Path(str(find_spec(module).origin)).read_text(encoding="utf-8"))  # type: ignore[union-attr]
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in named if name and name.startswith("modalloc_model.")}
    known = {f"report.{name}" for name in ("diagnostic", "harmless", "problems", "telling")}
    known |= {"exit_status", "params", "verdict"}
    assert "modalloc_model.report.diagnostic" in ours
    assert ours <= {f"modalloc_model.{name}" for name in known}
