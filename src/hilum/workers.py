"""One function over many items: in this process or on this machine's cores."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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
    """
    if workers == 1:
        yield from map(function, items)
        return
    remaining = iter(items)
    # "spawn": the parent may run threads (OpenCV, OpenVINO) that a fork would break.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        pending: deque[Future[Result]] = deque(
            pool.submit(function, item) for item in itertools.islice(remaining, 8 * workers)
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
