"""Every exception of the project survives context managers, notes, pickling and other processes.

Without it, a failure in another process could arrive as a different one, or end the process.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context

import pytest

import modalloc_model
import proofs
from modalloc_model.c.tokens import CError, SourceLine
from modalloc_model.concrete import Concrete
from modalloc_model.conformance.fuzz import Violated
from modalloc_model.conformance.machine import BrokenRun
from modalloc_model.descriptor.source import ReadError
from modalloc_model.designs.mail.allocator import Collision, Fault
from modalloc_model.designs.mail.pool import Block, Extent
from modalloc_model.failures import InputError, UsageError
from modalloc_model.kernel import KernelError
from modalloc_model.kernel.interpreter import _Left
from modalloc_model.kernel.paths import Infeasible
from modalloc_model.params import Assumptions, Location
from modalloc_model.trace import Trace
from modalloc_model.verdict import Problem

PLACE = SourceLine("mm/execmem.c", 7)
PROBLEM = Problem(Location("a.c", 1, 2), "code", "a message", "a hint")
BLOCK = Block("TEXT", 0x1000, 0x1FFF)
EXTENT = Extent(BLOCK, 0x1000, 0x1FFF, "TEXT", "A", 1)


def replay_trace() -> Trace:
    machine = Concrete(32, 0x1000, 0, Assumptions(), (), ())
    return Trace("a:b", "PRT001", "TEXT", {}, machine, (), "a message")


MADE: dict[type[Exception], Callable[[], Exception]] = {
    CError: lambda: CError(code="code", message="a message", hint="a hint", place=PLACE, start=3),
    KernelError: lambda: KernelError(code="code", message="a message", place=PLACE, said=("one", "two")),
    Fault: lambda: Fault("fill", EXTENT, 0x1000, 0x1FFF),
    Collision: lambda: Collision(BLOCK, (0x1000, 0x2FFF)),
    InputError: lambda: InputError([PROBLEM, PROBLEM]),
    UsageError: lambda: UsageError("a message", hint="a hint"),
    ReadError: lambda: ReadError(PROBLEM),
    BrokenRun: lambda: BrokenRun(["load a: TEXT 0x1000"], AssertionError("a message")),
    Violated: lambda: Violated(replay_trace()),
    Infeasible: lambda: Infeasible(asserted=PLACE),
    _Left: lambda: _Left("goto", PLACE, label="out"),
}
"""Those that are made of more than a message."""


def exceptions() -> Iterator[type[Exception]]:
    for package in (modalloc_model, proofs):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith("__main__"):
                yield from _of_module(info.name)


def _of_module(name: str) -> Iterator[type[Exception]]:
    for found in vars(importlib.import_module(name)).values():
        if inspect.isclass(found) and issubclass(found, Exception) and found.__module__ == name:
            yield found


ALL = sorted(set(exceptions()), key=lambda kind: (kind.__module__, kind.__name__))


def made(kind: type[Exception]) -> Exception:
    return MADE.get(kind, lambda: kind("a message"))()


def alike(one: BaseException, other: BaseException) -> bool:
    """The same kind, words and content."""
    words = [(type(error), str(error), repr(error.args), repr(vars(error))) for error in (one, other)]
    return words[0] == words[1]


def raise_(kind: type[Exception]) -> None:
    raise made(kind)


def test_all_are_found_and_those_of_more_than_a_message_are_made_so() -> None:
    assert {KernelError, Fault, InputError} < set(ALL)
    for kind in ALL:
        parameters = inspect.signature(kind.__init__).parameters
        assert (kind in MADE) is (kind.__init__ is not Exception.__init__), (kind, parameters)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_an_exception_comes_through_pickling_and_copying(kind: type[Exception]) -> None:
    error = made(kind)
    error.add_note("a note")
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert alike(pickle.loads(pickle.dumps(error, protocol)), error)
    assert alike(copy.copy(error), error)
    assert alike(copy.deepcopy(error), error)


def test_an_exception_comes_out_of_another_process() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for kind in ALL:
            found = pool.submit(raise_, kind).exception()
            assert found is not None
            assert alike(found, made(kind)), kind


@contextmanager
def passing_on() -> Iterator[None]:
    """A context manager that lets through what comes, which Python marks with where it came from."""
    yield


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_an_exception_comes_through_context_managers(kind: type[Exception]) -> None:
    error = made(kind)
    with pytest.raises(kind) as found, ExitStack() as stack, passing_on():
        stack.enter_context(passing_on())
        try:
            raise error from ValueError("a cause")
        except Exception as caught:
            caught.add_note("a note")
            raise caught.with_traceback(None) from None
    assert found.value is error
    assert error.__notes__ == ["a note"]


def test_a_message_and_nothing_else_is_shown() -> None:
    assert [str(made(kind)) for kind in (KernelError, ReadError, UsageError)] == ["a message"] * 3
    assert str(made(Collision)) == "a block of TEXT at [0x1000, 0x1fff] meets one at [0x1000, 0x2fff]"
    assert str(made(InputError)) == "2 problems"
    assert str(made(BrokenRun)) == "AssertionError after 1 operations (load a: TEXT 0x1000): a message"
    assert str(made(Fault)) == "fill of TEXT of A: [0x1000, 0x1fff] is not writable"
