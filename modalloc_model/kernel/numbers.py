"""C's integer literals and operators on integers without a bound."""

from __future__ import annotations

import re
from collections.abc import Callable

_LITERAL = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9]\d*)([uUlL]*)", re.ASCII)
_CHARACTER = re.compile(r"'(\\?.)'", re.DOTALL)
_ESCAPES = {"\\n": 10, "\\t": 9, "\\0": 0, "\\r": 13, "\\\\": 92, "\\'": 39}
_MAX_DIGITS = 64
_MAX_SHIFT = 512


def number(text: str) -> tuple[int, str] | None:
    """Value and suffix, in lower case, of a literal; None for what is none."""
    if match := _CHARACTER.fullmatch(text):
        return _ESCAPES.get(match[1], ord(match[1][-1])), ""
    match = _LITERAL.fullmatch(text)
    if match is None or len(text) > _MAX_DIGITS:
        return None
    digits = match[1]
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567"
    return int(digits, 8 if octal else 0), match[2].lower()


def operate(operator: str, left: int, right: int) -> int:
    """The operator on integers without a bound; 0 for what C leaves undefined."""
    if operator in ("/", "%"):
        return _divided(operator, left, right)
    if operator in ("<<", ">>"):
        return _shifted(operator, left, right)
    return int(_OPERATORS[operator](left, right))


def _divided(operator: str, left: int, right: int) -> int:
    if not right:
        return 0
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if operator == "/" else left - right * quotient


def _shifted(operator: str, left: int, right: int) -> int:
    if not 0 <= right < _MAX_SHIFT:
        return 0
    return left << right if operator == "<<" else left >> right


_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__, "-": int.__sub__, "*": int.__mul__, "&": int.__and__, "|": int.__or__, "^": int.__xor__,
    "==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__,
    "&&": lambda x, y: x != 0 and y != 0, "||": lambda x, y: x != 0 or y != 0,
}  # fmt: skip
