"""DICOM pixels decompressed in a process of its own, which a damaged file may end.

GDCM ends its process on some damaged JPEG and JPEG-LS data: of 1,500 files damaged at random 2
and 1. One such file would end a run over thousands, so that helpers do the work: as many as ask at
a time, each started once (a third of a second, 100 MB) and used again.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

import hilum

SECONDS = 120.0
"""After which a helper that has not answered is ended."""


class DecoderError(Exception):
    """The decoder gave up, died or did not end; the message says which."""


def decompress_outside(tags: Mapping[str, Any], syntax: str, frame: bytes) -> NDArray[Any]:
    """The pixels of one compressed ``frame``, as :func:`decompress` gives them. From any thread.

    Args:
        tags: by keyword, those that describe the pixels.
        syntax: UID of the transfer syntax.
        frame: compressed.

    Raises:
        DecoderError: there are none.
    """
    try:
        helper = _take()
    except OSError as error:
        raise DecoderError(f"no process to decode in ({error.strerror})") from None
    timer = threading.Timer(SECONDS, helper.kill)
    timer.start()
    try:
        send(helper.stdin, pickle.dumps((dict(tags), syntax, frame)))
        head = json.loads(receive(helper.stdout))
        data = receive(helper.stdout)
    except (EOFError, OSError):
        _end(helper)
        raise DecoderError("the decoder died of them") from None
    except BaseException:  # interrupted: what it answers would be taken for another's
        _end(helper)
        raise
    finally:
        timer.cancel()
    with _lock:
        _idle.append(helper)
    if "error" in head:
        raise DecoderError(head["error"])
    return np.frombuffer(data, head["dtype"]).reshape(head["shape"])


def send(stream: IO[bytes] | None, data: bytes) -> None:
    """Write ``data`` after its length."""
    assert stream is not None
    stream.write(struct.pack("<Q", len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes] | None) -> bytes:
    """What :func:`send` wrote at the other end.

    Raises:
        EOFError: the other end is gone.
    """
    assert stream is not None
    head = stream.read(8)
    data = stream.read(struct.unpack("<Q", head)[0]) if len(head) == 8 else b""
    if len(head) < 8 or len(data) < struct.unpack("<Q", head)[0]:
        raise EOFError
    return data


_Helper = subprocess.Popen[bytes]
_lock = threading.Lock()
_idle: list[_Helper] = []


def _take() -> _Helper:
    with _lock:
        if _idle:
            return _idle.pop()
    package = str(Path(hilum.__file__).resolve().parent.parent)
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        # -P: a user's folder may hold a file that is named like a module.
        [sys.executable, "-P", "-W", "ignore", "-m", "hilum.imaging.dicom_helper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # where libraries talk about what is raised here
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


def _end(helper: _Helper) -> None:
    helper.kill()
    for stream in (helper.stdin, helper.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):  # what it was not told any more
                stream.close()
    helper.wait()


def _end_all() -> None:
    with _lock:
        while _idle:
            _end(_idle.pop())


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):  # a forked process must not talk to its parent's helpers
    os.register_at_fork(after_in_child=_idle.clear)
