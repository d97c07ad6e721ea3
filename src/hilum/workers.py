"""One function over many items: in this process, its threads or this machine's cores."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
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


def map_ordered(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Iterator[Result]:
    """``function`` of each item, in the order of ``items``, on ``workers`` processes.

    With one worker everything happens in this process. Few items are in flight at a time, so
    that memory stays flat however many there are.

    Args:
        function: picklable where ``workers`` > 1.
        workers: at least 1.

    Raises:
        HilumError: a worker process died. What ``function`` raises arrives as it is.
    """
    if workers == 1:
        yield from map(function, items)
        return
    # "spawn": the parent may run threads (OpenCV, OpenVINO) that a fork would break.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            yield from _in_order(pool, function, items, in_flight=8 * workers)
        except BrokenProcessPool:
            raise HilumError(
                "a worker process died",
                got=f"no answer from one of {workers}",
                remedy="use fewer workers if memory ran out",
            ) from None


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
