"""A machine's constants as the tree has them: sizes and addresses that the profile knows, under the same names.

The profile is written for one configuration; page size and address width move what rests on them. Leaves out: symbols
that the profile leaves to the boot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from modalloc_model.descriptor.profile import Profile
from modalloc_model.kernel.interpreter import Interpreter
from modalloc_model.kernel.limits import KernelError
from modalloc_model.kernel.meaning import Meaning
from modalloc_model.kernel.paths import Infeasible, Path, Warned
from modalloc_model.kernel.program import Program
from modalloc_model.kernel.tokens import Place
from modalloc_model.words import Term, is_constant, substitute, variables


@dataclass(frozen=True)
class Constants:
    """`defines`: by name, the tree's value and its macro, where the profile has another value.

    `warnings` are what had to be assumed, and constants of the profile that stand because the tree's could not be
    computed.
    """

    defines: Mapping[str, tuple[int, Place]] = field(default_factory=dict)
    warnings: tuple[Warned, ...] = ()


def constants_of(program: Program, profile: Profile, meaning: Meaning) -> Constants:
    """What the tree's macros say of the profile's constants; `meaning` is that of the profile as it is."""
    defines: dict[str, tuple[int, Place]] = {}
    warnings: list[Warned] = []
    for name, value in sorted(_known(profile).items()):
        if name not in program.macros:
            continue
        path = Path(meaning)
        found, place = _value(program, name, path), program.macros[name].place
        warnings += [replace(warned, place=place) for warned in path.warnings]
        if found is None:
            warnings.append(Warned(place, _stands(name, value, profile, path)))
        elif is_constant(found) and found.value != value:
            defines[name] = (found.value, place)
    return Constants(defines, tuple(warnings))


def _known(profile: Profile) -> dict[str, int]:
    """The profile's names that are the same in every boot, and their values."""
    machine = profile.machine
    known = {name: term.value for name, term in machine.symbols.items() if is_constant(term)}
    return known | dict(_sizes(profile)) | {"PAGE_SIZE": machine.page.value, "PMD_SIZE": machine.pmd.value}


def _sizes(profile: Profile) -> Iterator[tuple[str, int]]:
    for name, written in profile.sizes.items():
        try:
            yield name, int(written.text.text.strip(), 0)
        except ValueError:
            continue


def _value(program: Program, name: str, path: Path) -> Term | None:
    """The macro's value, in the profile's words where the kernel's variable is bound to one; None where it is lost."""
    walk = Interpreter(program, path.meaning, path, set())
    try:
        term = walk.arithmetic.term(walk.quantity(walk.evaluate(program.expression(name))))
    except (KernelError, Infeasible):
        return None
    names = variables(term)
    if any(drawn.lost or drawn.choice for drawn in map(path.drawn.get, names) if drawn):
        return None
    return substitute(term, {one: value.value for one in names if (value := path.meaning.constant(one)) is not None})


def _stands(name: str, value: int, profile: Profile, path: Path) -> str:
    lost = ", ".join(dict.fromkeys(one.why for one in path.drawn.values() if one.lost or one.choice))
    why = f" ({lost})" if lost else ""
    return f"{name} could not be computed{why}: {value:#x} of the profile {profile.name} stands"
