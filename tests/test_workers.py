"""One function over many items: the same answer in order, on however many workers."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from hilum.errors import HilumError, ImageError
from hilum.workers import Workers, available_cores, map_ordered, map_threads

Map = Callable[..., Iterator[int]]

PROCESSES: Map = partial(map_ordered, workers=2)
THREADS: Map = partial(map_threads, threads=2)
HERE: Map = partial(map_ordered, workers=1)
ONE_THREAD: Map = partial(map_threads, threads=1)
EVERY = pytest.mark.parametrize(
    "mapping",
    [HERE, ONE_THREAD, THREADS, PROCESSES],
    ids=["here", "one thread", "threads", "processes"],
)


def square(number: int) -> int:
    if number % 5 == 0:
        time.sleep(0.005)  # so that later items are ready first
    return number * number


def refuse_seven(number: int) -> int:
    if number == 7:
        raise ImageError("seven is refused", path="seven.png", remedy="take another")
    return number


def process_number(_: int) -> int:
    return os.getpid()


@EVERY
def test_results_come_in_the_order_of_the_items(mapping: Map) -> None:
    assert list(mapping(square, range(40))) == [n * n for n in range(40)]


@EVERY
def test_nothing_in_nothing_out(mapping: Map) -> None:
    assert list(mapping(square, [])) == []


@EVERY
def test_an_error_arrives_whole(mapping: Map) -> None:
    results = mapping(refuse_seven, range(40))
    assert list(itertools.islice(results, 7)) == list(range(7))
    with pytest.raises(ImageError, match=r"seven\.png: seven is refused. Take another\."):
        next(results)


@EVERY
def test_few_items_are_taken_ahead(mapping: Map) -> None:
    numbers = itertools.count(1)
    results = mapping(square, numbers)
    assert list(itertools.islice(results, 3)) == [1, 4, 9]
    assert next(numbers) < 40
    results.close()  # type: ignore[attr-defined]


def test_one_worker_is_this_process_and_two_are_others() -> None:
    assert set(HERE(process_number, range(4))) == {os.getpid()}
    assert os.getpid() not in set(PROCESSES(process_number, range(4)))


def test_steps_share_processes() -> None:
    with Workers(2) as workers:
        first = set(workers.map_ordered(process_number, range(20)))
        assert set(workers.map_ordered(process_number, range(20), chunk=3)) <= first
    assert len(first) <= 2 and os.getpid() not in first


def test_chunks_change_no_order() -> None:
    with Workers(2) as workers:
        assert list(workers.map_ordered(square, range(40), chunk=7)) == [n * n for n in range(40)]


_KILLED = """
import os, signal
from hilum.workers import Workers
from tests.test_workers import process_number
if __name__ == "__main__":
    workers = Workers(2)
    print(*workers.map_ordered(process_number, range(20)), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(_KILLED)
    paths = os.pathsep.join([os.fspath(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    told = tmp_path / "numbers"
    with told.open("w") as file:
        environment = {**os.environ, "PYTHONPATH": paths}
        killed = subprocess.run([sys.executable, script], env=environment, stdout=file, check=False)
    numbers = {int(number) for number in told.read_text().split()}
    assert killed.returncode == -signal.SIGKILL and numbers
    end = time.monotonic() + 10
    while any(map(_runs, numbers)):
        assert time.monotonic() < end
        time.sleep(0.05)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().split()[2] != "Z"


def die(number: int) -> int:
    os._exit(number)


def test_a_worker_that_dies_is_said() -> None:
    with pytest.raises(HilumError, match="a worker process died"):
        list(PROCESSES(die, range(4)))


def test_two_threads_work_at_once() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def meet(number: int) -> int:
        meeting.wait()
        return number

    assert list(THREADS(meet, range(4))) == [0, 1, 2, 3]


def test_there_is_a_core_to_use() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
