"""Who imports whom. Without it, a module could come to need one that is built on it, and two packages each other.

The order stands in pyproject.toml, `[tool.modalloc] layers`, lowest first: a unit imports what stands below it, and
nothing that shares its line. A unit is a module or a package directly below `modalloc_model`, or `proofs`. An import
inside a function counts, one for types alone too, and a module named in a string. Inside a package, two modules may
know each other's types: what runs may not go in a circle.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("modalloc_model", "proofs")
LAYERS: list[list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["modalloc"]["layers"]
HEIGHT = {unit: height for height, units in enumerate(LAYERS) for unit in units}


class Import(NamedTuple):
    """A line of a module, and the module that it imports."""

    by: str
    line: int
    of: str
    for_types: bool = False

    def __str__(self) -> str:
        return f"{self.by}, line {self.line}: {self.of}"


def modules(root: Path) -> dict[str, Path]:
    """Every module of the packages by its name; a package by that of its folder."""
    files = [file for package in PACKAGES for file in sorted((root / package).rglob("*.py"))]
    parts = [(file, file.relative_to(root).with_suffix("").parts) for file in files]
    return {".".join(names[:-1] if names[-1] == "__init__" else names): file for file, names in parts}


def imports(root: Path) -> list[Import]:
    """What the modules import of each other, and of the tests."""
    known = modules(root)
    return [
        Import(by, node.lineno, of, node in for_types)
        for by, file in known.items()
        for tree in [ast.parse(file.read_text(encoding="utf-8"))]
        for for_types in [_for_types(tree)]
        for node, named in _named(tree)
        if (of := _module(named, known)) and of != by
    ]


def _for_types(tree: ast.Module) -> set[ast.AST]:
    blocks = (node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    return {inner for block in blocks for inner in ast.walk(block)}


def _named(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom | ast.Constant, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from ((node, f"{module}.{alias.name}") for alias in names)
            case ast.ImportFrom(level=level):
                raise AssertionError(f"line {node.lineno}: an import by {level} dots; name the module in full")
            case ast.Constant(value=str(text)) if re.fullmatch(r"(?:modalloc_model|proofs|tests)(?:\.\w+)+", text):
                yield node, text


def _module(named: str, known: dict[str, Path]) -> str:
    """The module that the words name, or that what they name stands in; "" for one of somebody else's."""
    if named.partition(".")[0] == "tests":
        return named
    return next((name for name in (named, named.rpartition(".")[0]) if name in known), "")


def unit(module: str) -> str:
    """The part of the tool that has a layer."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] or first if first == "modalloc_model" else first


def upwards(found: list[Import]) -> list[str]:
    """The imports of what does not stand below the importing unit."""
    return [
        str(one)
        for one in found
        if unit(one.by) != unit(one.of) and HEIGHT[unit(one.by)] <= HEIGHT.get(unit(one.of), len(LAYERS))
    ]


def circles(found: list[Import]) -> list[list[str]]:
    """The modules that import each other when they run, directly or by way of others."""
    graph = nx.DiGraph([(one.by, one.of) for one in found if not one.for_types])
    return [sorted(together) for together in nx.strongly_connected_components(graph) if len(together) > 1]


def test_every_unit_has_one_layer() -> None:
    missing = {unit(module) for module in modules(ROOT)} - {*HEIGHT}
    assert not missing, f"say in pyproject.toml, [tool.modalloc] layers, what these stand on: {sorted(missing)}"
    assert len(HEIGHT) == sum(len(units) for units in LAYERS)


def test_no_import_runs_upwards() -> None:
    assert upwards(imports(ROOT)) == []


def test_no_modules_import_each_other() -> None:
    assert circles(imports(ROOT)) == []


@pytest.mark.parametrize(
    "line",
    [
        "from modalloc_model.cli import options",
        "import modalloc_model.report.text",
        "def f():\n    from modalloc_model.smt.invariants import Extent",
        'NAME = "modalloc_model.gate.policy"',
        "from proofs.mutants import page",
        "from tests.engine.tables import table",
    ],
)
def test_an_import_upwards_is_found_wherever_it_stands(tmp_path: Path, line: str) -> None:
    _write(tmp_path, "modalloc_model/allocator/pool.py", line)
    for name in ("cli/options", "report/text", "smt/invariants", "gate/policy"):
        _write(tmp_path, f"modalloc_model/{name}.py")
    _write(tmp_path, "proofs/mutants/page.py")
    assert len(upwards(imports(tmp_path))) == 1


def test_a_circle_inside_a_package_is_found(tmp_path: Path) -> None:
    _write(tmp_path, "modalloc_model/smt/one.py", "from modalloc_model.smt import two")
    _write(tmp_path, "modalloc_model/smt/two.py", "def f():\n    from modalloc_model.smt.one import g")
    assert circles(imports(tmp_path)) == [["modalloc_model.smt.one", "modalloc_model.smt.two"]]


def test_types_alone_make_no_circle_but_do_not_go_upwards(tmp_path: Path) -> None:
    for_types = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from modalloc_model"
    _write(tmp_path, "modalloc_model/smt/one.py", "from modalloc_model.smt import two")
    _write(tmp_path, "modalloc_model/smt/two.py", f"{for_types}.smt.one import g")
    _write(tmp_path, "modalloc_model/smt/three.py", f"{for_types}.cli.options import g")
    _write(tmp_path, "modalloc_model/cli/options.py")
    found = imports(tmp_path)
    assert circles(found) == []
    assert [one.partition(",")[0] for one in upwards(found)] == ["modalloc_model.smt.three"]


def _write(root: Path, name: str, text: str = "") -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
