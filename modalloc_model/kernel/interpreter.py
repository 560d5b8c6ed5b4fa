"""One path through a function, walked statement by statement.

What the interpreter knows it computes, what the boot decides it keeps as a term, and what it does not know becomes an
unknown over all values, with a warning that names line and construct. Functions of the same text are entered; a few
that lead out of it are summarised (:mod:`.summaries`).
Leaves out: pointers to anything but variables and their members, unions, bit-fields, floating point, computed goto,
jumps into a block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from modalloc_model.kernel.limits import MAX_CALLS, MAX_STEPS, KernelError
from modalloc_model.kernel.meaning import Meaning
from modalloc_model.kernel.paths import Drawn, Infeasible, Path
from modalloc_model.kernel.program import Enumerators, Function, Program
from modalloc_model.kernel.syntax import (
    Assign,
    Binary,
    Block,
    Braces,
    Call,
    Case,
    Cast,
    Conditional,
    Declaration,
    Expression,
    If,
    Index,
    Label,
    Leave,
    Loop,
    Member,
    Name,
    Number,
    Opaque,
    SizeOf,
    Statement,
    Switch,
    Text,
    Type,
    Unary,
)
from modalloc_model.kernel.tokens import Place
from modalloc_model.kernel.values import (
    Arithmetic,
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
from modalloc_model.words import Term, all_of, any_of, choose, eq, negate, truth, ult, variable, variables

_INT = 32


@dataclass(frozen=True)
class Slot:
    """A place in memory: a member of `scope`. `zero`: what is not there yet is zero."""

    scope: dict[str, Value] | dict[str | int, Value]
    key: str | int
    zero: bool = False

    @property
    def held(self) -> Value | None:
        """What stands there."""
        return self.scope.get(self.key)  # type: ignore[arg-type]

    def hold(self, value: Value) -> None:
        """Put the value there."""
        self.scope[self.key] = value  # type: ignore[index]


class _Left(Exception):
    """The function is left by return, a loop by break or continue, and a statement by goto, which names a label."""

    def __init__(self, how: str, place: Place, value: Value | None = None, label: str = "") -> None:
        self.how = how
        self.place = place
        self.value = value
        self.label = label


class Interpreter:
    """Walks one path. `globals` are the file's variables as far as they were written or read."""

    def __init__(self, program: Program, meaning: Meaning, path: Path, entered: set[str]) -> None:
        self.program = program
        self.meaning = meaning
        self.path = path
        self.arithmetic = Arithmetic(meaning.bits)
        self.globals: dict[str, Value] = {}
        self.ranges: list[tuple[Value, ...]] = []  # what module_alloc() asked for, in its order
        self.unknown_calls: set[str] = set()
        self._frames: list[dict[str, Value]] = [{}]
        self._types: list[dict[str, Type]] = [{}]
        self._goal: list[str] = []  # the variables that are being assigned, for the names of unknowns
        self._entered = entered
        self._unknowns: dict[Lost, Quantity] = {}
        self._steps = 0

    # -- functions ---------------------------------------------------------------------------------------------------

    def call(self, function: Function, arguments: list[Value]) -> Value:
        """What the function returns."""
        if len(self._frames) > MAX_CALLS:
            return self._lost(function.name, function.place, f"{function.name}() calls itself, or others too deeply")
        self._entered.add(function.name)
        self._frames.append({})
        self._types.append({})
        for (name, type_), value in zip(function.parameters, arguments, strict=False):
            self._types[-1][name] = type_
            self._frames[-1][name] = self._as(value, type_)
        try:
            self.run(function.body)
        except _Left as left:
            if left.how == "goto":
                raise _not_followed(left.place, f"goto {left.label} leads into a block") from None
            if left.value is not None:
                return self._as(left.value, function.result)
        finally:
            self._frames.pop()
            self._types.pop()
        return self._lost(function.name, function.place, f"{function.name}() returns nothing")

    def ask(self, question: str, known: dict[str, Value], bits: Mapping[str, str]) -> Quantity | None:
        """The value of a C expression in the text's own words over these variables; None where a name has none.

        `bits` are names that the text may lack.
        """
        named = {name: self._word(text) for name, text in bits.items() if not self.program.defines(name)}
        self._frames.append({**named, **known})
        before = dict(self.path.drawn)
        try:
            value = self.quantity(self.evaluate(self.program.expression(question)))
            lost = (one.lost for name, one in self.path.drawn.items() if name not in before)
            return None if any(lost) else value
        except KernelError:
            return None
        finally:
            self._frames.pop()
            self._forget_unknowns(before)

    def _forget_unknowns(self, before: dict[str, Drawn]) -> None:
        self._unknowns = {lost: value for lost, value in self._unknowns.items() if lost.name in before}
        self.path.drawn = before

    def _word(self, text: str) -> Value:
        return self.evaluate(self.program.expression(text))

    # -- statements --------------------------------------------------------------------------------------------------

    def run(self, node: Statement) -> Value | None:
        """Executes a statement; the value is that of an expression."""
        self._step(node.place)
        match node:
            case Block():
                return self._block(node)
            case Declaration():
                self._declare(node)
                return None
            case If():
                branch = node.then if self.decide(node.condition) else node.otherwise
                return self.run(branch) if branch is not None else None
            case Loop():
                self._loop(node)
                return None
            case Switch():
                self._switch(node)
                return None
            case Label() | Case():
                return None
            case Leave():
                value = self.evaluate(node.value) if node.value is not None else None
                raise _Left(node.how, node.place, value, node.label)
            case _:
                return self.evaluate(node)

    def _step(self, place: Place) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            hint = "a loop whose end the boot decides cannot be followed"
            raise KernelError("too-many-steps", f"more than {MAX_STEPS} steps on one path", hint, place)

    def _block(self, node: Block) -> Value | None:
        return self._run_from(node.statements, 0)

    def _run_from(self, statements: Sequence[Statement], at: int) -> Value | None:
        """The statements from there on, and again from a label among them that is jumped to."""
        value = None
        while at < len(statements):
            try:
                value = self.run(statements[at])
                at += 1
            except _Left as left:
                at = _landing(statements, left)
        return value

    def _switch(self, node: Switch) -> None:
        start = self._chosen(node, self.evaluate(node.subject))
        try:
            self._run_from(node.body.statements, start)
        except _Left as left:
            if left.how != "break":
                raise

    def _chosen(self, node: Switch, subject: Value) -> int:
        """Where the body is entered: after a case that holds, or else the default, or else its end."""
        statements = node.body.statements
        default = len(statements)
        if any(_has_case(statement) for statement in statements if not isinstance(statement, Case)):
            raise _not_followed(node.place, "a case within a block of its switch")
        for at, case in enumerate(statements):
            if isinstance(case, Case) and case.low is None:
                default = at
            elif isinstance(case, Case) and self._is_case(subject, case):
                return at
        return default

    def _is_case(self, subject: Value, case: Case) -> bool:
        assert case.low is not None
        if case.high is None:
            return self._compares("==", subject, case.low)
        return self._compares(">=", subject, case.low) and self._compares("<=", subject, case.high)

    def _compares(self, operator: str, left: Value, right: Expression) -> bool:
        found = self._operated(operator, left, self.evaluate(right), right.place)
        return self.path.decide(self.arithmetic.condition(self.quantity(found)))

    def _declare(self, node: Declaration) -> None:
        if node.external:
            return
        self._types[-1][node.name] = node.type
        self._goal.append(node.name)
        if node.value is not None:
            value = self._as(self.evaluate(node.value), node.type)
            self._frames[-1][node.name] = made(value, node.place)
        elif node.type.kind in ("struct", "array"):
            self._frames[-1][node.name] = Record(name=node.name, zero=node.static)
        elif node.static:  # as the first call finds it
            self._frames[-1][node.name] = whole(0, self._bits(node.type) or self.meaning.bits, False, (node.place,))
        else:
            why = f"{node.name} has no value yet"
            self._frames[-1][node.name] = Lost(node.name, node.place, why)
        self._goal.pop()

    def _loop(self, node: Loop) -> None:
        if node.before is not None:
            self.run(node.before)
        first = node.body_first
        while first or node.condition is None or self.decide(node.condition):
            self._step(node.place)
            first = False
            try:
                self.run(node.body)
            except _Left as left:
                if left.how == "break":
                    break
                if left.how != "continue":
                    raise
            if node.step is not None:
                self.evaluate(node.step)

    # -- conditions --------------------------------------------------------------------------------------------------

    def decide(self, node: Expression) -> bool:
        """Which way a condition goes on this path."""
        value = self.evaluate(node)
        if isinstance(value, (Reference, Record)):
            return True
        return self.path.decide(self.arithmetic.condition(self.quantity(value)))

    # -- expressions -------------------------------------------------------------------------------------------------

    def evaluate(self, node: Expression) -> Value:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of node
        """The value of an expression, with what it does on the way."""
        self._step(node.place)
        match node:
            case Number():
                return whole(node.value, self._bits(node.type), node.type.signed)
            case Name():
                return self._named(node)
            case Binary():
                return self._binary(node)
            case Unary():
                return self._unary(node)
            case Assign():
                return self._assign(node)
            case Conditional():
                return self._conditional(node)
            case Call():
                return self._call(node)
            case Member() | Index():
                return self._member(node)
            case Cast():
                return self._as(self.evaluate(node.operand), node.type)
            case Braces():
                return self._braces(node)
            case Block():
                return self._block(node) or self._lost("statement", node.place, "a block without a value")
            case SizeOf():
                return self._size(node)
            case Text():
                return Lost("string", node.place, "a string")
            case Opaque():
                return self._opaque(node)

    def quantity(self, value: Value) -> Quantity:
        """The value as an integer; what is none, or was lost, is an unknown from here on."""
        if isinstance(value, Quantity):
            return value
        if isinstance(value, Record) and len(value.fields) == 1:
            return self.quantity(next(iter(value.fields.values())))
        if not isinstance(value, Lost):
            name = value.name or "struct"
            value = Lost(f"address_of_{name}" if isinstance(value, Reference) else name, Place(), f"{name} as a number")
        return self._unknown(value)

    def _unknown(self, lost: Lost) -> Quantity:
        if lost not in self._unknowns:
            width = self.meaning.bits
            name = self.path.draw(Drawn(lost.name, 0, (1 << width) - 1, lost.why, lost.place, lost=True))
            self._unknowns[lost] = self.arithmetic.of_term(variable(name, width), width, False, (lost.place,))
        return self._unknowns[lost]

    def draw(self, low: int, high: int, bits: int, why: str, place: Place) -> Quantity:
        """A new unknown of the type with so many bits, called after the variable that it is for."""
        target = next((name for name in reversed(self._goal)), "value")
        name = self.path.draw(Drawn(f"random_{target}", low, high, why, place))
        return self.arithmetic.of_term(variable(name, self.meaning.bits), bits, False, (place,), high)

    def choice(self, name: str, why: str, place: Place) -> Quantity:
        """A yes or no that the boot decides, the same wherever it is asked."""
        if name not in self.path.drawn:
            self.path.draw(Drawn(name, 0, 1, why, place, choice=True))
        return self.arithmetic.of_term(variable(name, self.meaning.bits), 1, False, (place,), 1)

    def _lost(self, name: str, place: Place, why: str) -> Lost:
        return Lost(name, place, why)

    def _bits(self, type_: Type) -> int:
        return type_.bits or self.meaning.bits

    def _as(self, value: Value, type_: Type) -> Value:
        """The value converted to a type, as casts, assignments and calls have it."""
        if type_.kind not in ("int", "pointer") or isinstance(value, (Reference, Record)):
            return copied(value)
        if isinstance(value, Lost):
            return value
        bits = self._bits(type_) if type_.kind == "int" else self.meaning.bits
        value = self._narrow_enough(value, bits)
        found = self.arithmetic.converted(value, bits, type_.signed)
        place = value.trail[0] if value.trail else Place()
        return found or Lost("converted", place, f"a conversion to {type_.name or type_.kind} of {bits} bits")

    def fitted(self, value: Quantity, bits: int) -> Quantity:
        """The value as an unsigned parameter of so many bits takes it."""
        found = self.arithmetic.converted(self._narrow_enough(value, bits), bits, False)
        return found or self.quantity(Lost("argument", value.trail[0] if value.trail else Place(), "an argument"))

    def _narrow_enough(self, value: Quantity, bits: int) -> Quantity:
        """The same value, known to fit, where no boot has a larger one: then nothing is cut off."""
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

    # -- names -------------------------------------------------------------------------------------------------------

    def _named(self, node: Name) -> Value:
        name = node.name
        if name in self._frames[-1]:
            return _seen(self._frames[-1][name], node.place)
        if name in self.globals:
            return _seen(self.globals[name], node.place)
        return self.bound(name, node.place) or self._global(node)

    def bound(self, name: str, place: Place) -> Value | None:
        """What a binding says of a variable of the kernel."""
        binding = self.meaning.bindings.get(name)
        if binding is None:
            return None
        if self.meaning.knows(binding.expression):
            return self._leaf(binding.expression, place)
        self._frames.append({})
        try:
            return self.evaluate(self.program.expression(binding.expression, place))
        finally:
            self._frames.pop()

    def _leaf(self, name: str, place: Place, bits: int = 0) -> Quantity:
        """A name that stays: the profile says what it is worth."""
        term = variable(name, self.meaning.bits)
        return self.arithmetic.of_term(term, bits or self.meaning.bits, False, (place,))

    def _global(self, node: Name) -> Value:
        name, place = node.name, node.place
        if name in ("true", "false", "NULL"):
            return whole(int(name == "true"), _INT, True)
        declared = self.program.variable(name)
        if declared is not None:
            return self._variable(declared, place)
        enumerators = self.program.enumerator(name)
        if enumerators is not None:
            return self._enumerated(enumerators)
        if self.meaning.knows(name):
            return self._leaf(name, place)
        if self.program.function(name):
            return Lost(f"address_of_{name}", place, f"the address of {name}()")
        return Lost(name, place, f"{name} has no value here")

    def _variable(self, declared: Declaration, place: Place) -> Value:
        name, type_ = declared.name, declared.type
        if type_.kind == "array":
            if self.meaning.knows(name):
                return self._leaf(name, place)
            return Lost(name, place, f"the address of {name}, which the linker decides")
        if not declared.external and self.sole_writer(name):
            value = self._initial(declared)
            self.globals[name] = value
            return value
        if self.meaning.knows(name):
            return self._leaf(name, place, self._bits(type_))
        if type_.kind == "int" and type_.bits == 1:
            return self.choice(name, f"{name}, which the boot decides", place)
        if type_.kind == "struct":
            return Lost(name, place, f"the members of {name}, which is set elsewhere")
        return Lost(name, place, f"{name}, which is set elsewhere")

    def sole_writer(self, name: str) -> bool:
        """Whether the file's variable is written by nobody but functions that this walk entered."""
        return self.program.writers(name) <= self._entered

    def _initial(self, declared: Declaration) -> Value:
        if declared.type.kind in ("struct", "array") and declared.value is None:
            return Record(zero=True, name=declared.name)
        if declared.value is None:
            return whole(0, self._bits(declared.type) if declared.type.kind == "int" else self.meaning.bits, False)
        self._frames.append({})
        try:
            return made(self._as(self.evaluate(declared.value), declared.type), declared.place)
        finally:
            self._frames.pop()

    def _enumerated(self, enumerators: Enumerators) -> Value:
        last = -1
        for name, given in enumerators:
            if given is not None:
                known = self.quantity(self.evaluate(given)).known
                last = last if known is None else known
            else:
                last += 1
            self.globals[name] = whole(last, _INT, True)
        return self.globals[enumerators[-1][0]]

    # -- places in memory --------------------------------------------------------------------------------------------

    def _slot(self, node: Expression) -> Slot | None:
        """Where an expression stands in memory; None for a place that cannot be told."""
        match node:
            case Name():
                return Slot(self._scope(node.name), node.name)
            case Member():
                holder = self._holder(node.of, node.arrow)
                return Slot(holder.fields, _member_key(holder, node.name), holder.zero) if holder else None
            case Index():
                holder, at = self._holder(node.of, False), self.quantity(self.evaluate(node.at)).known
                return Slot(holder.fields, at, holder.zero) if holder is not None and at is not None else None
            case Unary(operator="*"):
                target = self.evaluate(node.operand)
                return self._behind(target) if isinstance(target, Reference) else None
        return None

    def _scope(self, name: str) -> dict[str, Value]:
        return self._frames[-1] if name in self._types[-1] or name in self._frames[-1] else self.globals

    def _behind(self, target: Reference) -> Slot:
        if not target.path:
            return Slot(target.scope, target.name)
        holder = self._pointed(replace(target, path=target.path[:-1]))
        return Slot(holder.fields, target.path[-1], holder.zero)

    def _pointed(self, target: Reference) -> Record:
        """The record that a reference points to; a member of what is zero is zero."""
        holder = self._record(Slot(target.scope, target.name))
        for key in target.path:
            holder = self._record(Slot(holder.fields, key, holder.zero))
        return holder

    def _holder(self, node: Expression, arrow: bool) -> Record | None:
        """The record that `node` is, or points to."""
        if arrow:
            pointer = self.evaluate(node)
            return self._pointed(pointer) if isinstance(pointer, Reference) else None
        slot = self._slot(node)
        if slot is None:
            value = self.evaluate(node)
            return value if isinstance(value, Record) else None
        if isinstance(node, Name) and slot.held is None:
            self._named(node)
        return self._record(slot) if slot.held is not None or not isinstance(node, Name) else None

    def _record(self, slot: Slot) -> Record:
        """The record at a place; a new one where there is nothing yet."""
        found = slot.held
        if not isinstance(found, Record):
            zero = slot.zero
            if isinstance(slot.key, str) and slot.scope is self.globals and found is None:
                declared = self.program.variable(slot.key)
                zero = declared is not None and not declared.external
            found = Record(zero=zero, name=str(slot.key))
            slot.hold(found)
        return found

    def _member(self, node: Member | Index) -> Value:
        path = _written_path(node)
        bound = self.bound(path, node.place) if path else None
        if bound is not None:
            return bound
        holder = self._holder(node.of, isinstance(node, Member) and node.arrow)
        slot = self._slot(node) if holder is not None else None
        if slot is not None and slot.held is not None:
            return _seen(slot.held, node.place)
        if slot is not None and slot.zero:
            return whole(0, self.meaning.bits, False)
        name = path.replace(".", "_") if path else "member"
        return Lost(name, node.place, f"{path or 'a member'}, which is set elsewhere")

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
            return whole(int(operator == "!="), _INT, True)
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
                return whole(int(settles), _INT, True)
            return self._truth(self.evaluate(node.right))
        right = self._truth(self.evaluate(node.right))
        connect = any_of if settles else all_of
        terms = (self.arithmetic.condition(left), self.arithmetic.condition(right))
        return self.arithmetic.truth(truth(connect(*terms)), joined(left.trail, right.trail))

    def _truth(self, value: Value) -> Quantity:
        if isinstance(value, Reference):
            return whole(1, _INT, True)
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
        other = whole(0, _INT, True) if operator == "-" else whole(-1, _INT, True)
        return self._operated("-" if operator == "-" else "^", other, value, node.place)

    def _address(self, node: Unary) -> Value:
        target = node.operand
        if isinstance(target, Name) and target.name not in self._types[-1]:
            declared = self.program.variable(target.name)
            if declared is not None and (declared.external or declared.type.kind == "array"):
                if self.meaning.knows(target.name):
                    return self._leaf(target.name, node.place)
                return Lost(target.name, node.place, f"the address of {target.name}")
            return Reference(self.globals, target.name)
        return self._reference(target) or Lost("address", node.place, "the address of an expression")

    def _reference(self, node: Expression) -> Reference | None:
        match node:
            case Name():
                return Reference(self._scope(node.name), node.name)
            case Member(arrow=True):
                base = self.evaluate(node.of)
                return replace(base, path=(*base.path, node.name)) if isinstance(base, Reference) else None
            case Member():
                inner = self._reference(node.of)
                return replace(inner, path=(*inner.path, node.name)) if inner else None
            case Index():
                inner, at = self._reference(node.of), self.quantity(self.evaluate(node.at)).known
                return replace(inner, path=(*inner.path, at)) if inner and at is not None else None
            case Unary(operator="*"):
                target = self.evaluate(node.operand)
                return target if isinstance(target, Reference) else None
        return None

    def _stepped(self, node: Unary) -> Value:
        before = self.evaluate(node.operand)
        one = whole(1, _INT, True)
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

    def _type_of(self, name: str) -> Type:
        if name in self._types[-1]:
            return self._types[-1][name]
        declared = self.program.variable(name)
        return declared.type if declared else Type("unknown")

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
        return Lost("sizeof", node.place, f"sizeof of {node.type.name or node.type.kind}")

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Value:
        from modalloc_model.kernel.summaries import SUMMARIES

        name = node.function.name if isinstance(node.function, Name) else ""
        if name in SUMMARIES:
            return SUMMARIES[name](self, node)
        if name.startswith(("__compiletime_assert_", "__bad_", "__build_bug")):
            raise Infeasible(node.place)
        bound = self.bound(f"{name}()", node.place) if name else None
        if bound is not None:
            return bound
        arguments = [self.evaluate(argument) for argument in node.arguments]
        function = self.program.function(name) if name else None
        if function is not None:
            return self._entered_or_lost(function, arguments, node.place)
        self.unknown_calls.add(name or "a pointer")
        self._forget(arguments, name, node.place)
        return Lost(name or "call", node.place, f"{name or 'a pointer to a function'}() is not known")

    def _entered_or_lost(self, function: Function, arguments: list[Value], place: Place) -> Value:
        """What the function returns; any value where it cannot be followed, and what it may change is forgotten."""
        goals = len(self._goal)
        try:
            return self.call(function, arguments)
        except KernelError as wrong:
            if wrong.code != _NOT_FOLLOWED:
                raise
            self.path.warn(wrong.place or place, f"{function.name}() is not followed: {wrong.message}")
        del self._goal[goals:]
        self._entered.discard(function.name)
        self._forget(arguments, function.name, place)
        for name in [name for name in self.globals if function.name in self.program.writers(name)]:
            self.globals[name] = Lost(name, place, f"{name}, which {function.name}() may change")
        return Lost(function.name, place, f"{function.name}() cannot be followed")

    def _forget(self, arguments: list[Value], name: str, place: Place) -> None:
        """What an unknown function was given the address of may be anything afterwards."""
        for value in arguments:
            if isinstance(value, Reference):
                slot = self._behind(value)
                slot.hold(Lost(str(slot.key), place, f"{slot.key}, which {name}() may change"))

    def _opaque(self, node: Opaque) -> Value:
        """What is not understood may have changed every variable that it names, and jumped where it can."""
        if _MAY_LEAVE.intersection(node.names) and node.construct != "assembly":
            raise _not_followed(node.place, f"a jump in what is not followed: {node.text}")
        if node.construct != "assembly":
            self.path.warn(node.place, f"{node.construct} is not followed: {node.text}")
        for name in node.names:
            why = f"{name}, which {node.construct} may change"
            if name in self._frames[-1]:
                self._frames[-1][name] = Lost(name, node.place, why)
            elif name in self.globals:
                self.globals[name] = Lost(name, node.place, why)
        for label in node.labels:
            self._may_jump(label, node.place)
        return Lost("value", node.place, f"{node.construct} is not followed")

    def _may_jump(self, label: str, place: Place) -> None:
        """`asm goto`, of which static branches are made: the boot decides, each time anew."""
        name = self.path.draw(Drawn(f"jump_to_{label}", 0, 1, "assembly that may jump", place, choice=True))
        if self.path.decide(truth(eq(variable(name, self.meaning.bits), 1))):
            raise _Left("goto", place, label=label)


_NOT_FOLLOWED = "not-followed"
_MAY_LEAVE = frozenset({"return", "goto", "break", "continue"})


def _not_followed(place: Place, what: str) -> KernelError:
    hint = "-D 'NAME()=VALUE' says what a function returns, which is not entered then"
    return KernelError(_NOT_FOLLOWED, f"{what} cannot be followed", hint, place)


def _landing(statements: Sequence[Statement], left: _Left) -> int:
    """Where a goto goes on among these statements; for whoever is further out where it does not."""
    for at, statement in enumerate(statements):
        if left.how == "goto" and isinstance(statement, Label) and statement.name == left.label:
            return at
    raise left


def _has_case(node: Statement | None) -> bool:
    """Whether a case stands in the statement that belongs to a switch around it."""
    match node:
        case Case():
            return True
        case Block():
            return any(_has_case(statement) for statement in node.statements)
        case If():
            return _has_case(node.then) or _has_case(node.otherwise)
        case Loop():
            return _has_case(node.body)
    return False


def _seen(value: Value, place: Place) -> Value:
    return value.at(place) if isinstance(value, Quantity) else value


def _called(node: Expression) -> str:
    match node:
        case Name():
            return node.name
        case Member():
            return node.name
    return "value"


def _member_key(holder: Record, name: str) -> str | int:
    """The member's name; 0 where a struct was made of one value without a name, as pgprot_t is."""
    return 0 if name not in holder.fields and set(holder.fields) == {0} else name


def _written_path(node: Expression) -> str:
    """`kernel_map.page_offset` for a member of a variable; "" for what is no such path."""
    match node:
        case Name():
            return node.name
        case Member():
            inner = _written_path(node.of)
            return f"{inner}.{node.name}" if inner else ""
    return ""


def _pure(node: Expression) -> bool:
    """Whether evaluating the expression does nothing else."""
    match node:
        case Number() | Name() | Text() | SizeOf():
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
