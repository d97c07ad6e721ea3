from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

from hilum.inference.large_films import LARGE_PIXELS, LargeFilms


def most_at_once(pixels: int) -> int:
    turns, counting, start = LargeFilms(), Lock(), Barrier(4)
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        start.wait()
        with turns.turn(pixels=pixels):
            with counting:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with counting:
                inside -= 1

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    return most


def test_large_films_take_turns_and_others_do_not() -> None:
    assert most_at_once(LARGE_PIXELS + 1) == 1
    assert most_at_once(LARGE_PIXELS) > 1


def test_a_turn_ends_by_an_error_too() -> None:
    turns = LargeFilms()
    for _ in range(2):
        try:
            with turns.turn(pixels=LARGE_PIXELS + 1):
                raise ValueError
        except ValueError:
            continue
