"""In a copy of the tree whose sources hold all mutants: the switch that puts one of them in its function's place.

mutmut writes each function with its mutants beside it, and a decorator that chooses between them at every call. This
one takes the decorator's place, and exchanges the function's code instead, once: what is not mutated costs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

MUTANT = "MODALLOC_MUTANT"
"""The environment variable that names a mutant to switch on as soon as it is defined, while modules are imported."""

PLAN = "MODALLOC_MUTATION_PLAN"
"""The environment variable that names the plan of a session: a JSON file."""

FUNCTIONS: dict[str, tuple[FunctionType, CodeType]] = {}
"""By name: each function that has mutants, and the code it has at first."""

CALLED: set[str] = set()
"""The functions that have been called since they were watched."""

MUTANTS: dict[str, tuple[FunctionType, FunctionType]] = {}
"""By a mutant's name: the function, and the mutant."""


class Mutants(dict[str, Any]):
    """The mutants of one function by name, as mutmut fills them in."""

    function: Any  # a FunctionType; with that annotation it would look like a method

    def __setitem__(self, name: str, variant: Any) -> None:
        """Remember it; switch it on if that is wanted."""
        plain = getattr(variant, "__func__", variant)  # of a class method
        if name == "_mutmut_orig":
            name = _module(self) + plain.__name__.removesuffix("__mutmut_orig")
            FUNCTIONS[name] = self.function, self.function.__code__
            if PLAN in os.environ:
                watch(name)
            return
        MUTANTS[_module(self) + name] = self.function, plain
        if os.environ.get(MUTANT) == _module(self) + name:
            switch_on(_module(self) + name)


def _module(mutants: Mutants) -> str:
    return f"{mutants.function.__module__}."


def mutated(mutants: Mutants, is_classmethod: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """In the place of mutmut's decorator: the function is left as it is, and remembered."""

    def remember(function: Callable[..., Any]) -> Callable[..., Any]:
        mutants.function = function
        return function

    return remember


def watch(name: str) -> None:
    """Record the function's next call and no further one, so that later calls cost nothing."""
    function, code = FUNCTIONS[name]
    source = f"def watched(*args, **named): return __called__({name!r}, args, named)"
    found: dict[str, Any] = {}
    exec(compile(source, "watched", "exec"), found)
    function.__globals__["__called__"] = _call
    function.__code__ = found["watched"].__code__.replace(co_freevars=code.co_freevars)


def _call(name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    CALLED.add(name)
    leave_alone(name)
    return FUNCTIONS[name][0](*args, **named)


def leave_alone(name: str) -> None:
    """The function as it is at first."""
    function, code = FUNCTIONS[name]
    function.__code__ = code


def switch_on(name: str) -> None:
    """Put the mutant in its function's place; KeyError if there is none of that name.

    A mutant that no longer says super() has lost the cell of its class, without which Python does not take its code.
    """
    function, variant = MUTANTS[name]
    function.__code__ = variant.__code__.replace(co_freevars=function.__code__.co_freevars)
    function.__defaults__ = variant.__defaults__
    function.__kwdefaults__ = variant.__kwdefaults__
