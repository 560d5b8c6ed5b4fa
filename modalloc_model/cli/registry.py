"""The commands. A command's module is imported when it is called, so that `--help` is fast.

A module has `add(subparsers)`, which adds its parser, and `run(args, out, err) -> ExitStatus`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from types import MappingProxyType, ModuleType

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "verify": "decide the rules for every table",
        "show": "show what a table means",
        "explain": "print a rule's page; without a rule, list the rules",
        "trace": "show the counterexample of a rule",
        "fuzz": "draw runs of a table, and look for one that goes wrong",
        "replay": "run a trace on the executable allocator",
        "gate": "compare two versions in a git repository",
        "import": "read parameter sets out of a kernel tree",
        "prove": "prove the theorems again, from scratch",
        "arch": "list the machines, or describe one",
    }
)
"""Every command and its summary, in the order of `--help`; its module has its name, with a _ after a Python keyword."""


def load(name: str) -> ModuleType:
    """The module of a command."""
    return import_module(f"modalloc_model.cli.{name}{'_' if iskeyword(name) else ''}")
