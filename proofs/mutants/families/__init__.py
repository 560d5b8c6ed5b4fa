"""The mutants, a file a family: where in an allocation, a free or a section's life the mistake is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from proofs.mutants.families import (
    carving,
    giving_back,
    loading,
    others,
    places,
    protecting,
    ranges,
    sealing,
    sizes,
    splitting,
)
from proofs.mutants.mutant import Mutant

FAMILIES: Mapping[str, tuple[Mutant, ...]] = MappingProxyType(
    {
        "sizes": sizes.MUTANTS,
        "places": places.MUTANTS,
        "ranges": ranges.MUTANTS,
        "splitting": splitting.MUTANTS,
        "carving": carving.MUTANTS,
        "giving back": giving_back.MUTANTS,
        "protecting": protecting.MUTANTS,
        "sealing": sealing.MUTANTS,
        "loading": loading.MUTANTS,
        "others": others.MUTANTS,
    }
)
"""Every mutant, by family."""

MUTANTS: Mapping[str, Mutant] = MappingProxyType({m.name: m for family in FAMILIES.values() for m in family})
"""Every mutant by its name."""
