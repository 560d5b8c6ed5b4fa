"""The ways into a tree: without a compiler, from a preprocessed file, and through the tree's own build.

Each gives a program, the macros it was read with, and words on how it was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from modalloc_model.c.macros import define
from modalloc_model.c.preprocessor import Preprocessor
from modalloc_model.c.tokens import Place
from modalloc_model.kernel.architectures import SYM32, Architecture, predefined
from modalloc_model.kernel.configuration import Configuration
from modalloc_model.kernel.folders import folders
from modalloc_model.kernel.limits import MAX_PREPROCESSED, KernelError
from modalloc_model.kernel.program import Program
from modalloc_model.kernel.tree import Definition, Tree

_MADE = {SYM32: "KBUILD_64BIT_SYM32 1"}
_BEFORE = ("include/linux/compiler-version.h", "include/linux/kconfig.h", "include/linux/compiler_types.h")


@dataclass(frozen=True)
class Read:
    """A program, how it was read, the headers that were not there, and the configuration where the way made one.

    `files` are those of the tree that were read; none are known of a preprocessed file.
    """

    program: Program
    how: str
    missing: dict[str, Place] = field(default_factory=dict)
    configuration: Configuration | None = None
    files: tuple[str, ...] = ()


def without_compiler(
    tree: Tree,
    architecture: Architecture,
    bits: int,
    definition: Definition,
    configuration: Configuration,
    built: bool = True,
) -> Read:
    """The file and its headers, by the configuration alone; without `built`, none that a build left in the tree."""
    macros = {m.name: m for text in predefined(architecture, bits) if (m := define(text, Place("compiler", 0)))}
    macros |= {
        m.name: m for m in (define(_MADE[name], Place("Makefile", 0)) for name in sorted(configuration.made)) if m
    }
    macros |= configuration.macros()
    first = [path for path in _BEFORE if tree.has(path)]
    found = Preprocessor(tree.top, folders(tree, architecture, configuration), macros, built).run(
        first, definition.path
    )
    return Read(Program(found.text, found.macros), "without a compiler", found.missing, files=found.files)


def preprocessed(path: Path, tree: Tree | None = None) -> Read:
    """A file as `make FILE.i` leaves it, its places below the tree. KernelError for one too large, or no text."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_PREPROCESSED + 1)
    except OSError as failure:
        raise KernelError("unreadable", f"{path}: {failure.strerror}") from failure
    if len(content) > MAX_PREPROCESSED:
        hint = "those of the kernel have less than 10 MiB"
        raise KernelError("too-large", f"{path} has more than {MAX_PREPROCESSED >> 20} MiB", hint)
    if b"\0" in content[:65536]:
        raise KernelError("not-text", f"{path} is no text", "make FILE.i writes a preprocessed file")
    text = content.decode("utf-8", "replace")
    if tree is not None:
        text = text.replace(f'"{tree.top.resolve()}/', '"')
    return Read(Program(text), f"from {path.name}")
