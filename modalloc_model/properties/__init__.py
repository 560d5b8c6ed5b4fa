"""The rules, one module each, in one registry.

Adding a rule is adding a module named `<id>_<slug>.py`: documentation, `explain`, results and test matrices follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any

from modalloc_model.properties.rule import GROUPS, Behaviour, Rule


def _discover() -> Mapping[str, Rule]:
    order = list(GROUPS)
    names = [m.name for m in iter_modules(__path__) if m.name[:3].upper() in order and "_" in m.name]
    names.sort(key=lambda name: (order.index(name[:3].upper()), name))
    rules = [import_module(f"{__name__}.{name}").RULE for name in names]
    return MappingProxyType({rule.id: rule for rule in rules})


RULES: Mapping[str, Rule] = _discover()
"""Every rule by its identifier, group by group."""


def functions(kind: str) -> Mapping[str, Callable[..., Any]]:
    """The functions that behaviours refer to as `at_event`, `at_step` or `symbolic`, by rule, sorted."""
    rules = [rule for _, rule in sorted(RULES.items()) if rule.behaviour and getattr(rule.behaviour, kind)]
    return MappingProxyType({rule.id: rule.function(getattr(rule.behaviour, kind)) for rule in rules})


def behaviour_of(rule: str) -> Behaviour:
    """The rule's behaviour. KeyError if it has none."""
    found = RULES[rule].behaviour
    if found is None:
        raise KeyError(rule)
    return found


__all__ = ["GROUPS", "RULES", "Behaviour", "Rule", "behaviour_of", "functions"]
