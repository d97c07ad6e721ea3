"""The formats that are fuzzed: for each a folder with one file to damage, and how to damage it."""

from __future__ import annotations

import io
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import fuzz_mutations as mutate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.fakes import (
    covid_qu_ex,
    general_blockchain,
    hannover,
    ieee8023,
    kermany,
    radiography,
    v7,
)
from tests.fakes.model import draw_pixels
from tests.imaging.pictures import encode, encode_dicom
from tests.imaging.recompress import recompress


@dataclass(frozen=True)
class Sample:
    """A sound folder."""

    folder: Path
    """A collection, as a user would give it."""
    target: Path
    """The file to damage."""
    others: tuple[Path, ...] = ()
    """Further folders that it needs."""


@dataclass(frozen=True)
class Format:
    """What is damaged, and how."""

    name: str
    draw: Callable[[Path, np.random.Generator], Sample]
    """Writes a sound folder; different ones for different states of the generator."""
    structure: mutate.Mutation
    """Knows the format's joints; half of all mutants come from it."""

    def mutant(self, data: bytes, random: np.random.Generator) -> bytes:
        """``data`` damaged once, seldom twice."""
        for _ in range(1 + (random.random() < 0.2)):
            anywhere = mutate.ANYWHERE[int(random.integers(0, len(mutate.ANYWHERE)))]
            try:
                chosen = self.structure if random.random() < 0.5 else anywhere
                data = chosen(data, random)
            except Exception:  # a second mutation of what the first one left
                data = anywhere(data, random)
        return data


def _image(*files: tuple[str, Callable[[Image.Image], bytes]]) -> Callable[..., Sample]:
    """A plain folder in which one image of the format is the target; variants in turn."""

    def draw(folder: Path, random: np.random.Generator) -> Sample:
        suffix, write = files[int(random.integers(0, len(files)))]
        for name in ("normal/sound.png", f"covid/target{suffix}", "pneumonia/other.png"):
            path = folder / name
            path.parent.mkdir(parents=True)
            pixels = draw_pixels(size=(64 + len(name), 70))
            noise = random.integers(0, 9, pixels.shape)
            picture = Image.fromarray((pixels - noise.astype(np.uint8)).astype(np.uint8))
            path.write_bytes(write(picture) if "target" in name else encode(picture, "PNG"))
        return Sample(folder, folder / f"covid/target{suffix}")

    return draw


def _png16(picture: Image.Image) -> bytes:
    return cv2.imencode(".png", np.asarray(picture).astype(np.uint16) * 200)[1].tobytes()


def _dicom(syntax: str | None, *, deep: bool = True) -> Callable[[Image.Image], bytes]:
    def write(picture: Image.Image) -> bytes:
        pixels = np.asarray(picture).astype(np.uint16) * 16 if deep else np.asarray(picture)
        tags = {"WindowCenter": 2000, "WindowWidth": 4000} if deep else {}
        data = encode_dicom(
            *(pixels,),
            bits=12 if deep else 8,
            PatientID="P17",
            StudyDate="20200314",
            PatientAge="045Y",
            **tags,
        )
        return data if syntax is None else recompress(data, syntax)

    return write


def _table(fake: Callable[..., object]) -> Callable[[Path, np.random.Generator], Sample]:
    def draw(folder: Path, random: np.random.Generator) -> Sample:
        drawn = fake(folder / "download", random)
        return Sample(drawn.folder, drawn.table, drawn.others)  # type: ignore[attr-defined]

    return draw


def _csv(folder: Path, random: np.random.Generator) -> Sample:
    fakes = (ieee8023.draw, general_blockchain.draw, hannover.draw)
    return _table(fakes[int(random.integers(0, len(fakes)))])(folder, random)


def _coco(folder: Path, random: np.random.Generator) -> Sample:
    """V7's export, unpacked."""
    sample = _table(v7.draw)(folder, random)
    with zipfile.ZipFile(sample.target) as archive:
        data = archive.read("output.json")
    sample.target.unlink()
    target = sample.target.with_name("output.json")
    target.write_bytes(data)
    return Sample(sample.folder, target, sample.others)


def _xlsx(folder: Path, random: np.random.Generator) -> Sample:
    """One of the workbooks of the Radiography Database."""
    drawn = radiography.draw(folder / "download", random)
    name = str(random.choice(["COVID.metadata.xlsx", "Normal.metadata.xlsx"]))
    return Sample(drawn.folder, next(drawn.folder.rglob(name)))


def _archive(folder: Path, random: np.random.Generator) -> Sample:
    """A collection as it is downloaded, or V7's archive inside its folder."""
    fakes = (v7.draw, covid_qu_ex.draw, radiography.draw, general_blockchain.draw, kermany.draw)
    number = int(random.integers(0, len(fakes)))
    if number == 0:
        return _table(v7.draw)(folder, random)
    drawn = fakes[number](folder / "download", random)
    archive = folder / "download.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(drawn.folder.rglob("*")):
            file.write(path, path.relative_to(drawn.folder))
    shutil.rmtree(drawn.folder)
    return Sample(archive, archive, drawn.others)


def _saved(file_format: str, **options: object) -> Callable[[Image.Image], bytes]:
    def write(picture: Image.Image) -> bytes:
        buffer = io.BytesIO()
        picture.save(buffer, file_format, **options)
        return buffer.getvalue()

    return write


FORMATS: tuple[Format, ...] = (
    Format("png", _image((".png", _saved("PNG")), (".png", _png16)), mutate.change_png),
    Format(
        "jpeg",
        _image((".jpg", _saved("JPEG")), (".jpeg", _saved("JPEG", progressive=True))),
        mutate.change_jpeg,
    ),
    Format(
        "webp",
        _image((".webp", _saved("WEBP")), (".webp", _saved("WEBP", lossless=True))),
        mutate.change_number,
    ),
    Format(
        "tiff",
        _image(
            (".tif", _saved("TIFF")),
            (".tiff", _saved("TIFF", compression="tiff_lzw")),
            (".tif", _saved("TIFF", compression="tiff_adobe_deflate")),
            (".tif", _saved("TIFF", compression="jpeg")),
        ),
        mutate.change_tiff,
    ),
    Format(
        "dicom",
        _image(
            (".dcm", _dicom(None)),
            (".dcm", _dicom(None, deep=False)),
            (".dcm", _dicom("JPEGBaselineProcess1", deep=False)),
            (".dcm", _dicom("JPEGLosslessProcess14_1")),
            (".dcm", _dicom("JPEGLSLossless")),
            (".dcm", _dicom("JPEG2000Lossless")),
            (".dcm", _dicom("RLELossless")),
            (".dcm", _dicom("DeflatedExplicitVRLittleEndian")),
            (".dcm", _dicom("ImplicitVRLittleEndian")),
        ),
        mutate.change_dicom,
    ),
    Format("coco json", _coco, mutate.change_json),
    Format("csv", _csv, mutate.change_csv),
    Format("xlsx", _xlsx, mutate.change_workbook),
    Format("zip", _archive, mutate.change_zip),
)
"""A format more is a line more."""
