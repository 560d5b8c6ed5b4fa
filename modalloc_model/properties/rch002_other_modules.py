"""Module text reaches the text of other modules.

## Formula
for every two places in text: the displacement, or the segment, can be encoded in the instruction. If the machine names
such branches, also from text to memory of kprobes, ftrace and BPF, and back

## Why it matters
Modules export functions to each other. A window wider than a branch is long works until two such modules lie at its
ends.

## Source
apply_relocate_add() of each architecture. Facts F11, H16, H20.

## Example that fails
A window of 256 MiB where a branch reaches 128 MiB, without veneers.

## How to mend
Narrow the window to the reach, or build veneers (a PLT).
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.profile_parts import qualify_outcome
from modalloc_model.properties.reach import code, naming_roots, reaching
from modalloc_model.properties.rule import Behaviour, Outcome, rule
from modalloc_model.verdict import Severity

PROFILE = ("reach.text",)


@rule(
    severity=Severity.ERROR,
    each=naming_roots(code),
    behaviour=Behaviour(
        at_event="allocator.oracles.reach:text_out_of_reach",
        symbolic="designs.mail.violations:text_out_of_reach",
        last="branch",
    ),
    leans_on=("ALN001", "ALN002"),
    profile=PROFILE,
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Every place to every place where text may lie."""
    return qualify_outcome(table, root, reaching(table, root, code(table.machine)), *PROFILE)
