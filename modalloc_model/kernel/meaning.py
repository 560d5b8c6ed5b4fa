"""What names mean that the function leaves open: the machine's profile, bindings, and what the caller defines.

A name that the profile knows stays a name in the table; the profile says what it is worth in each boot. A binding
gives a variable of the kernel the name that the profile has for it, or a value, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.descriptor.environment import Environment
from modalloc_model.words import Term, is_constant


@dataclass(frozen=True)
class Binding:
    """An expression in the words of the profile or of the tree, and why it stands for a variable of the kernel.

    `assumed`: other kernels, or other boots, have another value; whoever takes it says so.
    """

    expression: str
    why: str
    assumed: bool = False


@dataclass
class Meaning:
    """The names of one machine. `environment` evaluates what the profile knows; `bits` is the machine's width."""

    bits: int
    environment: Environment | None = None
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    domains: Mapping[str, Term] = field(default_factory=dict)  # of the profile's unknowns
    constraints: tuple[Term, ...] = ()

    def knows(self, name: str) -> bool:
        """Whether the profile has the name as a symbol, a size or an unknown."""
        if self.environment is None:
            return False
        symbols = self.environment.symbols
        return any(name in group for group in (symbols.defines, symbols.unknowns, symbols.symbols))

    def constant(self, name: str) -> Term | None:
        """The value of a name that is the same in every boot; None for another name."""
        value = self.term(name) if self.knows(name) else None
        return value if value is not None and is_constant(value) else None

    def term(self, name: str) -> Term | None:
        """What the profile says that the name is worth."""
        assert self.environment is not None
        value = self.environment.symbol(name)
        return value.term if value else None
