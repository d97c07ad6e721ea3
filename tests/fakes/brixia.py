"""BrixIA's own dataset: DICOM, scores that lost their zeros, a table per version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, draw_small_chest, write_table
from tests.imaging.pictures import encode_dicom

_COLUMNS = (
    *("Filename", "StudyId", "Subject", "StudyDate", "Modality", "Sex"),
    *("AgeAtStudyDateFiveYear", "BrixiaScore", "BrixiaScoreGlobal", "ConsensusTestset"),
)


def _row(name: str, subject: str, zones: str, total: str, test: str = "0") -> Mapping[str, str]:
    common = {"StudyId": "1", "StudyDate": "20200401", "Modality": "CR", "Sex": "M"}
    score = {"BrixiaScore": zones, "BrixiaScoreGlobal": total, "ConsensusTestset": test}
    return {**common, **score, "Filename": name, "Subject": subject, "AgeAtStudyDateFiveYear": "12"}


_ROWS = (
    _row("1001.dcm", "S1", "12312", "9"),
    _row("1002.dcm", "S1", "333333", "18", test="1"),
    _row("1003.dcm", "S2", "0", "0"),
    _row("1004.dcm", "S3", "111111", "7"),
    _row("1005.dcm", "S4", "111111", "6"),
    _row("1005.dcm", "S5", "111111", "6"),
    _row("1099.dcm", "S6", "111111", "6"),
)


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """With the first version of the table, cells separated by commas."""
    return _draw(folder, rng, version=1)


def draw_version_2(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """With the second version of the table as well, cells separated by semicolons."""
    fake = _draw(folder, rng, version=2)
    (fake.folder / "data/metadata_global_v1.csv").write_text("an older version")
    return fake


def _draw(folder: Path, rng: np.random.Generator, *, version: int) -> FakeCollection:
    root = folder / "data"
    images = root / "dicom_clean"
    images.mkdir(parents=True)
    for name in ("1001.dcm", "1002.dcm", "1003.dcm", "1004.dcm", "1005.dcm", "2000.dcm"):
        pixels = draw_small_chest(rng, infected=True).pixels
        polarity = "MONOCHROME1" if name == "1002.dcm" else "MONOCHROME2"
        (images / name).write_bytes(encode_dicom(pixels, photometric=polarity))
    table = write_table(root / f"metadata_global_v{version}.csv", _COLUMNS, _ROWS)
    if version > 1:
        text = table.read_text("utf-8").replace(",", ";")
        table.write_text(f"\ufeff{text}", "utf-8", newline="")
    (root / "metadata_consensus_v1.csv").write_text("Filename,ModeA\n1002.dcm,3\n")
    return FakeCollection(
        folder=folder,
        radiographs=6,
        problems={
            "not in metadata": 1,
            "damaged score": 1,
            "rows disagree": 1,
            "missing images": 1,
        },
        table=table if version == 1 else None,
        findings={"covid": 5, None: 1},
    )
