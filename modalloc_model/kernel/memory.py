"""Names and memory: values of variables, locations of expressions, and targets of pointers.

Pointers point to variables and their members only. Unions and bit-fields are not modelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from modalloc_model.c import syntax as c
from modalloc_model.c.arithmetic import INT
from modalloc_model.c.tokens import SourceLine
from modalloc_model.kernel.program import Enumerators
from modalloc_model.kernel.state import State
from modalloc_model.kernel.values import LostValue, Quantity, Record, Reference, Value, whole, with_origin
from modalloc_model.words import variable


@dataclass(frozen=True)
class Slot:
    """A location in memory: a member of `scope`. `zero`: a missing value is zero."""

    scope: dict[str, Value] | dict[str | int, Value]
    key: str | int
    zero: bool = False

    @property
    def value(self) -> Value | None:
        """The stored value."""
        return self.scope.get(self.key)  # type: ignore[arg-type]

    def hold(self, value: Value) -> None:
        """Stores the value."""
        self.scope[self.key] = value  # type: ignore[index]


class Memory:
    """The memory of one path; `evaluate` computes an expression."""

    def __init__(self, state: State, evaluate: Callable[[c.Expression], Value]) -> None:
        self._state = state
        self._evaluate = evaluate

    def lookup(self, node: c.Name) -> Value:
        """The value of a name."""
        name = node.name
        if name in self._state.frames[-1]:
            return _at(self._state.frames[-1][name], node.place)
        if name in self._state.globals:
            return _at(self._state.globals[name], node.place)
        return self.bound(name, node.place) or self._global(node)

    def bound(self, name: str, place: SourceLine) -> Value | None:
        """The value of a kernel variable under a binding."""
        binding = self._state.meaning.bindings.get(name)
        if binding is None:
            return None
        if binding.assumed:
            self._state.path.warn(place, f"{name} is taken as {binding.expression}: {binding.why}", assumed=True)
        if self._state.meaning.knows(binding.expression):
            return self._leaf(binding.expression, place)
        with self._state.frame():
            return self._evaluate(self._state.program.expression(binding.expression, place))

    def _leaf(self, name: str, place: SourceLine, bits: int = 0) -> Quantity:
        """A symbolic name; the profile has its value."""
        term = variable(name, self._state.meaning.bits)
        return self._state.arithmetic.of_term(term, bits or self._state.meaning.bits, False, (place,))

    def _global(self, node: c.Name) -> Value:
        name, place = node.name, node.place
        if name in ("true", "false", "NULL"):
            return whole(int(name == "true"), INT, True)
        declared = self._state.program.variable(name)
        if declared is not None:
            return self._variable(declared, place)
        enumerators = self._state.program.enumerator(name)
        if enumerators is not None:
            return self._enumerators(enumerators)
        if self._state.meaning.knows(name):
            return self._leaf(name, place)
        if self._state.program.function(name):
            return LostValue(f"address_of_{name}", place, f"the address of {name}()")
        return LostValue(name, place, f"{name} has no value here")

    def _variable(self, declared: c.Declaration, place: SourceLine) -> Value:
        name, type_ = declared.name, declared.type
        if type_.kind == "array":
            if self._state.meaning.knows(name):
                return self._leaf(name, place)
            return LostValue(name, place, f"the address of {name}, which the linker decides")
        if not declared.external and self.sole_writer(name):
            value = self._initial(declared)
            self._state.globals[name] = value
            return value
        if self._state.meaning.knows(name):
            return self._leaf(name, place, self._state.bits(type_))
        if type_.kind == "int" and type_.bits == 1:
            return self._state.choice(name, f"{name}, which the boot decides", place)
        if type_.kind == "struct":
            return LostValue(name, place, f"the members of {name}, which is set elsewhere")
        return LostValue(name, place, f"{name}, which is set elsewhere")

    def sole_writer(self, name: str) -> bool:
        """Whether only functions entered on this path write the file's variable."""
        return self._state.program.writers(name) <= self._state.entered

    def _initial(self, declared: c.Declaration) -> Value:
        if declared.type.kind in ("struct", "array") and declared.value is None:
            return Record(zero=True, name=declared.name)
        if declared.value is None:
            return whole(
                0, self._state.bits(declared.type) if declared.type.kind == "int" else self._state.meaning.bits, False
            )
        with self._state.frame():
            return with_origin(self._state.convert(self._evaluate(declared.value), declared.type), declared.place)

    def _enumerators(self, enumerators: Enumerators) -> Value:
        last = -1
        for name, given in enumerators:
            if given is not None:
                known = self._state.quantity(self._evaluate(given)).known
                last = last if known is None else known
            else:
                last += 1
            self._state.globals[name] = whole(last, INT, True)
        return self._state.globals[enumerators[-1][0]]

    def type_of(self, name: str) -> c.Type:
        """The type of a variable."""
        if name in self._state.types[-1]:
            return self._state.types[-1][name]
        declared = self._state.program.variable(name)
        return declared.type if declared else c.Type("unknown")

    # -- locations in memory -----------------------------------------------------------------------------------------

    def slot(self, node: c.Expression) -> Slot | None:
        """The location of an expression; None if it cannot be determined."""
        match node:
            case c.Name():
                return Slot(self._scope(node.name), node.name)
            case c.Member():
                holder = self._holder(node.of, node.arrow)
                return Slot(holder.fields, _member_key(holder, node.name), holder.zero) if holder else None
            case c.Index():
                holder, at = self._holder(node.of, False), self._state.quantity(self._evaluate(node.at)).known
                return Slot(holder.fields, at, holder.zero) if holder is not None and at is not None else None
            case c.Unary(operator="*"):
                target = self._evaluate(node.operand)
                return self.behind(target) if isinstance(target, Reference) else None
        return None

    def _scope(self, name: str) -> dict[str, Value]:
        return (
            self._state.frames[-1]
            if name in self._state.types[-1] or name in self._state.frames[-1]
            else self._state.globals
        )

    def behind(self, target: Reference) -> Slot:
        """The location that a reference points to."""
        if not target.path:
            return Slot(target.scope, target.name)
        holder = self._target(replace(target, path=target.path[:-1]))
        return Slot(holder.fields, target.path[-1], holder.zero)

    def _target(self, target: Reference) -> Record:
        """The record that a reference points to; a member of a zero record is zero."""
        holder = self.record(Slot(target.scope, target.name))
        for key in target.path:
            holder = self.record(Slot(holder.fields, key, holder.zero))
        return holder

    def _holder(self, node: c.Expression, arrow: bool) -> Record | None:
        """The record that `node` is, or points to."""
        if arrow:
            pointer = self._evaluate(node)
            return self._target(pointer) if isinstance(pointer, Reference) else None
        slot = self.slot(node)
        if slot is None:
            value = self._evaluate(node)
            return value if isinstance(value, Record) else None
        if isinstance(node, c.Name) and slot.value is None:
            self.lookup(node)
        return self.record(slot) if slot.value is not None or not isinstance(node, c.Name) else None

    def record(self, slot: Slot) -> Record:
        """The record at a location; a new one if it is empty."""
        found = slot.value
        if not isinstance(found, Record):
            zero = slot.zero
            if isinstance(slot.key, str) and slot.scope is self._state.globals and found is None:
                declared = self._state.program.variable(slot.key)
                zero = declared is not None and not declared.external
            found = Record(zero=zero, name=str(slot.key))
            slot.hold(found)
        return found

    def member(self, node: c.Member | c.Index) -> Value:
        """The value of a member of a struct or an array."""
        path = _path(node)
        bound = self.bound(path, node.place) if path else None
        if bound is not None:
            return bound
        holder = self._holder(node.of, isinstance(node, c.Member) and node.arrow)
        slot = self.slot(node) if holder is not None else None
        if slot is not None and slot.value is not None:
            return _at(slot.value, node.place)
        if slot is not None and slot.zero:
            return whole(0, self._state.meaning.bits, False)
        name = path.replace(".", "_") if path else "member"
        return LostValue(name, node.place, f"{path or 'a member'}, which is set elsewhere")

    def address(self, node: c.Unary) -> Value:
        """The result of `&`."""
        target = node.operand
        if isinstance(target, c.Name) and target.name not in self._state.types[-1]:
            declared = self._state.program.variable(target.name)
            if declared is not None and (declared.external or declared.type.kind == "array"):
                if self._state.meaning.knows(target.name):
                    return self._leaf(target.name, node.place)
                return LostValue(target.name, node.place, f"the address of {target.name}")
            return Reference(self._state.globals, target.name)
        return self._reference(target) or LostValue("address", node.place, "the address of an expression")

    def _reference(self, node: c.Expression) -> Reference | None:
        match node:
            case c.Name():
                return Reference(self._scope(node.name), node.name)
            case c.Member(arrow=True):
                base = self._evaluate(node.of)
                return replace(base, path=(*base.path, node.name)) if isinstance(base, Reference) else None
            case c.Member():
                inner = self._reference(node.of)
                return replace(inner, path=(*inner.path, node.name)) if inner else None
            case c.Index():
                inner, at = self._reference(node.of), self._state.quantity(self._evaluate(node.at)).known
                return replace(inner, path=(*inner.path, at)) if inner and at is not None else None
            case c.Unary(operator="*"):
                target = self._evaluate(node.operand)
                return target if isinstance(target, Reference) else None
        return None


def _at(value: Value, place: SourceLine) -> Value:
    return value.at(place) if isinstance(value, Quantity) else value


def _member_key(holder: Record, name: str) -> str | int:
    """The member's name; 0 for a struct made of one unnamed value, such as pgprot_t."""
    return 0 if name not in holder.fields and set(holder.fields) == {0} else name


def _path(node: c.Expression) -> str:
    """`kernel_map.page_offset` for a member of a variable; "" for other expressions."""
    match node:
        case c.Name():
            return node.name
        case c.Member():
            inner = _path(node.of)
            return f"{inner}.{node.name}" if inner else ""
    return ""
