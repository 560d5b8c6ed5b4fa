"""How module memory is handed out: one package a design, and the registry of them."""

from __future__ import annotations

from modalloc_model.designs.arbiter import EXACT, LINUX
from modalloc_model.designs.derived import Derived
from modalloc_model.designs.design import Design, Program
from modalloc_model.designs.mail import MAIL
from modalloc_model.params import ParamSet

DESIGNS: dict[str, Design] = {design.name: design for design in (MAIL, EXACT, LINUX)}
"""Every design, by the name that verdicts, documents and traces call it."""


def of(table: ParamSet) -> Design:
    """The design of the table's dialect. KeyError where the dialect names none that there is."""
    return DESIGNS[table.dialect.design]


def program_of(table: ParamSet) -> Program:
    """How the runs of the table grow: as its design says, or else by one operation after the other."""
    design = of(table)
    return design.program(table) if design.program else Derived(design, table)
