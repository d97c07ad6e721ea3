"""QaTa-COV19 with both versions, early stage and control groups; and version 2 by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_mask

BIMCV_NAME = "sub-S09466_ses-E17059_run-1_bp-chest_vp-pa_dx.png"


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "QaTa-COV19"
    _draw_version_2(root / "QaTa-COV19-v2", rng)
    _draw_masked(root / "QaTa-COV19-v1", "covid_1.png", rng)
    write_chest(root / "QaTa-COV19-v1/Images/covid_2.png", rng)  # without a mask, as published
    for place in (
        "Early-QaTa-COV19/No_COVID-19_Pneumonia_Cases/covid_5.png",
        "Early-QaTa-COV19/Limited_COVID-19_Pneumonia_Cases/covid_6.png",
        "Control_Group/Control_Group_I/normal_1.png",
        "Control_Group/Control_Group_II/CHESTXRAY-14/Train/00000002_000.png",
        "Control_Group/Control_Group_II/CHESTXRAY-14/Test/00000003_000.png",
        "Control_Group/Control_Group_II/Pediatric_Bacterial_Pneumonia/person1_bacteria_1.png",
        "Control_Group/Control_Group_II/Pediatric_Viral_Pneumonia/viral_1.png",
        "Control_Group/overview.png",
    ):
        write_chest(root / place, rng)
    (root / "readme.txt").write_text("QaTa-COV19")
    return FakeCollection(
        folder=folder,
        radiographs=13,
        problems={"missing mask": 1, "mask without image": 1, "unexpected image": 1},
        mask=root / "QaTa-COV19-v2/Test Set/Ground-truths/mask_covid_4.png",
        findings={
            "covid": 7,
            "normal": 1,
            "pneumonia/bacterial": 1,
            "pneumonia/viral": 1,
            None: 3,
        },
    )


def draw_version_2(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """Version 2 without the rest."""
    _draw_version_2(folder / "QaTa-COV19/QaTa-COV19-v2", rng)
    return FakeCollection(
        folder=folder,
        radiographs=4,
        problems={"missing mask": 1, "mask without image": 1},
        findings={"covid": 4},
    )


def _draw_version_2(root: Path, rng: np.random.Generator) -> None:
    for name in ("covid_1.png", BIMCV_NAME, "covid_3.png"):
        _draw_masked(root / "Train Set", name, rng)
    _draw_masked(root / "Test Set", "covid_4.png", rng)
    _draw_masked(root / "Test Set", "covid_7.png", rng)
    (root / "Train Set/Ground-truths/mask_covid_3.png").unlink()
    (root / "Test Set/Images/covid_7.png").unlink()


def _draw_masked(place: Path, name: str, rng: np.random.Generator) -> None:
    chest = write_chest(place / "Images" / name, rng, infected=True)
    write_mask(place / "Ground-truths" / f"mask_{name}", chest.infection)
