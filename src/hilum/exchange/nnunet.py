"""A dataset as raw data of nnU-Net v2: ``DatasetNNN_Name/{imagesTr,labelsTr,imagesTs,labelsTs}``.

Format: documentation/dataset_format.md and ignore_label.md of github.com/MIC-DKFZ/nnUNet.
Images are 8-bit grey PNG, labels 8-bit PNG of the same size.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.dataset.read import Row
from hilum.errors import OutputError
from hilum.exchange.nnunet_splits import Case, divide
from hilum.exchange.nnunet_targets import TARGETS, Target
from hilum.exchange.tables import ExportTables
from hilum.radiograph import STORED_STRUCTURES, Split

ABOUT = """
The folders `DatasetNNN_…` belong below `nnUNet_raw`. Targets that overlap are datasets of their
own, and so is each convention of what counts as lung. Train and validation are in `imagesTr`, test
in `imagesTs`; `labelsTs` are its labels.

`splits_final.json` keeps groups (patients and their copies) together. nnU-Net looks for it in
`nnUNet_preprocessed/DatasetNNN_…`: copy it there after `nnUNetv2_plan_and_preprocess` and before
training, else nnU-Net draws folds by image, which tears patients apart.

Unknown is not background. A radiograph of which nothing of a target is known is not in that
dataset. Where one lung is outlined and nothing is said of the other, all outside it has the
label `ignore`, nnU-Net's highest.
"""


@dataclass
class _Written:
    """What has been written of one target."""

    cases: list[Case] = field(default_factory=list)
    tests: int = 0
    has_ignored: bool = False


class NnunetExport:
    """Writes rows one by one; of each training image its name and group are kept."""

    structures = STORED_STRUCTURES
    title = "Chest radiographs as nnU-Net raw datasets, exported by hilum"
    about = ABOUT

    def __init__(self, folder: Path, tables: ExportTables) -> None:
        self._folder, self._tables = folder, tables
        self._written: dict[Target, _Written] = {}

    def add(self, row: Row, split: Split) -> None:
        """Write one row to the datasets of all targets that are known of it."""
        maps = [
            (target, labels) for target in TARGETS if (labels := target.label_map(row)) is not None
        ]
        if not maps:
            self._tables.leave_out(row, "all masks")
            return
        part = "Ts" if split is Split.TEST else "Tr"
        files: list[str] = []
        for target, labels in maps:
            folder = self._folder / target.folder_name
            image = folder / f"images{part}" / f"{row.image_id}_0000.png"
            if target not in self._written:
                for name in ("imagesTr", "labelsTr", "imagesTs", "labelsTs"):
                    (folder / name).mkdir(parents=True)
            self._write_image(image, row, files)
            _write_png(folder / f"labels{part}" / f"{row.image_id}.png", labels)
            files.append(image.relative_to(self._folder).as_posix())
            self._note(target, row, split, has_ignored=bool((labels == target.ignore).any()))
        self._tables.add(row, split, files)
        missing = [s for s in STORED_STRUCTURES if s not in row.masks]
        if missing:
            self._tables.leave_out(row, "; ".join(missing), wholly=False)

    def _write_image(self, path: Path, row: Row, files: list[str]) -> None:
        """The same image in several datasets is one file where the disk allows it."""
        if files:
            first = self._folder / files[0]
            try:
                os.link(first, path)
            except OSError:
                shutil.copyfile(first, path)
        else:
            _write_png(path, row.pixels())

    def _note(self, target: Target, row: Row, split: Split, *, has_ignored: bool) -> None:
        written = self._written.setdefault(target, _Written())
        written.has_ignored |= has_ignored  # of test images too: their labels have to be declared
        if split is Split.TEST:
            written.tests += 1
            return
        labels = row.labels
        written.cases.append(Case(row.image_id, labels["group_id"], split, labels["fold"]))

    def finish(self) -> dict[str, int]:
        """Complete each dataset. Returns the number of training images of each.

        Raises:
            OutputError: there is nothing to train on.
        """
        for target, written in sorted(self._written.items(), key=lambda item: item[0].number):
            folder = self._folder / target.folder_name
            _write_json(folder / "dataset.json", _description(target, written))
            for name in ("imagesTr", "labelsTr", "imagesTs", "labelsTs"):
                if not (written.cases if name.endswith("Tr") else written.tests):
                    (folder / name).rmdir()
            folds = divide(written.cases)
            if folds is not None:
                _write_json(folder / "splits_final.json", folds)
            elif written.cases:
                self._tables.notes.append(f"{target.folder_name} has one group: no folds")
            else:
                self._tables.notes.append(f"{target.folder_name} has test images only")
        counts = {t.folder_name: len(w.cases) for t, w in self._written.items() if w.cases}
        if not counts:
            raise OutputError(
                "nnU-Net has nothing to train on",
                got="no radiograph with a known mask in train or validation",
                remedy="export another dataset, or more of its splits",
            )
        return dict(sorted(counts.items()))

    def close(self) -> None:
        """Nothing is open between rows."""


def _description(target: Target, written: _Written) -> dict[str, object]:
    names = ["background", *target.structures]
    if written.has_ignored:
        names.append("ignore")
    return {
        "channel_names": {"0": "X-ray"},
        "labels": {name: number for number, name in enumerate(names)},
        "numTraining": len(written.cases),
        "file_ending": ".png",
        "overwrite_image_reader_writer": "NaturalImage2DIO",
        "name": target.name,
        "lung_convention": target.convention,
        "licence": "see ATTRIBUTION.csv above this folder",
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
