"""That the solvers that a call names are there: one that is missing decides nothing, and the call says so at once.

Models nothing. Leaves out: which solver is asked what.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec

from modalloc_model.failures import UsageError

USUAL = "z3"
"""It comes with the tool, and chooses the witnesses whoever decides."""

_CROSSCHECK = "pip install 'modalloc[crosscheck]'"


def require(solvers: Iterable[str]) -> None:
    """UsageError, with what to install, for solvers that cannot be loaded; the usual one is only looked for."""
    missing = [*_without_module(), *(why for name in solvers if name != USUAL and (why := _failure(name)))]
    if missing:
        raise UsageError(f"--solver: {'; '.join(missing)}", f"install it with {_install(solvers)}")


def require_usual() -> None:
    """The same of the usual one, which is loaded where something is to be decided."""
    why = _failure(USUAL)
    if why:
        raise UsageError(f"--solver: {why}", f"install it with {_install([USUAL])}")


def _without_module() -> list[str]:
    return [] if find_spec(USUAL) else [f"{USUAL} is not installed"]


def _failure(name: str) -> str:
    """Why the solver cannot be loaded; "" where it can."""
    from modalloc_model.engine.solvers import SOLVERS

    try:
        import_module(SOLVERS[name])
    except ModuleNotFoundError:
        return f"{name} is not installed"
    except Exception as failure:  # a broken installation raises what it will
        return f"{name} cannot be loaded: {' '.join(str(failure).split())}"
    return ""


def _install(solvers: Iterable[str]) -> str:
    return _CROSSCHECK if {*solvers} - {USUAL} else "pip install z3-solver"
