"""The executable allocator against a plain oracle and the relations, on tables of any kind (conformance/machine.py).

Without it, a mistake of the allocator, or of the relations that the theorems are about, would pass for the kernel's
behaviour.
"""

from __future__ import annotations

from dataclasses import replace

from modalloc_model.allocator import EventKind, oracles
from modalloc_model.conformance.machine import DEEP, WellFormed, profile_from_environment, run_machine
from modalloc_model.conformance.reference import Open, Part

ALLOCATION = (
    "alloc by reuse",
    "alloc from range 0",
    "alloc from range 1",
    "free",
    "give back",
    "others take",
    "others return",
    "refused",
)
EXPECTED = {
    *(f"relation: {name}" for name in ALLOCATION),
    *(f"page: {name}" for name in ("fill", "finalise", "seal", "free")),
    *("at the top", "at address 0", "region", "merged and kept", "merged and given back"),
    *("at-map", "after-fill", "by-loader", "as-is", "restored", "arbiter private", "guard page", "strict-rwx"),
    *("search exact", "search linux"),
    *("recovered after exhaustion", "everything came back"),
    *(kind.value for kind in EventKind if kind not in (EventKind.BRANCH, EventKind.FAULT, EventKind.COLLISION)),
}
"""What runs on tables of any kind come upon."""
OF_WRONG_TABLES = {
    EventKind.COLLISION.value,
    *("8 bits", "16 bits", "32 bits", "64 bits", "odd alignment"),
    *(f"page: {name}" for name in ("fill faults", "free faults")),
    *(f"page: {name} beside another" for name in ("fill", "finalise", "seal", "free")),
}


def test_any_table_is_allocated_from_as_the_semantics_says() -> None:
    met = run_machine(profile_from_environment(), shrink=profile_from_environment() is DEEP).met
    # Drawn runs that never get anywhere would pass too: these came upon everything, and broke most rules.
    assert not {what for what in EXPECTED | OF_WRONG_TABLES if not met[what]}
    assert len(oracles().keys() & (+met).keys()) > len(oracles()) // 2


def test_well_formed_table_violates_nothing() -> None:
    met = run_machine(
        replace(profile_from_environment(), runs=profile_from_environment().runs * 7 // 10),
        WellFormed,
        shrink=profile_from_environment() is DEEP,
    ).met
    assert not {what for what in EXPECTED if not met[what]}
    assert not oracles().keys() & (+met).keys()


def test_a_block_is_as_long_as_the_attempt_that_places_it() -> None:
    """Large pages and the exact size may begin at the same place."""
    first = Part(0, 0xFFFF, tried=0, sure=True, alignment=0x4000, length=0x4000)
    places = Open(parts=[first])
    assert places.makes(0x4000, 0x4000)
    assert not places.makes(0x4000, 0x1000)
    assert not places.makes(0x5000, 0x4000)
