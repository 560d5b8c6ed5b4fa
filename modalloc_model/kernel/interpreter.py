"""Executes one path through a function, statement by statement.

Known values are computed, values of the boot become terms, and unsupported values become unknowns over all values, with
a warning that names line and construct. Functions of the same text are entered; a few external ones are summarised
(:mod:`.summaries`). :mod:`.state`, :mod:`.memory` and :mod:`.operators` are its parts. Computed goto and jumps into a
block are not supported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modalloc_model.c import syntax as c
from modalloc_model.c.tokens import CError, SourceLine
from modalloc_model.kernel.memory import Memory
from modalloc_model.kernel.operators import Operators
from modalloc_model.kernel.paths import Drawn, Infeasible
from modalloc_model.kernel.program import Function
from modalloc_model.kernel.state import State
from modalloc_model.kernel.summaries import SUMMARIES
from modalloc_model.kernel.tree import KernelError
from modalloc_model.kernel.values import LostValue, Quantity, Record, Reference, Value, whole, with_origin
from modalloc_model.words import eq, truth, variable

_MAX_CALLS = 24  # depth of entered functions


class _Left(Exception):
    """Leaves a function by return, a loop by break or continue, or a statement by goto, which names a label."""

    def __init__(self, how: str, place: SourceLine, value: Value | None = None, label: str = "") -> None:
        super().__init__(how, place, value, label)
        self.how = how
        self.place = place
        self.value = value
        self.label = label


class Interpreter:
    """Executes one path: functions and their statements."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.memory = Memory(state, self.evaluate)
        self._operators = Operators(state, self.memory, self.evaluate)

    def call(self, function: Function, arguments: list[Value]) -> Value:
        """The result of the function."""
        if len(self.state.frames) > _MAX_CALLS:
            return LostValue(function.name, function.place, f"{function.name}() calls itself, or others too deeply")
        self.state.entered.add(function.name)
        self.state.functions.append(function.name)
        self.state.frames.append({})
        self.state.types.append({})
        for (name, type_), value in zip(function.parameters, arguments, strict=False):
            self.state.types[-1][name] = type_
            self.state.frames[-1][name] = self.state.convert(value, type_)
        try:
            self.run(function.body)
        except _Left as left:
            if left.how == "goto":
                raise _refusal(left.place, f"goto {left.label} leads into a block") from None
            if left.value is not None:
                return self.state.convert(left.value, function.result)
        except RecursionError:
            raise _refusal(function.place, f"{function.name}(), which is nested too deeply,") from None
        finally:
            self.state.functions.pop()
            self.state.frames.pop()
            self.state.types.pop()
        return LostValue(function.name, function.place, f"{function.name}() returns nothing")

    def ask(self, question: str, known: dict[str, Value], bits: Mapping[str, str]) -> Quantity | None:
        """The value of a C expression over these variables in the scope of the text; None if a name has none.

        `bits` are names that the text may lack.
        """
        named = {name: self._word(text) for name, text in bits.items() if not self.state.program.defines(name)}
        self.state.frames.append({**named, **known})
        before = dict(self.state.path.drawn)
        try:
            value = self.state.quantity(self.evaluate(self.state.program.expression(question)))
            lost = (one.lost for name, one in self.state.path.drawn.items() if name not in before)
            return None if any(lost) else value
        except CError:
            return None
        finally:
            self.state.frames.pop()
            self._forget_unknowns(before)

    def _forget_unknowns(self, before: dict[str, Drawn]) -> None:
        self.state.unknowns = {lost: value for lost, value in self.state.unknowns.items() if lost.name in before}
        self.state.path.drawn = before

    def _word(self, text: str) -> Value:
        return self.evaluate(self.state.program.expression(text))

    def run(self, node: c.Statement) -> Value | None:
        """Executes a statement; returns the value of an expression statement."""
        self.state.step(node.place)
        match node:
            case c.Block():
                return self._block(node)
            case c.Declaration():
                self._declare(node)
                return None
            case c.If():
                branch = node.then if self.decide(node.condition) else node.otherwise
                return self.run(branch) if branch is not None else None
            case c.Loop():
                self._loop(node)
                return None
            case c.Switch():
                self._switch(node)
                return None
            case c.Label() | c.CaseLabel():
                return None
            case c.Leave():
                value = self.evaluate(node.value) if node.value is not None else None
                raise _Left(node.how, node.place, value, node.label)
            case _:
                return self.evaluate(node)

    def _block(self, node: c.Block) -> Value | None:
        return self._run_from(node.statements, 0)

    def _run_from(self, statements: Sequence[c.Statement], at: int) -> Value | None:
        """Executes statements from an index, and again from a label among them after a jump."""
        value = None
        while at < len(statements):
            try:
                value = self.run(statements[at])
                at += 1
            except _Left as left:
                at = _landing(statements, left)
        return value

    def _switch(self, node: c.Switch) -> None:
        start = self._entry(node, self.evaluate(node.subject))
        try:
            self._run_from(node.body.statements, start)
        except _Left as left:
            if left.how != "break":
                raise

    def _entry(self, node: c.Switch, subject: Value) -> int:
        """The start of a switch's body: after a matching case, otherwise the default, otherwise the end."""
        statements = node.body.statements
        default = len(statements)
        if any(_has_case(statement) for statement in statements if not isinstance(statement, c.CaseLabel)):
            raise _refusal(node.place, "a case within a block of its switch")
        for at, case in enumerate(statements):
            if isinstance(case, c.CaseLabel) and case.low is None:
                default = at
            elif isinstance(case, c.CaseLabel) and self._is_case(subject, case):
                return at
        return default

    def _is_case(self, subject: Value, case: c.CaseLabel) -> bool:
        assert case.low is not None
        if case.high is None:
            return self._compares("==", subject, case.low)
        return self._compares(">=", subject, case.low) and self._compares("<=", subject, case.high)

    def _compares(self, operator: str, left: Value, right: c.Expression) -> bool:
        found = self._operators.operate(operator, left, self.evaluate(right), right.place)
        return self.state.path.decide(self.state.condition(found))

    def _declare(self, node: c.Declaration) -> None:
        if node.external:
            return
        self.state.types[-1][node.name] = node.type
        if node.value is not None:
            with self.state.assignment_to(node.name):
                value = self.state.convert(self.evaluate(node.value), node.type)
            self.state.frames[-1][node.name] = with_origin(value, node.place)
        elif node.type.kind in ("struct", "array"):
            self.state.frames[-1][node.name] = Record(name=node.name, zero=node.static)
        elif node.static:  # as the first call finds it
            self.state.frames[-1][node.name] = whole(
                0, self.state.bits(node.type) or self.state.meaning.bits, False, (node.place,)
            )
        else:
            why = f"{node.name} has no value yet"
            self.state.frames[-1][node.name] = LostValue(node.name, node.place, why)

    def _loop(self, node: c.Loop) -> None:
        if node.before is not None:
            self.run(node.before)
        first = node.body_first
        while first or node.condition is None or self.decide(node.condition):
            self.state.step(node.place)
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

    def decide(self, node: c.Expression) -> bool:
        """The direction of a condition on this path."""
        return self.state.path.decide(self.state.condition(self.evaluate(node)))

    def evaluate(self, node: c.Expression) -> Value:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of node
        """The value of an expression; executes its side effects."""
        self.state.step(node.place)
        match node:
            case c.Number():
                typed = node.literal.typed(self.state.meaning.bits)
                return whole(typed.value, typed.bits, typed.signed)
            case c.Name():
                return self.memory.lookup(node)
            case c.Binary():
                return self._operators.binary(node)
            case c.Unary():
                return self._operators.unary(node)
            case c.Assign():
                return self._operators.assign(node)
            case c.Conditional():
                return self._operators.conditional(node)
            case c.Call():
                return self._call(node)
            case c.Member() | c.Index():
                return self.memory.member(node)
            case c.Cast():
                return self.state.convert(self.evaluate(node.operand), node.type)
            case c.Braces():
                return self._operators.braces(node)
            case c.Block():
                return self._block(node) or LostValue("statement", node.place, "a block without a value")
            case c.SizeOf():
                return self._operators.size(node)
            case c.String():
                return LostValue("string", node.place, "a string")
            case c.Opaque():
                return self._opaque(node)

    def _call(self, node: c.Call) -> Value:
        name = node.function.name if isinstance(node.function, c.Name) else ""
        if name in SUMMARIES:
            return SUMMARIES[name](self, node)
        if name.startswith(("__compiletime_assert_", "__bad_", "__build_bug")):
            raise Infeasible(node.place)
        bound = self.memory.bound(f"{name}()", node.place) if name else None
        if bound is not None:
            return bound
        arguments = [self.evaluate(argument) for argument in node.arguments]
        function = self.state.program.function(name) if name else None
        if function is not None:
            return self._enter_or_lose(function, arguments, node.place)
        self.state.unknown_calls.add(name or "a pointer")
        self._forget(arguments, name, node.place)
        return LostValue(name or "call", node.place, f"{name or 'a pointer to a function'}() is not known")

    def _enter_or_lose(self, function: Function, arguments: list[Value], place: SourceLine) -> Value:
        """The result of the function; an unknown if it cannot be followed, after forgetting what it may change."""
        goals = len(self.state.goal)
        try:
            return self.call(function, arguments)
        except CError as wrong:
            if wrong.code != _NOT_FOLLOWED:
                raise
            self.state.path.warn(wrong.place or place, f"{function.name}() is not followed: {wrong.message}")
        del self.state.goal[goals:]
        self.state.entered.discard(function.name)
        self._forget(arguments, function.name, place)
        for name in [name for name in self.state.globals if function.name in self.state.program.writers(name)]:
            self.state.globals[name] = LostValue(name, place, f"{name}, which {function.name}() may change")
        return LostValue(function.name, place, f"{function.name}() cannot be followed")

    def _forget(self, arguments: list[Value], name: str, place: SourceLine) -> None:
        """Forgets the objects whose addresses an unknown function received."""
        for value in arguments:
            if isinstance(value, Reference):
                slot = self.memory.behind(value)
                slot.hold(LostValue(str(slot.key), place, f"{slot.key}, which {name}() may change"))

    def _opaque(self, node: c.Opaque) -> Value:
        """An unsupported construct may change every variable in it, and jump to its labels."""
        if _MAY_LEAVE.intersection(node.names) and node.construct != "assembly":
            raise _refusal(node.place, f"a jump in an unsupported construct: {node.text}")
        if node.construct != "assembly":
            self.state.path.warn(node.place, f"{node.construct} is not followed: {node.text}")
        for name in node.names:
            why = f"{name}, which {node.construct} may change"
            if name in self.state.frames[-1]:
                self.state.frames[-1][name] = LostValue(name, node.place, why)
            elif name in self.state.globals:
                self.state.globals[name] = LostValue(name, node.place, why)
        for label in node.labels:
            self._may_jump(label, node.place)
        return LostValue("value", node.place, f"{node.construct} is not followed")

    def _may_jump(self, label: str, place: SourceLine) -> None:
        """`asm goto`, the basis of static branches: the boot decides, independently each time."""
        function = self.state.functions[-1] if self.state.functions else "assembly"
        why = f"assembly of {function}() that may jump to {label}"
        name = self.state.path.draw(Drawn(f"{function}_jumps", 0, 1, why, place, choice=True))
        if self.state.path.decide(truth(eq(variable(name, self.state.meaning.bits), 1))):
            raise _Left("goto", place, label=label)


_NOT_FOLLOWED = "not-followed"
_MAY_LEAVE = frozenset({"return", "goto", "break", "continue"})


def _refusal(place: SourceLine, what: str) -> KernelError:
    hint = "-D 'NAME()=VALUE' says what a function returns, which is not entered then"
    return KernelError(_NOT_FOLLOWED, f"{what} cannot be followed", hint, place)


def _landing(statements: Sequence[c.Statement], left: _Left) -> int:
    """The index at which a goto continues; raises the goto again if its label lies outside."""
    for at, statement in enumerate(statements):
        if left.how == "goto" and isinstance(statement, c.Label) and statement.name == left.label:
            return at
    raise left


def _has_case(node: c.Statement | None) -> bool:
    """Whether a case in the statement belongs to an enclosing switch."""
    match node:
        case c.CaseLabel():
            return True
        case c.Block():
            return any(_has_case(statement) for statement in node.statements)
        case c.If():
            return _has_case(node.then) or _has_case(node.otherwise)
        case c.Loop():
            return _has_case(node.body)
    return False
