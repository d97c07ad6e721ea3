"""One function over many items: in this process, its threads or this machine's cores."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TypeVar

from hilum.errors import HilumError

Item = TypeVar("Item")
Result = TypeVar("Result")

Progress = Callable[[str, int], Callable[[], None]]
"""Given a step's name and its number of items, returns what to call after each item."""


def no_progress(_step: str, _total: int) -> Callable[[], None]:
    """A :data:`Progress` that shows nothing."""
    return lambda: None


def available_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """This process, or processes of their own that start when first needed and serve until closed.

    Starting one costs as much as reading hundreds of films: steps share them.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map_ordered(
        self, function: Callable[[Item], Result], items: Iterable[Item], *, chunk: int = 1
    ) -> Iterator[Result]:
        """``function`` of each item, in the order of ``items``.

        With one worker everything happens in this process. Few items are in flight at a time, so
        that memory stays flat however many there are.

        Args:
            function: picklable where there are several workers.
            items: the same.
            chunk: items that go to a worker at a time, where one is quickly done.

        Raises:
            HilumError: a worker process died. What ``function`` raises arrives as it is.
        """
        if self.count == 1:
            yield from map(function, items)
            return
        if self._pool is None:
            # "spawn": the parent may run threads (OpenCV, OpenVINO) that a fork would break.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self.count, mp_context=context, initializer=_end_with_parent
            )
        try:
            answers = _in_order(
                *(self._pool, partial(_of_each, function), _chunks(items, chunk)),
                in_flight=8 * self.count,
            )
            for some in answers:
                yield from some
        except BrokenProcessPool:
            raise HilumError(
                "a worker process died",
                got=f"no answer from one of {self.count}",
                remedy="use fewer workers if memory ran out",
            ) from None


HERE = Workers(1)
"""This process."""


def map_ordered(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Iterator[Result]:
    """:meth:`Workers.map_ordered` of ``workers`` that serve this once."""
    with Workers(workers) as once:
        yield from once.map_ordered(function, items)


def _end_with_parent() -> None:
    """Let this worker end when the process that started it was killed, or it would wait for ever
    and go on writing until then."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _of_each(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while chunk := list(itertools.islice(remaining, size)):
        yield chunk


def map_threads(
    function: Callable[[Item], Result], items: Iterable[Item], *, threads: int
) -> Generator[Result, None, None]:
    """Like :func:`map_ordered` on threads of this process: for work that frees the interpreter.

    Close it to stop early: what was not begun is not begun any more.
    """
    if threads == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from _in_order(pool, function, items, in_flight=2 * threads)


def _in_order(
    pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], *, in_flight: int
) -> Iterator[Result]:
    remaining = iter(items)
    pending: deque[Future[Result]] = deque(
        pool.submit(function, item) for item in itertools.islice(remaining, in_flight)
    )
    try:
        while pending:
            result = pending.popleft().result()
            for item in itertools.islice(remaining, 1):
                pending.append(pool.submit(function, item))
            yield result
    finally:
        for future in pending:
            future.cancel()
