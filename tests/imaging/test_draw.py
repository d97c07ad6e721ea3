"""Captions are legible: nothing of them is cut off."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.imaging.draw import add_caption


@pytest.mark.parametrize("width", [180, 512, 1024])
def test_a_long_caption_stays_inside_the_picture(width: int) -> None:
    canvas = np.zeros((8, width, 3), np.uint8)
    text = "the right lung was not found; opacity of other cause is not measured"
    band = add_caption(canvas, [[(text, (255, 255, 255))]])[8:]
    assert band[:, :-4].any()
    assert not band[:, -4:].any()
