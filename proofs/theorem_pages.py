"""The pages of proofs/theorems, one a theorem, and LOAD-BEARING.md, their index: `python -m proofs.theorem_pages`.

Made from records alone: load_bearing.json (what breaks without each hypothesis), obligations.sha256 (how many
obligations, and the hash of their texts) and resources.json (what they cost). Other commands write those.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from modalloc_model.properties import RULES
from modalloc_model.theorems.load_bearing import EXPLAINED, NEEDED, STANDINGS
from proofs import fingerprints, load_bearing, resources
from proofs.load_bearing import BITS, Cells

FOLDER = Path(__file__).with_name("theorems")
INDEX = Path(__file__).with_name("LOAD-BEARING.md")
RULE_PAGES = "../../spec/properties"
MACHINE = (
    "page size and large page size are powers of two, the large page is no smaller, and no region ends before it "
    "begins; every profile is checked for it when it is read"
)

_INDEX = f"""\
# Load-bearing hypotheses

Generated (`make pages`) from what `modalloc prove --load-bearing` found.

A theorem with a hypothesis that it does not need refuses tables that are fine; one that follows from nothing says
nothing. So each hypothesis of each theorem, and each conjunct of it, is dropped, the others kept ({BITS} bits):

- **{NEEDED}**: an obligation of the theorem then has a model that breaks it, which is evaluated. If there is a run,
  it is one of the executable allocator, in a table in which this one piece is false and everything else that the
  theorem assumes is true, and `designs/replay.py` reproduces it from the trace alone;
- **{EXPLAINED}**: every obligation still follows, and the page says why the hypothesis is there.

Where there is no run, those that were tried in the drawn tables (`theorems/load_bearing/`) showed none: the obligation
breaks in a state, and that a run reaches such a state is not shown.
"""

_RUNS = "Root R is the one that the rule speaks of, Q any other. A run is one of the executable allocator, and replays."

_AGAIN = """\
No certificate is stored: each obligation is made anew, and the hash says whether its text is the one that was proved.

    modalloc prove --select {rule}                       # decide them again, by Z3
    modalloc prove --select {rule} --solver z3,cvc5      # and by another solver, compared
    modalloc prove --select {rule} --smt2 obligations    # as files of SMT-LIB, with the expected answers
    modalloc prove --select {rule} --proof certificates  # the proofs that Z3 and cvc5 (Alethe) give
    modalloc prove --select {rule} --load-bearing        # drop each hypothesis again"""


def pages() -> dict[Path, str]:
    """Every page, the index among them, and its text."""
    found = load_bearing.read_record()
    return {FOLDER / f"{rule}.md": page(rule, rows) for rule, rows in found.items()} | {INDEX: index(found)}


def page(rule: str, rows: Sequence[Cells]) -> str:
    """One theorem's page."""
    parts = [
        f"# The theorem of {rule}: {RULES[rule].title}",
        "Generated from records (`make pages`).",
        *_statement(rule, rows),
        "## What breaks without each hypothesis",
        f"Each hypothesis is dropped, and each conjunct of it, the others kept ({BITS} bits). {_RUNS}",
        "\n".join(_without(rows)),
        "## Obligations",
        "\n".join(_obligations(rule)),
        _AGAIN.format(rule=rule),
    ]
    return "\n\n".join(parts) + "\n"


# -- the statement ---------------------------------------------------------------------------------------------------


def _statement(rule: str, rows: Sequence[Cells]) -> Iterator[str]:
    yield "## Statement"
    yield _wrap(
        f"In a boot in which all of these hold of a root R, no run violates [{rule}]({RULE_PAGES}/{rule}.md) for R: "
        "however many modules are loaded, finish their init, fail in mid-load and are unloaded, in whatever order, and "
        "whatever others take and return meanwhile."
    )
    yield "\n".join(["| hypothesis | it says |", "|---|---|", *(_hypothesis(rule, name) for name in _hypotheses(rows))])


def _hypotheses(rows: Sequence[Cells]) -> list[str]:
    return list(dict.fromkeys(row["without"].partition(": ")[0] for row in rows))


def _hypothesis(rule: str, name: str) -> str:
    if name not in RULES:
        return f"| the machine is sane | {MACHINE} |"
    says = _formula(name) if name == rule else RULES[name].title
    return f"| [{name}]({RULE_PAGES}/{name}.md){', its own condition' if name == rule else ''} | {_cell(says)} |"


def _formula(rule: str) -> str:
    """The section of that name on the rule's page, in one line."""
    return " ".join(RULES[rule].page.split("## Formula\n", 1)[1].split("\n\n", 1)[0].split())


def _wrap(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


# -- dropped hypotheses -----------------------------------------------------------------------------------------------


def _without(rows: Sequence[Cells]) -> Iterator[str]:
    yield "| without | is | what fails | a run |"
    yield "|---|---|---|---|"
    for row in rows:
        shown = (_code(row["without"]), row["standing"], row["fails"], row["run"] or row["note"])
        yield f"| {' | '.join(_cell(cell) for cell in shown)} |"


def _code(what: str) -> str:
    name, colon, part = what.partition(": ")
    return f"{name}{colon}`{part}`" if part else name


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# -- costs ------------------------------------------------------------------------------------------------------------


def _obligations(rule: str) -> Iterator[str]:
    versions = json.loads(resources.FILE.read_text(encoding="utf-8"))
    yield f"| bits | obligations | {' | '.join(f'units of Z3 {name}' for name in versions)} | SHA-256 of their texts |"
    yield f"|---|---|{'---|' * len(versions)}---|"
    for line in fingerprints.read_record():
        name, bits, count, digest, *kinds = line.split()
        if name == rule:
            costs = " | ".join(_cost(version, rule, bits) for version in versions.values())
            of_kinds = ", ".join(kind.replace("=", " ") for kind in kinds)
            yield f"| {bits} | {count}{f' ({of_kinds})' if of_kinds else ''} | {costs} | `{digest}` |"


def _cost(version: resources.Record, rule: str, bits: str) -> str:
    return f"{version[rule][bits]:,}" if rule in version else "not recorded"


# -- the index -------------------------------------------------------------------------------------------------------


def index(found: Mapping[str, Sequence[Cells]]) -> str:
    """LOAD-BEARING.md."""
    rows = [row for one in found.values() for row in one]
    counts = ", ".join(f"{sum(row['standing'] == standing for row in rows)} {standing}" for standing in STANDINGS)
    runs = sum(bool(row["run"]) for row in rows)
    total = f"{len(found)} theorems, {len(rows)} hypotheses and parts of them: {counts}; {runs} with a run that replays"
    return "\n".join([_INDEX, f"In all: {total}.", "", *_table_of_theorems(found)]) + "\n"


def _table_of_theorems(found: Mapping[str, Sequence[Cells]]) -> Iterator[str]:
    yield f"| theorem | it says | hypotheses and parts | {NEEDED} | with a run | {EXPLAINED} |"
    yield "|---|---|---|---|---|---|"
    for rule, rows in found.items():
        needed, explained = (sum(row["standing"] == standing for row in rows) for standing in (NEEDED, EXPLAINED))
        counts = f"{len(rows)} | {needed} | {sum(bool(row['run']) for row in rows)} | {explained}"
        yield f"| [{rule}](theorems/{rule}.md) | {RULES[rule].title} | {counts} |"


def main() -> None:
    """Write every page, and remove those of theorems that are gone."""
    wanted = pages()
    FOLDER.mkdir(exist_ok=True)
    for old in {*FOLDER.glob("*.md")} - {*wanted}:
        old.unlink()
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
