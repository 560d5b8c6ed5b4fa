"""The tree's own build, asked for one preprocessed file.

The Makefile runs with O= in a folder of its own, so that the tree is not written to; it is the only thing of the tree
that runs. The compiler is clang, or a cross compiler of Debian's names. Macros stay in the text (-dD), so that the
bits of a protection can be asked for by name.
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
from dataclasses import dataclass
from pathlib import Path

from modalloc_model.kernel.architectures import Architecture
from modalloc_model.kernel.configuration import Configuration, read_configuration
from modalloc_model.kernel.limits import KernelError
from modalloc_model.kernel.reading import Read, preprocessed
from modalloc_model.kernel.tree import Definition, Tree

TIMEOUT = 1800.0
"""Seconds that one run of make may take."""

_LAST = 12
_PASSED_ON = re.compile(r"make(\[\d+\])?: ")
_LACKING = {
    "gelf.h": "libelf-dev", "libelf": "libelf-dev", "openssl/": "libssl-dev", "bc: not found": "bc",
    "bc: command not found": "bc", "flex: ": "flex", "bison: ": "bison", "cpio: ": "cpio", "python3: ": "python3",
}  # fmt: skip
"""What a build says that lacks something, and Debian's package that has it."""
_NEEDED = {"make": "make", "flex": "flex", "bison": "bison"}
_NATIVE = {"x86_64": "x86", "aarch64": "arm64", "riscv64": "riscv", "s390x": "s390", "ppc64le": "powerpc"}


def compiler(architecture: Architecture) -> list[str]:
    """The words for make that choose a compiler. KernelError, with what to install, where there is none."""
    if architecture.triple and shutil.which(f"{architecture.triple}gcc"):
        return [f"CROSS_COMPILE={architecture.triple}"]
    if architecture.llvm and shutil.which("clang") and shutil.which("ld.lld"):
        return ["LLVM=1"]
    if _NATIVE.get(platform.machine()) == architecture.name and shutil.which("gcc"):
        return []
    packages = [*(["clang lld llvm"] if architecture.llvm else []), *_package(architecture)]
    hint = f"install {' or '.join(packages)}, or leave --build out" if packages else "leave --build out"
    raise KernelError("no-compiler", f"no compiler for {architecture.name} is installed", hint)


def _package(architecture: Architecture) -> list[str]:
    return [f"gcc-{architecture.triple.rstrip('-')}"] if architecture.triple else []


def build(tree: Tree, architecture: Architecture, definition: Definition, configuration: Configuration | None) -> Read:
    """The file as the compiler sees it. KernelError, with the last lines of the build, where it fails."""
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
    return Read(read.program, "through the tree's own build", configuration=own)


def _configure(make: _Make, configuration: Configuration | None) -> None:
    """The given configuration, brought up to date; else the architecture's default."""
    if configuration is not None:
        lines = [f"CONFIG_{name}={value}\n" for name, value in configuration.options.items()]
        (make.out / ".config").write_text("".join(lines), encoding="utf-8")
    make.run("olddefconfig" if configuration is not None else "defconfig")


@dataclass(frozen=True)
class _Make:
    """The tree's Makefile, whose products go to `out`; `words` come first in each call."""

    tree: Tree
    out: Path
    architecture: Architecture
    words: tuple[str, ...]

    def run(self, *targets: str) -> None:
        """KernelError where it fails, or takes too long: then all that it started is killed."""
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
            raise self._failed(targets, told.decode("utf-8", "replace"))

    def _failed(self, targets: Sequence[str], told: str) -> KernelError:
        """Its last lines, without those in which one make says that another failed."""
        lines = [line.expandtabs()[:160] for line in told.split("\n") if line.strip()]
        own = [line for line in lines if not _PASSED_ON.match(line)]
        message = f"make {' '.join((*self.words, *targets))} failed"
        hint = f"{self._wanted(own)}; or leave --build out"
        return KernelError("build-failed", message, hint, said=tuple((own or lines)[-_LAST:]))

    def _wanted(self, told: Sequence[str]) -> str:
        lacking = {package for word, package in _LACKING.items() if any(word in line for line in told)}
        if any("too old" in line for line in told):
            lacking |= set(_package(self.architecture))
        return f"apt-get install {' '.join(sorted(lacking))}" if lacking else "the tree must be clean (make mrproper)"


def _environment() -> dict[str, str]:
    """Without what a make around this one says to those within."""
    kept = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "KBUILD_OUTPUT")}
    return {**kept, "LC_ALL": "C"}
