"""Summaries of external functions: the domain of their results, and their effects.

Source: include/linux/random.h, include/linux/printk.h, mm/vmalloc.c and include/linux/compiler*.h of Linux 6.12.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from modalloc_model.c.syntax import Binary, Call, Cast, Expression, Name, Number, SizeOf, Unary
from modalloc_model.kernel.values import LostValue, Quantity, Value, whole, with_origin
from modalloc_model.words import truth, ule

if TYPE_CHECKING:
    from modalloc_model.kernel.interpreter import Interpreter

Summary: TypeAlias = Callable[["Interpreter", Call], Value]

_U32 = 32


def _no_effect(walk: Interpreter, node: Call) -> Value:
    """Ignores its arguments, which are for messages."""
    return LostValue("result", node.place, "the result of a function that is for people")


def _zero(walk: Interpreter, node: Call) -> Value:
    return whole(0, _U32, True)


def _first(walk: Interpreter, node: Call) -> Value:
    """`__builtin_expect(x, y)` is x."""
    return walk.evaluate(node.arguments[0])


def _random(walk: Interpreter, node: Call) -> Value:
    """`get_random_u32_inclusive(low, high)`: low <= value <= high, both included."""
    low, high = (walk.state.quantity(walk.evaluate(argument)) for argument in node.arguments)
    return _draw(walk, node, low, high, "get_random_u32_inclusive()")


def _random_below(walk: Interpreter, node: Call) -> Value:
    """`get_random_u32_below(ceiling)`: 0 <= value < ceiling."""
    ceiling = walk.state.quantity(walk.evaluate(node.arguments[0]))
    high = walk.state.arithmetic.binary("-", ceiling, whole(1, _U32, True))
    return _draw(walk, node, whole(0, _U32, False), high or ceiling, "get_random_u32_below()")


def _draw(walk: Interpreter, node: Call, low: Quantity, high: Quantity, why: str) -> Value:
    narrow = [walk.state.fit(bound, _U32) for bound in (low, high)]
    lowest = narrow[0].known if narrow[0].known is not None else 0
    highest = narrow[1].known if narrow[1].known is not None else (1 << _U32) - 1
    value = walk.state.draw(lowest, highest, _U32, why, node.place)
    word = walk.state.arithmetic.term(value)
    if narrow[0].known is None:
        walk.state.path.suppose(truth(ule(narrow[0].word, word)))
    if narrow[1].known is None:
        walk.state.path.suppose(truth(ule(word, narrow[1].word)))
    return value


def _kaslr(walk: Interpreter, node: Call) -> Value:
    """Whether the kernel was relocated: the boot decides."""
    return walk.memory.bound("kaslr_enabled()", node.place) or walk.state.choice(
        "kaslr_enabled", "kaslr_enabled()", node.place
    )


def _vmalloc_range(walk: Interpreter, node: Call) -> Value:
    """`__vmalloc_node_range(size, align, start, end, gfp, prot, ...)` fails, so that every attempt is recorded."""
    given = (node.arguments[at] for at in (1, 2, 3, 5))
    walk.state.ranges.append(tuple(with_origin(walk.evaluate(argument), argument.place) for argument in given))
    return whole(0, walk.state.meaning.bits, False)


def _vmalloc(walk: Interpreter, node: Call) -> Value:
    """`vmalloc(size)`: all of the vmalloc area, page-aligned, PAGE_KERNEL (6.1:mm/vmalloc.c, __vmalloc_node())."""
    return _ask(walk, node, ("1", "VMALLOC_START", "VMALLOC_END", "PAGE_KERNEL"))


def _kmalloc(walk: Interpreter, node: Call) -> Value:
    """`kmalloc(size, gfp)`: the linear map, without a guard page; the profile gives its location.

    Unknown if the profile does not: such memory has no range of its own.
    """
    if not all(map(walk.state.meaning.knows, ("PAGE_OFFSET", "high_memory"))):
        walk.state.unknown_calls.add("kmalloc")
        return LostValue("kmalloc", node.place, "kmalloc() on a machine whose linear map the profile does not give")
    walk.state.guarded = False
    return _ask(walk, node, ("1", "PAGE_OFFSET", "high_memory", "PAGE_KERNEL"))


def _ask(walk: Interpreter, node: Call, words: tuple[str, ...]) -> Value:
    """A request in names of the tree or of the profile; it fails, so that every attempt is recorded."""
    walk.state.ranges.append(tuple(with_origin(_word(walk, text, node), node.place) for text in words))
    return whole(0, walk.state.meaning.bits, False)


def _word(walk: Interpreter, text: str, node: Call) -> Value:
    return walk.evaluate(walk.state.program.expression(text, node.place))


def _feature(walk: Interpreter, node: Call) -> Value:
    """`_static_cpu_has(bit)`: whether the processor has a feature, by name, the same each time."""
    value = walk.state.quantity(walk.evaluate(node.arguments[0])).known
    macros = sorted(name for name in walk.state.program.macros if name.startswith("X86_FEATURE_"))
    named = (
        name
        for name in macros
        if walk.state.quantity(walk.evaluate(walk.state.program.expression(name))).known == value
    )
    name = next(named, "cpu_feature" if value is None else f"cpu_feature_{value}")
    return walk.state.choice(name, f"whether the processor has {name}", node.place)


def _constant(walk: Interpreter, node: Call) -> Value:
    return whole(int(_is_constant(node.arguments[0])), _U32, True)


def _bit(walk: Interpreter, node: Call) -> Value:
    """`__builtin_clz(x)`, `__builtin_ctz(x)`, `__builtin_ffs(x)` and their wider variants, of a constant above zero."""
    name = node.function.name if isinstance(node.function, Name) else ""
    value = walk.state.quantity(walk.evaluate(node.arguments[0])).known
    if value is None or value <= 0:
        return LostValue(name, node.place, f"{name}() of an unknown value")
    kind, width = name.removeprefix("__builtin_")[:3], name.removeprefix("__builtin_")[3:]
    bits = {"": _U32, "l": walk.state.meaning.bits}.get(width, 2 * _U32)
    lowest = (value & -value).bit_length()
    return whole({"clz": bits - value.bit_length(), "ctz": lowest - 1, "ffs": lowest}[kind], _U32, True)


def _is_constant(node: Expression) -> bool:
    """Whether the compiler knows the value without reading a variable."""
    match node:
        case Number() | SizeOf():
            return True
        case Unary() | Cast():
            return _is_constant(node.operand)
        case Binary():
            return _is_constant(node.left) and _is_constant(node.right)
    return False


_FOR_PEOPLE = (
    "_printk", "printk", "__dynamic_pr_debug", "no_printk", "_dev_info", "__warn_printk", "warn_slowpath_fmt",
    "pr_info", "pr_warn", "pr_err", "pr_notice", "pr_debug", "pr_info_once", "pr_warn_once", "BUILD_BUG_ON", "WARN_ON",
    "prealloc_execmem_pgtable", "kmemleak_not_leak", "pte_alloc_kernel", "barrier", "might_sleep",
)  # fmt: skip

SUMMARIES: Mapping[str, Summary] = {
    **dict.fromkeys(_FOR_PEOPLE, _no_effect),
    "kaslr_enabled": _kaslr,
    "get_random_u32_inclusive": _random,
    "get_random_u32_below": _random_below,
    "prandom_u32_max": _random_below,
    "__builtin_expect": _first,
    "__builtin_constant_p": _constant,
    **{f"__builtin_{kind}{width}": _bit for kind in ("clz", "ctz", "ffs") for width in ("", "l", "ll")},
    **dict.fromkeys(("_static_cpu_has", "__static_cpu_has"), _feature),
    "DISABLED_MASK_BIT_SET": _zero,  # of a generated header; no processor has a feature that is left out
    "likely": _first,
    "unlikely": _first,
    "__vmalloc_node_range": _vmalloc_range,
    "__vmalloc_node_range_noprof": _vmalloc_range,
    "vmalloc": _vmalloc,
    "vmalloc_noprof": _vmalloc,
    "kmalloc": _kmalloc,
    "__kmalloc": _kmalloc,
    "kasan_alloc_module_shadow": _zero,
    "kasan_module_alloc": _zero,
}
"""Summaries by function name; they take precedence over the function's text."""
