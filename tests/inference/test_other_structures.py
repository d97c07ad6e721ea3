"""What a model outlines beside lungs and infection is written, and opacities are measured."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from hilum.imaging.masks import decode_mask
from hilum.inference.folder import PictureOptions, predict_to_folder
from hilum.inference.inputs import find_inputs
from hilum.inference.overlay import OTHER_COLOURS, draw_overlay
from hilum.inference.predictor import Predictor
from hilum.radiograph import Structure
from tests.fakes.fake import write_image
from tests.fakes.model import draw_pixels, write_model

TARGETS = (
    *(Structure.RIGHT_LUNG, Structure.LEFT_LUNG),
    *(Structure.CARDIOMEDIASTINUM, Structure.CONSOLIDATION, Structure.GROUND_GLASS),
)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    model = tmp_path_factory.mktemp("model") / "structures.onnx"
    return Predictor(write_model(model, targets=TARGETS, findings=()))


def test_opacities_are_percents_of_the_lungs_and_organs_are_not(predictor: Predictor) -> None:
    prediction = predictor(draw_pixels())
    assert set(prediction.others) == set(TARGETS[2:])
    # The lower half of the right lung; the two lungs are equally large.
    assert prediction.percent_of_lungs(Structure.GROUND_GLASS) == pytest.approx(25, abs=1)
    assert prediction.mask(Structure.RIGHT_LUNG) is prediction.right_lung
    assert prediction.mask(Structure.AIRWAYS) is None
    assert prediction.infection is None and prediction.infected_percent is None

    one = predictor(draw_pixels(lungs="right"))
    assert one.percent_of_lungs(Structure.GROUND_GLASS) is None, "the left lung is not known"


def test_opacities_end_with_the_lungs_and_organs_do_not(predictor: Predictor) -> None:
    pixels = draw_pixels(infected=False)
    pixels[56:60, 4:12] = 120  # too small a piece of the fake's lung to stay one
    prediction = predictor(pixels)
    assert prediction.lungs is not None and not prediction.lungs[56:60, 4:12].any()
    assert not prediction.others[Structure.CONSOLIDATION].any()
    assert prediction.others[Structure.CARDIOMEDIASTINUM][56:60, 4:12].all()


def test_each_is_a_mask_file_and_opacities_are_columns(
    predictor: Predictor, tmp_path: Path
) -> None:
    write_image(tmp_path / "films/a.png", draw_pixels())
    images, out = find_inputs([tmp_path / "films"]).images, tmp_path / "out"
    predict_to_folder(predictor, images, out, options=PictureOptions(overlays=True))
    names = sorted(path.name for path in (out / "masks").iterdir())
    assert names == [
        f"a.{name}.png" for name in ("cardiomediastinum", "consolidation", "ground_glass", "lungs")
    ]
    with (out / "predictions.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    path = out / "masks/a.ground_glass.png"
    written = decode_mask(path.read_bytes(), path=path)
    lungs = decode_mask((out / "masks/a.lungs.png").read_bytes(), path=path)
    percent = 100 * np.count_nonzero(written) / np.count_nonzero(lungs)
    assert float(row["ground_glass_percent"]) == pytest.approx(percent, abs=0.01)
    assert "consolidation_percent" in row and "cardiomediastinum_percent" not in row
    assert row["infected_percent"] == ""


def test_they_are_outlined_on_the_overlay_in_colours_of_their_own(predictor: Predictor) -> None:
    overlay = draw_overlay(predictor(draw_pixels(size=(512, 512)))).astype(int)
    for colour in OTHER_COLOURS[:3]:
        assert (np.abs(overlay - colour).max(axis=2) < 25).sum() > 50
