"""Every error a user of hilum can meet, built from its cause and its remedy.

An error names the file, says what was found, what was expected and what to do.
The command line prints it as one sentence; a traceback is a bug.
"""

from __future__ import annotations

import os


class HilumError(Exception):
    """Something a user can understand and mend.

    Args:
        cause: what went wrong, a clause without a full stop.
        path: the file or folder concerned.
        got: what was found there.
        expected: what should have been there.
        remedy: what to do about it, a clause in the imperative.
    """

    def __init__(
        self,
        cause: str,
        *,
        path: str | os.PathLike[str] | None = None,
        got: str | None = None,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.cause = cause
        self.path = None if path is None else os.fspath(path)
        self.got = got
        self.expected = expected
        self.remedy = remedy
        super().__init__(self._sentence(with_path=True))

    @property
    def reason(self) -> str:
        """The message without the path, for tables that have a path column."""
        return self._sentence(with_path=False)

    def _sentence(self, *, with_path: bool) -> str:
        text = f"{self.path}: {self.cause}" if with_path and self.path else self.cause
        if self.got is not None:
            text += f"; got {self.got}"
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.remedy is not None:
            text += f". {self.remedy[:1].upper()}{self.remedy[1:]}"
        return text + "."

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders (workers.py); keyword arguments have to come along.
        return _rebuild, (
            type(self),
            self.cause,
            self.path,
            self.got,
            self.expected,
            self.remedy,
        )


def _rebuild(
    kind: type[HilumError],
    cause: str,
    path: str | None,
    got: str | None,
    expected: str | None,
    remedy: str | None,
) -> HilumError:
    return kind(cause, path=path, got=got, expected=expected, remedy=remedy)


class ImageError(HilumError):
    """A file that cannot be read as an image."""


class NotARadiographError(ImageError):
    """A sound image that is no radiograph, for example a CT slice."""


class MaskError(HilumError):
    """A mask that cannot be read or does not fit its image."""


class MaskShapeError(MaskError):
    """A mask whose width to height is not that of its image."""


class CollectionError(HilumError):
    """A folder that is no known collection, or an unusable one."""


class SeveralCollectionsError(CollectionError):
    """A folder that holds several collections side by side."""


class FetchError(HilumError):
    """A collection that could not be downloaded, or is not what it should be."""


class DatasetError(HilumError):
    """A compiled dataset that is missing, incomplete or of another kind."""


class RecipeError(HilumError):
    """A training recipe that cannot be followed."""


class ModelError(HilumError):
    """A model file that hilum cannot run."""


class ReferenceOutputsError(HilumError):
    """Stored outputs to check an installation by: missing, damaged or of another model."""


class OutputError(HilumError):
    """A place where hilum cannot or must not write."""
