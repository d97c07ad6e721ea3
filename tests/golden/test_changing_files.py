"""Films that change or go while a dataset is made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hilum.dataset.compile import compile_dataset
from hilum.errors import ImageError
from tests.fakes.model import draw_pixels
from tests.inference.outputs import write_png


def change(path: Path) -> None:
    write_png(path, 255 - draw_pixels(size=(256, 250)))


@pytest.mark.parametrize("act", [change, Path.unlink, lambda path: path.write_bytes(b"")])
def test_between_reading_and_writing(act: Callable[[Path], object], tmp_path: Path) -> None:
    film, output = tmp_path / "films/covid/film.png", tmp_path / "out"
    for number, name in enumerate(("covid", "normal")):
        write_png(tmp_path / f"films/{name}/film.png", draw_pixels(size=(256, 250 + number)))
    steps = []

    def progress(step: str, total: int) -> Callable[[], None]:
        del total
        steps.append(step)
        if step == "writing":
            act(film)
        return lambda: None

    with pytest.raises(ImageError) as caught:
        compile_dataset([tmp_path / "films"], output, progress=progress)
    assert "writing" in steps
    assert caught.value.path == str(film)
    assert not output.exists()
