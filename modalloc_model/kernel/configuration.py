"""A kernel configuration (`.config`): the preprocessor's macros, and its effect on a table.

It decides whether the table is built, who allocates from it, and how the loader changes protections. Source:
scripts/kconfig/confdata.c of Linux 6.12, which writes include/generated/autoconf.h from the same lines; mm/Makefile,
kernel/module/Kconfig and kernel/module/strict_rwx.c of Linux 6.12; arch/*/kernel/Makefile of 6.1 for module_alloc().
rodata=off on the command line is not modelled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from modalloc_model.c.macros import Macro, define
from modalloc_model.c.preprocessor import MAX_FILE
from modalloc_model.c.tokens import SourceLine
from modalloc_model.descriptor.dialects import EXECMEM as GRAMMAR
from modalloc_model.kernel.sets import Set, TypeRow
from modalloc_model.kernel.tree import OLDDEFCONFIG, Definition, KernelError

_SET = re.compile(r"^CONFIG_(\w+)=(.*)$", re.MULTILINE)
_UNSET = re.compile(r"^# CONFIG_(\w+) is not set$", re.MULTILINE)
_HEAD = re.compile(r"^# Linux/(\S+) [\d.]+\S* Kernel Configuration", re.MULTILINE)


@dataclass(frozen=True)
class Configuration:
    """Options by their names without CONFIG_: y, m, a number or a quoted string. `arch` is its architecture.

    `refused` are the options explicitly not set, `lines` the lines of the file with options, from 1. `made` are
    decisions of a Makefile, treated as options.
    """

    path: str
    options: Mapping[str, str] = field(default_factory=dict)
    arch: str = ""
    refused: frozenset[str] = frozenset()
    lines: Mapping[str, int] = field(default_factory=dict)
    made: frozenset[str] = frozenset()

    def with_options(self, own: Mapping[str, str]) -> Configuration:
        """The configuration with some options changed; n removes one."""
        options = {name: value for name, value in {**self.options, **own}.items() if value != "n"}
        refused = {name for name in self.refused if name not in own} | {n for n, value in own.items() if value == "n"}
        return replace(self, options=options, refused=frozenset(refused))

    def refuses(self, name: str) -> bool:
        """Whether the option is explicitly not set, rather than missing."""
        return name in self.refused

    def line(self, name: str) -> int:
        """The line of the option; 1 if it is missing."""
        return self.lines.get(name, 1)

    def enabled(self, name: str) -> bool:
        """Whether the option is y or m, or decided by a Makefile."""
        return self.options.get(name) in ("y", "m") or name in self.made

    def macros(self) -> dict[str, Macro]:
        """CONFIG_X is 1 for y, CONFIG_X_MODULE for m, and the value for everything else."""
        found = {}
        for number, (name, value) in enumerate(self.options.items(), 1):
            written = f"CONFIG_{name}_MODULE 1" if value == "m" else f"CONFIG_{name} {'1' if value == 'y' else value}"
            macro = define(written, SourceLine(PurePath(self.path).name, number))
            if macro:
                found[macro.name] = macro
        return found


def read_configuration(path: Path) -> Configuration:
    """Reads a configuration. KernelError for a file that is unreadable or no configuration."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_FILE).decode("utf-8", "replace")
    except OSError as failure:
        raise KernelError("unreadable", f"{path}: {failure.strerror}") from failure
    options = dict(_SET.findall(text))
    if not options and not _UNSET.search(text):
        hint = "a configuration has lines such as CONFIG_MMU=y; make defconfig writes one"
        raise KernelError("not-a-configuration", f"{path} is not a kernel configuration", hint)
    head = _HEAD.search(text)
    refused = frozenset(_UNSET.findall(text)) - set(options)
    return Configuration(str(path), options, head[1] if head else "", refused, _lines(text))


def _lines(text: str) -> dict[str, int]:
    """The line of each option, from 1."""
    numbered = enumerate(text.split("\n"), 1)
    return {found[1]: number for number, line in numbered if (found := _SET.match(line) or _UNSET.match(line))}


MODULES, EXECMEM, STRICT = "MODULES", "EXECMEM", "STRICT_MODULE_RWX"
_SET_MEMORY = "ARCH_HAS_SET_MEMORY"

BY_LOADER = "set_memory_x() of kernel/module/strict_rwx.c"
"""The loader's behaviour without STRICT_MODULE_RWX."""


def with_selects(definition: Definition, configuration: Configuration | None) -> Configuration | None:
    """The configuration with selected options: MODULES selects EXECMEM, even if an older kernel wrote the file."""
    if configuration is None or definition.dialect != "execmem" or configuration.refuses(EXECMEM):
        return configuration
    return configuration.with_options({EXECMEM: "y"}) if configuration.enabled(MODULES) else configuration


def need_built(definition: Definition, configuration: Configuration | None) -> None:
    """KernelError if the configuration excludes the function from the kernel."""
    if configuration is None or not definition.path:
        return
    option = EXECMEM if definition.dialect == "execmem" else MODULES
    if configuration.enabled(option):
        return
    name = PurePath(configuration.path).name
    what = f"{definition.function}() of {definition.path}"
    hint = "CONFIG_MODULES=y builds it" + (", as do CONFIG_KPROBES and CONFIG_BPF_JIT" if option == EXECMEM else "")
    place = SourceLine(configuration.path, configuration.line(option))
    raise KernelError("not-built", f"CONFIG_{option} is not set in {name}: {what} is not built", hint, place)


_PAGES = re.compile(r"(?:PARISC_|ARC_)?PAGE_SIZE_(\d+)KB?|(?:ARM64|PPC)_(\d+)K_PAGES")
_SHIFTS = ("PAGE_SHIFT", "ARM64_PAGE_SHIFT", "PPC_PAGE_SHIFT")


def need_one_page_size(configuration: Configuration | None) -> None:
    """KernelError if options contradict each other about the page size: Kconfig writes no such file."""
    if configuration is None:
        return
    chosen = {n: int(found[1] or found[2]) for n in configuration.options if (found := _PAGES.fullmatch(n))}
    given = {n: configuration.options.get(n, "") for n in _SHIFTS}
    sizes = chosen | {n: 1 << int(value) >> 10 for n, value in given.items() if re.fullmatch(r"\d{2}", value)}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"CONFIG_{name}={configuration.options[name]}" for name in sizes)
        place = SourceLine(configuration.path, configuration.line(next(iter(sizes))))
        raise KernelError(
            "config-contradiction", f"{said} contradict each other about the page size", OLDDEFCONFIG, place
        )


def decisive(definition: Definition, configuration: Configuration | None) -> dict[str, str]:
    """The options that affect the verification, each y or n."""
    if configuration is None:
        return {}
    names = (EXECMEM, MODULES, STRICT) if definition.dialect == "execmem" else (MODULES, STRICT)
    takers = GRAMMAR.takers.values() if EXECMEM in names else ()
    nobody = {option: "n" for option in takers if configuration.refuses(option)}
    return (
        {name: "y" if configuration.enabled(name) else "n" for name in names} | nobody | shadow_options(configuration)
    )


# -- the loader ------------------------------------------------------------------------------------------------------


def after_loader(one: Set, definition: Definition, configuration: Configuration | None) -> Set:
    """The table with the loader's change if it protects nothing: set_memory_x() on text that is not executable.

    With STRICT_MODULE_RWX the loader makes text read-only and executable in any case.
    """
    if configuration is None or configuration.enabled(STRICT) or not configuration.enabled(_SET_MEMORY):
        return one
    return replace(one, rows=tuple(new for row in one.rows for new in _executable(row, definition)))


def _executable(row: TypeRow, definition: Definition) -> tuple[TypeRow, ...]:
    letters = row.protection.letters if row.protection else None
    if row.protection is None or letters is None or letters.endswith("x") or row.name not in _TEXT:
        return (row,)
    allowed = replace(row.protection, letters=f"{letters[:2]}x", mapped=row.protection)
    text = replace(row, protection=allowed)
    # Before 6.10 all sections have one row: only text becomes executable, the rest gets a row of its own.
    return (text, replace(row, name="DATA")) if definition.dialect == "module_alloc" else (text,)


_TEXT = ("MODULE_TEXT", "MODULE")


# -- KASAN -----------------------------------------------------------------------------------------------------------

_SCALES = {"KASAN_GENERIC": 3, "KASAN_SW_TAGS": 4}
"""KASAN_SHADOW_SCALE_SHIFT: one byte of shadow covers 8 or 16 bytes (Documentation/dev-tools/kasan.rst)."""

SHADOW = "EXECMEM_KASAN_SHADOW"
BEFORE_EXECMEM = "kasan_alloc_module_shadow"


def kasan_alignment(one: Set, source: str, configuration: Configuration | None) -> str:
    """The alignment that KASAN's shadow of modules requires, as an expression; "" if no shadow is allocated.

    Without KASAN_VMALLOC kasan_alloc_module_shadow() fails unless the shadow begins on a page (mm/kasan/shadow.c).
    Since 6.10 a flag of a type requests shadow; before, module_alloc() in `source` calls the function.
    """
    if configuration is None or configuration.enabled("KASAN_VMALLOC"):
        return ""
    scale = next((shift for option, shift in _SCALES.items() if configuration.enabled(option)), None)
    asked = BEFORE_EXECMEM in source or any(SHADOW in row.flags for row in one.rows)
    return f"PAGE_SIZE << {scale}" if scale is not None and asked else ""


def shadow_options(configuration: Configuration | None) -> dict[str, str]:
    """The options of a kernel with KASAN's shadow; empty otherwise."""
    if configuration is None or not any(map(configuration.enabled, _SCALES)):
        return {}
    names = (*_SCALES, "KASAN_VMALLOC")
    return {name: "y" if configuration.enabled(name) else "n" for name in names}


# -- users of memory -------------------------------------------------------------------------------------------------

_USERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "MODULE_TEXT": ("MITIGATION_ITS", ("x86",)),  # arch/x86/kernel/alternative.c: its_alloc()
    "KPROBES": ("KPROBES", ()),  # kernel/kprobes.c: alloc_insn_page()
    "FTRACE": ("DYNAMIC_FTRACE", ("x86",)),  # arch/x86/kernel/ftrace.c: alloc_tramp(); s390 has it with MODULES alone
    "BPF": ("BPF_JIT", ()),  # kernel/bpf/core.c: bpf_jit_alloc_exec()
}
"""Users of each type's memory other than the loader: the option that builds them, and their architectures."""

WITHOUT_MODULES = "execmem-without-modules"
"""The dialect of a kernel without a loader."""


def without_modules(definition: Definition, configuration: Configuration | None) -> bool:
    """Whether the table is built without a loader: only other users allocate from it."""
    return definition.dialect == "execmem" and configuration is not None and not configuration.enabled(MODULES)


def dialect_of(definition: Definition, configuration: Configuration | None) -> str:
    """The dialect of the table."""
    return WITHOUT_MODULES if without_modules(definition, configuration) else definition.dialect


def of_takers(one: Set, architecture: str, configuration: Configuration) -> Set:
    """The rows of types with a user; types left out are copied as execmem_init_missing() does.

    KernelError if no type has a user.
    """
    rows = {row.name: row for row in (*one.rows, *one.completed)}
    default = rows.get("MODULE_TEXT")
    wanted = [name for name, (option, of) in _USERS.items() if configuration.enabled(option) and architecture in of]
    wanted += [name for name, (option, of) in _USERS.items() if configuration.enabled(option) and not of]
    found = tuple(_row(rows.get(name), name, default) for name in _USERS if name in wanted)
    if not all(found) or not found:
        name = PurePath(configuration.path).name
        options = ", ".join(f"CONFIG_{option}" for option, _ in _USERS.values())
        message = f"CONFIG_MODULES is not set in {name}, and nothing else takes memory from the table"
        place = SourceLine(configuration.path, configuration.line(MODULES))
        raise KernelError("not-used", message, f"what does is built by {options}", place)
    return replace(one, rows=tuple(row for row in found if row), completed=())


def _row(row: TypeRow | None, name: str, default: TypeRow | None) -> TypeRow | None:
    """The row itself, or the default's if it has no start."""
    given = row is not None and not row.begins_at_zero
    return row if given else replace(default, name=name) if default else None
