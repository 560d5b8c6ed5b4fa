"""Where a kernel's Makefiles look for headers: the architecture's folders, and those of its processors and platforms.

Leaves out: the build's own products outside the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modalloc_model.kernel.architectures import Architecture, Folder
from modalloc_model.kernel.configuration import Configuration
from modalloc_model.kernel.tree import Tree

_OPTION = re.compile(r"\{(\w+)\}")
_FLAG = re.compile(r"^cflags-\$\(CONFIG_(\w+)\)[ \t]*\+?=.*?-I[ \t]*\$\(srctree\)/([\w./-]+)", re.MULTILINE)


def folders(tree: Tree, architecture: Architecture, configuration: Configuration) -> list[str]:
    """In the order in which they are looked through, relative to the tree."""
    arch = f"arch/{architecture.name}/include"
    own = [path for one in architecture.folders if (path := _path(one, configuration))]
    generated = [f"{arch}/generated", "include"]
    platforms = _platforms(tree, architecture, configuration)
    return [*platforms, *own, arch, *generated, f"{arch}/uapi", "include/uapi", "include/generated"]


def _path(folder: Folder, configuration: Configuration) -> str:
    """The folder by the configuration; "" where it is not looked through."""
    options = _OPTION.findall(folder.path)
    if (folder.option and not configuration.enabled(folder.option)) or not configuration.options.keys() >= {*options}:
        return ""
    return _OPTION.sub(lambda match: configuration.options[match[1]].strip('"'), folder.path)


def _platforms(tree: Tree, architecture: Architecture, configuration: Configuration) -> Iterator[str]:
    """What the platforms' own makefiles add to the compiler's flags."""
    for file in sorted(tree.top.glob(architecture.platforms)) if architecture.platforms else ():
        text = tree.text(file.relative_to(tree.top).as_posix())
        yield from (path for option, path in _FLAG.findall(text) if configuration.enabled(option))
