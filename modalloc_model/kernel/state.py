"""The state of one path through a function: variables, unknowns, and conversions between C's types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from modalloc_model.c.syntax import Type
from modalloc_model.c.tokens import SourceLine
from modalloc_model.kernel.paths import Drawn, FunctionPath, Meaning
from modalloc_model.kernel.program import Program
from modalloc_model.kernel.tree import KernelError
from modalloc_model.kernel.values import Arithmetic, LostValue, Quantity, Record, Reference, Value, copy_of
from modalloc_model.words import Term, truth, ult, variable

_MAX_STEPS = 50_000  # statements and expressions evaluated on one path


class State:
    """One path. `globals` are the file's variables that were read or written."""

    def __init__(self, program: Program, meaning: Meaning, path: FunctionPath, entered: set[str]) -> None:
        self.program = program
        self.meaning = meaning
        self.path = path
        self.arithmetic = Arithmetic(meaning.bits)
        self.globals: dict[str, Value] = {}
        self.frames: list[dict[str, Value]] = [{}]
        self.types: list[dict[str, Type]] = [{}]
        self.functions: list[str] = []  # the functions on the stack
        self.entered = entered
        self.ranges: list[tuple[Value, ...]] = []  # the requests of module_alloc(), in order
        self.guarded = True  # whether a page is left free after each block, as vmalloc does
        self.unknown_calls: set[str] = set()
        self.unknowns: dict[LostValue, Quantity] = {}
        self.goal: list[str] = []  # the variables under assignment, for names of unknowns
        self._steps = 0

    def beside(self, program: Program) -> State:
        """The same path through another file, with the same names for unknowns."""
        other = State(program, self.meaning, self.path, set())
        other.unknowns = self.unknowns
        return other

    @contextmanager
    def frame(self, variables: dict[str, Value] | None = None) -> Iterator[None]:
        """A context with these local variables."""
        self.frames.append(variables or {})
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def assignment_to(self, name: str) -> Iterator[None]:
        """A context in which unknowns are named after that variable; a statement left early keeps the name."""
        self.goal.append(name)
        yield
        self.goal.pop()

    def step(self, place: SourceLine) -> None:
        """Counts evaluation steps. KernelError beyond the limit."""
        self._steps += 1
        if self._steps > _MAX_STEPS:
            hint = "a loop whose end the boot decides cannot be followed"
            raise KernelError("too-many-steps", f"more than {_MAX_STEPS} steps on one path", hint, place)

    def quantity(self, value: Value) -> Quantity:
        """The value as an integer; a lost value becomes an unknown."""
        if isinstance(value, Quantity):
            return value
        if isinstance(value, Record) and len(value.fields) == 1:
            return self.quantity(next(iter(value.fields.values())))
        if not isinstance(value, LostValue):
            name = value.name or "struct"
            value = LostValue(
                f"address_of_{name}" if isinstance(value, Reference) else name, SourceLine(), f"{name} as a number"
            )
        return self._unknown(value)

    def condition(self, value: Value) -> Term:
        """Whether the value is not zero; an address never is."""
        if isinstance(value, (Reference, Record)):
            return truth(True)
        return self.arithmetic.condition(self.quantity(value))

    def _unknown(self, lost: LostValue) -> Quantity:
        if lost not in self.unknowns:
            width = self.meaning.bits
            name = self.path.draw(Drawn(lost.name, 0, (1 << width) - 1, lost.why, lost.place, lost=True))
            self.unknowns[lost] = self.arithmetic.of_term(variable(name, width), width, False, (lost.place,))
        return self.unknowns[lost]

    def draw(self, low: int, high: int, bits: int, why: str, place: SourceLine) -> Quantity:
        """A new unknown with that many bits, named after its variable."""
        target = next((name for name in reversed(self.goal)), "value")
        name = self.path.draw(Drawn(f"random_{target}", low, high, why, place))
        return self.arithmetic.of_term(variable(name, self.meaning.bits), bits, False, (place,), high)

    def choice(self, name: str, why: str, place: SourceLine) -> Quantity:
        """A boolean that the boot decides, the same each time."""
        if name not in self.path.drawn:
            self.path.draw(Drawn(name, 0, 1, why, place, choice=True))
        return self.arithmetic.of_term(variable(name, self.meaning.bits), 1, False, (place,), 1)

    def bits(self, type_: Type) -> int:
        """The width of an integer type."""
        return type_.bits or self.meaning.bits

    def convert(self, value: Value, type_: Type) -> Value:
        """The value converted to a type, as in casts, assignments and calls."""
        if type_.kind not in ("int", "pointer") or isinstance(value, (Reference, Record)):
            return copy_of(value)
        if isinstance(value, LostValue):
            return value
        bits = self.bits(type_) if type_.kind == "int" else self.meaning.bits
        value = self._narrow_enough(value, bits)
        found = self.arithmetic.convert(value, bits, type_.signed)
        place = value.trail[0] if value.trail else SourceLine()
        return found or LostValue("converted", place, f"a conversion to {type_.name or type_.kind} of {bits} bits")

    def fit(self, value: Quantity, bits: int) -> Quantity:
        """The value as an unsigned parameter of that many bits."""
        found = self.arithmetic.convert(self._narrow_enough(value, bits), bits, False)
        return found or self.quantity(
            LostValue("argument", value.trail[0] if value.trail else SourceLine(), "an argument")
        )

    def _narrow_enough(self, value: Quantity, bits: int) -> Quantity:
        """The same value, marked as fitting, if no boot has a larger one."""
        if (
            bits in (1, self.meaning.bits)
            or value.known is not None
            or value.top >> bits == 0
            or bits > self.meaning.bits
        ):
            return value
        most = (1 << bits) - 1
        over = truth(ult(most, self.arithmetic.term(value)))
        return replace(value, top=most) if self.path.never(over) else value
