"""Decisions of a kernel's Makefiles: the folders of headers, and settings outside Kconfig.

Headers are searched in the architecture's folders and in those of its processors and platforms. On 64-bit MIPS
KBUILD_SYM32 is decided here: a kernel loaded at a sign-extended 32-bit address has 32-bit symbols
(arch/mips/Makefile:291-306 of Linux 6.12); the platform gives the load address. On m68k without an MMU __uClinux__ is
defined (arch/m68k/Makefile:66-72). Build products outside the tree, KBUILD_SYM32=no on make's command line, and
compilers without -msym32 are not considered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from modalloc_model.kernel.architectures import SYM32, UCLINUX, Architecture, Folder
from modalloc_model.kernel.configuration import Configuration
from modalloc_model.kernel.tree import Tree

_LOAD = re.compile(r"load-(?:\$\(CONFIG_(\w+)\)|y)[ \t]*[+:]?=[ \t]*(0x[0-9a-fA-F]+)")
_CONDITION = re.compile(r"ifn?def[ \t]+CONFIG_(\w+)")
_LOWEST = 0xFFFFFFFF80000000


def with_makefiles(
    tree: Tree | None, architecture: Architecture, configuration: Configuration | None
) -> Configuration | None:
    """The configuration with the decisions of the Makefiles."""
    if configuration is not None and architecture.name == "m68k" and not configuration.enabled("MMU"):
        return replace(configuration, made=frozenset({UCLINUX}))
    if tree is None or configuration is None or architecture.name != "mips" or not configuration.enabled("64BIT"):
        return configuration
    loads = set(_loads(tree, configuration))
    made = {SYM32} if loads and min(loads) >= _LOWEST else set()
    return replace(configuration, made=frozenset(made))


def _loads(tree: Tree, configuration: Configuration) -> Iterator[int]:
    """The possible load addresses of the kernel: CONFIG_PHYSICAL_START, or the platform's."""
    own = configuration.options.get("PHYSICAL_START", "")
    if own:
        yield int(own, 0)
        return
    for file in sorted(tree.top.glob("arch/mips/*/Platform")):
        yield from _of_platform(tree.text(file.relative_to(tree.top).as_posix()), configuration)


def _of_platform(text: str, configuration: Configuration) -> Iterator[int]:
    """The addresses in the active lines of a platform's makefile."""
    taken: list[bool] = []
    for line in map(str.strip, text.split("\n")):
        if condition := _CONDITION.match(line):
            taken.append(configuration.enabled(condition[1]) is line.startswith("ifdef"))
        elif line.startswith("if"):
            taken.append(True)
        elif line == "else" and taken:
            taken[-1] = not taken[-1]
        elif line.startswith("endif") and taken:
            taken.pop()
        elif (load := _LOAD.match(line)) and all(taken) and (not load[1] or configuration.enabled(load[1])):
            yield int(load[2], 16)


_OPTION = re.compile(r"\{(\w+)\}")
_FLAG = re.compile(r"^cflags-\$\(CONFIG_(\w+)\)[ \t]*\+?=.*?-I[ \t]*\$\(srctree\)/([\w./-]+)", re.MULTILINE)


def folders(tree: Tree, architecture: Architecture, configuration: Configuration) -> list[str]:
    """The folders in search order, relative to the tree."""
    arch = f"arch/{architecture.name}/include"
    own = [path for one in architecture.folders if (path := _path(one, configuration))]
    generated = [f"{arch}/generated", "include"]
    platforms = _platforms(tree, architecture, configuration)
    return [*platforms, *own, arch, *generated, f"{arch}/uapi", "include/uapi", "include/generated"]


def _path(folder: Folder, configuration: Configuration) -> str:
    """The folder under the configuration; "" if it is not searched."""
    options = _OPTION.findall(folder.path)
    if (folder.option and not configuration.enabled(folder.option)) or not configuration.options.keys() >= {*options}:
        return ""
    return _OPTION.sub(lambda match: configuration.options[match[1]].strip('"'), folder.path)


def _platforms(tree: Tree, architecture: Architecture, configuration: Configuration) -> Iterator[str]:
    """The compiler flags that the platforms' makefiles add."""
    for file in sorted(tree.top.glob(architecture.platforms)) if architecture.platforms else ():
        text = tree.text(file.relative_to(tree.top).as_posix())
        yield from (path for option, path in _FLAG.findall(text) if configuration.enabled(option))
