"""What C's operators, assignments and initialisers do to values, and to what stands in memory.

Leaves out: floating point.
"""

from __future__ import annotations

from modalloc_model.c.arithmetic import INT
from modalloc_model.c.syntax import (
    Assign,
    Binary,
    Braces,
    Cast,
    Conditional,
    Expression,
    Member,
    Name,
    Number,
    SizeOf,
    String,
    Unary,
)
from modalloc_model.c.tokens import Place
from modalloc_model.kernel.limits import KernelError
from modalloc_model.kernel.places import Places, Slot
from modalloc_model.kernel.values import (
    Lost,
    Quantity,
    Record,
    Reference,
    Value,
    copied,
    joined,
    made,
    whole,
)
from modalloc_model.words import Term, all_of, any_of, choose, negate, truth, variables


class Operators(Places):
    """A walk that computes."""

    # -- operators ---------------------------------------------------------------------------------------------------

    def _binary(self, node: Binary) -> Value:
        if node.operator == ",":
            self.evaluate(node.left)
            return self.evaluate(node.right)
        if node.operator in ("&&", "||"):
            return self._connective(node)
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        return self._operated(node.operator, left, right, node.place)

    def _operated(self, operator: str, left: Value, right: Value, place: Place) -> Value:
        if (
            isinstance(left, Reference)
            and isinstance(right, Quantity)
            and right.known == 0
            and operator in ("==", "!=")
        ):
            return whole(int(operator == "!="), INT, True)
        x, y = self.quantity(left), self.quantity(right)
        found = self.arithmetic.binary(operator, x, y)
        return found if found is not None else Lost("result", place, self._beyond(operator, x, y))

    def _beyond(self, operator: str, x: Quantity, y: Quantity) -> str:
        """Why an operator has no result: what stands behind its operands."""
        names = variables(self.arithmetic.term(x), self.arithmetic.term(y))
        lost = [one.why for name in names if (one := self.path.drawn.get(name)) and one.lost]
        return "; ".join(lost) if lost else f"{operator} of {', '.join(names) or 'numbers'}"

    def _connective(self, node: Binary) -> Value:
        """The right side is looked at only if the left leaves it open; both as one term where that does nothing."""
        left = self._truth(self.evaluate(node.left))
        settles = node.operator == "||"
        if not _pure(node.right) or left.known is not None:
            if self.path.decide(self.arithmetic.condition(left)) is settles:
                return whole(int(settles), INT, True)
            return self._truth(self.evaluate(node.right))
        right = self._truth(self.evaluate(node.right))
        connect = any_of if settles else all_of
        terms = (self.arithmetic.condition(left), self.arithmetic.condition(right))
        return self.arithmetic.truth(truth(connect(*terms)), joined(left.trail, right.trail))

    def _truth(self, value: Value) -> Quantity:
        if isinstance(value, Reference):
            return whole(1, INT, True)
        number = self.quantity(value)
        return self.arithmetic.truth(self.arithmetic.condition(number), number.trail)

    def _conditional(self, node: Conditional) -> Value:
        condition = self._truth(self.evaluate(node.condition))
        chosen = node.chosen or node.condition
        if condition.known is None and _pure(chosen) and _pure(node.other):
            x, y = self.evaluate(chosen), self.evaluate(node.other)
            if isinstance(x, Quantity) and isinstance(y, Quantity):
                return self._either(condition, x, y)
        return self.evaluate(chosen if self.path.decide(self.arithmetic.condition(condition)) else node.other)

    def _either(self, condition: Quantity, x: Quantity, y: Quantity) -> Value:
        term = choose(self.arithmetic.condition(condition), self.arithmetic.term(x), self.arithmetic.term(y))
        assert isinstance(term, Term)
        bits, signed = max((x.bits, x.signed), (y.bits, y.signed), key=lambda type_: (type_[0], not type_[1]))
        trail = joined(condition.trail, x.trail, y.trail)
        return self.arithmetic.of_term(term, bits, signed, trail, max(x.top, y.top))

    def _unary(self, node: Unary) -> Value:
        operator = node.operator
        if operator == "&":
            return self._address(node)
        if operator == "*":
            slot = self._slot(node)
            value = slot.held if slot else None
            return value if value is not None else Lost("pointed", node.place, "what a pointer points to")
        if operator in ("++", "--", "p++", "p--"):
            return self._stepped(node)
        if operator == "sizeof":
            return Lost("sizeof", node.place, "sizeof of an expression")
        value = self.quantity(self.evaluate(node.operand))
        if operator == "!":
            condition = truth(negate(self.arithmetic.condition(value)))
            return self.arithmetic.truth(condition, value.trail)
        if operator == "+":
            return value
        other = whole(0, INT, True) if operator == "-" else whole(-1, INT, True)
        return self._operated("-" if operator == "-" else "^", other, value, node.place)

    # -- assignments and initialisers --------------------------------------------------------------------------------

    def _stepped(self, node: Unary) -> Value:
        before = self.evaluate(node.operand)
        one = whole(1, INT, True)
        after = self._operated(node.operator[-1], before, one, node.place)
        self._store(node.operand, after, node.place)
        return before if node.operator[0] == "p" else after

    def _assign(self, node: Assign) -> Value:
        self._goal.append(_called(node.target))
        value = self.evaluate(node.value)
        if node.operator:
            value = self._operated(node.operator, self.evaluate(node.target), value, node.place)
        self._goal.pop()
        return self._store(node.target, made(value, node.place), node.place)

    def _store(self, target: Expression, value: Value, place: Place) -> Value:
        slot = self._slot(target)
        if slot is None:
            self.path.warn(place, "an assignment through a pointer that cannot be followed: it is left out")
            return value
        if isinstance(target, Name):
            value = self._as(value, self._type_of(target.name))
        slot.hold(copied(value))
        return value

    def _braces(self, node: Braces) -> Value:
        if node.type.kind == "int" and len(node.items) == 1:
            return self._as(self.evaluate(node.items[0].value), node.type)
        record = Record(zero=True, name=node.type.name)
        position = 0
        for item in node.items:
            holder = record
            path: list[str | int] = [self._key(part) for part in item.path] or [position]
            for key in path[:-1]:
                holder = self._record(Slot(holder.fields, key, True))
            self._goal.append(str(path[-1]))
            holder.fields[path[-1]] = made(self.evaluate(item.value), item.place)
            self._goal.pop()
            position = path[0] + 1 if isinstance(path[0], int) else position + 1
        return record

    def _key(self, part: str | Expression) -> str | int:
        if isinstance(part, str):
            return part
        known = self.quantity(self.evaluate(part)).known
        if known is None:
            raise KernelError("not-constant", "the boot decides which member this is", place=part.place)
        return known

    def _size(self, node: SizeOf) -> Value:
        type_ = self.program.member(node.type.name) or node.type
        if type_.kind in ("int", "pointer"):
            bits = self._bits(type_) if type_.kind == "int" else self.meaning.bits
            return whole(max(bits // 8, 1), self.meaning.bits, False)
        bound = self.bound(f"sizeof({type_.kind} {type_.name})", node.place)
        if bound is not None:
            return bound
        return Lost("sizeof", node.place, f"sizeof of {node.type.name or node.type.kind}")


def _called(node: Expression) -> str:
    match node:
        case Name():
            return node.name
        case Member():
            return node.name
    return "value"


def _pure(node: Expression) -> bool:
    """Whether evaluating the expression does nothing else."""
    match node:
        case Number() | Name() | String() | SizeOf():
            return True
        case Unary():
            return node.operator not in ("++", "--", "p++", "p--", "*") and _pure(node.operand)
        case Binary():
            return _pure(node.left) and _pure(node.right)
        case Cast():
            return _pure(node.operand)
        case Member():
            return not node.arrow and _pure(node.of)
        case Conditional():
            return all(_pure(part) for part in (node.condition, node.chosen, node.other) if part is not None)
    return False
