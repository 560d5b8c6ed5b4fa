"""Reports: one renderer for each format, imported when the format is used.

Renderers get verdicts and import no engine. Those of `FOUND` get findings of any command, sanitized by `harmless`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modalloc_model.report.diagnostic import Findings
    from modalloc_model.report.presentation import Presentation

FOUND: Mapping[str, str] = MappingProxyType(
    {
        "sarif": "modalloc_model.report.sarif",
        "junit": "modalloc_model.report.junit",
        "ktap": "modalloc_model.report.ktap",
        "github": "modalloc_model.report.github",
        "markdown": "modalloc_model.report.markdown",
    }
)
"""The formats of findings, whatever command found them, and the modules that write them: `render(findings) -> str`."""

FORMATS: Mapping[str, str] = MappingProxyType(
    {"text": "modalloc_model.report.text", "json": "modalloc_model.report.document", **FOUND}
)
"""Every format that `verify` can write. The modules of the first two have `render(presentation) -> str`."""


def render(format_name: str, presentation: Presentation) -> str:
    """The report of `verify` in the format of that name; KeyError if there is no such format."""
    if format_name in FOUND:
        from modalloc_model.report.findings import findings

        return write(format_name, findings(presentation))
    return str(import_module(FORMATS[format_name]).render(presentation))


def write(format_name: str, findings: Findings) -> str:
    """The findings in the format of that name, one of `FOUND`; KeyError if there is no such format."""
    from modalloc_model.report.harmless import harmless

    return str(import_module(FOUND[format_name]).render(harmless(findings)))
