"""Other people's warnings, kept off the terminal while a user's file is read."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator

_NOISY_MODULES = r"(pydicom|PIL|openpyxl)\b"

_lock = threading.Lock()
_readers = 0
_saved = contextlib.ExitStack()


@contextlib.contextmanager
def quiet_warnings() -> Iterator[None]:
    """Ignore the warnings of pydicom, Pillow and openpyxl until the block ends.

    They complain about odd tags and styles that concern neither pixels nor cells; what does
    concern those is raised here as an error of hilum. Only these libraries are muted, in every
    thread: ``warnings.catch_warnings`` swaps the process's filters and is not safe to enter from
    several threads, so the first reader enters it, the last one leaves it, and any number of
    files can be read at once in between.
    """
    global _readers
    with _lock:
        if _readers == 0:
            _saved.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=_NOISY_MODULES)
        _readers += 1
    try:
        yield
    finally:
        with _lock:
            _readers -= 1
            if _readers == 0:
                _saved.close()
