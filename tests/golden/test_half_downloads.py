"""Downloads that broke off, or were unpacked in part: every oddity is a sentence or an issue."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Hilum, hilum
from tests.collections.zips import zip_folder
from tests.fakes import covid_qu_ex, kermany, radiography
from tests.fakes.fake import FakeCollection

__all__ = ["hilum"]

_LAYOUTS = {
    "kermany": (kermany, ["train/NORMAL", "test"]),
    "covid-qu-ex": (covid_qu_ex, ["Train/Normal", "Val/Non-COVID"]),
    "radiography": (radiography, ["Viral Pneumonia", "Lung_Opacity"]),
}
"""Collection → its fake, and what of it is not unpacked."""

_MISSING = {
    "kermany": ["class normal in train", "official split test"],
    "covid-qu-ex": ["class normal in train", "class pneumonia in val", "official split test"],
    "radiography": ["class lung_opacity", "class pneumonia/viral"],
}


@pytest.fixture(params=_LAYOUTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fake(name: str, tmp_path: Path) -> FakeCollection:
    return _LAYOUTS[name][0].draw(tmp_path / "download", np.random.default_rng(0))


def images(folder: Path) -> list[Path]:
    found = (p for p in folder.rglob("*") if p.suffix in (".png", ".jpeg") and p.name[0] != ".")
    return sorted(
        p for p in found if "chest_xray/chest_xray" not in str(p) and "mask" not in str(p)
    )


def problems(told: str) -> dict[tuple[str, str], str]:
    """(path, kind) → detail, of the JSON that ``hilum inspect`` prints for one folder."""
    (values,) = json.loads(told)
    return {
        (Path(each["source_path"]).name, group["kind"]): each["detail"]
        for group in values["problems"]
        for each in group["each"]
    }


def issues(dataset: Path) -> dict[tuple[str, str], str]:
    with (dataset / "issues.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return {(Path(line["source_path"]).name, line["kind"]): line["detail"] for line in lines}


def test_a_part_of_a_download(
    name: str, fake: FakeCollection, hilum: Hilum, tmp_path: Path
) -> None:
    for path in [p for p in fake.folder.rglob("*") if p.is_dir()]:
        if path.is_dir() and any(str(path).endswith(f"/{end}") for end in _LAYOUTS[name][1]):
            shutil.rmtree(path)
    empty, begun, other = images(fake.folder)[:3]
    empty.write_bytes(b"")
    begun.rename(begun.with_name(f"{begun.name}.part"))
    other.with_name("next.png.crdownload").write_bytes(b"")
    (fake.folder / "the rest.zip.part").write_bytes(b"PK\3\4")
    for path in [p for p in fake.folder.rglob("*") if p.is_file()]:
        twin = fake.folder / "__MACOSX" / path.relative_to(fake.folder)
        twin.parent.mkdir(parents=True, exist_ok=True)
        twin.with_name(f"._{path.name}").write_bytes(b"\0\5\26\7" + bytes(90))

    inspected = hilum("inspect", fake.folder, "--json")
    assert (inspected.returncode, inspected.stderr) == (0, "")
    compiled = hilum("compile", fake.folder, "-o", tmp_path / "out")
    assert compiled.returncode == 0 and "Traceback" not in compiled.stderr, compiled.stderr
    for told in (problems(inspected.stdout), issues(tmp_path / "out")):
        assert "file is empty" in told[empty.name, "unreadable image"]
        for unfinished in (f"{begun.name}.part", "next.png.crdownload", "the rest.zip.part"):
            assert "broken off" in told[unfinished, "unfinished download"]
        assert not [place for place, _ in told if place.startswith("._")]
    missing = [
        line["detail"]
        for group in json.loads(inspected.stdout)[0]["problems"]
        if group["kind"] == "missing part"
        for line in group["each"]
    ]
    assert len(missing) == len(_MISSING[name])
    for part in _MISSING[name]:
        assert any(f"no image of the {part}" in detail for detail in missing), part
    with (tmp_path / "out/issues.csv").open(newline="", encoding="utf-8") as file:
        lines = [line["detail"] for line in csv.DictReader(file) if line["kind"] == "missing part"]
    assert sorted(lines) == sorted(missing)


@pytest.mark.parametrize("share", [0.6, 0.99])
def test_an_archive_that_was_cut_off(
    fake: FakeCollection, hilum: Hilum, tmp_path: Path, share: float
) -> None:
    archive = zip_folder(fake.folder, tmp_path / "download.zip")
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * share)])
    for words in (["inspect", archive], ["compile", archive, "-o", tmp_path / "out"]):
        done = hilum(*words)
        told = " ".join(done.stderr.split())
        assert done.returncode == 2 and "Traceback" not in told
        assert f"{archive}: the zip archive " in told and "Fetch the archive again" in told
    assert not (tmp_path / "out").exists()


def test_a_damaged_file_in_an_archive(fake: FakeCollection, hilum: Hilum, tmp_path: Path) -> None:
    bad = images(fake.folder)[0]
    archive = zip_folder(fake.folder, tmp_path / "download.zip")
    data = bytearray(archive.read_bytes())
    data[data.index(bad.read_bytes()) + 60] ^= 255
    archive.write_bytes(data)
    inspected = hilum("inspect", archive, "--json")
    compiled = hilum("compile", archive, "-o", tmp_path / "out")
    assert (inspected.returncode, compiled.returncode) == (0, 0), compiled.stderr
    for told in (problems(inspected.stdout), issues(tmp_path / "out")):
        assert "CRC" in told[bad.name, "damaged archive"]
