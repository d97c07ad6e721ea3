"""nnU-Net's raw data: targets apart, unknown ignored, groups whole."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.errors import OutputError
from hilum.exchange.export import ExportOptions, Format, export_dataset
from hilum.exchange.nnunet_splits import Case, divide
from hilum.radiograph import STORED_STRUCTURES, Split, Structure
from tests.exchange.compiled import compile_outlined, read_table, rows_by_id

LUNGS = "Dataset501_LungsAerated"
INFECTION = "Dataset505_Infection"


def test_the_datasets(tmp_path: Path) -> None:
    dataset = compile_outlined(tmp_path)
    exported = export_dataset(dataset, tmp_path / "out", Format.NNUNET)

    assert exported.parts[LUNGS] == 6 and exported.parts[INFECTION] == 2
    assert len(exported.parts) == 14  # both lungs in one, twelve others, infection
    description = json.loads((tmp_path / "out" / LUNGS / "dataset.json").read_text())
    assert description["labels"] == {
        "background": 0,
        "right_lung": 1,
        "left_lung": 2,
        "ignore": 3,
    }
    infection = json.loads((tmp_path / "out" / INFECTION / "dataset.json").read_text())
    assert infection["labels"] == {"background": 0, "infection": 1}
    for split, row in rows_by_id(dataset).values():
        part = "Ts" if split is Split.TEST else "Tr"
        path = tmp_path / "out" / LUNGS / f"labels{part}" / f"{row.image_id}.png"
        assert path.exists() == bool(row.masks)
        if row.masks:
            labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            right, left = row.mask(Structure.RIGHT_LUNG), row.mask(Structure.LEFT_LUNG)
            outside = np.where(left, 2, 0) if left is not None else np.full(labels.shape, 3)
            np.testing.assert_array_equal(labels, np.where(right, 1, outside))
            image = path.parents[1] / f"images{part}" / f"{row.image_id}_0000.png"
            pixels = cv2.imread(str(image), cv2.IMREAD_UNCHANGED)
            np.testing.assert_array_equal(pixels, row.pixels())


def test_what_is_unknown_is_listed(tmp_path: Path) -> None:
    dataset = compile_outlined(tmp_path)
    exported = export_dataset(dataset, tmp_path / "out", Format.NNUNET)

    lines = read_table(tmp_path / "out/unknown.csv")
    assert exported.left_out_in_part == len(lines) - 3
    assert exported.left_out == 3 == sum(line["unknown"] == "all masks" for line in lines)
    by_id = {line["image_id"]: line["unknown"] for line in lines}
    for image_id, (_, row) in rows_by_id(dataset).items():
        unknown = {s for s in STORED_STRUCTURES if s not in row.masks}
        assert by_id[image_id] == (
            "; ".join(s for s in STORED_STRUCTURES if s in unknown) if row.masks else "all masks"
        )


def test_the_split_of_the_dataset_is_used(tmp_path: Path) -> None:
    dataset = compile_outlined(tmp_path)
    export_dataset(dataset, tmp_path / "out", Format.NNUNET)

    (fold,) = json.loads((tmp_path / "out" / LUNGS / "splits_final.json").read_text())
    splits = {image_id: split for image_id, (split, _) in rows_by_id(dataset).items()}
    assert {splits[name] for name in fold["train"]} == {Split.TRAIN}
    assert {splits[name] for name in fold["val"]} == {Split.VALIDATION}


def test_a_target_of_test_images_only_stays_and_is_told(tmp_path: Path) -> None:
    dataset = compile_outlined(tmp_path, rare_in=("test",))
    exported = export_dataset(dataset, tmp_path / "out", Format.NNUNET)

    assert sorted(exported.parts) == [LUNGS, INFECTION]
    only = "Dataset507_Airways"
    assert len(list((tmp_path / "out" / only / "labelsTs").iterdir())) == 1
    assert not (tmp_path / "out" / only / "imagesTr").exists()
    assert f"- {only} has test images only" in (tmp_path / "out/README.md").read_text()
    for line in read_table(tmp_path / "out/ATTRIBUTION.csv"):
        assert (tmp_path / "out" / line["file"]).exists()


def test_folds_never_tear_a_group() -> None:
    cases = [Case(str(n), str(n // 3), Split.TRAIN, None) for n in range(30)]
    folds = divide(cases)
    assert folds is not None and len(folds) == 5
    for fold in folds:
        groups = [{int(name) // 3 for name in fold[side]} for side in ("train", "val")]
        assert groups[0].isdisjoint(groups[1]) and len(fold["train"] + fold["val"]) == 30
    assert sorted(name for fold in folds for name in fold["val"]) == sorted(map(str, range(30)))
    assert divide([Case("a", "g", Split.TRAIN, None), Case("b", "g", Split.TRAIN, None)]) is None
    given = divide([Case(str(n), str(n), Split.TRAIN, n % 3) for n in range(9)])
    assert given is not None and given[0]["val"] == ["0", "3", "6"]


def test_nothing_to_train_on_is_refused(tmp_path: Path) -> None:
    dataset = compile_outlined(tmp_path)
    options = ExportOptions(splits=[Split.TEST])
    with pytest.raises(OutputError, match="nothing to train on"):
        export_dataset(dataset, tmp_path / "out", Format.NNUNET, options=options)
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


@pytest.mark.filterwarnings("default")
def test_nnunet_finds_nothing_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(name, str(tmp_path))
    check = pytest.importorskip("nnunetv2.experiment_planning.verify_dataset_integrity")
    dataset = compile_outlined(tmp_path)
    exported = export_dataset(dataset, tmp_path / "out", Format.NNUNET)
    for name in exported.parts:
        check.verify_dataset_integrity(str(tmp_path / "out" / name), 1)
    assert "Error" not in capfd.readouterr().out
