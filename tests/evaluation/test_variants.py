"""A model of changed films changes plain ones itself, exactly as compile does."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.read import Dataset, open_dataset
from hilum.dataset.variant import LungsFinder
from hilum.errors import DatasetError, ModelError
from hilum.evaluation.evaluate import evaluate, predict_row
from hilum.imaging.enhance import Enhancement
from hilum.imaging.read import decode_picture, read_picture
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.inference.expected import REFERENCE
from hilum.inference.lungs import LungOutliner
from hilum.inference.model import METADATA_KEY, read_model
from hilum.inference.onnx_metadata import replace_onnx_metadata
from hilum.inference.predictor import Prediction, Predictor
from hilum.radiograph import Finding, Split
from tests.fakes.model import describe, write_model

VARIANTS = [FilmVariant(how) for how in Enhancement]
VARIANTS += [FilmVariant(lungs_only=True), FilmVariant(Enhancement.CLAHE, lungs_only=True)]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PNG, a JPEG that plain models decode at half its size, and a DICOM."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "covid").mkdir()
    for name in ("hannover.png", "kermany.jpeg", "hannover.dcm"):
        shutil.copy(REFERENCE / name, folder / "covid" / name)
    return folder


def compiled(films: Path, output: Path, variant: FilmVariant) -> Dataset:
    outliner = LungOutliner()
    finder = LungsFinder(outliner, outliner.facts()) if variant.lungs_only else None
    options = CompileOptions(enhance=variant.enhancement, lungs_only=finder, twins=Twins.IGNORE)
    compile_dataset([films], output, options=options)
    return open_dataset(output)


def fake(path: Path, variant: FilmVariant) -> Predictor:
    description = dataclasses.replace(describe(), variant=variant)
    return Predictor(write_model(path, described=description, always=Finding.COVID))


def predictions(predictor: Predictor, dataset: Dataset) -> dict[str, Prediction]:
    """By source path."""
    return {
        row.labels["source_path"]: predict_row(predictor, row)
        for split in Split
        for row in dataset.rows(split)
    }


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_plain_films_and_their_compiled_variants_give_the_same(
    variant: FilmVariant, films: Path, tmp_path: Path
) -> None:
    predictor = fake(tmp_path / "model.onnx", variant)
    changed = compiled(films, tmp_path / "changed", variant)
    plain = compiled(films, tmp_path / "plain", PLAIN)
    assert (changed.variant, plain.variant) == (variant, PLAIN)
    of_changed, of_plain = predictions(predictor, changed), predictions(predictor, plain)
    assert set(of_changed) == set(of_plain) and len(of_plain) == 3
    rows = [row for split in Split for row in changed.rows(split)]
    for row in rows:
        path = row.labels["source_path"]
        film = read_picture(films / path)
        stored = decode_picture(row.image, path=path)
        look = predictor.look(film.pixels, width=film.width, height=film.height)
        again = predictor.look(stored.pixels, width=0, height=0, is_varied=True)
        if not isinstance(look, str):
            np.testing.assert_array_equal(look.shown.pixels, stored.pixels)
        else:
            assert look == again
        by_file, by_row, by_plain = predictor(films / path), of_changed[path], of_plain[path]
        for one in (by_file, by_plain):
            assert (one.status, one.reason) == (by_row.status, by_row.reason)
            assert (one.probabilities, one.severity) == (by_row.probabilities, by_row.severity)
            left, top = row.labels["crop_left"] or 0, row.labels["crop_top"] or 0
            box = (slice(top, top + row.labels["height"]), slice(left, left + row.labels["width"]))
            for mask, cut in ((one.lungs, by_row.lungs), (one.infection, by_row.infection)):
                if cut is not None:
                    assert mask is not None and mask.sum() == cut.sum()
                    np.testing.assert_array_equal(mask[box], cut)
    assert any(prediction.lungs is not None for prediction in of_plain.values())


def test_a_variant_changes_what_the_network_sees(films: Path, tmp_path: Path) -> None:
    film = read_picture(films / "covid/hannover.png").pixels
    seen = []
    for number, variant in enumerate([PLAIN, *VARIANTS]):
        predictor = fake(tmp_path / f"{number}.onnx", variant)
        look = predictor.look(film, width=film.shape[1], height=film.shape[0])
        assert not isinstance(look, str)
        seen.append(look.pixels.tobytes())
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (PLAIN, FilmVariant(Enhancement.BCET)),
        (FilmVariant(Enhancement.HE), FilmVariant(Enhancement.BCET)),
        (FilmVariant(lungs_only=True), FilmVariant(Enhancement.HE)),
    ],
    ids=str,
)
def test_films_changed_in_another_way_are_refused(
    wanted: FilmVariant, found: FilmVariant, films: Path, tmp_path: Path
) -> None:
    dataset = compiled(films, tmp_path / "data", found)
    predictor = fake(tmp_path / "model.onnx", wanted)
    row = next(row for split in Split for row in dataset.rows(split))
    with pytest.raises(DatasetError, match=f"in another way.*got {found}; expected {wanted}"):
        predict_row(predictor, row)
    with pytest.raises(DatasetError, match=r"data: the images were changed in another way"):
        evaluate(predictor, dataset, Split.TRAIN)


@pytest.mark.parametrize("variant", [PLAIN, *VARIANTS], ids=str)
def test_a_model_file_says_its_variant(variant: FilmVariant, tmp_path: Path) -> None:
    description = dataclasses.replace(describe(), variant=variant)
    path = write_model(tmp_path / "model.onnx", described=description)
    assert read_model(path).description == description


def test_a_model_file_from_before_is_of_plain_films(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx")
    values = json.loads(describe().to_json())
    del values["variant"]
    written = replace_onnx_metadata(path.read_bytes(), METADATA_KEY, json.dumps(values), path=path)
    path.write_bytes(written)
    assert read_model(path).description.variant == PLAIN


def test_a_model_of_an_unknown_enhancement_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx")
    text = describe().to_json().replace('"enhancement": null', '"enhancement": "sharpen"')
    path.write_bytes(replace_onnx_metadata(path.read_bytes(), METADATA_KEY, text, path=path))
    with pytest.raises(ModelError, match="sharpen"):
        read_model(path)
