"""A kernel tree: its detection, its version, and the function with which an architecture sets up module memory.

Since Linux 6.10 that is execmem_arch_setup(), or, if an architecture has none, __execmem_init() of mm/execmem.c; before
it was module_alloc(), of the architecture or of kernel/module/main.c. No code of the tree runs here, and nothing is
written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from modalloc_model.c.preprocessor import MAX_FILE
from modalloc_model.c.tokens import NOWHERE, CError, SourceLine

_NUMBER = re.compile(r"^(VERSION|PATCHLEVEL|SUBLEVEL)[ \t]*=[ \t]*(\d+)", re.MULTILINE)
_DEFINES = r"^[\w \t*]*\b{name}\s*\([^;{{}}]*\)\s*\{{"
_FIRST = ("mm", "kernel")
_GENERIC_BEFORE = ("kernel/module/main.c", "kernel/module.c")


class KernelError(CError):
    """An import is impossible: the problem, its place, and the remedy. `said`: the output of another program."""

    def __init__(
        self, code: str, message: str, hint: str = "", place: SourceLine = NOWHERE, said: tuple[str, ...] = ()
    ) -> None:
        super().__init__(code, message, hint, place)
        self.args = (code, message, hint, place, said)
        self.said = said


@dataclass(frozen=True)
class Definition:
    """The function to import, and the file that defines it."""

    path: str
    function: str
    dialect: str


@dataclass(frozen=True)
class Tree:
    """A kernel's source at `top`."""

    top: Path

    @cached_property
    def numbers(self) -> tuple[int, int, int]:
        """VERSION, PATCHLEVEL and SUBLEVEL."""
        found = {name: int(value) for name, value in _NUMBER.findall(self.text("Makefile"))}
        return found.get("VERSION", 0), found.get("PATCHLEVEL", 0), found.get("SUBLEVEL", 0)

    @property
    def version(self) -> str:
        """The version as text."""
        return ".".join(str(number) for number in self.numbers)

    def architectures(self) -> list[str]:
        """The folders in arch/."""
        return sorted(folder.name for folder in (self.top / "arch").iterdir() if folder.is_dir())

    def line(self, path: str, number: int) -> str:
        """A line of a file, "" where there is none."""
        if path not in self._lines:
            try:
                self._lines[path] = self.text(path).split("\n")
            except KernelError:
                self._lines[path] = []
        lines = self._lines[path]
        return lines[number - 1].strip() if 1 <= number <= len(lines) else ""

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        """Lines of the files read so far."""
        return {}

    def has(self, path: str) -> bool:
        """Whether the tree has that file."""
        return (self.top / path).is_file()

    def definition(self, architecture: str) -> Definition:
        """The function with which this architecture sets up its module memory. KernelError if there is none."""
        if not (self.top / "arch" / architecture).is_dir():
            hint = f"it has: {', '.join(self.architectures())}"
            raise KernelError("no-architecture", f"{self.top} has no arch/{architecture}", hint)
        if self.has("mm/execmem.c"):
            return self._execmem(architecture)
        return self._module_alloc(architecture)

    def _execmem(self, architecture: str) -> Definition:
        found = self._defining("execmem_arch_setup", architecture)
        return Definition(found, "execmem_arch_setup", "execmem") if found else GENERIC

    def _module_alloc(self, architecture: str) -> Definition:
        for path in (self._defining("module_alloc", architecture), *_GENERIC_BEFORE):
            if path and self._defines(path, "module_alloc"):
                return Definition(path, "module_alloc", "module_alloc")
        message = f"Linux {self.version} has neither execmem_arch_setup() nor module_alloc() for {architecture}"
        hint = "execmem_arch_setup() came with Linux 6.10; before it, module_alloc() stands in arch/ or kernel/module/"
        raise KernelError("no-function", message, hint)

    def generic(self, definition: Definition) -> Definition | None:
        """The kernel's default for a function that an architecture may replace; None if the tree has none."""
        if definition.dialect == GENERIC.dialect:
            return GENERIC if self.has(GENERIC.path) else None
        found = next((path for path in _GENERIC_BEFORE if self._defines(path, definition.function)), None)
        return Definition(found, definition.function, definition.dialect) if found else None

    def _defining(self, name: str, architecture: str) -> str | None:
        return next((path for path in self._sources(architecture) if self._defines(path, name)), None)

    def _sources(self, architecture: str) -> Iterator[str]:
        """The sources of the architecture, the most likely ones first."""
        top = self.top / "arch" / architecture
        likely = [file for folder in _FIRST for file in sorted((top / folder).glob("*.c"))]
        for file in [*likely, *(file for file in sorted(top.rglob("*.c")) if file not in set(likely))]:
            yield file.relative_to(self.top).as_posix()

    def _defines(self, path: str, name: str) -> bool:
        if not self.has(path):
            return False
        text = self.text(path)
        return name in text and bool(re.search(_DEFINES.format(name=name), text, re.MULTILINE))

    def text(self, path: str) -> str:
        """The content of a file. KernelError if it cannot be read."""
        try:
            with (self.top / path).open("rb") as stream:
                return stream.read(MAX_FILE).decode("utf-8", "replace")
        except OSError as failure:
            raise KernelError("unreadable", f"{path}: {failure.strerror}") from failure


OLDDEFCONFIG = "`make olddefconfig` completes a configuration in which an option was changed"
"""The remedy for a contradictory configuration."""

FUNCTIONS = ("execmem_arch_setup", "module_alloc")
"""The functions with which an architecture may set up its module memory: since 6.10, and before."""

GENERIC = Definition("mm/execmem.c", "__execmem_init", "execmem")
"""The function that sets up the ranges of other architectures."""

COMPLETES = "execmem_init_missing"
"""The function that completes types that an architecture leaves out, in the same file."""


def is_tree(folder: Path) -> bool:
    """Whether the folder is a kernel's source."""
    return (folder / "arch").is_dir() and (folder / "Kconfig").is_file() and has_version(_makefile(folder))


def _makefile(folder: Path) -> str:
    try:
        return (folder / "Makefile").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def has_version(makefile: str) -> bool:
    """Whether the text of a Makefile begins with a kernel's version."""
    return {"VERSION", "PATCHLEVEL"} <= {name for name, _ in _NUMBER.findall(makefile[:4000])}


def open_tree(path: str) -> Tree:
    """Opens the tree. KernelError for a folder that is not a kernel tree."""
    folder = Path(path)
    if not folder.is_dir():
        raise KernelError("not-a-tree", f"{path} is no folder", "name the root folder of a kernel's source")
    if not is_tree(folder):
        wanted = "Makefile with VERSION and PATCHLEVEL, Kconfig and arch/"
        raise KernelError("not-a-tree", f"{path} is not a kernel tree", f"a kernel tree has {wanted}")
    return Tree(folder)
