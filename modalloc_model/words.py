"""W-bit words, concrete and symbolic behind one face.

A formula is written once, with the functions of this module, and read in three ways: on Python integers (the
executable allocator), on terms (a value that depends on the boot, a parameter left symbolic), and by a solver,
which is given the terms. Every comparison is unsigned: addresses have no sign, and Python's `<` on a term is an
error rather than a guess. Operator names are those of SMT-LIB's bit-vector theory, so that a term prints as itself.

Models: arithmetic modulo 2**W, as C has it on `unsigned long`; ALIGN() of include/linux/align.h.
Leaves out: signed arithmetic, and division by zero in C (the readers refuse it; here it is SMT-LIB's total function).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypeVar

Word: TypeAlias = "int | Term"
Truth: TypeAlias = "bool | Term"
WordT = TypeVar("WordT", int, "Term", "int | Term")


@dataclass(frozen=True, slots=True)
class Term:
    """An expression: a constant, a variable, or an operator on terms. `bits` is 0 for a truth value.

    `==` asks whether two terms are written alike; whether they have the same value is asked with :func:`eq`.
    """

    op: str
    args: tuple[Term, ...] = ()
    bits: int = 0
    value: int = 0
    name: str = ""

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


TRUE = Term("true", value=1)
FALSE = Term("false")


@lru_cache(maxsize=1 << 14)
def constant(value: int, bits: int) -> Term:
    """The word `value` modulo 2**bits."""
    return Term("const", bits=bits, value=value & ((1 << bits) - 1))


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
    bits = x.bits if isinstance(x, Term) else y.bits  # type: ignore[union-attr]
    return _apply(op, bits, (lift(x, bits), lift(y, bits)))


def _apply(op: str, bits: int, args: tuple[Term, ...]) -> Term:
    for arg in args:  # a loop, since half a million terms are made for a run of Linux's tables
        if arg.op not in _CONSTANT:
            return Term(op, args, bits)
    return _literal(_MEANING[op](args[0].bits, *(arg.value for arg in args)), bits)


def _literal(value: int, bits: int) -> Term:
    return constant(int(value), bits) if bits else truth(bool(value))


def _compare(op: str, x: Word, y: Word) -> Truth:
    if isinstance(x, Term) or isinstance(y, Term):
        bits = x.bits if isinstance(x, Term) else y.bits  # type: ignore[union-attr]
        return _apply(op, 0, (lift(x, bits), lift(y, bits)))
    return bool(_MEANING[op](0, x, y))


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
    return x.args[0] if x.op == "not" else _apply("not", 0, (x,))


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
        if not isinstance(part, Term):
            absorbed |= part is absorbing
            continue
        terms = True
        if part.op not in _CONSTANT:
            rest.append(part)
        elif bool(part.value) is absorbing:
            absorbed = True
    if absorbed or not rest:
        return truth(absorbing is absorbed) if terms else absorbing is absorbed
    return rest[0] if len(rest) == 1 else Term(op, tuple(rest))


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
    return Term("ite", (condition, lift(x, bits), lift(y, bits)), bits)


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
    known: dict[int, int] = {}
    for part in _upwards(term):
        known[id(part)] = _computed(part, values or {}, known)
    return known[id(term)]


def _computed(term: Term, values: Mapping[str, int], known: Mapping[int, int]) -> int:
    if not term.args:
        return term.value if is_constant(term) else values[term.name]
    result = int(_MEANING[term.op](term.args[0].bits, *[known[id(arg)] for arg in term.args]))
    return result & ((1 << term.bits) - 1) if term.bits else result


def _upwards(term: Term) -> Iterator[Term]:
    """Every term that stands in it, once each, after those that stand in that one. However deep: nothing recurses."""
    seen: set[int] = set()
    stack = [term]
    while stack:
        part = stack[-1]
        waiting = [arg for arg in part.args if id(arg) not in seen]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part


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
    return _lower_bound(formula, name, {})


def _lower_bound(formula: Term, name: str, seen: dict[int, int]) -> int:
    if formula.op in _BOUND:
        low, word = formula.args
        return low.value + (formula.op == "bvult") if word.name == name and is_constant(low) else 0
    if formula.op not in ("and", "or"):
        return 0
    if id(formula) not in seen:
        bounds = [_lower_bound(part, name, seen) for part in formula.args]
        seen[id(formula)] = max(bounds) if formula.op == "and" else min(bounds)
    return seen[id(formula)]


_BOUND = frozenset({"bvult", "bvule"})


def _parts(terms: tuple[Term, ...]) -> Iterator[Term]:
    """Every term that stands in them, once each, in order of appearance."""
    seen: set[int] = set()
    stack = list(reversed(terms))
    while stack:
        term = stack.pop()
        if id(term) not in seen:
            seen.add(id(term))
            yield term
            stack.extend(reversed(term.args))


def substitute(term: Term, values: Mapping[str, int]) -> Term:
    """The term with constants in place of the variables that have a value."""
    new: dict[int, Term] = {}
    for part in _upwards(term):
        new[id(part)] = _substituted(part, values, new)
    return new[id(term)]


def _substituted(term: Term, values: Mapping[str, int], new: Mapping[int, Term]) -> Term:
    if term.op == "var" and term.name in values:
        return _literal(values[term.name], term.bits)
    return _rebuilt(term, tuple(new[id(arg)] for arg in term.args)) if term.args else term


def _rebuilt(term: Term, args: tuple[Term, ...]) -> Term:
    if term.op in ("and", "or"):
        return truth(all_of(*args) if term.op == "and" else any_of(*args))
    if term.op == "ite":
        return lift(choose(*args), term.bits)
    return _apply(term.op, term.bits, args)


_ONE_DIGIT = 9

_INFIX = {
    "bvadd": "+", "bvsub": "-", "bvmul": "*", "bvand": "&", "bvor": "|", "bvxor": "^", "bvshl": "<<",
    "bvlshr": ">>", "bvudiv": "/", "bvurem": "%", "bvult": "<", "bvule": "<=", "=": "==", "and": "&&", "or": "||",
}  # fmt: skip


def render(term: Term) -> str:
    """The term as a C expression, for people: every operator's operands in parentheses."""
    if term.op == "const":
        return hex(term.value) if term.value > _ONE_DIGIT else str(term.value)
    if not term.args:
        return term.name or term.op
    parts = [render(arg) if not arg.args else f"({render(arg)})" for arg in term.args]
    if term.op == "ite":
        return f"{parts[0]} ? {parts[1]} : {parts[2]}"
    if term.op in ("bvnot", "not"):
        return ("~" if term.op == "bvnot" else "!") + parts[0]
    return f" {_INFIX[term.op]} ".join(parts)
