"""Reports: a renderer a format, each a module with `render(presentation) -> str`.

Renderers see verdicts, never engines. A format's module is imported when the format is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modalloc_model.report.presentation import Presentation

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text": "modalloc_model.report.text",
        "json": "modalloc_model.report.document",
    }
)
"""Every format that `verify` can write, and the module that writes it."""


def render(format_name: str, presentation: Presentation) -> str:
    """The report in the format of that name; KeyError if there is no such format."""
    return str(import_module(FORMATS[format_name]).render(presentation))
