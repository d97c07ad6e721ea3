"""The folder that predictions are written to, read back as another tool would."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.errors import OutputError
from hilum.inference import Predictor
from hilum.inference.earlier import Earlier
from hilum.inference.folder import PictureOptions, predict_to_folder
from hilum.inference.inputs import InputImage, find_inputs
from hilum.radiograph import Finding, Structure
from tests.fakes.model import FINDINGS, SIZE, draw_pixels, write_model
from tests.imaging.pictures import encode, encode_dicom
from tests.inference.outputs import files_below, predict, read_mask, read_rows, write_png

COLUMNS = [
    "path",
    "status",
    "reason",
    "width",
    "height",
    "finding",
    "p_normal",
    "p_covid",
    "p_pneumonia",
    "infected_percent",
    "right_lung_infected_percent",
    "left_lung_infected_percent",
    "zone_right_upper_infected_percent",
    "zone_right_middle_infected_percent",
    "zone_right_lower_infected_percent",
    "zone_left_upper_infected_percent",
    "zone_left_middle_infected_percent",
    "zone_left_lower_infected_percent",
    "lungs_percent",
    "image_sha256",
    "runtime",
    "finding_caution",
    "model",
]

TABLES = {"predictions.csv", "hilum-predict.json"}


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    for finding in FINDINGS:
        write_png(folder / f"{finding}.png", draw_pixels(finding, size=(300, 200)))
    return folder


def test_columns_in_order_and_empty_where_unknown(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    write_png(films / "blank.png", np.zeros((90, 80), np.uint8))
    (films / "broken.png").write_text("text")
    rows = predict(predictor, [films], tmp_path / "out")
    with (tmp_path / "out/predictions.csv").open(newline="", encoding="utf-8") as file:
        assert next(csv.reader(file)) == COLUMNS
    assert {row["model"] for row in rows.values()} == {predictor.model.sha256}
    filled = {path: [name for name in COLUMNS if row[name]] for path, row in rows.items()}
    assert filled["broken.png"] == ["path", "status", "reason", *COLUMNS[-4:-2], "model"]
    assert filled["blank.png"] == [*COLUMNS[:5], *COLUMNS[-4:-2], "model"]
    sha256 = hashlib.sha256((films / "covid.png").read_bytes()).hexdigest()
    assert rows["covid.png"]["image_sha256"] == sha256
    assert rows["covid.png"]["runtime"] == predictor.runtime
    known = [name for name in COLUMNS if name != "finding_caution"]  # the model was not audited
    assert filled["covid.png"] == [name for name in known if name != "reason"]
    unmeasured = [name for name in known if not name.endswith("infected_percent")]
    assert filled["pneumonia.png"] == unmeasured
    assert rows["pneumonia.png"]["reason"] == "opacity of other cause is not measured"
    assert [rows[f"{name}.png"]["status"] for name in ("blank", "broken", "normal")] == [
        "refused",
        "failed",
        "ok",
    ]
    assert rows["normal.png"]["infected_percent"] == "0.0"


def percent(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return float(100 * (part & whole).sum() / whole.sum())


@pytest.mark.parametrize("size", [(64, 64), (300, 200), (131, 77), (1024, 900)])
@pytest.mark.parametrize("lungs", ["both", "right", "left"])
def test_percentages_are_those_of_the_masks_as_written(
    predictor: Predictor, tmp_path: Path, size: tuple[int, int], lungs: str
) -> None:
    write_png(tmp_path / "a.png", draw_pixels(Finding.COVID, size=size, lungs=lungs))
    row = predict(predictor, [tmp_path / "a.png"], tmp_path / "out")["a.png"]
    both = read_mask(tmp_path / "out/masks/a.lungs.png")
    infection = read_mask(tmp_path / "out/masks/a.infection.png")
    assert both.shape == infection.shape == size
    assert (int(row["height"]), int(row["width"])) == size
    assert float(row["lungs_percent"]) == pytest.approx(100 * both.mean(), abs=0.005)
    half = size[1] // 2  # the fake's lungs lie in their halves
    columns = np.arange(size[1])
    sides = {"right": both & (columns < half), "left": both & (columns >= half)}
    if lungs == "both":
        assert float(row["infected_percent"]) == pytest.approx(percent(infection, both), abs=0.005)
    else:
        assert row["infected_percent"] == ""
    for side, lung in sides.items():
        got = row[f"{side}_lung_infected_percent"]
        if not lung.any():
            assert got == ""
            continue
        assert float(got) == pytest.approx(percent(infection, lung), abs=0.005)
        rows = np.flatnonzero(lung.any(1))
        top, height = rows[0], rows[-1] + 1 - rows[0]
        for number, zone in enumerate(("upper", "middle", "lower")):
            third = np.zeros_like(lung)
            third[top + round(height * number / 3) : top + round(height * (number + 1) / 3)] = True
            expected = percent(infection, lung & third)
            got = row[f"zone_{side}_{zone}_infected_percent"]
            assert float(got) == pytest.approx(expected, abs=0.005)


def test_without_covid_the_infection_mask_is_empty(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    predict(predictor, [films], tmp_path / "out")
    for name, infected in (("covid", True), ("normal", False), ("pneumonia", False)):
        assert read_mask(tmp_path / f"out/masks/{name}.lungs.png").any()
        assert read_mask(tmp_path / f"out/masks/{name}.infection.png").any() == infected


def test_refused_and_failed_have_no_pictures(predictor: Predictor, tmp_path: Path) -> None:
    write_png(tmp_path / "in/blank.png", np.zeros((90, 80), np.uint8))
    (tmp_path / "in/empty.png").touch()
    predict(predictor, [tmp_path / "in"], tmp_path / "out")
    assert files_below(tmp_path / "out") == TABLES


def test_pictures_as_asked_for(predictor: Predictor, films: Path, tmp_path: Path) -> None:
    masks = {f"masks/{f}.{kind}.png" for f in FINDINGS for kind in ("lungs", "infection")}
    overlays = {f"overlays/{finding}.png" for finding in FINDINGS}
    targets = ("right_lung", "left_lung", "infection")
    maps = {f"probabilities/{f}.{target}.png" for f in FINDINGS for target in targets}
    for options, expected in (
        (PictureOptions(), masks | overlays),
        (PictureOptions(overlays=False), masks),
        (PictureOptions(probabilities=True), masks | overlays | maps),
    ):
        out = tmp_path / str(len(expected))
        predict(predictor, [films], out, options=options)
        assert files_below(out) == expected | TABLES


def test_probabilities_are_8_bit_and_of_the_original_size(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    predict(predictor, [films], tmp_path / "out", options=PictureOptions(probabilities=True))
    for finding in FINDINGS:  # the maps are the network's, whatever the finding makes of them
        path = tmp_path / f"out/probabilities/{finding}.infection.png"
        plane = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert plane is not None and plane.dtype == np.uint8 and plane.shape == (300, 200)
        assert plane.min() == 0 and plane.max() == 255


def test_dicom_jpeg_webp_and_16_bit(predictor: Predictor, tmp_path: Path) -> None:
    pixels = draw_pixels(Finding.COVID, size=(256, 256))
    pixels[-1, 0], pixels[-1, -1] = 0, 255  # so that stretching 16 bits leaves the greys
    folder = tmp_path / "in"
    write_png(folder / "deep.png", pixels.astype(np.uint16) * 257)
    (folder / "film.dcm").write_bytes(encode_dicom(pixels))
    (folder / "inverse.dcm").write_bytes(encode_dicom(255 - pixels, photometric="MONOCHROME1"))
    (folder / "photo.jpg").write_bytes(encode(pixels, "JPEG", quality=95))
    (folder / "really_webp.png").write_bytes(encode(pixels, "WEBP", lossless=True))
    (folder / "scan.tif").write_bytes(encode(pixels, "TIFF"))
    rows = predict(predictor, [folder], tmp_path / "out")
    assert len(rows) == 6
    assert {row["status"] for row in rows.values()} == {"ok"}, rows
    for path, row in rows.items():
        lungs = read_mask((tmp_path / "out/masks" / path).with_suffix(".lungs.png"))
        assert lungs.shape == (256, 256)
        assert float(row["lungs_percent"]) == pytest.approx(25, abs=1)


def test_two_images_of_one_name_keep_both(predictor: Predictor, tmp_path: Path) -> None:
    pixels = draw_pixels(Finding.COVID)
    write_png(tmp_path / "in/same.png", pixels)
    lungs = slice(SIZE // 4, SIZE * 3 // 4)
    pixels[lungs] = pixels[lungs, ::-1]
    (tmp_path / "in/same.jpg").write_bytes(encode(pixels, "JPEG", quality=100))
    rows = predict(predictor, [tmp_path / "in"], tmp_path / "out")
    assert list(rows) == ["same.jpg", "same.png"]
    masks = tmp_path / "out/masks"
    right = read_mask(masks / "same.png.infection.png")
    left = read_mask(masks / "same.jpg.infection.png")
    assert right[:, :32].any() and not right[:, 32:].any()
    assert left[:, 32:].any() and not left[:, :32].any()


def test_odd_names_come_out_as_they_are(predictor: Predictor, tmp_path: Path) -> None:
    names = ["sub dir/[x] (1).png", "Röntgen/肺 α.png", '=1+1, "q".png', "a.b.c.png", ":x:.png"]
    for name in names:
        write_png(tmp_path / "in" / name, draw_pixels())
    rows = predict(predictor, [tmp_path / "in"], tmp_path / "out")
    assert sorted(rows) == sorted(names)
    for name in names:
        assert read_mask(tmp_path / f"out/masks/{name[:-4]}.lungs.png").any()


def test_a_name_too_long_for_its_pictures_fails_alone(predictor: Predictor, tmp_path: Path) -> None:
    for name in ("肺" * 83 + ".png", "x" * 231 + ".png", "short.png"):
        write_png(tmp_path / "in" / name, draw_pixels())
    options = PictureOptions(probabilities=True)
    rows = predict(predictor, [tmp_path / "in"], tmp_path / "out", options=options)
    assert [row["status"] for _, row in sorted(rows.items())] == ["ok", "ok", "failed"]


def test_threads_change_nothing(model_file: Path, tmp_path: Path) -> None:
    for number in range(8):
        size = (100 + 30 * number, 120)
        write_png(tmp_path / f"in/{number}.png", draw_pixels(FINDINGS[number % 3], size=size))
    written = []
    for threads in (1, 2):
        out = tmp_path / f"out{threads}"
        predict(Predictor(model_file, threads=threads), [tmp_path / "in"], out)
        written.append({name: (out / name).read_bytes() for name in files_below(out)})
    assert written[0] == written[1] and len(written[0]) == 26


def test_a_folder_that_is_not_empty_is_left_alone(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"not empty\. Name a new folder, or say --overwrite"):
        predict(predictor, [films], tmp_path / "out")
    assert files_below(tmp_path / "out") == {"mine.txt"}


def test_overwrite_removes_what_hilum_wrote_and_nothing_else(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    predict(predictor, [films], out, options=PictureOptions(probabilities=True))
    (out / "masks/left over from a killed run.lungs.png").write_bytes(
        (out / "masks/covid.lungs.png").read_bytes()
    )
    mine = {"notes.txt", "masks/mine.png", "overlays/sub/mine.png", "probabilities/mine.txt"}
    for name in mine:
        write_png(out / name, draw_pixels())
    (films / "covid.png").unlink()
    rows = predict(
        predictor, [films], out, options=PictureOptions(overlays=False), earlier=Earlier.REPLACE
    )
    assert sorted(rows) == ["normal.png", "pneumonia.png"]
    masks = {f"masks/{n}.{k}.png" for n in ("normal", "pneumonia") for k in ("lungs", "infection")}
    assert files_below(out) == TABLES | masks | mine


def test_overwrite_does_not_replace_someone_elses_files(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    table = out / "predictions.csv"
    out.mkdir()
    table.write_text("name,score\nx,1\n")
    with pytest.raises(OutputError, match=r"predictions\.csv: this was not written by"):
        predict(predictor, [films], out, earlier=Earlier.REPLACE)
    assert table.read_text() == "name,score\nx,1\n"
    table.unlink()
    mine = write_png(out / "masks/covid.lungs.png", draw_pixels())
    content = mine.read_bytes()
    with pytest.raises(OutputError, match=r"covid\.lungs\.png: a file that this run did not"):
        predict(predictor, [films], out, earlier=Earlier.REPLACE)
    assert mine.read_bytes() == content


def test_inputs_in_the_output_folder_are_refused_before_anything_goes(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    predict(predictor, [films], out)
    write_png(out / "masks/film.png", draw_pixels())
    before = files_below(tmp_path)
    (tmp_path / "links").mkdir()
    (tmp_path / "links/film.png").symlink_to(out / "masks/film.png")
    for inputs in (out, out / "masks", out / "masks/film.png", tmp_path / "links"):
        images = find_inputs([inputs]).images
        assert images
        with pytest.raises(OutputError, match="lies in the output folder"):
            predict_to_folder(predictor, images, out, earlier=Earlier.REPLACE)
    with pytest.raises(OutputError, match="lies in the output folder"):
        predict(predictor, [films], films, earlier=Earlier.REPLACE)
    assert files_below(tmp_path) == before | {"links/film.png"}


def test_the_output_may_lie_in_the_input_folder(predictor: Predictor, films: Path) -> None:
    first = predict(predictor, [films], films / "out")
    again = predict(predictor, [films], films / "out", earlier=Earlier.REPLACE)
    assert first == again and len(again) == 3


def test_a_file_as_output_is_refused(predictor: Predictor, films: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for out in (file, file / "below"):
        with pytest.raises(OutputError, match="file"):
            predict(predictor, [films], out, earlier=Earlier.REPLACE)
    assert file.read_text() == "mine"


def test_rows_are_on_disk_as_they_are_told(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    told: list[str] = []

    class Stop(Exception):
        pass

    def on_row(row: dict[str, object]) -> None:
        told.append(str(row["path"]))
        assert list(read_rows(tmp_path / "out")) == told
        if len(told) == 2:
            raise Stop

    with pytest.raises(Stop):
        predict_to_folder(predictor, find_inputs([films]).images, tmp_path / "out", on_row=on_row)
    assert list(read_rows(tmp_path / "out")) == ["covid.png", "normal.png"]


def test_pictures_are_marked_and_still_read_everywhere(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    from PIL import Image

    predict(predictor, [films], tmp_path / "out")
    for name in ("masks/covid.lungs.png", "overlays/covid.png"):
        with Image.open(tmp_path / "out" / name) as image:
            image.load()
            assert image.info["Software"] == "hilum"


def test_columns_follow_the_classes_of_the_model(films: Path, tmp_path: Path) -> None:
    findings = [Finding.COVID, Finding.VIRAL_PNEUMONIA]
    for number, classes in enumerate((findings, [])):
        model = write_model(
            tmp_path / f"{number}.onnx",
            findings=classes,
            targets=[Structure.LUNGS, Structure.INFECTION],
        )
        rows = predict(Predictor(model), [films], tmp_path / f"out{number}")
        names = [name for name in rows["covid.png"] if name.startswith("p_")]
        assert names == [["p_covid", "p_pneumonia_viral"], []][number]
        assert rows["covid.png"]["status"] == "ok"


def test_an_image_that_vanishes_fails_alone(predictor: Predictor, tmp_path: Path) -> None:
    write_png(tmp_path / "here.png", draw_pixels(size=(SIZE, SIZE)))
    images = [InputImage(tmp_path / f"{n}.png", f"{n}.png", n) for n in ("gone", "here")]
    counts = predict_to_folder(predictor, images, tmp_path / "out")
    assert [counts[status] for status in counts] == [1, 0, 1]
