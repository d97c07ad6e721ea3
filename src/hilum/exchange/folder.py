"""An output folder that is written at one go, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hilum.output import folder_to_be


@contextmanager
def complete_folder(output: Path) -> Iterator[Path]:
    """An empty folder to write to, which becomes ``output`` when the block ends without an error.

    Until then it is called ``.NAME.exporting``; after an error it is removed, and so is one
    that a kill left.

    Raises:
        OutputError: there is an output, another run writes it, or it cannot be written.
    """
    remedy = "choose a folder you may write to, with room enough"
    with folder_to_be(output, until_then="exporting", remedy=remedy) as folder:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
