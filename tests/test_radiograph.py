"""The vocabulary: names that files carry, the hierarchy of findings, values that cannot change."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest

from hilum.radiograph import (
    STORED_STRUCTURES,
    EmptyMask,
    Finding,
    MaskFile,
    Radiograph,
    Split,
    Structure,
)


def test_findings_form_one_hierarchy() -> None:
    kinds = {f for f in Finding if f.is_a(Finding.PNEUMONIA)}
    assert kinds == {
        Finding.PNEUMONIA,
        Finding.BACTERIAL_PNEUMONIA,
        Finding.VIRAL_PNEUMONIA,
        Finding.OTHER_PNEUMONIA,
    }
    assert not Finding.COVID.is_a(Finding.PNEUMONIA)
    assert not Finding.OTHER_PNEUMONIA.is_a(Finding.OTHER)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(Finding, Finding)))
def test_no_two_findings_are_kinds_of_each_other(one: Finding, other: Finding) -> None:
    assert (one.is_a(other) and other.is_a(one)) == (one is other)


def test_every_narrower_finding_has_its_wider_one() -> None:
    assert all(Finding(f.rpartition("/")[0]) for f in Finding if "/" in f)


def test_lungs_are_stored_one_by_one() -> None:
    assert set(Structure) - set(STORED_STRUCTURES) == {Structure.LUNGS, Structure.WHOLE_LUNGS}
    assert STORED_STRUCTURES[:3] == (
        Structure.RIGHT_LUNG,
        Structure.LEFT_LUNG,
        Structure.INFECTION,
    )


def test_names_are_what_files_and_hugging_face_say() -> None:
    assert [str(split) for split in Split] == ["train", "validation", "test"]
    assert f"{Structure.RIGHT_LUNG}" == "right_lung"


def test_nothing_is_known_of_a_radiograph_unless_said() -> None:
    radiograph = Radiograph(Path("a.png"), "a.png", "one")
    known = {
        field.name
        for field in dataclasses.fields(radiograph)
        if getattr(radiograph, field.name) not in (None, (), {}, "")
    }
    assert known == {"path", "source_path", "collection", "licence"}
    assert "not stated" in radiograph.licence.name


def test_values_cannot_change() -> None:
    radiograph = Radiograph(Path("a.png"), "a.png", "one")
    with pytest.raises(dataclasses.FrozenInstanceError):
        radiograph.finding = Finding.COVID  # type: ignore[misc]
    assert EmptyMask() == EmptyMask()
    assert MaskFile(Path("a.png")) != MaskFile(Path("a.png"), foreground=1)
