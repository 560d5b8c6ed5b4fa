"""A kernel configuration, as `.config` has it, and what of it the preprocessor sees.

Source: scripts/kconfig/confdata.c of Linux 6.12, which writes include/generated/autoconf.h from the same lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from modalloc_model.c.macros import Macro, define
from modalloc_model.c.preprocessor import MAX_FILE
from modalloc_model.c.tokens import Place
from modalloc_model.kernel.limits import KernelError

_SET = re.compile(r"^CONFIG_(\w+)=(.*)$", re.MULTILINE)
_UNSET = re.compile(r"^# CONFIG_(\w+) is not set$", re.MULTILINE)
_HEAD = re.compile(r"^# Linux/(\S+) [\d.]+\S* Kernel Configuration", re.MULTILINE)


@dataclass(frozen=True)
class Configuration:
    """Options by their names without CONFIG_: y, m, a number or a string in quotes. `arch` is what it was made for.

    `refused` are those that it says are not set, `lines` the lines of its file on which options stand, from 1.
    `made` is what a Makefile decides by it, as if it were an option.
    """

    path: str
    options: Mapping[str, str] = field(default_factory=dict)
    arch: str = ""
    refused: frozenset[str] = frozenset()
    lines: Mapping[str, int] = field(default_factory=dict)
    made: frozenset[str] = frozenset()

    def changed(self, own: Mapping[str, str]) -> Configuration:
        """The configuration with some options otherwise; n takes one away."""
        options = {name: value for name, value in {**self.options, **own}.items() if value != "n"}
        refused = {name for name in self.refused if name not in own} | {n for n, value in own.items() if value == "n"}
        return replace(self, options=options, refused=frozenset(refused))

    def refuses(self, name: str) -> bool:
        """Whether it says of the option that it is not set, and not just nothing."""
        return name in self.refused

    def line(self, name: str) -> int:
        """The line on which something is said of the option; 1 where nothing is."""
        return self.lines.get(name, 1)

    def enabled(self, name: str) -> bool:
        """Whether the option is y or m, or a Makefile decides that it is so."""
        return self.options.get(name) in ("y", "m") or name in self.made

    def macros(self) -> dict[str, Macro]:
        """CONFIG_X is 1 for y, CONFIG_X_MODULE for m, and the value for all else."""
        found = {}
        for number, (name, value) in enumerate(self.options.items(), 1):
            written = f"CONFIG_{name}_MODULE 1" if value == "m" else f"CONFIG_{name} {'1' if value == 'y' else value}"
            macro = define(written, Place(PurePath(self.path).name, number))
            if macro:
                found[macro.name] = macro
        return found


def read_configuration(path: Path) -> Configuration:
    """KernelError for a file that cannot be read or is no configuration."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_FILE).decode("utf-8", "replace")
    except OSError as failure:
        raise KernelError("unreadable", f"{path}: {failure.strerror}") from failure
    options = dict(_SET.findall(text))
    if not options and not _UNSET.search(text):
        hint = "a configuration has lines such as CONFIG_MMU=y; make defconfig writes one"
        raise KernelError("not-a-configuration", f"{path} is no kernel configuration", hint)
    head = _HEAD.search(text)
    refused = frozenset(_UNSET.findall(text)) - set(options)
    return Configuration(str(path), options, head[1] if head else "", refused, _lines(text))


def _lines(text: str) -> dict[str, int]:
    """The line of each option, from 1."""
    numbered = enumerate(text.split("\n"), 1)
    return {found[1]: number for number, line in numbered if (found := _SET.match(line) or _UNSET.match(line))}
