"""W-bit words, concrete and symbolic behind one face.

A formula is written once, with the functions of this module, and read in three ways: on Python integers (the
executable allocator), on terms (a value that depends on the boot, a parameter left symbolic), and by a solver,
which is given the terms. Every comparison is unsigned: addresses have no sign, and Python's `<` on a term is an
error rather than a guess. Operator names are those of SMT-LIB's bit-vector theory, so that a term prints as itself.

Models: arithmetic modulo 2**W, as C has it on `unsigned long`; ALIGN() of include/linux/align.h.
Leaves out: signed arithmetic, and division by zero in C (the readers refuse it; here it is SMT-LIB's total function).
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, TypeAlias, TypeVar

Word: TypeAlias = "int | Term"
Truth: TypeAlias = "bool | Term"
WordT = TypeVar("WordT", int, "Term", "int | Term")
FoldT = TypeVar("FoldT")


class _Blank:
    """A term that is still being written: its fields can be set, once, before it becomes one."""

    __slots__ = ("__weakref__", "args", "bits", "name", "op", "value")


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Term(_Blank):
    """An expression: a constant, a variable, or an operator on terms. `bits` is 0 for a truth value.

    There is one object for each expression, so that `==` and `hash` are those of identity and cost nothing. `==` asks
    whether two terms are written alike; whether they have the same value is asked with :func:`eq`. Terms share their
    parts: whoever walks through one visits each part once, with :func:`upwards`, and without recursion.
    """

    __slots__ = ()

    op: str
    args: tuple[Term, ...]
    bits: int
    value: int
    name: str

    def __new__(cls, op: str, args: tuple[Term, ...] = (), bits: int = 0, value: int = 0, name: str = "") -> Term:
        """The term of these fields: the one that is there, if there is one."""
        key = (args, value, name) if args and (value or name) else args or (value, name)
        return _applied(op, args, bits, value, name, key)

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
        return _apply("bvnot", self.bits, (self,))

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
    """A term that is there as long as somebody else holds it, and the key that it is found by."""

    __slots__ = ("key",)
    key: Hashable


class _Table(dict[Hashable, _Known]):
    """The terms of one operator and width, by their operands; by value and name, if they have none."""

    def __init__(self) -> None:
        self.forget = self._forget  # bound once, since each new term is given it

    def _forget(self, known: _Known) -> None:
        """Called as the term goes; another one may have been written in its place already."""
        if self.get(known.key) is known:
            del self[known.key]


class _Tables(dict[tuple[str, int], _Table]):
    """The tables by operator and width: as many as these are."""

    def __missing__(self, key: tuple[str, int]) -> _Table:
        return self.setdefault(key, _Table())


_KNOWN = _Tables()


def _applied(op: str, args: tuple[Term, ...], bits: int, value: int = 0, name: str = "", key: Hashable = None) -> Term:
    """The term that is there, or a new one. Keys hold terms, which are hashed by identity: nothing is walked."""
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
    """The term's parts, each once and after its own, which are named by their numbers."""
    number: dict[Term, int] = {}
    for part in upwards(term):
        number[part] = len(number)
    return tuple((p.op, tuple(number[arg] for arg in p.args), p.bits, p.value, p.name) for p in number)


def _of_rows(rows: _Rows) -> Term:
    """The term that was written so, in whatever process."""
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
    return _applied("const", (), bits, value, "", (value, ""))


def variable(name: str, bits: int) -> Term:
    """A word that may have any value."""
    return Term("var", bits=bits, name=name)


def proposition(name: str) -> Term:
    """A truth value that may be either."""
    return Term("var", name=name)


def truth(value: Truth) -> Term:
    """`value` as a term."""
    return value if isinstance(value, Term) else TRUE if value else FALSE


def is_constant(term: Term) -> bool:
    """Whether the term has one value, whatever its variables."""
    return term.op in _CONSTANT


_CONSTANT = frozenset({"const", "true", "false"})


# -- what the operators mean on integers: (bits, arguments) -> value -------------------------------------------------

_MEANING: dict[str, Callable[..., int]] = {
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


def lift(value: Word, bits: int) -> Term:
    """The word as a term."""
    return value if isinstance(value, Term) else constant(value, bits)


def _word(op: str, x: Word, y: Word) -> Term:
    if not isinstance(y, Term):
        y = constant(y, x.bits)  # type: ignore[union-attr]
    elif not isinstance(x, Term):
        x = constant(x, y.bits)
    if x.op == "const" == y.op:  # type: ignore[union-attr]
        return _apply(op, y.bits, (x, y))  # type: ignore[arg-type]
    return _applied(op, (x, y), y.bits)  # type: ignore[arg-type]


def _apply(op: str, bits: int, args: tuple[Term, ...]) -> Term:
    for arg in args:  # a loop, since half a million terms are made for a run of Linux's tables
        if arg.op not in _CONSTANT:
            return _applied(op, args, bits)
    return _literal(_MEANING[op](args[0].bits, *(arg.value for arg in args)), bits)


def _literal(value: int, bits: int) -> Term:
    return constant(int(value), bits) if bits else truth(bool(value))


def _compare(op: str, x: Word, y: Word) -> Truth:
    if not isinstance(y, Term):
        if not isinstance(x, Term):
            return bool(_MEANING[op](0, x, y))
        y = constant(y, x.bits)
    elif not isinstance(x, Term):
        x = constant(x, y.bits)
    if x.op in _CONSTANT and y.op in _CONSTANT:
        return _apply(op, 0, (x, y))
    return _applied(op, (x, y), 0)


# -- comparisons, all unsigned ---------------------------------------------------------------------------------------


def ult(x: Word, y: Word) -> Truth:
    """x < y."""
    return _compare("bvult", x, y)


def ule(x: Word, y: Word) -> Truth:
    """x <= y."""
    return _compare("bvule", x, y)


def eq(x: Word, y: Word) -> Truth:
    """x and y have the same value."""
    return _compare("=", x, y)


def ne(x: Word, y: Word) -> Truth:
    """x and y have different values."""
    return negate(eq(x, y))


# -- connectives -----------------------------------------------------------------------------------------------------


def negate(x: Truth) -> Truth:
    """Not x."""
    if not isinstance(x, Term):
        return not x
    if x.op == "not":
        return x.args[0]
    return truth(not x.value) if x.op in _CONSTANT else _applied("not", (x,), 0)


def all_of(*conjuncts: Truth) -> Truth:
    """Every one holds; TRUE of none."""
    return _connect("and", conjuncts, absorbing=False)


def any_of(*disjuncts: Truth) -> Truth:
    """At least one holds; FALSE of none."""
    return _connect("or", disjuncts, absorbing=True)


def _connect(op: str, parts: Iterable[Truth], absorbing: bool) -> Truth:
    terms = absorbed = False
    rest: list[Term] = []
    for part in parts:
        if isinstance(part, Term):
            terms = True
            if part.op not in _CONSTANT:
                rest.append(part)
                continue
            absorbed |= bool(part.value) is absorbing
        else:
            absorbed |= part is absorbing
    if absorbed or not rest:
        return truth(absorbing is absorbed) if terms else absorbing is absorbed
    return rest[0] if len(rest) == 1 else _applied(op, tuple(rest), 0)


def implies(x: Truth, y: Truth) -> Truth:
    """If x then y."""
    return any_of(negate(x), y)


def iff(x: Truth, y: Truth) -> Truth:
    """Both or neither."""
    if isinstance(x, Term) or isinstance(y, Term):
        return _apply("=", 0, (truth(x), truth(y)))
    return x == y


def exactly_one(*parts: Truth) -> Truth:
    """One of them holds and no other."""
    pairs = [negate(all_of(x, y)) for i, x in enumerate(parts) for y in parts[i + 1 :]]
    return all_of(any_of(*parts), *pairs)


def choose(condition: Truth, x: Word, y: Word) -> Word:
    """x if the condition holds, else y."""
    if not isinstance(condition, Term):
        return x if condition else y
    if is_constant(condition):
        return x if condition.value else y
    bits = x.bits if isinstance(x, Term) else y.bits if isinstance(y, Term) else 0
    return _applied("ite", (condition, lift(x, bits), lift(y, bits)), bits)


def decide(condition: Truth, x: Truth, y: Truth) -> Truth:
    """The truth of x if the condition holds, else that of y."""
    return any_of(all_of(condition, x), all_of(negate(condition), y))


# -- the arithmetic of allocators ------------------------------------------------------------------------------------


def largest(x: Word, y: Word) -> Word:
    """The larger of two words."""
    if isinstance(x, Term) and x.op == "const" and not x.value:
        return y  # so that a term keeps its shape where a hole starts at address 0
    return choose(ult(x, y), y, x)


def smallest(x: Word, y: Word) -> Word:
    """The smaller of two words."""
    return choose(ult(y, x), y, x)


def align_up(x: Word, alignment: Word, bits: int) -> Word:
    """ALIGN(x, a) as include/linux/align.h has it: (x + a - 1) & ~(a - 1), wrapping; for powers of two."""
    return wrap((x + alignment - 1) & ~(alignment - 1), bits)


def align_down(x: Word, alignment: Word, bits: int) -> Word:
    """ALIGN_DOWN(x, a): x & ~(a - 1)."""
    return wrap(x & ~(alignment - 1), bits)


def wrap(x: Word, bits: int) -> Word:
    """x modulo 2**bits; a term wraps by itself."""
    return x if isinstance(x, Term) else x & ((1 << bits) - 1)


def is_power_of_two(x: Word) -> Truth:
    """x is 1, 2, 4, ...; not 0."""
    return all_of(ne(x, 0), eq(x & (x - 1), 0))


def is_aligned(x: Word, alignment: Word) -> Truth:
    """x is a multiple of a power of two."""
    return eq(x & (alignment - 1), 0)


def within(x: Word, lo: Word, last: Word) -> Truth:
    """lo <= x <= last."""
    return all_of(ule(lo, x), ule(x, last))


def overlap(lo: Word, last: Word, other_lo: Word, other_last: Word) -> Truth:
    """[lo, last] and [other_lo, other_last], neither of them empty, have a byte in common."""
    return all_of(ule(lo, other_last), ule(other_lo, last))


def disjoint(lo: Word, last: Word, other_lo: Word, other_last: Word) -> Truth:
    """[lo, last] and [other_lo, other_last], neither of them empty, have no byte in common."""
    return any_of(ult(last, other_lo), ult(other_last, lo))


# -- reading a term --------------------------------------------------------------------------------------------------


def evaluate(term: Term, values: Mapping[str, int] | None = None) -> int:
    """The term's value (0 or 1 for a truth value) where its variables have these values; KeyError for one without."""
    known: dict[Term, int] = {}
    for part in upwards(term):
        known[part] = _computed(part, values or {}, known)
    return known[term]


def _computed(term: Term, values: Mapping[str, int], known: Mapping[Term, int]) -> int:
    if not term.args:
        return term.value if is_constant(term) else values[term.name]
    result = int(_MEANING[term.op](term.args[0].bits, *[known[arg] for arg in term.args]))
    return result & ((1 << term.bits) - 1) if term.bits else result


def upwards(*terms: Term, into: Callable[[Term], tuple[Term, ...]] | None = None) -> Iterator[Term]:
    """Every term that stands in them, once each, after those that stand in that one. However deep: nothing recurses.

    `into` says which operands of a term are looked at; all, where nobody says.
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
    """What comes of the term where `of` says what comes of each part, given what came of that part's own."""
    known: dict[Term, FoldT] = {}
    for part in upwards(term):
        known[part] = of(part, tuple([known[arg] for arg in part.args]))
    return known[term]


def variables(*terms: Term) -> dict[str, Term]:
    """The variables that stand in the terms, by name, in order of appearance."""
    found: dict[str, Term] = {}
    for term in _parts(terms):
        if term.op == "var":
            found.setdefault(term.name, term)
    return found


def constants(*terms: Term) -> set[int]:
    """The values of the words that stand in the terms as numbers."""
    return {term.value for term in _parts(terms) if term.bits and is_constant(term)}


def lower_bound(formula: Term, name: str) -> int:
    """What the word must be at least where the formula holds, as far as comparisons with constants say it."""
    bounds: dict[Term, int] = {}
    for part in upwards(formula, into=_connected):
        inner = [bounds[arg] for arg in _connected(part)]
        bounds[part] = (max(inner) if part.op == "and" else min(inner)) if inner else _bound(part, name)
    return bounds[formula]


def _connected(term: Term) -> tuple[Term, ...]:
    return term.args if term.op in ("and", "or") else ()


def _bound(term: Term, name: str) -> int:
    if term.op not in ("bvult", "bvule"):
        return 0
    low, word = term.args
    return low.value + (term.op == "bvult") if word.name == name and is_constant(low) else 0


def _parts(terms: tuple[Term, ...]) -> Iterator[Term]:
    """Every term that stands in them, once each, in order of appearance."""
    seen: set[Term] = set()
    stack = list(reversed(terms))
    while stack:
        term = stack.pop()
        if term not in seen:
            seen.add(term)
            yield term
            stack.extend(reversed(term.args))


def substitute(term: Term, values: Mapping[str, int]) -> Term:
    """The term with constants in place of the variables that have a value."""

    def new(part: Term, args: tuple[Term, ...]) -> Term:
        if part.op == "var" and part.name in values:
            return _literal(values[part.name], part.bits)
        return _rebuilt(part, args) if args else part

    return folded(term, new)


def replaced(term: Term, others: Mapping[Term, Term]) -> Term:
    """The term with other terms in place of those that stand in it; what is around them stays as it is written."""

    def new(part: Term, args: tuple[Term, ...]) -> Term:
        return others[part] if part in others else Term(part.op, args, part.bits, part.value, part.name)

    return folded(term, new)


def _rebuilt(term: Term, args: tuple[Term, ...]) -> Term:
    if term.op in ("and", "or"):
        return truth(all_of(*args) if term.op == "and" else any_of(*args))
    if term.op == "ite":
        return lift(choose(*args), term.bits)
    return _apply(term.op, term.bits, args)


_REPR = 400  # characters of a term that is shown to a programmer
_ONE_DIGIT = 9

_INFIX = {
    "bvadd": "+", "bvsub": "-", "bvmul": "*", "bvand": "&", "bvor": "|", "bvxor": "^", "bvshl": "<<",
    "bvlshr": ">>", "bvudiv": "/", "bvurem": "%", "bvult": "<", "bvule": "<=", "=": "==", "and": "&&", "or": "||",
}  # fmt: skip


def render(term: Term) -> str:
    """The term as a C expression, for people: every operator's operands in parentheses.

    A large one (:func:`is_large`) as C's `({ ... })`: parts that stand in several places, or would make a long line,
    get names, `part1 = x + y;`, and the text is no longer than the term is large.
    """
    return _block(term) if is_large(term) else folded(term, _text)


def is_large(term: Term) -> bool:
    """Whether an expression of it, in which each part stands as often as it is used, has more than 1000 of them."""
    sizes: dict[Term, int] = {}
    for part in upwards(term):
        sizes[part] = min(1 + sum([sizes[arg] for arg in part.args]), _LARGE + 1)
    return sizes[term] > _LARGE


_LARGE = 1000
_LONG = 200  # characters of a part that gets a name in a block, wherever it stands


def _block(term: Term) -> str:
    """Definitions of parts, each after those that it speaks of, and what the term is with them."""
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
