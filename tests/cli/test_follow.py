"""``hilum follow`` from start to end."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hilum.radiograph import Finding
from tests.cli.conftest import Hilum
from tests.fakes.model import draw_pixels
from tests.imaging.pictures import encode_dicom
from tests.inference.outputs import write_png


@pytest.fixture
def predictions(hilum: Hilum, model: Path, tmp_path: Path) -> Path:
    for number in (1, 2):
        path = tmp_path / f"films/covid/{number}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        tags = {"PatientID": "KH-991", "StudyDate": f"2020010{2 * number}"}
        path.write_bytes(encode_dicom(draw_pixels(size=(90, 90 + number)), **tags))
    write_png(tmp_path / "films/pneumonia/3.png", draw_pixels(Finding.PNEUMONIA))
    done = hilum("predict", tmp_path / "films", "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 0, done.stderr
    return tmp_path / "out"


def read(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "follow.csv").open(newline="", encoding="utf-8") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def test_with_a_table(hilum: Hilum, predictions: Path, tmp_path: Path) -> None:
    visits = tmp_path / "visits.csv"
    visits.write_text("Bild,Nr,Tag\n1.dcm,P,2020-01-05\n2,P,2020-01-09\n3.png,Q,2020-01-01\n")
    names = ("--image", "Bild", "--patient", "Nr", "--day", "Tag")
    for given, output in ((predictions, "one"), (predictions / "predictions.csv", "two")):
        done = hilum("follow", given, "--table", visits, *names, "-o", tmp_path / output)
        assert done.returncode == 0, done.stderr
        assert "with a course" in done.stdout and "Research use only." in done.stdout
        rows = read(tmp_path / output)
        assert [rows[f"covid/{n}.dcm"]["day"] for n in (1, 2)] == ["0", "4"]
        assert rows["covid/1.dcm"]["right_lung_infected_percent"] > "4"
        assert rows["pneumonia/3.png"]["infected_percent"] == ""
        assert len(list((tmp_path / output / "courses").iterdir())) == 1
        assert "2020-01" not in (tmp_path / output / "follow.html").read_text()


def test_with_dicom_and_with_a_dataset(hilum: Hilum, predictions: Path, tmp_path: Path) -> None:
    salt = ("--salt", "a secret of the clinic")
    done = hilum("follow", predictions, "--dicom", tmp_path / "films", *salt, "-o", tmp_path / "f")
    assert done.returncode == 0, done.stderr
    assert "Images of nobody known: 1" in done.stderr
    done = hilum("compile", tmp_path / "films", "-o", tmp_path / "dataset", *salt)
    assert done.returncode == 0 and "pseudonyms" not in done.stdout, done.stderr
    done = hilum("follow", predictions, "--dataset", tmp_path / "dataset", "-o", tmp_path / "g")
    assert done.returncode == 0, done.stderr
    rows, again = read(tmp_path / "f")["covid/2.dcm"], read(tmp_path / "g")["covid/2.dcm"]
    assert rows["day"] == again["day"] == "2"
    assert again["patient"] == f"plain-folder:{rows['patient']}"
    assert "KH-991" not in (tmp_path / "f/follow.html").read_text()


def test_a_compile_without_salt_says_what_that_means(
    hilum: Hilum, predictions: Path, tmp_path: Path
) -> None:
    done = hilum("compile", tmp_path / "films", "-o", tmp_path / "dataset")
    assert done.returncode == 0, done.stderr
    assert "pseudonyms for this dataset only" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["PREDICTIONS"], "--table, --dataset and --dicom"),
        (["PREDICTIONS", "--table", "x.csv", "--dicom", "y"], "--table, --dataset and --dicom"),
        (["PREDICTIONS", "--table", "absent.csv"], "absent.csv: the table cannot be opened"),
        (["absent", "--dicom", "."], "there are no predictions"),
        (["PREDICTIONS", "--dataset", "."], "this is no dataset"),
        (["PREDICTIONS", "--dicom", "absent"], "there is no such folder"),
        (["PREDICTIONS", "--dicom", ".", "--salt", "short"], "the salt is too short"),
        (
            ["PREDICTIONS", "--dataset", ".", "--day", "Tag"],
            "Invalid value for --day: means something beside --table only",
        ),
        (["PREDICTIONS", "--dicom", ".", "--image", "image"], "beside --table only: leave it out"),
        (["PREDICTIONS", "--table", "t.csv", "--salt", "a secret"], "beside --dicom only"),
    ],
)
def test_bad_usage_is_a_sentence(
    hilum: Hilum, predictions: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    given = [str(predictions) if word == "PREDICTIONS" else word for word in arguments]
    done = hilum("follow", *given, "-o", tmp_path / "o", folder=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert said in " ".join(done.stderr.split())
    assert not (tmp_path / "o").exists()
