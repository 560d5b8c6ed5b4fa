"""What is not written in a table and yet holds: types left out, and what a dialect lays down for all of them.

Source: execmem_init_missing(), mm/execmem.c:84-104 of Linux 6.12, which goes by a start of zero; ALIGN() and the page
sizes of mm/vmalloc.c:1793-1796,2022. Leaves out: what a table writes itself; :mod:`.resolve` reads that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modalloc_model.descriptor.context import STRICT
from modalloc_model.descriptor.dialects import Grammar, LeftOut
from modalloc_model.params import AllocType, Assumptions, Machine, Protection
from modalloc_model.words import Term, all_of, choose, is_constant, is_power_of_two, lift, ult


def completed(types: tuple[AllocType, ...], grammar: Grammar, machine: Machine) -> tuple[AllocType, ...]:
    """The types, those that the table leaves out taken from the default type as the dialect has it."""
    default = next((t for t in types if t.name == grammar.default), None)
    if default is None or grammar.left_out is LeftOut.ZERO:
        return types
    return tuple(_taken(t, default, grammar, machine) if _is_left_out(t, default) else t for t in types)


def _is_left_out(t: AllocType, default: AllocType) -> bool:
    start = t.ranges[0].start
    return t is not default and is_constant(start) and not start.value


def _taken(t: AllocType, default: AllocType, grammar: Grammar, machine: Machine) -> AllocType:
    if grammar.left_out is LeftOut.MERGED:
        return replace(t, mapto=default.index)
    own = grammar.own_protection.get(t.name)
    protection = machine.protections.get(own, Protection.of(own, "---")) if own else default.protection
    where = t.where or default.where
    return replace(
        default, name=t.name, index=t.index, mapto=t.index, protection=protection, written=frozenset(), where=where
    )


def page_alignment(alignment: Term, page: Term) -> Term:
    """The alignment of whole pages: a lesser power of two than a page is met by every page."""
    met = all_of(is_power_of_two(alignment), ult(alignment, page))
    return lift(choose(met, page, alignment), page.bits)


def assumptions(grammar: Grammar, machine: Machine, configuration: Mapping[str, str]) -> Assumptions:
    """What the dialect assumes: without STRICT_MODULE_RWX pages stay as they were mapped, and nothing is claimed.

    The configuration decides; where it does not say, the machine's profile does.
    """
    base = grammar.dialect.assumptions
    strict = configuration[STRICT] == "y" if STRICT in configuration else machine.strict_module_rwx
    if not grammar.loader_follows_machine or strict is None:
        return base
    return replace(base, claims=("strict-rwx",)) if strict else replace(base, protect="at-map")
