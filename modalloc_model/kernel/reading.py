"""The ways to read a tree: without a compiler, from a preprocessed file, and with the tree's own build.

Each gives a program, the macros it was read with, and a description. The build makes one preprocessed file: the
Makefile runs with O= in a separate folder, so the tree is not written, and no other code of the tree runs. The compiler
is clang, or a cross compiler with Debian's name. Macros stay in the text (-dD), so that protection bits are available
by name.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modalloc_model.c.macros import define
from modalloc_model.c.preprocessor import Preprocessor
from modalloc_model.c.tokens import SourceLine
from modalloc_model.kernel.architectures import SYM32, UCLINUX, Architecture, predefined
from modalloc_model.kernel.configuration import Configuration, read_configuration
from modalloc_model.kernel.makefiles import folders
from modalloc_model.kernel.program import Program
from modalloc_model.kernel.tree import Definition, KernelError, Tree

MAX_PREPROCESSED = 48 << 20
"""Bytes of a preprocessed file; those of the kernel have up to about 8 MiB."""


_MADE = {SYM32: "KBUILD_64BIT_SYM32 1", UCLINUX: f"{UCLINUX} 1"}
_BEFORE = ("include/linux/compiler-version.h", "include/linux/kconfig.h", "include/linux/compiler_types.h")


@dataclass(frozen=True)
class TreeProgram:
    """A program, how it was read, the missing headers, and the configuration if the build made one.

    `files` are the files of the tree that were read; unknown for a preprocessed file.
    """

    program: Program
    how: str
    missing: dict[str, SourceLine] = field(default_factory=dict)
    configuration: Configuration | None = None
    files: tuple[str, ...] = ()


def without_compiler(
    tree: Tree,
    architecture: Architecture,
    bits: int,
    definition: Definition,
    configuration: Configuration,
    built: bool = True,
) -> TreeProgram:
    """The file and its headers under the configuration; without `built`, without headers that a build left."""
    macros = {m.name: m for text in predefined(architecture, bits) if (m := define(text, SourceLine("compiler", 0)))}
    macros |= {
        m.name: m for m in (define(_MADE[name], SourceLine("Makefile", 0)) for name in sorted(configuration.made)) if m
    }
    macros |= configuration.macros()
    first = [path for path in _BEFORE if tree.has(path)]
    found = Preprocessor(tree.top, folders(tree, architecture, configuration), macros, built).run(
        first, definition.path
    )
    return TreeProgram(Program(found.text, found.macros), "without a compiler", found.missing, files=found.files)


def preprocessed(path: Path, tree: Tree | None = None) -> TreeProgram:
    """The output of `make FILE.i`, with places relative to the tree. KernelError if it is too large, or no text."""
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
    return TreeProgram(Program(text), f"from {path.name}")


TIMEOUT = 1800.0
"""The time limit of one run of make, in seconds."""

_LAST = 12
_PASSED_ON = re.compile(r"make(\[\d+\])?: ")
_LACKING = {
    "gelf.h": "libelf-dev", "libelf": "libelf-dev", "openssl/": "libssl-dev", "bc: not found": "bc",
    "bc: command not found": "bc", "flex: ": "flex", "bison: ": "bison", "cpio: ": "cpio", "python3: ": "python3",
}  # fmt: skip
"""Messages of a build that lacks a program, and Debian's package that has it."""
_NEEDED = {"make": "make", "flex": "flex", "bison": "bison"}
_NATIVE = {"x86_64": "x86", "aarch64": "arm64", "riscv64": "riscv", "s390x": "s390", "ppc64le": "powerpc"}


def compiler(architecture: Architecture) -> list[str]:
    """The arguments for make that choose a compiler. KernelError, with the package to install, if there is none."""
    if architecture.triple and shutil.which(f"{architecture.triple}gcc"):
        return [f"CROSS_COMPILE={architecture.triple}"]
    if architecture.llvm and shutil.which("clang") and shutil.which("ld.lld"):
        return ["LLVM=1"]
    if _NATIVE.get(platform.machine()) == architecture.name and shutil.which("gcc"):
        return []
    packages = [*(["clang lld llvm"] if architecture.llvm else []), *_package(architecture)]
    hint = f"install {' or '.join(packages)}, or omit --build" if packages else "omit --build"
    raise KernelError("no-compiler", f"no compiler for {architecture.name} is installed", hint)


def _package(architecture: Architecture) -> list[str]:
    return [f"gcc-{architecture.triple.rstrip('-')}"] if architecture.triple else []


def build(
    tree: Tree, architecture: Architecture, definition: Definition, configuration: Configuration | None
) -> TreeProgram:
    """The preprocessed file from the build. KernelError, with its last lines, if the build fails."""
    missing = [package for tool, package in _NEEDED.items() if shutil.which(tool) is None]
    if missing:
        raise KernelError("no-build", f"not installed: {', '.join(missing)}", f"apt-get install {' '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="modalloc-build-") as folder:
        out = Path(folder)
        make = _Make(tree, out, architecture, (f"ARCH={architecture.name}", *compiler(architecture)))
        _configure(make, configuration)
        target = definition.path.removesuffix(".c") + ".i"
        make.run("KCFLAGS=-dD", "prepare", target)
        read = preprocessed(out / target, tree)
        used = read_configuration(out / ".config")
    own = Configuration(".config", used.options, used.arch)
    return TreeProgram(read.program, "through the tree's own build", configuration=own)


def _configure(make: _Make, configuration: Configuration | None) -> None:
    """The given configuration, updated for the tree; otherwise the architecture's default."""
    if configuration is not None:
        lines = [f"CONFIG_{name}={value}\n" for name, value in configuration.options.items()]
        (make.out / ".config").write_text("".join(lines), encoding="utf-8")
    make.run("olddefconfig" if configuration is not None else "defconfig")


@dataclass(frozen=True)
class _Make:
    """The tree's Makefile, with output in `out`; `words` precede the arguments of each call."""

    tree: Tree
    out: Path
    architecture: Architecture
    words: tuple[str, ...]

    def run(self, *targets: str) -> None:
        """Runs make. KernelError if it fails, or times out: all its processes are then killed."""
        command = ["make", "-C", str(self.tree.top.resolve()), f"O={self.out}", *self.words, *targets]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=_environment(), start_new_session=True,
        )  # fmt: skip
        try:
            told, _ = process.communicate(timeout=TIMEOUT)
        except BaseException as stopped:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(stopped, subprocess.TimeoutExpired):
                raise KernelError("build-failed", f"make took more than {TIMEOUT:.0f} seconds") from None
            raise
        if process.returncode:
            raise self._failure(targets, told.decode("utf-8", "replace"))

    def _failure(self, targets: Sequence[str], told: str) -> KernelError:
        """The last lines of its output, without messages of make about make."""
        lines = [line.expandtabs()[:160] for line in told.split("\n") if line.strip()]
        own = [line for line in lines if not _PASSED_ON.match(line)]
        message = f"make {' '.join((*self.words, *targets))} failed"
        hint = f"{self._wanted(own)}; or omit --build"
        return KernelError("build-failed", message, hint, said=tuple((own or lines)[-_LAST:]))

    def _wanted(self, told: Sequence[str]) -> str:
        lacking = {package for word, package in _LACKING.items() if any(word in line for line in told)}
        if any("too old" in line for line in told):
            lacking |= set(_package(self.architecture))
        return f"apt-get install {' '.join(sorted(lacking))}" if lacking else "the tree must be clean (make mrproper)"


def _environment() -> dict[str, str]:
    """The environment without the variables of an outer make."""
    kept = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "KBUILD_OUTPUT")}
    return {**kept, "LC_ALL": "C"}
