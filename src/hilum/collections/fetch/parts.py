"""An unfinished download: its bytes, and what has to be known to go on with it another day."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """What a server said of the file whose first bytes are here."""

    url: str
    validator: str | None
    """Its ETag or the date it was last modified: the file is the same while this is."""
    total: int | None
    """Bytes of the whole file."""


@dataclass(frozen=True)
class Part:
    """The beginning of a file, at a hidden place beside where it will be."""

    path: Path

    @property
    def _origin(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    def origin(self) -> Origin | None:
        """Where the bytes are from; None where that is not known."""
        try:
            return Origin(**json.loads(self._origin.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, origin: Origin) -> None:
        """Forget what is here, and begin a file from ``origin``."""
        self.path.write_bytes(b"")
        self._origin.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    def finish(self, target: Path) -> None:
        """Move the bytes to ``target``; nothing is left here."""
        self.path.replace(target)
        self.discard()

    def discard(self) -> None:
        """Remove what is here."""
        for path in (self.path, self._origin):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
