"""The registry of solvers. A solver is one module and a line here; it is imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SOLVERS: Mapping[str, str] = MappingProxyType(
    {
        "z3": "modalloc_model.engine.solvers.z3_solver",
        "cvc5": "modalloc_model.engine.solvers.cvc5_solver",
        "bitwuzla": "modalloc_model.engine.solvers.bitwuzla_solver",
    }
)
"""Every solver's module, with `version() -> str` and `check(script, logic, wanted, budget) -> Answer`."""

PACKAGES: Mapping[str, str] = MappingProxyType({"z3": "z3-solver"})
"""The distribution's name, if it differs from the solver's."""
