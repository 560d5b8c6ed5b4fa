"""A machine's constants as the tree has them: sizes and addresses that the profile knows, under the same names.

The profile is written for one configuration; page size and address width move what rests on them. Where the profile
leaves a value to the boot, the tree's function says what it makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from modalloc_model.c.tokens import CError, Place
from modalloc_model.descriptor.profile import Profile
from modalloc_model.kernel.interpreter import Interpreter
from modalloc_model.kernel.paths import Infeasible, Meaning, Path, Warned
from modalloc_model.kernel.program import Program
from modalloc_model.kernel.state import State
from modalloc_model.words import Term, is_constant, substitute, variables


@dataclass(frozen=True)
class Constants:
    """`defines`: by name, the tree's value and its macro, where the profile has another value.

    `lost` are names whose values in the tree cannot be followed: the profile's stand, and `warnings` say so, as they
    say what had to be assumed.
    """

    defines: Mapping[str, tuple[int, Place]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    warnings: tuple[Warned, ...] = ()


Means: TypeAlias = Callable[[Constants], Meaning]
"""What names mean on the profile's machine with the tree's constants; KernelError where that is no machine."""


def constants_of(program: Program, profile: Profile, means: Means) -> Constants:
    """What the tree's macros say of the profile's constants: those first that others rest on."""
    found = Constants()
    for names in (profile.sizes, ("PAGE_SIZE", "PMD_SIZE"), profile.symbols):
        found = _with(found, program.without(found.lost), profile, set(names), means(found))
    return found


def _with(found: Constants, program: Program, profile: Profile, names: set[str], meaning: Meaning) -> Constants:
    """The constants found, and those of these names."""
    defines, lost, warnings = dict(found.defines), set(found.lost), list(found.warnings)
    for name in sorted(names & program.macros.keys()):
        path, place, value = Path(meaning), program.macros[name].place, meaning.term(name)
        own = _value(program, name, path)
        warnings += [replace(warned, place=place) for warned in path.warnings]
        if own is None:
            lost.add(name)
            warnings.append(Warned(place, _fallback_message(name, profile, value, path)))
        elif is_constant(own) and value is not None and is_constant(value) and own.value != value.value:
            defines[name] = (own.value, place)
    return Constants(defines, frozenset(lost), tuple(warnings))


def _value(program: Program, name: str, path: Path) -> Term | None:
    """The macro's value, in the profile's words where the kernel's variable is bound to one; None where it is lost."""
    state = State(program, path.meaning, path, set())
    try:
        term = state.arithmetic.term(state.quantity(Interpreter(state).evaluate(program.expression(name))))
    except (CError, Infeasible):
        return None
    names = variables(term)
    if any(drawn.lost for drawn in map(path.drawn.get, names) if drawn):
        return None
    return substitute(term, {one: value.value for one in names if (value := path.meaning.constant(one)) is not None})


def _fallback_message(name: str, profile: Profile, value: Term | None, path: Path) -> str:
    lost = ", ".join(dict.fromkeys(one.why for one in path.drawn.values() if one.lost))
    why = f" ({lost})" if lost else ""
    shown = f", {value.value:#x}," if value is not None and is_constant(value) else ""
    return f"{name} could not be computed{why}: the value of the profile {profile.name}{shown} stands"
