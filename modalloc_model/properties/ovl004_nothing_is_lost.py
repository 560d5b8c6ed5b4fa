"""Nothing is lost and nothing is there twice.

## Formula
`live + free + padding = blocks`, byte by byte; freeing all gives all back; a failed load leaves nothing

## Why it matters
A lost remainder is address space that never comes back; a byte in two extents is handed out twice.

## Source
The purpose of an allocator.

## Example that fails
None: the operations guarantee it for every table, as the theorem shows. An allocator that does not merge, or loses
the right remainder, breaks it.

## How to mend
Nothing to mend in a table.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import TRUE


@rule(
    severity=Severity.ERROR,
    each=each_root,
    behaviour=Behaviour(at_step="allocator.oracles.overlap:bytes_lost_or_twice"),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """No condition: the theorem needs none."""
    return Condition(TRUE, f"bytes of {root.name}'s blocks are lost, or are there twice")
