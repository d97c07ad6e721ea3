"""The curves of a training."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from hilum.report.curves import draw_curves


def draw(folder: Path, history: str) -> str:
    (folder / "history.csv").write_text(history)
    draw_curves(folder / "history.csv", folder / "curves.svg")
    return (folder / "curves.svg").read_text()


def test_a_picture_with_every_score(tmp_path: Path) -> None:
    history = "epoch,loss,score,lungs_dice\n0,1.5,0.4,0.6\n1,0.7,0.6,\n2,0.5,0.7,0.9\n"
    svg = draw(tmp_path, history)
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    for words in ("training loss", "lungs dice", "score", "epoch"):
        assert words in svg
    assert draw(tmp_path, history) == svg, "same history, same bytes"


def test_before_the_first_epoch_is_done(tmp_path: Path) -> None:
    assert "training loss" in draw(tmp_path, "epoch,loss,score\n")
