"""ChestX-ray14 (US National Institutes of Health, 2017).

What: 112,120 frontal radiographs of 30,805 patients with up to 14 findings taken from their
reports by text mining; often only its normal images are kept beside COVID-19 ones.

Format: ``<patient>_<follow-up>.png`` (8 and 3 digits) in the folder itself, in ``images/`` or in
``images_0xx/images/``. ``Data_Entry_2017*.csv`` gives labels, view, age and sex: ``No Finding``
is normal, ``Pneumonia`` among the labels is pneumonia, everything else is other. Without the
table, or a row in it, the finding is unknown, unless the name of the folder that holds the image
or of the collection's folder is ``normal`` or ``no finding``, but for the collection's own name.
``train_val_list.txt`` and ``test_list.txt``, where present, give the official split.

Citation: Wang et al. 2017, doi 10.1109/CVPR.2017.369.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import (
    find_below,
    holds_file_like,
    image_files,
    subfolders,
    unclaimed_images,
)
from hilum.collections.origins import NIH_CLINICAL_CENTER
from hilum.collections.tables import Row, age_in_years, first_rows, read_table, sex_of
from hilum.errors import CollectionError
from hilum.plain_files import read_plain
from hilum.radiograph import Finding, Licence, Radiograph, Split, View

_NAME = re.compile(r"(\d{8})_\d{3}\.png$", re.IGNORECASE)
_LABELS, _VIEW, _AGE, _SEX = "Finding Labels", "View Position", "Patient Age", "Patient Gender"
_OWN_WORDS = frozenset(
    [
        "nih",
        "chestx",
        "chest",
        "x",
        "xray",
        "ray",
        "chestxray",
        "chestxray14",
        "ray14",
        "14",
        "images",
    ]
)
"""Words in a folder's name that only say of which collection it is."""
_LISTS = {"train_val_list.txt": Split.TRAIN, "test_list.txt": Split.TEST}


def patient_of_name(name: str) -> str | None:
    """The patient that a file's name carries, in any set made from this; None for other names.

    >>> patient_of_name("00000002_000.png")
    'chestx-ray14:00000002'
    """
    found = _NAME.match(name)
    return f"{ChestXray14.facts.name}:{found[1]}" if found else None


class ChestXray14(Collection):
    """ChestX-ray14, whole or in part."""

    facts = Facts(
        name="chestx-ray14",
        title="ChestX-ray14, US National Institutes of Health",
        images="112,120",
        findings=(Finding.NORMAL, Finding.PNEUMONIA, Finding.OTHER),
        structures=(),
        lung_convention=None,
        licence=Licence("NIH, free use with citation"),
        citation="Wang et al. 2017, doi 10.1109/CVPR.2017.369",
        home_page="https://nihcc.app.box.com/v/ChestXray-NIHCC",
        how_to_get="Box or Kaggle (login); give the folder with images and Data_Entry_2017.csv",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by file names of 8 and 3 digits."""
        return find_below(
            folder, lambda place: any(holds_file_like(f, _NAME) for f in _image_folders(place))
        )

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged ``Data_Entry_2017*.csv`` is an error; without it findings are unknown."""
        problems: list[Problem] = []
        rows = _read_rows(root, problems)
        splits = _read_splits(root)
        radiographs = tuple(self._radiographs(root, rows, splits))
        for radiograph in radiographs:
            if rows and radiograph.path.name not in rows:
                detail = "Data_Entry_2017 has no row for it"
                problems.append(Problem(radiograph.source_path, "not in metadata", detail))
        problems += _absent_images(rows, radiographs)
        problems += unclaimed_images(root, (radiograph.path for radiograph in radiographs))
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self, root: Path, rows: Mapping[str, Row], splits: Mapping[str, Split]
    ) -> Iterator[Radiograph]:
        for folder in _image_folders(root):
            unlabelled = _finding_of_folders(root.name, folder.name)
            for path in image_files(folder):
                if not _NAME.match(path.name):
                    continue
                row = rows.get(path.name)
                finding = _finding_of_labels(row[_LABELS]) if row else unlabelled
                view = row.get(_VIEW, "").upper() if row else ""
                yield self._record(
                    root,
                    path,
                    finding=finding,
                    patient_id=patient_of_name(path.name),
                    origin=NIH_CLINICAL_CENTER,
                    official_split=splits.get(path.name),
                    view={"PA": View.PA, "AP": View.AP}.get(view, View.FRONTAL),
                    age=age_in_years(row.get(_AGE, "").rstrip("Yy")) if row else None,
                    sex=sex_of(row.get(_SEX, "")) if row else None,
                    label_source=_label_source(row, finding),
                )


def _label_source(row: Row | None, finding: Finding | None) -> str | None:
    if row is not None:
        return "text mining of reports"
    return "folder" if finding is not None else None


def _image_folders(place: Path) -> list[Path]:
    parts = [f for f in subfolders(place) if re.fullmatch(r"images(_\d+)?", f.name)]
    return [place, *parts, *(part / "images" for part in parts)]


def _finding_of_labels(labels: str) -> Finding | None:
    names = {label.strip().lower() for label in labels.split("|")} - {""}
    if not names:
        return None
    if names == {"no finding"}:
        return Finding.NORMAL
    return Finding.PNEUMONIA if "pneumonia" in names else Finding.OTHER


def _finding_of_folders(*names: str) -> Finding | None:
    """Normal where a folder's name says so and nothing else (``nih-normal``)."""
    for name in names:
        words = [w for w in re.split(r"[\W_]+", name.lower()) if w and w not in _OWN_WORDS]
        if " ".join(words) in ("normal", "no finding", "no findings"):
            return Finding.NORMAL
    return None


def _read_rows(root: Path, problems: list[Problem]) -> dict[str, Row]:
    tables = sorted(root.glob("Data_Entry_2017*.csv"))
    if not tables:
        return {}
    if len(tables) > 1:
        raise CollectionError(
            "two tables describe the images",
            path=root,
            got=", ".join(table.name for table in tables),
            expected="one Data_Entry_2017*.csv",
            remedy="keep the newer one",
        )
    table = read_table(tables[0], required=("Image Index", _LABELS))
    problems += table.problems
    return first_rows(
        *(table.rows, problems),
        key=lambda row: row["Image Index"],
        place=lambda row: row["Image Index"],
    )


def _read_splits(root: Path) -> dict[str, Split]:
    splits = {}
    for name, split in _LISTS.items():
        try:
            text = read_plain(root / name).decode("latin-1")
        except OSError:
            continue
        splits.update({line.strip(): split for line in text.splitlines()})
    return splits


def _absent_images(rows: Mapping[str, Row], radiographs: Sequence[Radiograph]) -> list[Problem]:
    """One problem for all absent images: most people keep a small part of the 112,120."""
    absent = sorted(rows.keys() - {radiograph.path.name for radiograph in radiographs})
    if not absent:
        return []
    detail = f"images of Data_Entry_2017 that are not here: {len(absent):,}, first {absent[0]}"
    return [Problem("Data_Entry_2017", "missing images", detail)]
