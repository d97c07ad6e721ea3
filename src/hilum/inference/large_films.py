"""The largest films are worked on one at a time: a dozen planes of each are in memory at once."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from threading import Lock

LARGE_PIXELS = 32_000_000
"""Twice what the detectors of today's machines give; a plane of bytes takes 32 MB."""


class LargeFilms:
    """Lets threads through with films, but with large ones only one thread."""

    def __init__(self) -> None:
        self._one = Lock()

    def turn(self, *, pixels: int) -> AbstractContextManager[object]:
        """To be held while a film of ``pixels`` is worked on."""
        return self._one if pixels > LARGE_PIXELS else nullcontext()
