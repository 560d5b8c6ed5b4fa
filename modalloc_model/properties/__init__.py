"""The rules, one module each, in one registry.

Adding a rule is adding a module named `<id>_<slug>.py`: documentation, `explain`, results and test matrices follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from modalloc_model.properties.rule import GROUPS, Rule


def _discover() -> Mapping[str, Rule]:
    order = list(GROUPS)
    names = [m.name for m in iter_modules(__path__) if m.name[:3].upper() in order and "_" in m.name]
    names.sort(key=lambda name: (order.index(name[:3].upper()), name))
    rules = [import_module(f"{__name__}.{name}").RULE for name in names]
    return MappingProxyType({rule.id: rule for rule in rules})


RULES: Mapping[str, Rule] = _discover()
"""Every rule by its identifier, group by group."""

__all__ = ["GROUPS", "RULES", "Rule"]
