"""Terms: hash-consed expressions of words and truth values, and traversals of them."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, TypeAlias, TypeVar

Word: TypeAlias = "int | Term"


Truth: TypeAlias = "bool | Term"


WordT = TypeVar("WordT", int, "Term", "int | Term")
FoldT = TypeVar("FoldT")


class _Blank:
    """A term under construction: each field can be set once."""

    __slots__ = ("__weakref__", "args", "bits", "name", "op", "value")


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Term(_Blank):
    """An expression: a constant, a variable, or an operator on terms. `bits` is 0 for a truth value.

    Each expression is one object, so `==` and `hash` are those of identity and cost nothing. `==` tells whether two
    terms are written alike; :func:`eq` tells whether they have the same value. Terms share subterms: a traversal visits
    each once, with :func:`upwards`, and without recursion.
    """

    __slots__ = ()

    op: str
    args: tuple[Term, ...]
    bits: int
    value: int
    name: str

    def __new__(cls, op: str, args: tuple[Term, ...] = (), bits: int = 0, value: int = 0, name: str = "") -> Term:
        """The term with these fields: the existing object if there is one."""
        key = (args, value, name) if args and (value or name) else args or (value, name)
        return applied(op, args, bits, value, name, key)

    def __reduce__(self) -> tuple[Callable[..., Term], tuple[_Rows]]:
        return _of_rows, (_rows(self),)

    def __copy__(self) -> Term:
        return self

    def __deepcopy__(self, memo: object) -> Term:
        return self

    def __repr__(self) -> str:
        text = render(self)
        return f"<Term {text if len(text) <= _REPR else text[:_REPR] + '…'}>"

    def __add__(self, other: Word) -> Term:
        return _word("bvadd", self, other)

    def __radd__(self, other: Word) -> Term:
        return _word("bvadd", other, self)

    def __sub__(self, other: Word) -> Term:
        return _word("bvsub", self, other)

    def __rsub__(self, other: Word) -> Term:
        return _word("bvsub", other, self)

    def __mul__(self, other: Word) -> Term:
        return _word("bvmul", self, other)

    def __and__(self, other: Word) -> Term:
        return _word("bvand", self, other)

    def __rand__(self, other: Word) -> Term:
        return _word("bvand", other, self)

    def __or__(self, other: Word) -> Term:
        return _word("bvor", self, other)

    def __xor__(self, other: Word) -> Term:
        return _word("bvxor", self, other)

    def __lshift__(self, other: Word) -> Term:
        return _word("bvshl", self, other)

    def __rshift__(self, other: Word) -> Term:
        return _word("bvlshr", self, other)

    def __floordiv__(self, other: Word) -> Term:
        return _word("bvudiv", self, other)

    def __mod__(self, other: Word) -> Term:
        return _word("bvurem", self, other)

    def __invert__(self) -> Term:
        return apply("bvnot", self.bits, (self,))

    def __neg__(self) -> Term:
        return constant(0, self.bits) - self

    def __bool__(self) -> bool:
        raise TypeError("a term has no truth value in Python: combine it with all_of(), any_of(), negate()")

    def __lt__(self, other: object) -> bool:
        raise TypeError("words are compared with ult() and ule(): unsigned, and said so")

    __le__ = __gt__ = __ge__ = __lt__

    def __str__(self) -> str:
        return render(self)


# -- one object for each expression ----------------------------------------------------------------------------------


class _Known(weakref.ref[Term]):
    """A weak reference to a term, with the key under which it is registered."""

    __slots__ = ("key",)
    key: Hashable


class _Table(dict[Hashable, _Known]):
    """The terms of one operator and width, by their operands; constants and variables by value and name."""

    def __init__(self) -> None:
        self.forget = self._forget  # bound once, since each new term gets it

    def _forget(self, known: _Known) -> None:
        """Removes a collected term; an equal one may have been registered in its place."""
        if self.get(known.key) is known:
            del self[known.key]


class _Tables(dict[tuple[str, int], _Table]):
    """The tables by operator and width."""

    def __missing__(self, key: tuple[str, int]) -> _Table:
        return self.setdefault(key, _Table())


_KNOWN = _Tables()


def applied(op: str, args: tuple[Term, ...], bits: int, value: int = 0, name: str = "", key: Hashable = None) -> Term:
    """The existing term, or a new one. Keys hold terms, which hash by identity, so nothing is traversed."""
    table = _KNOWN[op, bits]
    known = table.get(key or args)
    term = known() if known is not None else None
    if term is not None:
        return term
    blank: Any = _Blank()
    blank.op = op
    blank.args = args
    blank.bits = bits
    blank.value = value
    blank.name = name
    blank.__class__ = Term
    known = table[key or args] = _Known(blank, table.forget)
    known.key = key or args
    return blank  # type: ignore[no-any-return]


_Rows: TypeAlias = "tuple[tuple[str, tuple[int, ...], int, int, str], ...]"


def _rows(term: Term) -> _Rows:
    """The subterms in topological order, with operands given as indices."""
    number: dict[Term, int] = {}
    for part in upwards(term):
        number[part] = len(number)
    return tuple((p.op, tuple(number[arg] for arg in p.args), p.bits, p.value, p.name) for p in number)


def _of_rows(rows: _Rows) -> Term:
    """Rebuilds the term from its rows, in any process."""
    parts: list[Term] = []
    for op, args, bits, value, name in rows:
        parts.append(Term(op, tuple(parts[arg] for arg in args), bits, value, name))
    return parts[-1]


TRUE = Term("true", value=1)


FALSE = Term("false")


@lru_cache(maxsize=1 << 14)
def constant(value: int, bits: int) -> Term:
    """The word `value` modulo 2**bits."""
    value &= (1 << bits) - 1
    return applied("const", (), bits, value, "", (value, ""))


def variable(name: str, bits: int) -> Term:
    """A word with an arbitrary value."""
    return Term("var", bits=bits, name=name)


def proposition(name: str) -> Term:
    """An arbitrary truth value."""
    return Term("var", name=name)


def truth(value: Truth) -> Term:
    """`value` as a term."""
    return value if isinstance(value, Term) else TRUE if value else FALSE


def lift(value: Word, bits: int) -> Term:
    """The word as a term."""
    return value if isinstance(value, Term) else constant(value, bits)


def is_constant(term: Term) -> bool:
    """Whether the term has the same value under every assignment."""
    return term.op in CONSTANT


CONSTANT = frozenset({"const", "true", "false"})


# -- what the operators mean on integers: (bits, arguments) -> value -------------------------------------------------


MEANING: dict[str, Callable[..., int]] = {
    "bvadd": lambda bits, x, y: x + y,
    "bvsub": lambda bits, x, y: x - y,
    "bvmul": lambda bits, x, y: x * y,
    "bvand": lambda bits, x, y: x & y,
    "bvor": lambda bits, x, y: x | y,
    "bvxor": lambda bits, x, y: x ^ y,
    "bvnot": lambda bits, x: ~x,
    "bvshl": lambda bits, x, y: x << y if y < bits else 0,
    "bvlshr": lambda bits, x, y: x >> y,
    "bvudiv": lambda bits, x, y: x // y if y else -1,
    "bvurem": lambda bits, x, y: x % y if y else x,
    "bvult": lambda bits, x, y: x < y,
    "bvule": lambda bits, x, y: x <= y,
    "=": lambda bits, x, y: x == y,
    "not": lambda bits, x: not x,
    "and": lambda bits, *xs: all(xs),
    "or": lambda bits, *xs: any(xs),
    "ite": lambda bits, c, x, y: x if c else y,
}


def _word(op: str, x: Word, y: Word) -> Term:
    if not isinstance(y, Term):
        y = constant(y, x.bits)  # type: ignore[union-attr]
    elif not isinstance(x, Term):
        x = constant(x, y.bits)
    if x.op == "const" == y.op:  # type: ignore[union-attr]
        return apply(op, y.bits, (x, y))  # type: ignore[arg-type]
    return applied(op, (x, y), y.bits)  # type: ignore[arg-type]


def apply(op: str, bits: int, args: tuple[Term, ...]) -> Term:
    """Applies the operator to the terms; constants fold to a constant."""
    for arg in args:  # a loop, since a run of Linux's tables makes half a million terms
        if arg.op not in CONSTANT:
            return applied(op, args, bits)
    return literal(MEANING[op](args[0].bits, *(arg.value for arg in args)), bits)


def literal(value: int, bits: int) -> Term:
    """The number as a word, or as a truth value if `bits` is 0."""
    return constant(int(value), bits) if bits else truth(bool(value))


# -- walking through a term ------------------------------------------------------------------------------------------


def upwards(*terms: Term, into: Callable[[Term], tuple[Term, ...]] | None = None) -> Iterator[Term]:
    """Every subterm once, operands first. Iterative, so the depth does not matter.

    `into` selects the operands to visit; all by default.
    """
    seen: set[Term] = set()
    stack = list(reversed(terms))
    while stack:
        part = stack[-1]
        waiting = [arg for arg in (part.args if into is None else into(part))[::-1] if arg not in seen]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        if part not in seen:
            seen.add(part)
            yield part


def folded(term: Term, of: Callable[[Term, tuple[FoldT, ...]], FoldT]) -> FoldT:
    """Folds over the term: `of` computes the result of a subterm from the results of its operands."""
    known: dict[Term, FoldT] = {}
    for part in upwards(term):
        known[part] = of(part, tuple([known[arg] for arg in part.args]))
    return known[term]


def variables(*terms: Term) -> dict[str, Term]:
    """The variables of the terms, by name, in order of appearance."""
    found: dict[str, Term] = {}
    for term in _parts(terms):
        if term.op == "var":
            found.setdefault(term.name, term)
    return found


def _parts(terms: tuple[Term, ...]) -> Iterator[Term]:
    """Every subterm once, in order of appearance."""
    seen: set[Term] = set()
    stack = list(reversed(terms))
    while stack:
        term = stack.pop()
        if term not in seen:
            seen.add(term)
            yield term
            stack.extend(reversed(term.args))


# -- a term for people -----------------------------------------------------------------------------------------------


_REPR = 400  # characters of a term shown to a programmer


_ONE_DIGIT = 9


_INFIX = {
    "bvadd": "+", "bvsub": "-", "bvmul": "*", "bvand": "&", "bvor": "|", "bvxor": "^", "bvshl": "<<",
    "bvlshr": ">>", "bvudiv": "/", "bvurem": "%", "bvult": "<", "bvule": "<=", "=": "==", "and": "&&", "or": "||",
}  # fmt: skip


def render(term: Term) -> str:
    """The term as a C expression: every operator's operands in parentheses.

    A large term (:func:`is_large`) becomes C's `({ ... })`: subterms that occur several times, or would make a long
    line, get names, `part1 = x + y;`, and the length of the text is proportional to the size of the term.
    """
    return _block(term) if is_large(term) else folded(term, _text)


def is_large(term: Term) -> bool:
    """Whether the term, written out as a tree, has more than 1000 subterms."""
    sizes: dict[Term, int] = {}
    for part in upwards(term):
        sizes[part] = min(1 + sum([sizes[arg] for arg in part.args]), _LARGE + 1)
    return sizes[term] > _LARGE


_LARGE = 1000


_LONG = 200  # characters of a subterm that gets a name in a block, wherever it occurs


def _block(term: Term) -> str:
    """Definitions of subterms in dependency order, and the text of the term that uses them."""
    uses = Counter(arg for part in upwards(term) for arg in part.args)
    taken = variables(term)
    names = (name for n in count(1) if (name := f"part{n}") not in taken)
    operands: dict[Term, str] = {}
    lines = []
    for part in upwards(term):
        text = _operation(part, [operands[arg] for arg in part.args])
        operands[part] = f"({text})" if part.args else text
        if part.args and part is not term and (uses[part] > 1 or len(text) > _LONG):
            operands[part] = next(names)
            lines.append(f"{operands[part]} = {text}; ")
    return f"({{ {''.join(lines)}{text}; }})"


def _text(term: Term, texts: tuple[str, ...]) -> str:
    return _operation(term, [f"({text})" if arg.args else text for arg, text in zip(term.args, texts, strict=True)])


def _operation(term: Term, operands: list[str]) -> str:
    if term.op == "const":
        return hex(term.value) if term.value > _ONE_DIGIT else str(term.value)
    if not operands:
        return term.name or term.op
    if term.op == "ite":
        return f"{operands[0]} ? {operands[1]} : {operands[2]}"
    if term.op in ("bvnot", "not"):
        return ("~" if term.op == "bvnot" else "!") + operands[0]
    return f" {_INFIX[term.op]} ".join(operands)
