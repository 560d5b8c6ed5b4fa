"""Runs tasks in worker processes that may die. A death costs one task and is reported with its cause.

A worker holds one task at a time. If a process is killed, crashes, runs out of memory or exceeds its time, that task is
the cause. Another worker continues with the next. Solvers run in such processes; tables and theorems are decided in
them.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")

MEBIBYTE = 1 << 20
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from modalloc_model.isolation import serve; serve()"


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """A task without a result, and the reason."""

    reason: str


class Worker(Generic[TaskT, ResultT]):
    """A process started at the first task and again after each death.

    `memory` limits its address space, in MiB. The function must be importable by name in a fresh Python.
    """

    def __init__(self, function: Callable[[TaskT], ResultT], memory: int | None = None) -> None:
        self._function = function
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Any = None
        self._said: Any = None
        self._begun = False

    def call(self, task: TaskT, seconds: float | None = None) -> ResultT | WorkerLost:
        """The result; WorkerLost if the process dies or exceeds the seconds, after which it is killed."""
        self.send(task)
        return self.receive(seconds)

    def send(self, task: TaskT) -> None:
        """Sends a task; `receive` waits for its result."""
        if self._process is None:
            self._start()
        self._begun = False
        with suppress(OSError):  # the process died at once: receive() finds out how
            self._connection.send((self._function, task))

    @property
    def connection(self) -> Any:
        """The connection; readable once the worker has finished its task or died."""
        return self._connection

    def still_busy(self) -> bool:
        """Whether the readable message only confirms that the task arrived; consumes that message."""
        if self._begun:
            return False
        with suppress(EOFError, OSError):
            self._connection.recv()
            self._begun = True
        return self._begun

    def receive(self, seconds: float | None = None) -> ResultT | WorkerLost:
        """The result of the task that was sent."""
        try:
            if not self._begun:
                self._connection.recv()  # the start-up time of the process does not count
            if not self._connection.poll(seconds):
                self.close()
                return _late(seconds)
            succeeded, value = self._connection.recv()
        except (EOFError, OSError):
            return WorkerLost(self._epitaph())
        return value if succeeded else WorkerLost(value)

    def close(self) -> None:
        """Ends the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._connection.close()
            self._said.close()
        self._process = None

    def _start(self) -> None:
        from multiprocessing.connection import Pipe

        ours, theirs = Pipe()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        words = [json.dumps(sys.path), str(theirs.fileno()), str(self._memory or 0), str(os.getpid())]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, *words],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
        )
        theirs.close()
        self._connection = ours

    def _epitaph(self) -> str:
        """One line that says how the process ended."""
        assert self._process is not None
        status = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        self.close()
        if any("bad_alloc" in line or "MemoryError" in line or "out of memory" in line for line in said):
            return self._out_of_memory()
        if status < 0:
            return f"its process died of {signal.Signals(-status).name}"
        return f"its process ended with status {status}{': ' + said[-1] if said else ''}"

    def _out_of_memory(self) -> str:
        return out_of_memory(self._memory)


def _late(seconds: float | None) -> WorkerLost:
    return WorkerLost(f"it did not answer within {seconds or 0:g} seconds and was killed")


def out_of_memory(limit: int | None) -> str:
    """The reason, with the limit in MiB if there is one."""
    return "it ran out of memory" + (f" (the limit is {limit} MiB)" if limit else "")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one task: MiB of address space, and seconds. Beyond them its process is killed."""

    memory: int | None = None
    seconds: float | None = None


def run_all(
    function: Callable[[TaskT], ResultT], tasks: Sequence[TaskT], jobs: int, limits: Limits | None = None
) -> Iterator[ResultT | WorkerLost]:
    """The results in the order of the tasks, each as soon as possible, from a number of parallel processes."""
    limits = limits or Limits()
    workers = [Worker(function, limits.memory) for _ in range(min(jobs, len(tasks)))]
    try:
        yield from _in_order(workers, tasks, limits.seconds)
    finally:
        for worker in workers:
            worker.close()


@dataclass
class _Underway(Generic[TaskT, ResultT]):
    """A task that runs on a worker, and its deadline."""

    number: int
    worker: Worker[TaskT, ResultT]
    seconds: float | None
    over: float = math.inf

    def goes_on(self) -> bool:
        """Whether the worker has only reported that it began; its time counts from then on."""
        if not self.worker.still_busy():
            return False
        self.over = math.inf if self.seconds is None else time.monotonic() + self.seconds
        return True

    def outcome(self) -> ResultT | WorkerLost:
        """The result, or the reason why there is none: the death of the worker, or its deadline."""
        if time.monotonic() < self.over or self.worker.connection.poll():
            return self.worker.receive()
        self.worker.close()
        return _late(self.seconds)


def _in_order(
    workers: list[Worker[TaskT, ResultT]], tasks: Sequence[TaskT], seconds: float | None
) -> Iterator[ResultT | WorkerLost]:
    waiting, idle = deque(enumerate(tasks)), deque(workers)
    busy: dict[Any, _Underway[TaskT, ResultT]] = {}
    done: dict[int, ResultT | WorkerLost] = {}
    for wanted in range(len(tasks)):
        while wanted not in done:
            while waiting and idle:
                (number, task), worker = waiting.popleft(), idle.popleft()
                worker.send(task)
                busy[worker.connection] = _Underway(number, worker, seconds)
            for connection in _heard_of(busy):
                ended = busy.pop(connection)
                done[ended.number] = ended.outcome()
                idle.append(ended.worker)
        yield done.pop(wanted)


def _heard_of(busy: Mapping[Any, _Underway[TaskT, ResultT]]) -> list[Any]:
    """The workers that finished their task, died, or exceeded their time."""
    from multiprocessing.connection import wait

    first = min(task.over for task in busy.values())
    heard = wait(list(busy), None if first == math.inf else max(0.0, first - time.monotonic()))
    now = time.monotonic()
    ready = [connection for connection in heard if not busy[connection].goes_on()]
    return [*ready, *(c for c, task in busy.items() if task.over <= now and c not in heard)]


# -- in the worker ---------------------------------------------------------------------------------------------------


def serve() -> None:
    """Runs tasks until the connection closes: the main loop of a worker process."""
    from multiprocessing.connection import Connection

    fd, memory, parent = (int(word) for word in sys.argv[2:5])
    _die_with(parent)
    _limit(memory * MEBIBYTE)
    connection: Any = Connection(fd)
    while True:
        try:
            function, task = connection.recv()
        except EOFError:
            return
        connection.send("begun")
        connection.send(_outcome(function, task, memory or None))


def _outcome(function: Callable[[Any], Any], task: Any, memory: int | None) -> tuple[bool, Any]:
    try:
        return True, function(task)
    except MemoryError:
        return False, out_of_memory(memory)
    except Exception as failure:
        return False, f"it failed with {type(failure).__name__}: {' '.join(str(failure).split())}"


def _limit(memory: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _die_with(parent: int) -> None:
    """On Linux, the worker dies with its parent."""
    import ctypes

    set_parent_death_signal = 1  # PR_SET_PDEATHSIG, linux/prctl.h
    try:
        ctypes.CDLL(None).prctl(set_parent_death_signal, int(signal.SIGKILL))
    except (OSError, AttributeError):
        return
    if os.getppid() != parent:
        os._exit(1)
