"""A question to a solver, written in SMT-LIB 2: the one form in which any solver sees it.

The text is what is decided, what is written to disk, and what another solver re-decides. Names come from the question
alone, so that it does not change when something unrelated does.

Two writings of the same terms. *Bits* (QF_BV) is exact. *Integers* (QF_LIA) is exact for sums, differences and
comparisons, each sum wrapping at 2**W as the word does, and for what a constant does to a word: multiples, remainders,
shifts, masks of neighbouring bits. Anything else becomes an arbitrary word, the same for the same term. So `unsat` over
integers is a proof, and `sat` over integers says something only if the model, evaluated, satisfies the question; else
the question is asked in bits. Intervals are decided some thousand times faster over integers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import wrap

from modalloc_model.words import Term, is_constant, negate, truth, upwards, variables

BITS = "QF_BV"
INTEGERS = "QF_LIA"


@dataclass(frozen=True)
class Query:
    """Named conjuncts, whose conjunction is asked for a model. `goal` of a proof stands in it negated."""

    name: str
    conjuncts: Mapping[str, Term]
    logic: str = BITS

    @classmethod
    def validity(cls, name: str, hypotheses: Mapping[str, Term], goal: Term, logic: str = BITS) -> Query:
        """The question whose answer `unsat` proves the goal from the hypotheses."""
        return cls(name, {**hypotheses, "goal": truth(negate(goal))}, logic)


def write(query: Query, cores: bool = True) -> str:
    """The query as a script: logic, declarations, named assertions, check-sat."""
    head = [f"; {line}" for line in query.name.splitlines()]
    return "\n".join([*head, *_script(query, cores, {}), ""])


def document(query: Query, remarks: Iterable[str], notes: Mapping[str, str] | None = None, expected: str = "") -> str:
    """The same script for people: remarks at its head, a comment before each assertion, and what is expected of it.

    `notes` says of a conjunct what it is; `expected` is `sat`, `unsat`, or nothing where that is open.
    """
    head = [f"; {line}".rstrip() for text in (query.name, *remarks) for line in wrapped(text)]
    status = [f"(set-info :status {expected})"] if expected else []
    return "\n".join([*head, "(set-info :smt-lib-version 2.6)", *status, *_script(query, True, notes or {}), ""])


def wrapped(text: str) -> list[str]:
    """The text in lines that fit a page; an empty one stays."""
    return [line for part in text.splitlines() for line in wrap(part, 116)] or [""]


def slug(text: str) -> str:
    """The text as a file's name, without an ending."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")


def _script(query: Query, cores: bool, notes: Mapping[str, str]) -> list[str]:
    writer = _Writer(query) if query.logic == BITS else _IntegerWriter(query)
    assertions = []
    for name, term in query.conjuncts.items():
        assertions += [f"; {line}" for line in wrapped(notes[name])] if name in notes else []
        assertions.append(_assertion(writer, name, term, cores))
    options = ["(set-option :produce-unsat-cores true)"] if cores else []
    return [*options, f"(set-logic {query.logic})", *writer.declarations, *assertions, "(check-sat)"]


def _assertion(writer: _Writer, name: str, term: Term, cores: bool) -> str:
    text = writer.text(term)
    return f"(assert (! {text} :named {symbol(label(name))}))" if cores else f"(assert {text}) ; {name}"


def label(conjunct: str) -> str:
    """The name of a conjunct in the script, which no variable can have."""
    return f"assert:{conjunct}"


_SIMPLE = re.compile(r"[A-Za-z_.$][A-Za-z0-9_.$-]*\Z")


def symbol(name: str) -> str:
    """The name as an SMT-LIB symbol, quoted where it must be."""
    return name if _SIMPLE.match(name) else "|" + name.replace("|", "!").replace("\\", "!") + "|"


_DEEP = 200  # parentheses in each other: solvers read them by recursion


class _Writer:
    """Renders terms as bit-vectors; a compound term that stands in several places, or is deep, becomes a definition."""

    def __init__(self, query: Query) -> None:
        self.declarations: list[str] = []
        self._names: dict[Term, str] = {}
        self._texts: dict[Term, str] = {}
        self._prelude(query)
        uses, order = self._uses(query.conjuncts.values())
        depths: dict[Term, int] = {}
        for term in order:
            depths[term] = 1 + max((depths[arg] for arg in self._operands(term)), default=0)
            if term.args and (uses[term] > 1 or depths[term] > _DEEP):
                self._define(term)
                depths[term] = 0

    def _prelude(self, query: Query) -> None:
        for name, term in variables(*query.conjuncts.values()).items():
            self.declarations.append(f"(declare-const {symbol(name)} {self._sort(term)})")

    def _define(self, term: Term) -> None:
        text = self.text(term)
        name = f"term!{len(self._names)}"  # a C identifier has no "!", and SMT-LIB keeps a leading "." to itself
        self.declarations.append(f"(define-fun {name} () {self._sort(term)} {text})")
        self._names[term] = name

    def _uses(self, roots: Iterable[Term]) -> tuple[dict[Term, int], list[Term]]:
        """In how many places each term stands; and the terms, operands before what they stand in."""
        uses: dict[Term, int] = {}
        order: list[Term] = []
        stack: list[tuple[Term, bool]] = [(root, False) for root in reversed(list(roots))]
        while stack:
            term, entered = stack.pop()
            if entered:
                order.append(term)
                continue
            uses[term] = uses.get(term, 0) + 1
            if uses[term] == 1:
                stack.append((term, True))
                stack.extend((arg, False) for arg in reversed(self._operands(term)))
        return uses, order

    def _operands(self, term: Term) -> tuple[Term, ...]:
        return term.args

    def text(self, term: Term) -> str:
        """The term, by its definition's name if it has one. What stands in one place is written there, and once."""
        if term not in self._names and term not in self._texts:
            for part in upwards(term, into=self._unwritten):
                if part not in self._names:
                    self._texts[part] = self._compound(part)
        return self._names.get(term) or self._texts.pop(term)

    def _unwritten(self, term: Term) -> tuple[Term, ...]:
        return () if term in self._names else self._operands(term)

    def _compound(self, term: Term) -> str:
        if term.op == "const":
            return self._constant(term)
        if term.op == "var":
            return symbol(term.name)
        return self._application(term) if term.args else term.op

    def _application(self, term: Term) -> str:
        return f"({term.op} {' '.join(self.text(arg) for arg in term.args)})"

    def _constant(self, term: Term) -> str:
        return f"(_ bv{term.value} {term.bits})"

    def _sort(self, term: Term) -> str:
        return f"(_ BitVec {term.bits})" if term.bits else "Bool"


_LINEAR = {"bvadd": "word+", "bvsub": "word-", "bvult": "<", "bvule": "<=", "=": "=", "ite": "ite"}
_LOGICAL = ("and", "or", "not")
_BY_CONSTANT = ("bvmul", "bvand", "bvurem", "bvudiv", "bvlshr", "bvshl")
"""Linear where one operand is a constant."""


class _IntegerWriter(_Writer):
    """Renders terms as integers; what is not linear becomes an arbitrary word."""

    def _prelude(self, query: Query) -> None:
        self._arbitrary: dict[Term, str] = {}
        found = variables(*query.conjuncts.values())
        self._modulus = m = 1 << self._width(query)
        self.declarations += [
            f"(define-fun word+ ((x Int) (y Int)) Int (ite (< (+ x y) {m}) (+ x y) (- (+ x y) {m})))",
            f"(define-fun word- ((x Int) (y Int)) Int (ite (<= y x) (- x y) (+ (- x y) {m})))",
        ]
        for name, term in found.items():
            self._declare(symbol(name), term)

    def _width(self, query: Query) -> int:
        """The bits of the question's words, constants too. Words of two widths wrap at two places: ValueError."""
        widths = {term.bits for term in super()._uses(query.conjuncts.values())[1] if term.bits}
        if len(widths) > 1:
            raise ValueError(f"words of {sorted(widths)} bits in one question over integers")
        return widths.pop() if widths else 1

    def _declare(self, name: str, term: Term) -> None:
        self.declarations.append(f"(declare-const {name} {self._sort(term)})")
        if term.bits:
            self.declarations.append(f"(assert (and (<= 0 {name}) (< {name} {self._modulus})))")

    def _operands(self, term: Term) -> tuple[Term, ...]:
        if term.op in _LINEAR or term.op in _LOGICAL:
            return term.args
        return tuple(arg for arg in term.args if not is_constant(arg)) if self._by_constant(term, "x") else ()

    def _application(self, term: Term) -> str:
        if term.op in _LOGICAL:
            return super()._application(term)
        if term.op in _LINEAR:
            return f"({_LINEAR[term.op]} {' '.join(self.text(arg) for arg in term.args)})"
        words = self._operands(term)
        return self._by_constant(term, self.text(words[0])) if words else self._any_word(term)

    def _by_constant(self, term: Term, x: str) -> str:
        """What a constant does to the word x; nothing where the term is no such thing."""
        top = 1 << term.bits
        if term.op == "bvnot":
            return f"(- {top - 1} {x})"
        if term.op not in _BY_CONSTANT or sum(map(is_constant, term.args)) != 1:
            return ""
        c = next(arg.value for arg in term.args if is_constant(arg))
        if term.op == "bvand":
            return _masked(x, c, top)
        if term.op == "bvmul":
            return f"(mod (* {c} {x}) {top})"
        return _shifted_or_divided(term, x, c) if is_constant(term.args[1]) else ""

    def _any_word(self, term: Term) -> str:
        if term not in self._arbitrary:
            self._arbitrary[term] = f"any!{len(self._arbitrary)}"
            self._declare(self._arbitrary[term], term)
        return self._arbitrary[term]

    def _constant(self, term: Term) -> str:
        return str(term.value)

    def _sort(self, term: Term) -> str:
        return "Int" if term.bits else "Bool"


def _masked(x: str, mask: int, top: int) -> str:
    """The bits of x under a mask of neighbouring bits; nothing where they are none."""
    low = mask & -mask
    high = mask + low
    if not mask or high & (high - 1):
        return ""
    if low == 1:
        return f"(mod {x} {high})"
    return f"(let ((x! {x})) (- {'x!' if high == top else f'(mod x! {high})'} (mod x! {low})))"


def _shifted_or_divided(term: Term, x: str, c: int) -> str:
    if term.op in ("bvshl", "bvlshr") and c >= term.bits:
        return "0"
    if term.op == "bvshl":
        return f"(mod (* {1 << c} {x}) {1 << term.bits})"
    divisor = 1 << c if term.op == "bvlshr" else c
    if not divisor:
        return ""  # what a division by nothing gives is for bits to say
    return f"({'mod' if term.op == 'bvurem' else 'div'} {x} {divisor})"
