"""An output folder that appears only when it is complete."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hilum.dataset.unfinished import refuse_existing
from hilum.errors import OutputError
from hilum.output import held


@contextmanager
def complete_folder(output: Path) -> Iterator[Path]:
    """An empty folder to write to, which becomes ``output`` when the block ends without an error.

    Until then it is called ``.NAME.unfinished``; after an error it is removed, and so is one
    that a kill left.

    Raises:
        OutputError: there is an output, another run writes it, or it cannot be written.
    """
    refuse_existing(output)
    folder = output.with_name(f".{output.name}.exporting")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with held(output, lock=output.with_name(f".{output.name}.lock")):
            refuse_existing(output)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
                folder.rename(output)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
    except OSError as error:
        raise OutputError(
            "the output cannot be written",
            path=output,
            got=error.strerror or str(error) or type(error).__name__,
            remedy="choose a folder you may write to, with room enough",
        ) from None
