"""What a person named → the images to predict, each with a name of its own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hilum.errors import ImageError
from hilum.inference.inputs import find_inputs, output_stems
from hilum.inference.pictures import write_mask
from tests.inference.outputs import write_png

PIXELS = np.zeros((4, 4), np.uint8)


def names(*paths: Path, leave_out: Path | None = None) -> list[str]:
    return [image.relative for image in find_inputs(paths, leave_out=leave_out).images]


def write(folder: Path, *relatives: str) -> Path:
    for relative in relatives:
        write_png(folder / relative, PIXELS)
    return folder


def test_folders_are_searched_through_in_sorted_order(tmp_path: Path) -> None:
    write(tmp_path, "b.png", "a.png", "sub/z.png", "sub/deep er/[1] Röntgen 肺.png")
    assert names(tmp_path) == ["a.png", "b.png", "sub/z.png", "sub/deep er/[1] Röntgen 肺.png"]


def test_a_file_by_itself_has_its_name(tmp_path: Path) -> None:
    write(tmp_path, "sub/a.png")
    assert names(tmp_path / "sub/a.png") == ["a.png"]


def test_what_counts_as_an_image_is_told_by_ending_or_content(tmp_path: Path) -> None:
    write(tmp_path, "good.png")
    (tmp_path / "good.png").rename(tmp_path / "no_ending")
    for name in ("broken.JPG", "notes.txt", ".hidden.png", ".DS_Store"):
        (tmp_path / name).write_text("text")
    write(tmp_path, ".git/picture.png")
    inputs = find_inputs([tmp_path])
    assert [image.relative for image in inputs.images] == ["broken.JPG", "no_ending"]
    left_out = sorted(path.name for path in inputs.left_out)
    assert left_out == [".DS_Store", ".git", ".hidden.png", "notes.txt"]


def test_a_folder_called_like_an_image_is_a_folder(tmp_path: Path) -> None:
    assert names(write(tmp_path, "x.png/a.png")) == ["x.png/a.png"]


def test_a_file_reached_twice_counts_once(tmp_path: Path) -> None:
    write(tmp_path, "a.png")
    file = tmp_path / "a.png"
    assert names(file, file, tmp_path, tmp_path / "." / "a.png") == ["a.png"]


def test_two_links_to_one_image_are_two_inputs(tmp_path: Path) -> None:
    write(tmp_path, "store/f00.png")
    for patient in ("p1", "p2"):
        (tmp_path / "films" / patient).mkdir(parents=True)
        (tmp_path / "films" / patient / "chest.png").symlink_to(tmp_path / "store/f00.png")
    assert names(tmp_path / "films") == ["p1/chest.png", "p2/chest.png"]


def test_links_to_folders_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    write(tmp_path, "films/a.png", "elsewhere/b.png")
    (tmp_path / "films/up").symlink_to(tmp_path / "films")
    (tmp_path / "films/more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "films")
    assert names(tmp_path / "films") == ["a.png", "more/b.png"]


def test_links_that_lead_nowhere_are_kept_to_be_reported(tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to("nowhere")
    (tmp_path / "circle.png").symlink_to("circle.png")
    assert names(tmp_path) == ["circle.png", "gone.png"]


def test_pipes_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "pipe")
    inputs = find_inputs([tmp_path])
    assert not inputs.images
    assert sorted(path.name for path in inputs.left_out) == ["pipe", "pipe.png"]


def test_missing_paths_are_told_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"one, .*two: there is no such file") as caught:
        names(tmp_path / "one", tmp_path, tmp_path / "two")
    assert str(tmp_path / "one") in str(caught.value)
    with pytest.raises(ImageError, match="no such file"):
        names(tmp_path / ("x" * 300))


def test_the_output_folder_is_not_searched(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "out/overlays/a.png")
    assert names(tmp_path, leave_out=tmp_path / "out") == ["a.png"]


def test_folders_with_the_same_names_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, "A/x.png", "A/y.png", "B/x.png", "C/A/x.png")
    assert names(tmp_path / "A", tmp_path / "B") == ["A/x.png", "A/y.png", "B/x.png"]
    three = names(tmp_path / "A", tmp_path / "B", tmp_path / "C")
    assert three == ["A/x.png", "A/y.png", "B/x.png", "C/A/x.png"]


def test_names_without_a_printable_form_get_one(tmp_path: Path) -> None:
    write(tmp_path, "a\nb\r.png")
    raw = os.fsencode(tmp_path) + b"/caf\xe9.png"
    Path(os.fsdecode(raw)).write_bytes((tmp_path / "a\nb\r.png").read_bytes())
    found = names(tmp_path)
    assert found == ["a\\nb\\r.png", "caf\\udce9.png"]
    "".join(found).encode("utf-8")


@pytest.mark.parametrize(
    ("relatives", "stems"),
    [
        (["a.png", "b.jpg"], ["a", "b"]),
        (["same.png", "same.jpg"], ["same.png", "same.jpg"]),
        (["x/same.png", "y/same.jpg"], ["x/same", "y/same"]),
        (["Same.png", "same.jpg"], ["Same.png", "same.jpg"]),
        (["a.tar.gz.png", "noending"], ["a.tar.gz", "noending"]),
        # What the first two fall back to is what the third would be called.
        (["same.png", "same.jpg", "same.png.png"], ["same.png", "same.jpg", "same.png.png"]),
        # The overlay of x.jpg would be x.png, which is a folder already.
        (["x.jpg", "x.png/a.png"], ["x.jpg", "x.png/a"]),
    ],
)
def test_output_stems(relatives: list[str], stems: list[str]) -> None:
    assert output_stems(relatives) == stems


def test_an_earlier_run_is_not_searched(tmp_path: Path) -> None:
    write(tmp_path, "films/a.png", "out/masks/a.lungs.png", "other/masks/b.png")
    (tmp_path / "out/predictions.csv").write_text("path,status,reason,width,height,finding,model\n")
    (tmp_path / "other/predictions.csv").write_text("id,label\n")
    inputs = find_inputs([tmp_path])
    assert [image.relative for image in inputs.images] == ["films/a.png", "other/masks/b.png"]
    assert tmp_path / "out" in inputs.left_out


def test_what_predict_drew_is_no_input_wherever_it_lies(tmp_path: Path) -> None:
    write(tmp_path, "films/a.png")
    write_mask(tmp_path / "films/masks/a.lungs.png", PIXELS == 0)
    write_mask(tmp_path / "alone.png", PIXELS == 0)
    (tmp_path / "films/empty.png").touch()
    assert names(tmp_path / "films", tmp_path / "alone.png") == ["a.png", "empty.png"]
    inputs = find_inputs([tmp_path / "films/masks"])
    assert not inputs.images and inputs.left_out == (tmp_path / "films/masks/a.lungs.png",)


def test_a_named_file_that_cannot_be_read_is_kept_to_be_reported(tmp_path: Path) -> None:
    write(tmp_path, "a.png")
    (tmp_path / "gone.png").symlink_to("nowhere")
    (tmp_path / "circle.png").symlink_to("circle.png")
    files = [tmp_path / name for name in ("a.png", "gone.png", "circle.png")]
    assert names(*files) == ["a.png", "gone.png", "circle.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root enters everywhere")
def test_a_file_in_a_folder_that_may_not_be_entered_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "locked/a.png")
    (tmp_path / "locked").chmod(0o600)
    assert names(tmp_path / "locked/a.png") == ["a.png"]
    (tmp_path / "locked").chmod(0o700)
