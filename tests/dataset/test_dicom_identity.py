"""Who a DICOM file is of stays with who has the file."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image, PngImagePlugin
from pydicom import Dataset

from hilum.collections.inspect import inspect
from hilum.dataset.compile import Compiled, CompileOptions, compile_dataset
from hilum.dataset.read import open_dataset
from hilum.errors import CollectionError
from hilum.inference import Predictor
from hilum.inference.folder import PictureOptions
from hilum.radiograph import Split
from hilum.report.predictions import write_predictions_page
from tests.dataset.test_compile import contents, read_issues
from tests.fakes.model import draw_pixels, write_model
from tests.imaging.pictures import draw_grey, encode, encode_dicom
from tests.inference.outputs import predict

NAME, PATIENT, BORN = "Quillfeather^Zephyrine", "KH-77001234", "19570623"
STUDIED = "20210317"
ACCESSION, OTHER_ID = "ACC9988776655", "SSN123456789"
SECRETS = [
    *(b"quillfeather", b"zephyrine", b"kh-77001234", b"77001234", b"19570623", b"1957-06-23"),
    *(b"20210317", b"2021-03-17", b"acc9988776655", b"ssn123456789", b"st. elsewhere"),
    b"1.2.3.4.77001234",
]
SALT = "a text nobody else knows"


def film(number: int, *, patient: str = PATIENT, day: str = STUDIED, **tags: object) -> bytes:
    pixels = draw_grey(96, 96, seed=number)
    private = Dataset()
    private.PatientID = OTHER_ID
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return encode_dicom(
            pixels,
            PatientName=NAME,
            PatientID=patient,
            PatientBirthDate=BORN,
            PatientSex="F",
            PatientAge="063Y",
            StudyDate=day,
            AccessionNumber=ACCESSION,
            InstitutionName="St. Elsewhere",
            PatientComments=f"{NAME} {BORN}",
            StudyInstanceUID="1.2.3.4.77001234",
            OtherPatientIDsSequence=[private],
            ViewPosition="AP",
            **tags,
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "covid/1.dcm": film(1, day="20210320"),
        "covid/2.dcm": film(2),
        "normal/3": film(3, day="20210401", BurnedInAnnotation="YES"),
        "normal/4.dcm": film(4, patient="KH-5", day="20200101"),
        "normal/5.dcm": film(5, patient="ANONYMOUS"),
        "normal/6.dcm": film(6, patient="Anonymous"),
        "normal/broken.dcm": film(7)[:-900],
        "normal/7.dcm": film(8, patient="KH-5", PhotometricInterpretation="PALETTE COLOR"),
    }
    for name, data in files.items():
        path = tmp_path / "films" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "films"


def compile_films(folder: Path, output: Path, salt: str | None = SALT) -> Compiled:
    return compile_dataset([folder], output, options=CompileOptions(salt=salt))


def labels(folder: Path) -> dict[str, dict[str, object]]:
    dataset = open_dataset(folder)
    rows = [row for split in Split for row in dataset.labels(split)]
    return {row["source_path"]: row for row in rows}


def everything_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's bytes; of tables also each cell, and of pictures the text inside."""
    for name, data in contents(folder).items():
        yield name, data
        if name.endswith(".png"):
            assert set(Image.open(io.BytesIO(data)).info) <= {"Software"}, name
        if name.endswith(".parquet"):
            table = pq.read_table(io.BytesIO(data))
            yield name, str(table.schema.metadata).encode()
            for row in table.to_pylist():
                for column, cell in row.items():
                    yield f"{name} {column}", str(cell).encode()
                    if isinstance(cell, dict):
                        yield f"{name} {column}", cell["bytes"]
                        picture = Image.open(io.BytesIO(cell["bytes"]))
                        yield f"{name} {column}", str(picture.info).encode()
                        assert not picture.info, "a DICOM's picture carries no words"


def assert_no_secret(folder: Path) -> None:
    for name, data in everything_in(folder):
        for secret in SECRETS:
            assert secret not in data.lower(), (name, secret)
            assert secret.decode().encode("utf-16-le") not in data.lower(), (name, secret)
        assert secret not in name.lower().encode()


def test_nothing_of_who_it_is_in_a_dataset(folder: Path, tmp_path: Path) -> None:
    assert_no_secret(compile_films(folder, tmp_path / "salted").folder)
    assert_no_secret(compile_films(folder, tmp_path / "not", None).folder)
    for name, data in everything_in(tmp_path / "salted"):
        assert SALT.encode() not in data, name


def test_nothing_of_who_it_is_in_predictions(folder: Path, tmp_path: Path) -> None:
    predictor = Predictor(write_model(tmp_path / "fake.onnx"))
    options = PictureOptions(overlays=True, probabilities=True)
    rows = predict(predictor, [folder], tmp_path / "out", options=options)
    assert [row["status"] for row in rows.values()].count("ok") == 6
    write_predictions_page(tmp_path / "out", tmp_path / "out/report.html")
    assert (tmp_path / "out/overlays/covid/1.png").exists()
    assert_no_secret(tmp_path / "out")


def test_patients_views_and_days_are_told(folder: Path, tmp_path: Path) -> None:
    rows = labels(compile_films(folder, tmp_path / "out").folder)
    one = {str(rows[name]["patient_id"]) for name in ("covid/1.dcm", "covid/2.dcm", "normal/3")}
    assert len(one) == 1 and one.pop().startswith("plain-folder:")
    assert rows["normal/4.dcm"]["patient_id"] not in (None, rows["normal/3"]["patient_id"])
    assert [rows[f"normal/{n}.dcm"]["patient_id"] for n in (5, 6)] == [None, None]
    assert [rows[n]["day"] for n in ("covid/2.dcm", "covid/1.dcm", "normal/3")] == [0, 3, 15]
    assert rows["normal/5.dcm"]["day"] is None
    assert {(r["view"], r["sex"], r["age"]) for r in rows.values()} == {("AP", "F", 63.0)}
    issues = {i["source_path"]: i["kind"] for i in read_issues(tmp_path / "out")}
    assert issues["normal/3"] == "burned-in text"
    assert issues["normal/broken.dcm"] == issues["normal/7.dcm"] == "unreadable image"


def test_one_salt_gives_the_same_bytes_and_another_other_patients(
    folder: Path, tmp_path: Path
) -> None:
    first = compile_films(folder, tmp_path / "one")
    second = compile_films(folder, tmp_path / "two")
    assert contents(first.folder) == contents(second.folder)
    assert not first.has_passing_pseudonyms
    other = compile_films(folder, tmp_path / "three", "some other secret text")
    passing = compile_films(folder, tmp_path / "four", None)
    assert passing.has_passing_pseudonyms
    ids = [
        labels(compiled.folder)["normal/3"]["patient_id"] for compiled in (first, other, passing)
    ]
    assert len(set(ids)) == 3
    locks = [json.loads((c.folder / "hilum.lock.json").read_text()) for c in (first, other)]
    assert locks[0]["patient_key"] != locks[1]["patient_key"]
    assert len(locks[0]["patient_key"]) == 64


def test_days_of_one_patient_in_two_folders_count_from_one_film(
    folder: Path, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    (more / "covid").mkdir(parents=True)
    (more / "covid/earlier.dcm").write_bytes(film(9, day="20210310"))
    options = CompileOptions(salt=SALT)
    compiled = compile_dataset([folder, more], tmp_path / "out", options=options)
    rows = labels(compiled.folder)
    assert rows["more/covid/earlier.dcm"]["day"] == 0
    assert rows["films/covid/2.dcm"]["day"] == 7
    assert rows["more/covid/earlier.dcm"]["group_id"] == rows["films/covid/2.dcm"]["group_id"]


def test_without_dicom_the_salt_changes_nothing(tmp_path: Path) -> None:
    for name in ("covid/1.png", "normal/2.png"):
        path = tmp_path / "films" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(encode(draw_pixels(size=(50, len(name) + 40)), "PNG"))
    one = compile_films(tmp_path / "films", tmp_path / "one", None)
    two = compile_films(tmp_path / "films", tmp_path / "two")
    assert contents(one.folder) == contents(two.folder)
    assert not one.has_passing_pseudonyms
    assert json.loads((one.folder / "hilum.lock.json").read_text())["patient_key"] is None


def test_a_short_salt_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="got 6 characters; expected at least 12"):
        compile_films(folder, tmp_path / "out", "secret")
    assert SALT not in repr(CompileOptions(salt=SALT))


def test_inspect_counts_patients(folder: Path) -> None:
    found = inspect(folder, check_pixels=True)
    assert (found.patients, found.images_without_patient) == (2, 2)
    kinds = {group.kind: group.count for group in found.problems}
    assert kinds == {"unreadable image": 2, "burned-in text": 1}
    text = json.dumps(found.to_dict()).lower().encode()
    assert not [secret for secret in SECRETS if secret in text]


def test_text_inside_a_file_of_ones_own_is_told(tmp_path: Path) -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", NAME)
    exif = Image.Exif()
    exif[0x010E] = NAME
    folder = tmp_path / "films/covid"
    folder.mkdir(parents=True)
    pixels = draw_pixels(size=(60, 70))
    (folder / "a.png").write_bytes(encode(pixels, "PNG", pnginfo=words))
    (folder / "b.jpg").write_bytes(encode(pixels, "JPEG", exif=exif, comment=b"hello"))
    (folder / "c.png").write_bytes(encode(pixels[1:], "PNG"))
    (folder / "d.jpg").write_bytes(encode(pixels[1:], "JPEG"))
    (folder / "e.png").write_bytes(encode(pixels.astype(np.uint16) * 257, "PNG", pnginfo=words))
    compiled = compile_films(tmp_path / "films", tmp_path / "out")
    told = {i["source_path"]: (i["kind"], i["detail"]) for i in read_issues(compiled.folder)}
    assert set(told) == {"covid/a.png", "covid/b.jpg"}
    assert told["covid/a.png"][1].startswith("text; kept as part of the file")
    assert told["covid/b.jpg"] == (
        "text in the file",
        "EXIF, comment; kept as part of the file, and may tell who it is",
    )
