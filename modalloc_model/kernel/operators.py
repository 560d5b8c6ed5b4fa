"""C's operators, assignments and initialisers on values and memory. There is no floating point."""

from __future__ import annotations

from collections.abc import Callable

from modalloc_model.c import syntax as c
from modalloc_model.c.arithmetic import INT
from modalloc_model.c.tokens import SourceLine
from modalloc_model.kernel.memory import Memory, Slot
from modalloc_model.kernel.state import State
from modalloc_model.kernel.tree import KernelError
from modalloc_model.kernel.values import (
    LostValue,
    Quantity,
    Record,
    Reference,
    Value,
    copy_of,
    join_trails,
    whole,
    with_origin,
)
from modalloc_model.words import Term, all_of, any_of, choose, negate, truth, variables


class Operators:
    """The operators on one path; `evaluate` computes an expression."""

    def __init__(self, state: State, memory: Memory, evaluate: Callable[[c.Expression], Value]) -> None:
        self._state = state
        self._arithmetic = state.arithmetic
        self._memory = memory
        self._evaluate = evaluate

    def binary(self, node: c.Binary) -> Value:
        """The result of a binary operator."""
        if node.operator == ",":
            self._evaluate(node.left)
            return self._evaluate(node.right)
        if node.operator in ("&&", "||"):
            return self._connective(node)
        left, right = self._evaluate(node.left), self._evaluate(node.right)
        return self.operate(node.operator, left, right, node.place)

    def operate(self, operator: str, left: Value, right: Value, place: SourceLine) -> Value:
        """The result of an arithmetic operator."""
        if (
            isinstance(left, Reference)
            and isinstance(right, Quantity)
            and right.known == 0
            and operator in ("==", "!=")
        ):
            return whole(int(operator == "!="), INT, True)
        x, y = self._state.quantity(left), self._state.quantity(right)
        found = self._arithmetic.binary(operator, x, y)
        return found if found is not None else LostValue("result", place, self._beyond(operator, x, y))

    def _beyond(self, operator: str, x: Quantity, y: Quantity) -> str:
        """The reason why an operator has no result: its operands are lost."""
        names = variables(self._arithmetic.term(x), self._arithmetic.term(y))
        lost = [one.why for name in names if (one := self._state.path.drawn.get(name)) and one.lost]
        return "; ".join(lost) if lost else f"{operator} of {', '.join(names) or 'numbers'}"

    def _connective(self, node: c.Binary) -> Value:
        """Evaluates the right side only if needed; one term if the right side has no side effects."""
        left = self._truth(self._evaluate(node.left))
        settles = node.operator == "||"
        if not _pure(node.right) or left.known is not None:
            if self._state.path.decide(self._arithmetic.condition(left)) is settles:
                return whole(int(settles), INT, True)
            return self._truth(self._evaluate(node.right))
        right = self._truth(self._evaluate(node.right))
        connect = any_of if settles else all_of
        terms = (self._arithmetic.condition(left), self._arithmetic.condition(right))
        return self._arithmetic.truth(truth(connect(*terms)), join_trails(left.trail, right.trail))

    def _truth(self, value: Value) -> Quantity:
        if isinstance(value, Reference):
            return whole(1, INT, True)
        number = self._state.quantity(value)
        return self._arithmetic.truth(self._arithmetic.condition(number), number.trail)

    def conditional(self, node: c.Conditional) -> Value:
        """The result of `a ? b : c`: a term if neither side has side effects."""
        condition = self._truth(self._evaluate(node.condition))
        chosen = node.chosen or node.condition
        if condition.known is None and _pure(chosen) and _pure(node.other):
            x, y = self._evaluate(chosen), self._evaluate(node.other)
            if isinstance(x, Quantity) and isinstance(y, Quantity):
                return self._either(condition, x, y)
        return self._evaluate(chosen if self._state.path.decide(self._state.condition(condition)) else node.other)

    def _either(self, condition: Quantity, x: Quantity, y: Quantity) -> Value:
        term = choose(self._arithmetic.condition(condition), self._arithmetic.term(x), self._arithmetic.term(y))
        assert isinstance(term, Term)
        bits, signed = max((x.bits, x.signed), (y.bits, y.signed), key=lambda type_: (type_[0], not type_[1]))
        trail = join_trails(condition.trail, x.trail, y.trail)
        return self._arithmetic.of_term(term, bits, signed, trail, max(x.top, y.top))

    def unary(self, node: c.Unary) -> Value:
        """The result of a unary operator."""
        operator = node.operator
        if operator == "&":
            return self._memory.address(node)
        if operator == "*":
            slot = self._memory.slot(node)
            value = slot.value if slot else None
            return value if value is not None else LostValue("pointed", node.place, "what a pointer points to")
        if operator in ("++", "--", "p++", "p--"):
            return self._step(node)
        if operator == "sizeof":
            return LostValue("sizeof", node.place, "sizeof of an expression")
        value = self._state.quantity(self._evaluate(node.operand))
        if operator == "!":
            condition = truth(negate(self._arithmetic.condition(value)))
            return self._arithmetic.truth(condition, value.trail)
        if operator == "+":
            return value
        other = whole(0, INT, True) if operator == "-" else whole(-1, INT, True)
        return self.operate("-" if operator == "-" else "^", other, value, node.place)

    # -- assignments and initialisers --------------------------------------------------------------------------------

    def _step(self, node: c.Unary) -> Value:
        before = self._evaluate(node.operand)
        one = whole(1, INT, True)
        after = self.operate(node.operator[-1], before, one, node.place)
        self._store(node.operand, after, node.place)
        return before if node.operator[0] == "p" else after

    def assign(self, node: c.Assign) -> Value:
        """The result of an assignment, after storing it in the target."""
        with self._state.assignment_to(_target_name(node.target)):
            value = self._evaluate(node.value)
            if node.operator:
                value = self.operate(node.operator, self._evaluate(node.target), value, node.place)
        return self._store(node.target, with_origin(value, node.place), node.place)

    def _store(self, target: c.Expression, value: Value, place: SourceLine) -> Value:
        slot = self._memory.slot(target)
        if slot is None:
            self._state.path.warn(place, "an assignment through a pointer that cannot be followed: it is left out")
            return value
        if isinstance(target, c.Name):
            value = self._state.convert(value, self._memory.type_of(target.name))
        slot.hold(copy_of(value))
        return value

    def braces(self, node: c.Braces) -> Value:
        """The record of an initialiser list."""
        if node.type.kind == "int" and len(node.items) == 1:
            return self._state.convert(self._evaluate(node.items[0].value), node.type)
        record = Record(zero=True, name=node.type.name)
        position = 0
        for item in node.items:
            holder = record
            path: list[str | int] = [self._key(part) for part in item.path] or [position]
            for key in path[:-1]:
                holder = self._memory.record(Slot(holder.fields, key, True))
            with self._state.assignment_to(str(path[-1])):
                holder.fields[path[-1]] = with_origin(self._evaluate(item.value), item.place)
            position = path[0] + 1 if isinstance(path[0], int) else position + 1
        return record

    def _key(self, part: str | c.Expression) -> str | int:
        if isinstance(part, str):
            return part
        known = self._state.quantity(self._evaluate(part)).known
        if known is None:
            raise KernelError("not-constant", "the boot decides which member this is", place=part.place)
        return known

    def size(self, node: c.SizeOf) -> Value:
        """The result of sizeof."""
        type_ = self._state.program.member(node.type.name) or node.type
        if type_.kind in ("int", "pointer"):
            bits = self._state.bits(type_) if type_.kind == "int" else self._state.meaning.bits
            return whole(max(bits // 8, 1), self._state.meaning.bits, False)
        bound = self._memory.bound(f"sizeof({type_.kind} {type_.name})", node.place)
        if bound is not None:
            return bound
        return LostValue("sizeof", node.place, f"sizeof of {node.type.name or node.type.kind}")


def _target_name(node: c.Expression) -> str:
    match node:
        case c.Name():
            return node.name
        case c.Member():
            return node.name
    return "value"


def _pure(node: c.Expression) -> bool:
    """Whether evaluating the expression has no side effects."""
    match node:
        case c.Number() | c.Name() | c.String() | c.SizeOf():
            return True
        case c.Unary():
            return node.operator not in ("++", "--", "p++", "p--", "*") and _pure(node.operand)
        case c.Binary():
            return _pure(node.left) and _pure(node.right)
        case c.Cast():
            return _pure(node.operand)
        case c.Member():
            return not node.arrow and _pure(node.of)
        case c.Conditional():
            return all(_pure(part) for part in (node.condition, node.chosen, node.other) if part is not None)
    return False
