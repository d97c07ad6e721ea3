"""The Radiography Database's releases: RGB lung masks, workbooks that spell names their own way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_image, write_mask
from tests.fakes.workbook import write_workbook

_CLASSES = {"COVID": 2, "Lung_Opacity": 1, "Normal": 2, "Viral Pneumonia": 1}
_COLUMNS = ("FILE NAME", "FORMAT", "SIZE", "URL")
_BIMCV = "https://bimcv.cipf.es/bimcv-projects/bimcv-covid19/#1590858128006-9e640421-6711"
_HANNOVER = "https://github.com/ml-workgroup/covid-19-image-repository/tree/master/png"
_RSNA = "https://www.kaggle.com/c/rsna-pneumonia-detection-challenge/data"
_KERMANY = "https://www.kaggle.com/paultimothymooney/chest-xray-pneumonia"


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """Today's release, with a workbook per class but one."""
    root = folder / "COVID-19_Radiography_Dataset"
    for class_name, count in _CLASSES.items():
        for number in range(1, count + 1):
            name = f"{class_name}-{number}.png"
            chest = write_chest(root / class_name / "images" / name, rng)
            small = cv2.resize(chest.lungs.astype(np.uint8) * 255, None, fx=0.75, fy=0.75)
            rgb = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
            write_image(root / class_name / "masks" / name, rgb)
    (root / "Normal/masks/Normal-2.png").unlink()
    write_mask(root / "COVID/masks/COVID-9.png", chest.lungs)
    covid = [("COVID-1", _BIMCV), ("COVID-3", _HANNOVER), ("COVID-4", _HANNOVER)]
    _write_urls(root / "COVID.metadata.xlsx", covid)
    normal = [("NORMAL-1", _RSNA), ("NORMAL-2", _KERMANY), ("=A2", _RSNA)]
    _write_urls(root / "Normal.metadata.xlsx", normal)
    (root / "Lung_Opacity.metadata.xlsx").write_bytes(b"a workbook")
    return FakeCollection(
        folder=folder,
        radiographs=6,
        problems={
            "missing mask": 1,
            "mask without image": 1,
            "not in metadata": 1,
            "missing images": 1,
            "damaged row": 1,
            "damaged table": 1,
        },
        mask=root / "COVID/masks/COVID-1.png",
        findings={"covid": 2, "lung_opacity": 1, "normal": 2, "pneumonia/viral": 1},
    )


def draw_classes(folder: Path, rng: np.random.Generator, count: int) -> Path:
    """``count`` films of each of today's classes, and nothing else."""
    for class_name in _CLASSES:
        for number in range(1, count + 1):
            name = f"COVID-19_Radiography_Dataset/{class_name}/images/{class_name}-{number}.png"
            write_chest(folder / name, rng)
    return folder


def draw_first(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """The release of 219 COVID-19 images: flat, and a workbook of another spelling."""
    root = folder / "COVID-19 Radiography Database"
    _draw_flat(root, rng, {"COVID-19": 2, "NORMAL": 1, "Viral Pneumonia": 1})
    write_chest(root / "COVID-19/COVID-19(3).png", rng)
    write_chest(root / "NORMAL/holiday.png", rng)
    urls = ["https://www.sirm.org/category/senza-categoria/covid-19/", "https://doi.org/10.1/2", ""]
    rows = [(f"COVID-19({number})", url) for number, url in enumerate(urls, start=1)]
    _write_urls(root / "COVID-19.metadata.xlsx", rows)
    _write_urls(root / "Viral Pneumonia.matadata.xlsx", [("Viral Pneumonia(1)", _KERMANY)])
    (root / "README.md.txt").write_text("COVID-19 Radiography Database")
    return FakeCollection(
        folder=folder,
        radiographs=5,
        problems={"unexpected image": 1},
        findings={"covid": 3, "normal": 1, "pneumonia/viral": 1},
    )


def draw_middle(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """The releases of 1,143 and 1,200 COVID-19 images: flat, other class names, no workbooks."""
    root = folder / "COVID-19 Radiography Database"
    _draw_flat(root, rng, {"COVID": 2, "NORMAL": 1, "Viral Pneumonia": 1})
    return FakeCollection(
        folder=folder,
        radiographs=4,
        problems={},
        findings={"covid": 2, "normal": 1, "pneumonia/viral": 1},
    )


def _draw_flat(root: Path, rng: np.random.Generator, classes: Mapping[str, int]) -> None:
    for class_name, count in classes.items():
        for number in range(1, count + 1):
            write_chest(root / class_name / f"{class_name} ({number}).png", rng)


def _write_urls(path: Path, rows: list[tuple[str, str]]) -> Path:
    return write_workbook(path, _COLUMNS, [(name, "PNG", "256*256", url) for name, url in rows])
