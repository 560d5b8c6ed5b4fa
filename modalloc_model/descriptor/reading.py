"""What the readers give: tables, the expectations written beside them, and every problem with the input.

Plain data. Leaves out: how it was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.params import Assumptions, Location, ParamSet
from modalloc_model.verdict import Problem


@dataclass(frozen=True)
class Settings:
    """What the caller lays down for every table it reads; it wins over what the tables say.

    `arch` is a profile's name or the path of one. `defines` are "NAME=EXPR", or "NAME" for "NAME=1". `assume` maps
    protect, free-access, arbiter and guard to their values. `kernel_config` is the path of a kernel's configuration,
    for tables that are read out of its tree. `beyond` are "NAME" or "NAME=EXPR": bounds of profiles to be lifted, to
    what the machine allows or as far as the value.
    """

    arch: str | None = None
    defines: tuple[str, ...] = ()
    assume: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    kernel_config: str | None = None
    beyond: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """An expectation written beside a table: under these assumptions, this verdict.

    `rules` are the rules of severity error that are expected to be refuted, `not_judged` those for which the profile is
    known to give nothing.
    """

    assumptions: Assumptions
    verdict: str | None
    rules: tuple[str, ...]
    why: str
    location: Location
    not_judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table that was read whole. `text` is the file it stands in, for reports that show lines of it."""

    params: ParamSet
    cases: tuple[Case, ...] = ()
    text: str = field(default="", repr=False)

    def line(self, number: int) -> str:
        """Line `number` of the file, counted from 1; "" where there is none."""
        lines = self.text.split("\n")
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else ""


@dataclass(frozen=True)
class Names:
    """What was read refers to: `used` are all names, `known` those that may be meant by another, `bounds` profiles'."""

    used: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    bounds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reading:
    """What a path or a text holds. A table with an error is left out of `tables`: nothing is half read."""

    tables: tuple[Table, ...] = ()
    problems: tuple[Problem, ...] = ()
    names: Names = Names()
