"""The real folders, counted: what a change of a reader would silently lose shows here."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.inspect import Inspection, MaskCount, inspect
from hilum.collections.registry import read_folder
from hilum.collections.v7_annotations import drawn_lungs, mask_files, read_annotations
from hilum.imaging.masks import read_mask
from hilum.imaging.read import read_picture
from hilum.radiograph import Structure
from tests.collections.zips import zip_folder

pytestmark = pytest.mark.real


def _problems(inspection: Inspection) -> dict[str, int]:
    return {group.kind: group.count for group in inspection.problems}


def test_covid_qu_ex(shared_data: Path) -> None:
    found = inspect(shared_data / "covid-qu-ex")
    assert found.images == 4128
    assert found.findings == {"covid": 2064, "normal": 1032, "pneumonia": 1032}
    assert found.official_splits == {"train": 3728, "validation": 400}
    assert found.structures["infection"] == MaskCount(4128, 0, 0)
    assert _problems(found) == {"missing part": 1}  # the official test


def test_radiography(shared_data: Path) -> None:
    found = inspect(shared_data / "radiography", check_pixels=True)
    assert found.findings == {"covid": 130, "normal": 130}
    assert found.structures["right_lung"] == MaskCount(0, 0, 260)
    assert _problems(found) == {"missing part": 3}  # two classes and all masks


def test_general_blockchain(shared_data: Path) -> None:
    found = inspect(shared_data / "general-blockchain")
    assert found.findings == {
        "covid": 44,
        "pneumonia/viral": 3,
        "normal": 1,
        "pneumonia/bacterial": 1,
        "pneumonia/other": 1,
    }
    given = {name: count.given for name, count in found.structures.items() if count.given}
    assert given == {
        "right_lung": 50,
        "left_lung": 49,
        "cardiomediastinum": 50,
        "airways": 50,
        "ground_glass": 46,
        "consolidation": 13,
        "endotracheal_tube": 9,
        "central_venous_line": 6,
        "monitoring_probes": 7,
        "nasogastric_tube": 6,
        "tubings": 10,
    }
    assert found.patients == 39
    assert found.views == {"PA": 48, "AP": 2}
    assert _problems(found) == {"missing mask": 7}


def test_general_blockchain_left_is_the_patients_left(shared_data: Path) -> None:
    checked = 0
    for radiograph in read_folder(shared_data / "general-blockchain").radiographs[:12]:
        if {Structure.RIGHT_LUNG, Structure.LEFT_LUNG} <= radiograph.masks.keys():
            picture = read_picture(radiograph.path)
            right, left = (
                read_mask(radiograph.masks[s], width=picture.width, height=picture.height)
                for s in (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)
            )
            assert np.nonzero(right)[1].mean() < np.nonzero(left)[1].mean()
            checked += 1
    assert checked == 12


def test_ieee8023(shared_data: Path) -> None:
    found = inspect(shared_data / "ieee8023", check_pixels=True)
    assert found.images == 100
    assert found.findings == {
        "covid": 80,
        "pneumonia/bacterial": 8,
        "unknown": 4,
        "pneumonia/other": 3,
        "pneumonia/viral": 3,
        "normal": 1,
        "pneumonia": 1,
    }
    assert found.views == {"PA": 67, "lateral": 13, "AP": 10, "AP supine": 7, "unknown": 3}
    assert found.patients == 78
    assert found.origins["Hannover Medical School"] == 6
    assert found.severity_scores == {"geographic_extent": 47, "opacity": 47}
    assert _problems(found) == {"missing image": 562, "not a radiograph": 84, "rows disagree": 5}


def test_v7(shared_data: Path) -> None:
    found = inspect(
        shared_data / "v7-covid19-xray", others=[shared_data / "ieee8023"], check_pixels=True
    )
    assert found.findings == {"covid": 80}
    assert found.structures["left_lung"] == MaskCount(80, 0, 0)
    assert found.patients == 65
    assert _problems(found) == {
        "missing image": 378,
        "unused mask": 89,
        "not a radiograph": 59,
    }
    assert 80 + 378 + 59 == 517


def test_v7_darwin_says_the_same_as_coco(shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    archive = "annotations/covid-only.zip"
    (tmp_path / archive).symlink_to(shared_data / "v7-covid19-xray" / archive)
    others = [shared_data / "ieee8023"]
    coco = read_folder(shared_data / "v7-covid19-xray", others=others).radiographs
    darwin = read_folder(tmp_path, others=others).radiographs
    assert len(darwin) == len(coco) == 80
    for one, other in zip(coco, darwin, strict=True):
        assert one.source_path == other.source_path
        assert one.masks == other.masks


def test_v7_masks_are_the_outlines_drawn(shared_data: Path) -> None:
    folder = shared_data / "v7-covid19-xray"
    _, annotations = read_annotations(folder)
    drawn, checked = mask_files(folder), 0
    for image in annotations.images:
        mask, outlines = drawn_lungs(image, drawn), image.outlines.get("Lung", ())
        if mask is not None and outlines and checked < 8:
            size = {"width": image.width, "height": image.height}
            one, other = read_mask([mask], **size), read_mask(outlines, **size)
            # The PNG leaves out what is ignored, captions and implants over the lungs.
            assert (one & other).sum() > 0.9 * other.sum() and (one & ~other).mean() < 0.005
            checked += 1
    assert checked == 8


def test_v7_finds_images_by_name_anywhere(shared_data: Path) -> None:
    found = inspect(
        shared_data / "v7-covid19-xray", others=[shared_data / "general-blockchain/images"]
    )
    assert found.images == 44
    # Two of them have other margins there than the images V7 outlined.
    assert found.structures["left_lung"] == MaskCount(42, 0, 2)
    assert _problems(found)["mask of another shape"] == 2


def test_kermany(shared_data: Path) -> None:
    found = inspect(shared_data / "kermany")
    assert found.findings == {"pneumonia/bacterial": 36, "pneumonia/viral": 36, "normal": 12}
    assert found.official_splits == {"train": 63, "test": 19, "validation": 2}
    assert found.patients == 76
    assert _problems(found) == {}


def test_hannover(shared_data: Path) -> None:
    found = inspect(shared_data / "hannover", check_pixels=True)
    assert found.findings == {"covid": 24}
    assert found.views == {"AP": 17, "PA": 7}
    assert found.patients == 19
    assert _problems(found) == {"missing image": 219}


def test_shenzhen(shared_data: Path) -> None:
    found = inspect(shared_data / "shenzhen", check_pixels=True)
    assert found.findings == {"tuberculosis": 107, "normal": 93}
    assert found.structures["right_lung"] == MaskCount(200, 0, 0)
    assert _problems(found) == {}


def test_nih_normal(shared_data: Path) -> None:
    found = inspect(shared_data / "nih-normal", check_pixels=True)
    assert found.collection == "chestx-ray14"
    assert found.findings == {"normal": 24}
    assert found.patients == 24
    assert _problems(found) == {}


@pytest.mark.parametrize("name", ["hannover", "general-blockchain", "v7-covid19-xray"])
def test_a_zip_archive_is_inspected_as_its_folder_is(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    archive = zip_folder(shared_data / name, tmp_path / "download.zip", below=f"{name}-master")
    others = [shared_data / "ieee8023"] if name.startswith("v7") else []
    zipped = inspect(archive, others=others, check_pixels=name == "hannover")
    folder = inspect(shared_data / name, others=others, check_pixels=name == "hannover")
    assert zipped.root == archive / f"{name}-master"
    assert dataclasses.replace(zipped, root=folder.root) == folder
