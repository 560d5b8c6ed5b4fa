"""Imports a kernel tree: selects the machine, the file and the way to read it, and collects the parameter sets.

Constants of the machine are taken from the tree: sizes and addresses with the names in the profile. The profile is
written for one configuration; page size and address width change the values that depend on them. For a value that the
boot decides, the tree's function gives the computation. :mod:`.document` writes the sets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from modalloc_model.c.tokens import CError, SourceLine
from modalloc_model.descriptor import machine
from modalloc_model.descriptor.dialects import EXECMEM
from modalloc_model.descriptor.loading import load
from modalloc_model.descriptor.profile import Profile
from modalloc_model.descriptor.source import Journal, Text
from modalloc_model.kernel.architectures import SYM32, Architecture, Variant, names, of_profile
from modalloc_model.kernel.configuration import (
    Configuration,
    after_loader,
    need_built,
    need_one_page_size,
    of_takers,
    read_configuration,
    with_selects,
    without_modules,
)
from modalloc_model.kernel.interpreter import Interpreter
from modalloc_model.kernel.makefiles import with_makefiles
from modalloc_model.kernel.paths import Binding, FunctionPath, Infeasible, Meaning, Warned
from modalloc_model.kernel.program import Program
from modalloc_model.kernel.reading import TreeProgram, build, preprocessed, without_compiler
from modalloc_model.kernel.sets import Set, sets_of
from modalloc_model.kernel.state import State
from modalloc_model.kernel.tree import GENERIC, Definition, KernelError, Tree, open_tree
from modalloc_model.params import Location
from modalloc_model.words import Term, is_constant, substitute, variables

_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Constants:
    """`defines`: the tree's value and macro by name, if the profile differs or leaves the value to the boot.

    `lost` are names whose values in the tree cannot be followed: the profile's values apply. `warnings` report these,
    and assumptions.
    """

    defines: Mapping[str, tuple[int, SourceLine]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    warnings: tuple[Warned, ...] = ()


Means: TypeAlias = Callable[[Constants], Meaning]
"""The meaning of names with the tree's constants; KernelError if the machine is inconsistent."""


def constants_of(program: Program, profile: Profile, means: Means) -> Constants:
    """The tree's values of the profile's constants, in order of dependency."""
    found = Constants()
    for group in (profile.sizes, ("PAGE_SIZE", "PMD_SIZE"), profile.symbols):
        found = _with(found, program.without(found.lost), profile, set(group), means(found))
    return found


def _with(found: Constants, program: Program, profile: Profile, names: set[str], meaning: Meaning) -> Constants:
    """The constants found so far, and those with these names."""
    defines, lost, warnings = dict(found.defines), set(found.lost), list(found.warnings)
    for name in sorted(names & program.macros.keys()):
        path, place, value = FunctionPath(meaning), program.macros[name].place, meaning.term(name)
        own = _value(program, name, path)
        warnings += [replace(warned, place=place) for warned in path.warnings]
        if own is None:
            lost.add(name)
            warnings.append(Warned(place, _fallback_message(name, profile, value, path)))
        elif is_constant(own) and value is not None and _is_the_trees(name, own, value, profile):
            defines[name] = (own.value, place)
    return Constants(defines, frozenset(lost), tuple(warnings))


def _is_the_trees(name: str, own: Term, value: Term, profile: Profile) -> bool:
    """Whether the tree's constant replaces the profile's value; for a boot-dependent value, if regions depend on it."""
    return own.value != value.value if is_constant(value) else name in _places(profile)


def _places(profile: Profile) -> set[str]:
    """The symbols in the profile's regions."""
    regions = [*profile.windows, *profile.forbidden, *profile.registered]
    found = {name for region in regions for text in (region.first, region.last) for name in _NAME.findall(text.text)}
    while (
        more := {name for one in found & profile.symbols.keys() for name in _NAME.findall(_text(profile, one))} - found
    ):
        found |= more
    return found


def _text(profile: Profile, symbol: str) -> str:
    return profile.symbols[symbol].text.text


def _value(program: Program, name: str, path: FunctionPath) -> Term | None:
    """The macro's value, in the profile's names if the kernel's variable is bound to one; None if it is lost."""
    state = State(program, path.meaning, path, set())
    try:
        term = state.arithmetic.term(state.quantity(Interpreter(state).evaluate(program.expression(name))))
    except (CError, Infeasible):
        return None
    names = variables(term)
    if any(drawn.lost for drawn in map(path.drawn.get, names) if drawn):
        return None
    return substitute(term, {one: value.value for one in names if (value := path.meaning.constant(one)) is not None})


def _fallback_message(name: str, profile: Profile, value: Term | None, path: FunctionPath) -> str:
    lost = ", ".join(dict.fromkeys(one.why for one in path.drawn.values() if one.lost))
    why = f" ({lost})" if lost else ""
    shown = f", {value.value:#x}," if value is not None and is_constant(value) else ""
    return f"{name} could not be computed{why}: the value of the profile {profile.name}{shown} stands"


@dataclass(frozen=True)
class Request:
    """The parameters of an import. `tree` may be None if a preprocessed file is given.

    Without `built`, headers that a build left in the tree are not read, since they vary between copies of a tree.
    """

    arch: str
    tree: str | None = None
    config: str | None = None
    preprocessed: str | None = None
    build: bool = False
    defines: Mapping[str, str] = field(default_factory=dict)
    built: bool = True


def definitions(given: Iterable[str]) -> dict[str, str]:
    """`NAME=EXPR`, or NAME alone for 1, as in -D."""
    pairs = (one.partition("=") for one in given)
    return {name.strip(): value if equals else "1" for name, equals, value in pairs}


@dataclass(frozen=True)
class MachineSet:
    """A set, its machine's profile, and the tree's constants of that machine."""

    set: Set
    profile: Profile
    constants: Constants = field(default_factory=Constants)


@dataclass(frozen=True)
class Imported:
    """The result of an import."""

    tree: Tree | None
    architecture: Architecture
    definition: Definition
    configuration: Configuration | None
    read: TreeProgram
    placed: tuple[MachineSet, ...]
    warnings: tuple[Warned, ...]


def import_sets(request: Request) -> Imported:
    """Imports the sets. KernelError if any of them cannot be imported."""
    architecture, wanted = _architecture(request.arch)
    tree = open_tree(request.tree) if request.tree else None
    definition = tree.definition(architecture.name) if tree else _TOLD
    configuration = with_makefiles(
        tree, architecture, with_selects(definition, _configuration(request, tree, architecture))
    )
    need_built(definition, configuration)
    need_one_page_size(configuration)
    way = partial(_way, request, tree, architecture, wanted)
    definition, read = _with_function(way, tree, definition, configuration)
    configuration = with_makefiles(tree, architecture, with_selects(definition, read.configuration or configuration))
    need_built(definition, configuration)
    completion = _completion(request, tree, architecture, wanted, definition, configuration)
    placed: list[MachineSet] = []
    warnings: list[Warned] = []
    for variant in _variants(architecture, wanted, tree, configuration):
        profile = _profile(variant.profile)
        bindings = _bindings(architecture, request.defines, variant)
        constants = constants_of(read.program, profile, partial(_meaning, profile, bindings))
        meaning = _meaning(profile, bindings, constants)
        program = read.program.without(constants.lost)
        filled = completion.program.without(constants.lost) if completion else None
        found = sets_of(program, meaning, definition, architecture.decodings, _names(tree, meaning), filled)
        sets = [_by_options(one, architecture, definition, configuration) for one in found.sets]
        sets = [replace(one, choices={**variant.choices, **one.choices}) for one in sets]
        placed += [MachineSet(one, profile, constants) for one in sets]
        warnings += [*constants.warnings, *found.warnings]
    if completion:
        read = replace(read, files=tuple(dict.fromkeys([*read.files, *completion.files])))
    return Imported(tree, architecture, definition, configuration, read, tuple(placed), _once(warnings))


def _once(warnings: Iterable[Warned]) -> tuple[Warned, ...]:
    """Removes duplicates; an assumption is reported at its first use."""
    kept: dict[object, Warned] = {}
    for warned in warnings:
        kept.setdefault(warned.message if warned.assumed else warned, warned)
    return tuple(kept.values())


def _by_options(
    one: Set, architecture: Architecture, definition: Definition, configuration: Configuration | None
) -> Set:
    """The table under the configuration: with the loader's changes or, without a loader, with its other users."""
    if configuration is not None and without_modules(definition, configuration):
        return of_takers(one, architecture.name, configuration)
    return after_loader(one, definition, configuration)


def _with_function(
    way: Way, tree: Tree | None, definition: Definition, configuration: Configuration | None
) -> tuple[Definition, TreeProgram]:
    """The text that has the function; the kernel's default if the configuration excludes the architecture's."""
    read = way(definition, configuration)
    generic = tree.generic(definition) if tree else None
    if generic in (None, definition) or read.program.function(definition.function) is not None:
        return definition, read
    assert generic is not None
    return generic, way(generic, read.configuration or configuration)


def _way(
    request: Request,
    tree: Tree | None,
    architecture: Architecture,
    wanted: Variant | None,
    definition: Definition,
    configuration: Configuration | None,
) -> TreeProgram:
    if request.preprocessed:
        return preprocessed(Path(request.preprocessed), tree)
    assert tree is not None
    if request.build:
        return build(tree, architecture, definition, configuration)
    assert configuration is not None
    first = _variants(architecture, wanted, tree, configuration)[0]
    bits = _profile(first.profile).bits
    return without_compiler(tree, architecture, bits, definition, configuration, request.built)


def _completion(
    request: Request,
    tree: Tree | None,
    architecture: Architecture,
    wanted: Variant | None,
    definition: Definition,
    configuration: Configuration | None,
) -> TreeProgram | None:
    """The file that completes what the architecture's function leaves out; None if it is the function's own."""
    if tree is None or configuration is None or definition.dialect != "execmem" or definition == GENERIC:
        return None
    if not tree.has(GENERIC.path):
        return None
    bits = _profile(_variants(architecture, wanted, tree, configuration)[0].profile).bits
    return without_compiler(tree, architecture, bits, GENERIC, configuration, request.built)


Way: TypeAlias = Callable[[Definition, "Configuration | None"], TreeProgram]

_TOLD = Definition("", "execmem_arch_setup", "execmem")
"""The version assumed for a preprocessed file without its tree."""

_ASSIGNED = re.compile(r"=\s*(\w+)\s*[,;]?$")


def _names(tree: Tree | None, meaning: Meaning) -> Callable[[SourceLine], str | None]:
    """The name that a line of the source assigns, if the profile has it."""

    def name(place: SourceLine) -> str | None:
        match = _ASSIGNED.search(tree.line(place.path, place.line)) if tree else None
        return match[1] if match and meaning.knows(match[1]) else None

    return name


def _architecture(name: str) -> tuple[Architecture, Variant | None]:
    found = of_profile(name)
    if found is None:
        from modalloc_model.descriptor.source import nearest

        hint = nearest(name, names()) or f"known: {', '.join(names())}"
        raise KernelError("unknown-arch", f"no architecture {name!r}", hint)
    return found


def _configuration(request: Request, tree: Tree | None, architecture: Architecture) -> Configuration | None:
    own = {name.removeprefix("CONFIG_"): value for name, value in request.defines.items() if name.startswith("CONFIG_")}
    if request.config:
        base = read_configuration(Path(request.config))
    elif tree and tree.has(".config"):
        base = read_configuration(tree.top / ".config")
    elif request.preprocessed or request.build:
        return Configuration("-D").with_options(own) if own else None
    else:
        hint = "say which with --kernel-config FILE; make ARCH=... defconfig O=FOLDER writes one"
        raise KernelError("no-configuration", "the tree is not configured", hint)
    if base.arch and base.arch not in (architecture.name, *_ALSO.get(architecture.name, ())):
        message = f"{base.path} is a configuration of {base.arch}, not of {architecture.name}"
        raise KernelError(
            "config-mismatch", message, "name the configuration of this architecture with --kernel-config"
        )
    return base.with_options(own)


_ALSO = {"x86": ("x86_64", "i386"), "sparc": ("sparc64", "sparc32"), "parisc": ("parisc64",), "sh": ("sh64",)}
"""Other names of an architecture in configurations."""


def _variants(
    architecture: Architecture, wanted: Variant | None, tree: Tree | None, configuration: Configuration | None
) -> list[Variant]:
    """The variants with this version and configuration: one for each choice of the boot."""
    version = tree.numbers[:2] if tree else (98, 0)
    of_version = [v for v in architecture.variants if v.since <= version < v.before]
    fitting = [v for v in of_version if _fits(v, configuration)]
    place = SourceLine(configuration.path, 1) if configuration else SourceLine()
    others = ", ".join(v.profile for v in fitting)
    hint = f"of this one is: {others}" if others else ""
    if wanted is not None and not wanted.since <= version < wanted.before:
        message = f"{wanted.profile} is not of Linux {version[0]}.{version[1]}"
        raise KernelError("version-mismatch", message, hint)
    if wanted is not None and not _fits(wanted, configuration):
        message = f"{wanted.profile} is of kernels with {_options(wanted)}, and this configuration is of another"
        raise KernelError("config-mismatch", message, hint, place)
    if not fitting:
        there_are = "; ".join(f"{v.profile}, of kernels with {_options(v, configuration)}" for v in of_version)
        message = f"no profile of {architecture.name} is of kernels with this configuration"
        raise KernelError("config-mismatch", message, f"there are {there_are}", place)
    return [wanted] if wanted is not None else _told_apart(fitting, architecture)


def _told_apart(fitting: list[Variant], architecture: Architecture) -> list[Variant]:
    """One variant for each choice of the boot; KernelError if several have the same choice."""
    if len({tuple(variant.choices.items()) for variant in fitting}) == len(fitting):
        return fitting
    those = "; ".join(f"{v.profile}: {_options(v)}" for v in fitting)
    message = f"several profiles of {architecture.name} match"
    raise KernelError("config-mismatch", message, f"name a configuration, or one of these with --arch: {those}")


def _fits(variant: Variant, configuration: Configuration | None) -> bool:
    if configuration is None:
        return True
    return all(configuration.enabled(name) is held for name, held in variant.options.items())


def _options(variant: Variant, configuration: Configuration | None = None) -> str:
    """The variant's options; with a configuration, only those that differ from it."""
    names = {n: held for n, held in variant.options.items() if not configuration or configuration.enabled(n) != held}
    return ", ".join(f"{_option_name(n)}={'y' if held else 'n'}" for n, held in names.items()) or "any configuration"


def _option_name(name: str) -> str:
    return name if name == SYM32 else f"CONFIG_{name}"


def _profile(name: str) -> Profile:
    journal = Journal()
    profile = load(Text.with_location(name, Location("--arch")), journal)
    if profile is None:
        raise KernelError("unknown-arch", journal.problems[0].message)
    return profile


def _meaning(profile: Profile, bindings: Mapping[str, Binding], constants: Constants) -> Meaning:
    """The meaning of names with the tree's constants. KernelError if the machine is inconsistent."""
    values = {
        name: Text.with_location(hex(value), Location("the tree")) for name, (value, _) in constants.defines.items()
    }
    journal = Journal()
    built = machine.build(profile, machine.Overrides(values, numbers=EXECMEM.type_numbers), journal)
    if built is None:
        names = ", ".join(f"{name}={value.text}" for name, value in values.items())
        message = f"the profile {profile.name} does not go with the tree's {names}: {journal.problems[0].message}"
        raise KernelError("config-mismatch", message, "name another profile with --arch")
    model, environment = built
    domains = {unknown.name: unknown.domain(model.bits) for unknown in model.unknowns}
    return Meaning(model.bits, environment, bindings, domains, model.constraints)


def _bindings(architecture: Architecture, defines: Mapping[str, str], variant: Variant) -> dict[str, Binding]:
    """The bindings of the kernel's variables; the caller's override the known ones."""
    laid_down = {f"{name}()": Binding(str(int(held)), variant.profile) for name, held in variant.choices.items()}
    own = {name: Binding(value, "-D") for name, value in defines.items() if not name.startswith("CONFIG_")}
    return {**architecture.bindings, **laid_down, **own}
