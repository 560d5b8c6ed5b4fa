"""A module reaches its own data and init text.

## Formula
for every place in text, or in another section with places of a reach rule, and every place where the module's data or
init text may lie: the displacement can be encoded in the instruction or word

## Why it matters
Position-relative accesses to data have a reach too; with a second address space, or data elsewhere, it can be
exceeded.

## Source
apply_relocate_add() of each architecture. Facts F11, H15, H21, H25.

## Example that fails
Text in the module window and data in a fallback range 4 GiB away, on x86-64.

## How to mend
Keep text and data within reach of each other.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.profile_parts import qualify_outcome
from modalloc_model.properties.reach import naming_roots, own_sections, reaching
from modalloc_model.properties.rule import Behaviour, Instances, Outcome, rule
from modalloc_model.verdict import Severity

PROFILE = ("reach.data",)


@rule(
    severity=Severity.ERROR,
    each=naming_roots(own_sections),
    behaviour=Behaviour(
        at_event="allocator.oracles.reach:data_out_of_reach",
        symbolic="designs.mail.violations:data_out_of_reach",
        last="branch",
        instances=Instances(own_data=True),
        within_module=True,
    ),
    leans_on=("ALN001", "ALN002"),
    profile=PROFILE,
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Every place to every place where data may lie."""
    return qualify_outcome(table, root, reaching(table, root, own_sections(table.machine)), *PROFILE)
