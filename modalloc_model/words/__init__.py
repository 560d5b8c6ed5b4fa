"""W-bit words, concrete and symbolic, behind one interface.

A formula is written once, with the functions of this module, and evaluated in three ways: on Python integers (the
executable allocator), on terms (a value that depends on the boot, a symbolic parameter), and by a solver that gets the
terms. Every comparison is unsigned: addresses have no sign, and Python's `<` on a term is an error. Operator names are
those of SMT-LIB's bit-vector theory, so a term prints as itself.

Arithmetic is modulo 2**W, as in C on `unsigned long`; align_up is ALIGN() of include/linux/align.h. There is no signed
arithmetic. Division by zero is SMT-LIB's total function; the readers refuse it in C.
"""

from __future__ import annotations

from modalloc_model.words.formulas import (
    align_down,
    align_up,
    all_of,
    any_of,
    choose,
    decide,
    disjoint,
    eq,
    exactly_one,
    iff,
    implies,
    is_aligned,
    is_power_of_two,
    largest,
    ne,
    negate,
    overlap,
    smallest,
    ule,
    ult,
    within,
    wrap,
)
from modalloc_model.words.reading import constants, evaluate, lower_bound, replaced, substitute
from modalloc_model.words.terms import (
    FALSE,
    TRUE,
    Term,
    Truth,
    Word,
    WordT,
    constant,
    folded,
    is_constant,
    is_large,
    lift,
    proposition,
    render,
    truth,
    upwards,
    variable,
    variables,
)

__all__ = [
    "FALSE", "TRUE", "Term", "Truth", "Word", "WordT", "align_down", "align_up", "all_of", "any_of", "choose",
    "constant", "constants", "decide", "disjoint", "eq", "evaluate", "exactly_one", "folded", "iff", "implies",
    "is_aligned", "is_constant", "is_large", "is_power_of_two", "largest", "lift", "lower_bound", "ne", "negate",
    "overlap", "proposition", "render", "replaced", "smallest", "substitute", "truth", "ule", "ult", "upwards",
    "variable", "variables", "within", "wrap",
]  # fmt: skip
