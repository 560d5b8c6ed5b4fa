"""proofs/MUTANTS.md: every mutant, its line on each side, and what caught it.

`python -m proofs.mutants --record` writes it. What stands in the record was found once; `tests/proofs/test_mutants.py`
finds it again, or something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proofs.mutants.families import FAMILIES, MUTANTS
from proofs.mutants.mutant import ROOT, Absent, Change, Mutant, load_record

PAGE = ROOT / "proofs" / "MUTANTS.md"

HEAD = """\
# Broken allocators, and what catches them

Each is one line changed in the executable allocator, in the symbolic relations, or in both. On the symbolic side a
theorem must stop being provable: an obligation whose negation has a model. On the executable side a check of the
stateful machine of `modalloc_model/conformance` must fail. The same obligation is proved, and the same run passes, on
what is right.

    python -m proofs.mutants                    # all of them again
    python -m proofs.mutants "tail lost"        # one
    python -m proofs.mutants --record           # search anew what is not recorded, and write this page
    python -m proofs.mutants --all              # every theorem at both widths, not the first that fails (hours)

A run is the shortest at hand: drawn by the machine or at the edges (`proofs/mutants/drawing.py`) and then shortened,
or written by hand, where that is shorter or nothing had been drawn yet. It is played on the machine, with all its
checks. A check is called by its name in `modalloc_model/conformance/`; an exception that the broken allocator itself
raises is a failure of the run too.
"""


def text() -> str:
    """The page."""
    record = load_record()
    lines = [HEAD, *_summary(), ""]
    for family, mutants in FAMILIES.items():
        lines += [f"## {family.capitalize()}", ""]
        for mutant in mutants:
            lines += [*_mutant(mutant, record.get(mutant.name, {})), ""]
    return "\n".join(lines).rstrip() + "\n"


def _summary() -> Iterator[str]:
    both = [m for m in MUTANTS.values() if isinstance(m.executable, Change) and isinstance(m.symbolic, Change)]
    yield f"{len(MUTANTS)} mutants, {len(both)} of them on both sides."


def _mutant(mutant: Mutant, known: dict[str, Any]) -> Iterator[str]:
    yield f"### {mutant.name.capitalize()}"
    yield ""
    yield mutant.why
    yield ""
    yield "| side | change | caught by |"
    yield "|---|---|---|"
    yield f"| executable | {_change(mutant.executable)} | {_run(mutant, known)} |"
    yield f"| symbolic | {_change(mutant.symbolic)} | {_theorem(mutant, known)} |"


def _change(change: Change | Absent) -> str:
    if isinstance(change, Absent):
        return f"none: {change.reason}"
    file = change.path.rsplit("/", 1)[-1]
    return f"`{file}`, `{change.within}`: {_code(change.old)} becomes {_code(change.new)}"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _run(mutant: Mutant, known: dict[str, Any]) -> str:
    if isinstance(mutant.executable, Absent):
        return ""
    if "run" not in known:
        return "**not caught**"
    steps = len(known["run"]["trace"]["steps"])
    length = {0: "at boot", 1: "a run of 1 operation"}.get(steps, f"a run of {steps} operations")
    return f"*{known['check']}*, {length}"


def _theorem(mutant: Mutant, known: dict[str, Any]) -> str:
    if isinstance(mutant.symbolic, Absent):
        return ""
    if "theorem" not in known:
        return "**not caught**"
    place = known["theorem"]
    return f"{place['rule']} at {place['bits']} bits, “{place['obligation']}”"
