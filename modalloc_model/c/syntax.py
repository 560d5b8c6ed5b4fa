"""The syntax tree of C, for functions that set up module memory: statements, declarations, expressions.

Unsupported constructs become Opaque nodes with the names in them, so that an interpreter can report what it skips and
forget every variable that the construct may change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from modalloc_model.c.arithmetic import Literal
from modalloc_model.c.tokens import SourceLine


@dataclass(frozen=True, slots=True)
class Type:
    """`kind` is int, pointer, array, struct, void or unknown; `bits` and `signed` are those of an int."""

    kind: str
    bits: int = 0
    signed: bool = False
    name: str = ""

    def width(self, word: int) -> tuple[int, bool]:
        """Width in bits and signedness if `word` is the width of long; void counts as a byte, as in GCC."""
        if self.kind == "void":
            return 8, True
        return (self.bits or word, self.signed) if self.kind == "int" else (word, False)


class Span(NamedTuple):
    """The text of an expression, [start, end), and the height of its tree."""

    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class ExpressionNode:
    """An expression: the place of its operator or first token, and its span."""

    place: SourceLine
    span: Span


@dataclass(frozen=True, slots=True)
class Number(ExpressionNode):
    """A literal."""

    literal: Literal

    @property
    def value(self) -> int:
        """The value of the literal."""
        return self.literal.value


@dataclass(frozen=True, slots=True)
class String(ExpressionNode):
    """A string."""


@dataclass(frozen=True, slots=True)
class Name(ExpressionNode):
    """A variable, an enumerator or a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(ExpressionNode):
    """One operand; also `sizeof` of an expression. `x++` and `x--` have the operators `p++` and `p--`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(ExpressionNode):
    """Two operands; also the comma."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Assign(ExpressionNode):
    """`operator` is "" for plain assignment, otherwise that of `+=` and the like."""

    operator: str
    target: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Conditional(ExpressionNode):
    """`a ? b : c`; GNU's `a ?: c` has no middle."""

    condition: Expression
    chosen: Expression | None
    other: Expression


@dataclass(frozen=True, slots=True)
class Call(ExpressionNode):
    """A call of `function`."""

    function: Expression
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Member(ExpressionNode):
    """`x.name`, or `x->name` if `arrow`."""

    of: Expression
    name: str
    arrow: bool


@dataclass(frozen=True, slots=True)
class Index(ExpressionNode):
    """`x[at]`."""

    of: Expression
    at: Expression


@dataclass(frozen=True, slots=True)
class Cast(ExpressionNode):
    """`(type)operand`."""

    type: Type
    operand: Expression


@dataclass(frozen=True, slots=True)
class SizeOf(ExpressionNode):
    """sizeof of a type."""

    type: Type


@dataclass(frozen=True, slots=True)
class Item:
    """One initialiser of a list: its designators, if any, and its value."""

    place: SourceLine
    path: tuple[str | Expression, ...]
    value: Expression


@dataclass(frozen=True, slots=True)
class Braces(ExpressionNode):
    """`{ ... }`, with a type if it is a compound literal."""

    type: Type
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Block(ExpressionNode):
    """`{ ... }` of statements; as an expression, GNU's `({ ... })`."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Opaque(ExpressionNode):
    """An unsupported construct: its text, its description, its names, and the labels that it may jump to."""

    construct: str
    text: str
    names: tuple[str, ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """One variable; `external` if it is only declared, `static` if it has static storage."""

    place: SourceLine
    name: str
    type: Type
    value: Expression | None
    external: bool = False
    static: bool = False


@dataclass(frozen=True, slots=True)
class If:
    """`if (condition) then else otherwise`."""

    place: SourceLine
    condition: Expression
    then: Statement
    otherwise: Statement | None


@dataclass(frozen=True, slots=True)
class Loop:
    """for, while, and do, whose body runs first."""

    place: SourceLine
    before: Statement | None
    condition: Expression | None
    step: Expression | None
    body: Statement
    body_first: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """return, break, continue, or goto with the label."""

    place: SourceLine
    how: str
    value: Expression | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """The target of a goto."""

    place: SourceLine
    name: str


@dataclass(frozen=True, slots=True)
class CaseLabel:
    """`case low:`, GNU's `case low ... high:`, or `default:`, which has no value."""

    place: SourceLine
    low: Expression | None
    high: Expression | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """`switch (subject) body`, with its cases among the body's statements."""

    place: SourceLine
    subject: Expression
    body: Block


Expression: TypeAlias = (
    Number
    | String
    | Name
    | Unary
    | Binary
    | Assign
    | Conditional
    | Call
    | Member
    | Index
    | Cast
    | SizeOf
    | Braces
    | Block
    | Opaque
)
Statement: TypeAlias = Expression | Declaration | If | Loop | Leave | Label | CaseLabel | Switch
