"""Numbers of films on disk, some hundred to a file, so that a run that was stopped goes on."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.output import write_whole

FILMS = 256
"""In a file."""

_LOST = "lost"


@dataclass(frozen=True)
class Shard:
    """Numbers of consecutive films."""

    numbers: Mapping[str, NDArray[np.float32]]
    """Name → n×width."""
    lost: tuple[str, ...]
    """n: what is not known of each, and why."""

    def __len__(self) -> int:
        return len(self.lost)


class Shards:
    """The files in ``folder`` of one run, known by everything that its numbers follow from.

    Those of other runs are removed.
    """

    def __init__(self, folder: Path, follows_from: Sequence[Any]) -> None:
        self._folder = folder
        self._key = hashlib.sha256(json.dumps(follows_from).encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.npz"):
            if not path.name.startswith(self._key):
                path.unlink()

    def read(self, first: int) -> Shard | None:
        """The one that begins with film number ``first``; None if it is not there, or damaged."""
        try:
            data = io.BytesIO(self._path(first).read_bytes())
            with np.load(data, allow_pickle=False) as arrays:
                numbers = {name: arrays[name] for name in arrays.files if name != _LOST}
                return Shard(numbers, tuple(arrays[_LOST].tolist()))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def write(self, first: int, shard: Shard) -> None:
        """Keep ``shard``, whose first film is number ``first``.

        Raises:
            OSError: it cannot be written.
        """
        data = io.BytesIO()
        lost: Any = np.array(shard.lost, np.str_)
        np.savez(data, **{**shard.numbers, _LOST: lost})
        write_whole(self._path(first), data.getvalue())

    def _path(self, first: int) -> Path:
        return self._folder / f"{self._key}-{first:08}.npz"
