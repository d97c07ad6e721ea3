from __future__ import annotations

from pathlib import Path

import pytest

from hilum.collections.folders import (
    find_descendant,
    image_files,
    images_outside,
    is_safe_path,
    unclaimed_images,
    walk_images,
)


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/a.png",
        "../a.png",
        "a/../../b.png",
        "C:/a.png",
        "a\\..\\b.png",
        "a\0.png",
        "x" * 300,
    ],
)
def test_paths_that_lead_outside_are_unsafe(path: str) -> None:
    assert not is_safe_path(path)


def test_other_paths_are_safe() -> None:
    assert is_safe_path("masks/a.png") and is_safe_path("a..b.png") and is_safe_path("é (1).png")


def test_image_files_are_sorted_files_with_image_names(tmp_path: Path) -> None:
    _touch(*(tmp_path / name for name in ("b.PNG", "a.jpeg", "notes.txt", "._a.png", "noending")))
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in image_files(tmp_path)] == ["a.jpeg", "b.PNG"]
    assert image_files(tmp_path / "absent") == [] and list(walk_images(tmp_path / "absent")) == []


def test_find_descendant_goes_two_levels_down(tmp_path: Path) -> None:
    _touch(tmp_path / "a/b/data.csv", tmp_path / ".hidden/data.csv", tmp_path / "x/y/z/other.csv")
    assert find_descendant(tmp_path, ["data.csv"]) == tmp_path / "a/b"
    assert find_descendant(tmp_path, ["other.csv"]) is None


def test_unclaimed_images_are_problems(tmp_path: Path) -> None:
    _touch(tmp_path / "a/one.png", tmp_path / "two.png")
    problems = unclaimed_images(tmp_path, [tmp_path / "two.png"])
    assert [(p.source_path, p.kind) for p in problems] == [("a/one.png", "unexpected image")]


def test_images_outside_are_told_by_place(tmp_path: Path) -> None:
    _touch(*(tmp_path / name for name in ("top/base/in.png", "top/x/1.png", "top/x/y/2.png")))
    _touch(tmp_path / "lone.png")
    problems = images_outside(tmp_path, tmp_path / "top/base")
    assert [(p.source_path, p.detail.split()[0]) for p in problems] == [
        ("../../lone.png", "1"),
        ("../x", "2"),
    ]
    assert images_outside(tmp_path, tmp_path) == ()


def test_images_are_told_by_content_and_by_formats_that_are_not_read(tmp_path: Path) -> None:
    _touch(*(tmp_path / name for name in ("a.txt", "b.BMP", "c.nii.gz", ".hidden/d.png")))
    (tmp_path / "IM0001").write_bytes(bytes(128) + b"DICM")
    assert [path.name for path in walk_images(tmp_path)] == ["IM0001"]
    problems = unclaimed_images(tmp_path, [])
    assert [p.source_path for p in problems] == ["IM0001", "b.BMP", "c.nii.gz"]
    assert {p.kind for p in problems} == {"unexpected image"}


def test_links_to_folders_are_problems_unless_read(tmp_path: Path) -> None:
    _touch(tmp_path / "elsewhere/1.png", tmp_path / "elsewhere/2.png", tmp_path / "root/3.png")
    link = tmp_path / "root/link"
    link.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root/round").symlink_to(tmp_path / "root")
    root = tmp_path / "root"
    told = [(p.source_path, p.kind) for p in unclaimed_images(root, [root / "3.png"])]
    assert told == [("link", "linked folder"), ("round", "linked folder")]
    told = [
        (p.source_path, p.kind) for p in unclaimed_images(root, [root / "3.png", link / "1.png"])
    ]
    assert told == [("round", "linked folder"), ("link/2.png", "unexpected image")]
