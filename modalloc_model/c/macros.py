"""Macros and their expansion as in C11 6.10.3: arguments, `#`, `##`, variable arguments, no recursion.

The result has the place of the outermost macro's name, the line that a reader of the source looks at. Source: the
algorithm of D. Prosser on which the standard's text rests. _Pragma is not supported, and placemarkers only for an empty
argument beside `##`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from modalloc_model.c.tokens import NOWHERE, CError, SourceLine, Token, tokens

MAX_EXPANSION = 200_000
"""The maximal number of tokens of one expansion."""

_MAX_NESTING = 200
_VARIADIC = "__VA_ARGS__"


@dataclass(frozen=True, slots=True)
class Macro:
    """A definition. `parameters` is None for an object-like macro; the last one may take all remaining arguments."""

    name: str
    parameters: tuple[str, ...] | None
    variadic: bool
    body: tuple[Token, ...]
    place: SourceLine


def define(text: str, place: SourceLine) -> Macro | None:
    """The macro that `NAME BODY` or `NAME(A, B) BODY` defines; None for a malformed definition."""
    found = list(tokens(text, place))
    if not found or found[0].kind != "name":
        return None
    name, rest = found[0].text, found[1:]
    if not (rest and rest[0].text == "(" and not rest[0].spaced):
        return Macro(name, None, False, tuple(rest), place)
    close = next((at for at, token in enumerate(rest) if token.text == ")"), None)
    if close is None:
        return None
    variadic = close > 1 and rest[close - 1].text == "..."
    return Macro(name, _parameters(rest[1:close], variadic), variadic, tuple(rest[close + 1 :]), place)


def _parameters(given: list[Token], variadic: bool) -> tuple[str, ...]:
    """GNU's `a, args...` names the rest; `a, ...` leaves it the standard's name."""
    names = tuple(token.text for token in given if token.kind == "name")
    unnamed = variadic and (len(given) == 1 or given[-2].text == ",")
    return (*names, _VARIADIC) if unnamed else names


class Expander:
    """Expands tokens by a table of macros; the caller may change the table between calls."""

    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = macros
        self._made = 0
        self._depth = 0

    def expand(self, given: Iterable[Token]) -> list[Token]:
        """The tokens with every macro expanded. CError if the expansion grows without end."""
        self._made = 0
        return self._expansion(list(given))

    def _expansion(self, given: list[Token]) -> list[Token]:
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise _too_much(given[0])
        waiting, done = list(reversed(given)), []
        while waiting:
            token = waiting.pop()
            macro = self._macros.get(token.text) if token.kind == "name" else None
            if macro is None or token.text in token.hidden or not self._apply(macro, token, waiting):
                done.append(token)
        self._depth -= 1
        return done

    def _apply(self, macro: Macro, token: Token, waiting: list[Token]) -> bool:
        """Puts the macro's result in front of the input; False if a function-like macro has no arguments."""
        arguments: list[list[Token]] = []
        hidden = token.hidden | {macro.name}
        if macro.parameters is not None:
            found = _arguments(waiting)
            if found is None:
                return False
            arguments = _fit(macro, found)
        result = self._substitute(macro, arguments)
        self._count(token, len(result) + 1)
        for made in reversed(result):
            waiting.append(Token(made.kind, made.text, token.place, made.spaced, made.hidden | hidden))
        return True

    def _count(self, token: Token, made: int) -> None:
        self._made += made
        if self._made > MAX_EXPANSION:
            raise _too_much(token)

    def _substitute(self, macro: Macro, arguments: list[list[Token]]) -> list[Token]:
        named = dict(zip(macro.parameters or (), arguments, strict=False))
        full: dict[str, list[Token]] = {}
        result: list[Token] = []
        body, at = macro.body, 0
        while at < len(body):
            token = body[at]
            following = body[at + 1] if at + 1 < len(body) else None
            if token.text == "#" and macro.parameters is not None and following and following.text in named:
                result.append(_string(named[following.text], token))
                at += 2
                continue
            if token.text == "##" and result and following:
                _paste(result, named.get(following.text, [following]) if following.kind == "name" else [following])
                at += 2
                continue
            if token.kind == "name" and token.text in named:
                raw = following is not None and following.text == "##"
                result += named[token.text] if raw else self._argument(token.text, named, full)
                if raw and not named[token.text]:
                    at = _after_empty(body, at, named, result)
                    continue
            else:
                result.append(token)
            at += 1
        return result

    def _argument(self, name: str, named: Mapping[str, list[Token]], full: dict[str, list[Token]]) -> list[Token]:
        if name not in full:
            full[name] = self._expansion(list(named[name])) if named[name] else []
            if full[name]:
                self._count(full[name][0], len(full[name]))
        return full[name]


def _after_empty(body: Sequence[Token], at: int, named: Mapping[str, list[Token]], result: list[Token]) -> int:
    """Keeps the token after `##` unchanged if the argument before it is empty."""
    if at + 2 < len(body):
        following = body[at + 2]
        result += named.get(following.text, [following]) if following.kind == "name" else [following]
    return at + 3


def _arguments(waiting: list[Token]) -> list[list[Token]] | None:
    """Consumes the arguments; None if no parenthesis follows, or none that closes."""
    if not waiting or waiting[-1].text != "(" or waiting[-1].kind != "op":
        return None
    depth = 0
    found: list[list[Token]] = []
    current: list[Token] = []
    for back in range(len(waiting) - 1, -1, -1):
        token = waiting[back]
        opens = token.kind == "op" and token.text == "("
        closes = token.kind == "op" and token.text == ")"
        depth += opens - closes
        if depth == 0:
            del waiting[back:]
            return [*found, current]
        if depth == 1 and token.text == "," and token.kind == "op":
            found.append(current)
            current = []
        elif not (opens and depth == 1):
            current.append(token)
    return None


def _fit(macro: Macro, found: list[list[Token]]) -> list[list[Token]]:
    """Matches arguments to parameters: surplus ones are joined with commas, missing ones are empty."""
    wanted = len(macro.parameters or ())
    if macro.variadic and len(found) > wanted:
        rest: list[Token] = []
        for argument in found[wanted - 1 :]:
            rest += ([Token("op", ",", NOWHERE)] if rest else []) + argument
        found = [*found[: wanted - 1], rest]
    return [*found, *([[]] * (wanted - len(found)))]


def _string(argument: list[Token], token: Token) -> Token:
    text = "".join((" " if item.spaced and at else "") + item.text for at, item in enumerate(argument))
    return Token("string", '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"', token.place, token.spaced)


def _paste(result: list[Token], right: Sequence[Token]) -> None:
    if not right:
        if result and result[-1].text == ",":  # GNU's `, ##__VA_ARGS__`
            result.pop()
        return
    if result[-1].text == ",":
        result += right
        return
    left = result.pop()
    joined = list(tokens(left.text + right[0].text, left.place)) or [left]
    first = joined[0]
    result.append(Token(first.kind, first.text, left.place, left.spaced, left.hidden & right[0].hidden))
    result += [*joined[1:], *right[1:]]


def _too_much(token: Token) -> CError:
    return CError(
        "macro-recursion",
        f"the macros at {token.text!r} make more than {MAX_EXPANSION} tokens",
        "no header of the kernel does so: look at the definitions",
        token.place,
    )
