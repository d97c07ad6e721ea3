"""QaTa-COV19 (Qatar University and Tampere University, 2021 and 2022).

What: COVID-19 radiographs with a mask of the infection: version 2 has 9,258, all with one,
version 1 has 4,603, 2,951 of them with one. Beside them lie radiographs of COVID-19 patients in
an early stage and two control groups, 12,544 normal images and 116,365 of ChestX-ray14 and of
children with pneumonia; these have no masks.

Format: below ``QaTa-COV19``: ``QaTa-COV19-v2/{Train Set,Test Set}/{Images,Ground-truths}``, an
official split, and ``QaTa-COV19-v1/{Images,Ground-truths}``; the mask of ``<name>`` is
``mask_<name>``, any value above zero is infection. ``Early-QaTa-COV19`` holds
``Limited_COVID-19_Pneumonia_Cases`` and ``No_COVID-19_Pneumonia_Cases``; the latter's patients had
COVID-19, which their images do not show, so that the finding is unknown. ``Control_Group`` holds
``Control_Group_I`` (normal) and ``Control_Group_II`` with ``CHESTXRAY-14/{Train,Test}`` and
``Pediatric_{Bacterial,Viral}_Pneumonia``; nothing says what the images of ``CHESTXRAY-14`` show.
Blanks, hyphens and underscores in folder names are taken for each other, and each part is read by
itself as well. An image of version 1 without a mask is nothing unusual. BIMCV's names tell
patient and projection; those of ChestX-ray14 and of Kermany the patient, where copies kept them.

Citation: Degerli et al. 2022, arXiv 2202.10185; version 1: Degerli et al. 2021, doi
10.1007/s13755-021-00146-8; early stage: Ahishali et al. 2021, arXiv 2006.05332.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hilum.collections import bimcv, chestx_ray14, kermany
from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import (
    find_below,
    holds_file_like,
    image_files,
    masks_without_image,
    problem_at,
    subfolders,
    unclaimed_images,
)
from hilum.collections.origins import BIMCV, GUANGZHOU, NIH_CLINICAL_CENTER
from hilum.radiograph import (
    UNSTATED_LICENCE,
    Finding,
    MaskFile,
    Radiograph,
    Split,
    Structure,
    View,
)

_MASK = re.compile(r"mask_.+\.", re.IGNORECASE)


@dataclass(frozen=True)
class _Part:
    """Where images of one kind lie, and what is said of all of them."""

    paths: tuple[str, ...]
    """Below the collection's folder, or below the part's own; as :func:`_fold` writes names."""
    finding: Finding | None
    split: Split | None = None
    masks: str | None = None
    """Path of the masks from the images; None where there are none."""
    all_masked: bool = False
    origin: str | None = None
    view: View | None = None
    patient_of: Callable[[str], str | None] = bimcv.patient_of_name


_GROUPS = ("controlgroup/controlgroup", "controlgroup")


def _children(name: str, finding: Finding) -> _Part:
    paths = tuple(f"{group}ii/{name}" for group in _GROUPS)
    origin, patient_of = GUANGZHOU, kermany.patient_of_name
    return _Part(paths, finding, origin=origin, view=View.AP, patient_of=patient_of)


def _masked(name: str, split: Split | None) -> _Part:
    folder = f"{name}/" if name else ""
    version = "v2" if split else "v1"
    paths = (f"qatacov19{version}/{folder}images", f"{folder}images")
    return _Part(paths, Finding.COVID, split, "groundtruths", all_masked=split is not None)


def _adults(name: str, split: Split) -> _Part:
    paths = tuple(f"{group}ii/chestxray14/{name}" for group in _GROUPS)
    patient_of = chestx_ray14.patient_of_name
    return _Part(paths, None, split, origin=NIH_CLINICAL_CENTER, patient_of=patient_of)


def _early(name: str, finding: Finding | None) -> _Part:
    cases = f"{name}covid19pneumoniacases"
    return _Part((f"earlyqatacov19/{cases}", cases), finding)


_PARTS = (
    # The newer version first: of equal files the first one's mask stays.
    _masked("trainset", Split.TRAIN),
    _masked("testset", Split.TEST),
    _masked("", None),
    _early("limited", Finding.COVID),
    _early("no", None),
    _Part(tuple(f"{group}i" for group in _GROUPS), Finding.NORMAL),
    _adults("train", Split.TRAIN),
    _adults("test", Split.TEST),
    _children("pediatricbacterialpneumonia", Finding.BACTERIAL_PNEUMONIA),
    _children("pediatricviralpneumonia", Finding.VIRAL_PNEUMONIA),
)
_FIRST_STEPS = frozenset(path.split("/")[0] for part in _PARTS for path in part.paths)


class QataCov19(Collection):
    """QaTa-COV19, both versions, its early-stage images and its control groups."""

    facts = Facts(
        name="qata-cov19",
        title="QaTa-COV19",
        images="9,258 in version 2 (train 7,145, test 2,113), 4,603 in version 1; "
        "128,909 in control groups",
        findings=(
            Finding.NORMAL,
            Finding.COVID,
            Finding.BACTERIAL_PNEUMONIA,
            Finding.VIRAL_PNEUMONIA,
        ),
        structures=(Structure.INFECTION,),
        lung_convention=None,
        licence=UNSTATED_LICENCE,
        citation="Degerli et al. 2022, arXiv 2202.10185; "
        "Degerli et al. 2021, doi 10.1007/s13755-021-00146-8",
        home_page="https://www.kaggle.com/datasets/aysendegerli/qatacov19-dataset",
        how_to_get="Kaggle (login); give the zip as it is, or its folder",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by folders named as its parts, with masks named ``mask_…`` in those that have."""
        return find_below(folder, _is_root)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        problems: list[Problem] = []
        radiographs: list[Radiograph] = []
        claimed: list[Path] = []
        for part, folder in _parts(root):
            masks = _masks_of(part, folder)
            for path in image_files(folder):
                mask = masks.get(f"mask_{path.name}")
                radiographs.append(self._radiograph(root, path, part, mask))
                if mask is None and masks and part.all_masked:
                    detail = f"no Ground-truths/mask_{path.name}"
                    problems.append(problem_at(root, path, "missing mask", detail))
            claimed += masks.values()
            problems += masks_without_image(
                root,
                (m for n, m in masks.items() if not (folder / n.removeprefix("mask_")).is_file()),
            )
        claimed += [radiograph.path for radiograph in radiographs]
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, tuple(radiographs), tuple(problems))

    def _radiograph(self, root: Path, path: Path, part: _Part, mask: Path | None) -> Radiograph:
        patient = part.patient_of(path.name)
        is_bimcv = bimcv.patient_of_name(path.name) is not None
        return self._record(
            root,
            path,
            finding=part.finding,
            masks={} if mask is None else {Structure.INFECTION: (MaskFile(mask),)},
            patient_id=patient,
            origin=BIMCV if is_bimcv else part.origin,
            official_split=part.split,
            view=bimcv.view_of_name(path.name) if is_bimcv else part.view,
            label_source="folder" if part.finding is not None else None,
        )


def _is_root(place: Path) -> bool:
    names = {_fold(folder.name) for folder in subfolders(place)}
    return not names.isdisjoint(_FIRST_STEPS) and any(_parts(place))


def _parts(root: Path) -> Iterator[tuple[_Part, Path]]:
    """Each part that is there, and the folder of its images."""
    for part in _PARTS:
        for path in part.paths:
            folder = _descend(root, path)
            if folder is not None and (part.masks is None or _mask_folder(part, folder)):
                yield part, folder


def _mask_folder(part: _Part, folder: Path) -> Path | None:
    """The folder of masks beside ``folder``, told from others by their names."""
    masks = _descend(folder.parent, part.masks) if part.masks else None
    return masks if masks is not None and holds_file_like(masks, _MASK) else None


def _masks_of(part: _Part, folder: Path) -> dict[str, Path]:
    masks = _mask_folder(part, folder)
    if masks is None:
        return {}
    return {path.name: path for path in image_files(masks) if _MASK.match(path.name)}


def _descend(folder: Path, path: str) -> Path | None:
    """The folder at ``path`` below ``folder``, whose steps are written as :func:`_fold` does."""
    for step in path.split("/"):
        inner = next((child for child in subfolders(folder) if _fold(child.name) == step), None)
        if inner is None:
            return None
        folder = inner
    return folder


def _fold(name: str) -> str:
    """A folder's name without what its spellings differ in.

    >>> _fold("Control_Group I") == _fold("control-group_I")
    True
    """
    return re.sub(r"[\s_-]+", "", name.casefold())
