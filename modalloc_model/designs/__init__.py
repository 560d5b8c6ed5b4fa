"""How module memory is handed out: one package a design, and the registry of them."""

from __future__ import annotations

from modalloc_model.designs.arbiter import EXACT, LINUX
from modalloc_model.designs.design import Design
from modalloc_model.designs.mail import MAIL
from modalloc_model.params import ParamSet

DESIGNS: dict[str, Design] = {design.name: design for design in (MAIL, EXACT, LINUX)}
"""Every design, by the name that verdicts, documents and traces call it."""


def of(table: ParamSet) -> Design:
    """The design of the table's dialect. KeyError where the dialect names none that there is."""
    return DESIGNS[table.dialect.design]
