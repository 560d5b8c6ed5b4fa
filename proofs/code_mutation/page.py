"""proofs/CODE-MUTATION.md: the score of each module, and every mutant that no test notices, as the change it makes."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import ndiff
from math import sqrt
from pathlib import Path
from statistics import NormalDist

from proofs.code_mutation.copying import GROUPS, NOT_MUTATED

HEAD = Path(__file__).with_name("head.md")
"""The text of the page before its numbers."""


def page(folder: Path, mutants: Iterable[str]) -> str:
    """The page, from the outcomes in the folder. Mutants that were not tried are counted as such."""
    known = outcomes(folder)
    found = {mutant: known.get(mutant, "not tried") for mutant in mutants}
    parts = [HEAD.read_text(encoding="utf-8").rstrip(), "", *_table(found), "", *_survivors(folder, found)]
    return "\n".join(parts) + "\n"


def outcomes(folder: Path) -> dict[str, str]:
    """The result for each mutant; the last one counts."""
    lines = (folder / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    return {found["mutant"]: found["outcome"] for found in map(json.loads, lines)}


def module_of(mutant: str) -> str:
    """`allocator.oracles.reach`."""
    return mutant.removeprefix("modalloc_model.").partition(".x_")[0].partition(".xǁ")[0]


def score(counts: Mapping[str, int]) -> str:
    """The shares of killed and of timed out mutants; for a sample also the lower bound at 97.5 % confidence."""
    tried = sum(counts.values()) - counts["not tried"]
    noticed = counts["killed"] + counts["timeout"]
    if not tried:
        return "-"
    least = f", of all at least {100 * least_share(noticed, tried):.1f} %" if counts["not tried"] else ""
    return f"{100 * noticed / tried:.1f} %{least}"


def least_share(successes: int, tried: int) -> float:
    """The lower end of Wilson's interval, at 95 %, for the share of a sample."""
    z = NormalDist().inv_cdf(0.975)
    share, spread = successes / tried, z * z / tried
    centre = share + spread / 2
    return (centre - z * sqrt((share * (1 - share) + spread / 4) / tried)) / (1 + spread)


COLUMNS = ("killed", "timeout", "survived", "untested", "not tried")


def _table(found: Mapping[str, str]) -> Iterator[str]:
    modules: dict[str, Counter[str]] = {}
    for mutant, outcome in found.items():
        modules.setdefault(module_of(mutant), Counter())[outcome] += 1
    yield f"| module | mutants | {' | '.join(COLUMNS)} | score |"
    yield "|---" * (len(COLUMNS) + 3) + "|"
    for group in GROUPS:
        name = group.removesuffix(".py")
        inside = {m: counts for m, counts in modules.items() if m == name or m.startswith(f"{name}.")}
        yield from (_row(m, counts) for m, counts in inside.items() if len(inside) > 1)
        yield _row(f"**{name}**", sum(inside.values(), Counter()))
    yield _row("**all**", sum(modules.values(), Counter()))


def _row(name: str, counts: Counter[str]) -> str:
    cells = " | ".join(str(counts[column]) for column in COLUMNS)
    return f"| {name} | {counts.total()} | {cells} | {score(counts)} |"


# -- survivors --------------------------------------------------------------------------------------------------------


def _survivors(folder: Path, found: Mapping[str, str]) -> Iterator[str]:
    yield "## Survivors"
    yield ""
    yield f"Each as what it takes away and what it puts in its place. Not mutated: {', '.join(NOT_MUTATED)}."
    module = ""
    for mutant, outcome in found.items():
        if outcome in ("survived", "untested"):
            if module_of(mutant) != module:
                module = module_of(mutant)
                yield from ("", f"### {module}", "")
            yield from _change(folder, mutant)


def _change(folder: Path, mutant: str) -> Iterator[str]:
    functions = _functions(folder)
    name = mutant.rpartition(".")[2]
    stem = name.rpartition("__mutmut_")[0]
    module = module_of(mutant)
    before, after = (functions[module].get(key, "") for key in (f"{stem}__mutmut_orig", name))
    lines = [line for line in ndiff(before.splitlines()[1:], after.splitlines()[1:]) if line[:1] in "+-"]
    told = {sign: " ".join(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+"}
    plain = stem.replace("xǁ", "").replace("ǁ", ".").removeprefix("x_").replace("__plain", "")
    yield f"- `{plain}`: `{told['-']}` → `{told['+']}`"


_CACHE: dict[Path, dict[str, dict[str, str]]] = {}


def _functions(folder: Path) -> dict[str, dict[str, str]]:
    """By module and name: the source of every function in the copy, each on lines of its own."""
    if folder not in _CACHE:
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        assert plan["mutants"]
        _CACHE[folder] = {}
        for path in sorted((folder / "modalloc_model").rglob("*.py")):
            name = ".".join(path.relative_to(folder / "modalloc_model").with_suffix("").parts)
            _CACHE[folder][name.removesuffix(".__init__")] = _sources(path)
    return _CACHE[folder]


def _sources(path: Path) -> dict[str, str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name]
    return {node.name: ast.unparse(node) for node in functions}
