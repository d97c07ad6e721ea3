"""Going on with predictions that a stopped run left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hilum.errors import OutputError
from hilum.inference import Predictor
from hilum.inference.earlier import Earlier
from hilum.inference.folder import PictureOptions, predict_to_folder
from hilum.inference.inputs import find_inputs
from hilum.output import held
from hilum.radiograph import Finding
from tests.fakes.model import draw_pixels, write_model
from tests.inference.outputs import predict, write_png


@pytest.fixture
def films(tmp_path: Path) -> Path:
    for number in range(5):
        write_png(tmp_path / f"films/{number}.png", draw_pixels(size=(90, 80)))
    (tmp_path / "films/3.png").write_text("text")
    return tmp_path / "films"


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def stop_after(predictor: Predictor, films: Path, out: Path, rows: int) -> None:
    """A run that is interrupted once so many rows are on disk."""
    told = []

    def on_row(row: dict[str, object]) -> None:
        told.append(row)
        if len(told) == rows:
            raise KeyboardInterrupt

    options = PictureOptions(probabilities=True)
    with pytest.raises(KeyboardInterrupt):
        predict_to_folder(
            predictor, find_inputs([films]).images, out, options=options, on_row=on_row
        )


@pytest.mark.parametrize("torn", [b"", b"4.png,ok,", b'"4'], ids=repr)
def test_only_what_is_missing_is_predicted(
    torn: bytes, predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    options = PictureOptions(probabilities=True)
    predict(predictor, [films], tmp_path / "whole", options=options)
    out = tmp_path / "out"
    stop_after(predictor, films, out, 2)
    with (out / "predictions.csv").open("ab") as file:
        file.write(torn)
    # Pictures of the image that was worked on when it was killed: one whole, one empty.
    whole = (tmp_path / "whole/masks/2.lungs.png").read_bytes()
    (out / "masks/2.lungs.png").write_bytes(whole)
    (out / "overlays/2.png").write_bytes(b"")
    first = (out / "masks/0.lungs.png").stat().st_mtime_ns

    told: list[dict[str, object]] = []
    kept: list[int] = []
    counts = predict_to_folder(
        predictor,
        find_inputs([films]).images,
        out,
        options=options,
        earlier=Earlier.RESUME,
        on_row=told.append,
        on_kept=kept.append,
    )
    assert kept == [2] and [row["path"] for row in told] == ["2.png", "3.png", "4.png"]
    assert counts == {"ok": 4, "refused": 0, "failed": 1}
    assert (out / "masks/0.lungs.png").stat().st_mtime_ns == first
    assert contents(out) == contents(tmp_path / "whole")


def test_a_picture_of_someone_else_is_not_replaced(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    stop_after(predictor, films, out, 2)
    mine = write_png(out / "masks/2.lungs.png", draw_pixels())
    content = mine.read_bytes()
    with pytest.raises(OutputError, match="a file that this run did not write is in the way"):
        predict(predictor, [films], out, earlier=Earlier.RESUME)
    assert mine.read_bytes() == content


def test_predictions_of_another_model_are_not_mixed(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    stop_after(predictor, films, out, 2)
    other = write_model(tmp_path / "other.onnx", findings=(Finding.COVID, Finding.NORMAL))
    before = contents(out)
    with pytest.raises(OutputError, match="of another model"):
        predict(Predictor(other), [films], out, earlier=Earlier.RESUME)
    assert contents(out) == before


@pytest.mark.parametrize("table", [None, b""], ids=["absent", "empty"])
def test_where_nothing_was_predicted_all_is(
    table: bytes | None, predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    if table is not None:
        (out / "predictions.csv").write_bytes(table)
    assert len(predict(predictor, [films], out, earlier=Earlier.RESUME)) == 5


def test_a_second_run_into_the_same_folder_is_refused(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with (
        held(out, lock=out / ".lock"),
        pytest.raises(OutputError, match="another run is writing this output"),
    ):
        predict(predictor, [films], out)
    assert len(predict(predictor, [films], out)) == 5
    assert not (out / ".lock").exists()


def test_predictions_of_other_images_are_not_gone_on_with(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    stop_after(predictor, films, out, 2)
    before = contents(out)
    write_png(films / "0.jpg", draw_pixels())  # beside 0.png: their pictures get other names
    with pytest.raises(OutputError, match=r"of other images; got 0\.png"):
        predict(predictor, [films], out, earlier=Earlier.RESUME)
    for film in films.glob("0.*"):
        film.unlink()
    with pytest.raises(OutputError, match=r"of other images; got 0\.png"):
        predict(predictor, [films], out, earlier=Earlier.RESUME)
    assert contents(out) == before


def test_another_image_behind_a_name_is_noticed(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    stop_after(predictor, films, out, 2)
    times = (films / "1.png").stat()
    write_png(films / "1.png", draw_pixels(Finding.NORMAL, size=(90, 80)))
    os.utime(films / "1.png", ns=(times.st_atime_ns, times.st_mtime_ns))
    before = contents(out)
    with pytest.raises(OutputError, match=r"were changed.*; got other content in 1\.png; "):
        predict(predictor, [films], out, earlier=Earlier.RESUME)
    assert contents(out) == before


@pytest.mark.parametrize("change", [b"caf\xe9.png,ok\n", b"1.png,ok\n"], ids=["bytes", "short row"])
def test_a_damaged_table_is_said_and_left_as_it_is(
    change: bytes, predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    stop_after(predictor, films, out, 2)
    with (out / "predictions.csv").open("ab") as file:
        file.write(change + b"torn")
    before = contents(out)
    with pytest.raises(OutputError, match="the table is damaged"):
        predict(predictor, [films], out, earlier=Earlier.RESUME)
    assert contents(out) == before


def test_an_empty_picture_of_a_killed_run_is_replaced(
    predictor: Predictor, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    stop_after(predictor, films, out, 2)
    (out / "masks/2.lungs.png").write_bytes(b"")
    assert len(predict(predictor, [films], out, earlier=Earlier.REPLACE)) == 5
