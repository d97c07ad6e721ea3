"""However many processes compile, every byte is the same."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.dataset import write
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.imaging.enhance import Enhancement
from tests.fakes.chest import draw_chest
from tests.fakes.compiled import write_collection
from tests.fakes.fake import write_image

FILMS = 40


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Films of one's own, a third of them again in another size or class; a damaged one; and a
    collection with masks."""
    rng = np.random.default_rng(3)
    plain = tmp_path / "plain"
    for number in range(FILMS):
        pixels = draw_chest(rng, size=(128 + number, 120)).pixels
        noise = rng.normal(0, 6, (16, 15))
        rough = cv2.resize(noise, pixels.shape[::-1], interpolation=cv2.INTER_CUBIC)
        pixels = np.clip(pixels + 3 * rough, 0, 255).astype(np.uint8)
        write_image(plain / f"covid/{number:02}.png", pixels)
        if number % 3 == 0:
            scale = (0.7, 1.6)[number % 2]
            other = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            name = f"{('covid', 'normal')[number // 3 % 2]}/twin-{number:02}.jpg"
            write_image(plain / name, np.asarray(other, np.uint8))
    (plain / "normal/broken.png").write_bytes(b"no image")
    return [plain, write_collection(tmp_path / "qu-ex", {"Train": 6, "Val": 3, "Test": 3})]


@pytest.mark.parametrize("enhance", [None, Enhancement.CLAHE], ids=["plain", "enhanced"])
def test_three_processes_write_what_one_does(
    folders: list[Path],
    tmp_path: Path,
    enhance: Enhancement | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(write, "_SHARD_BYTES", 100_000)
    made = [
        compile_dataset(
            folders,
            tmp_path / f"by-{count}",
            options=CompileOptions(workers=count, enhance=enhance),
        )
        for count in (1, 3)
    ]
    assert made[0].issues_by_kind["twin"] >= FILMS // 4
    assert len(list(made[0].folder.glob("data/train-*.parquet"))) > 2
    one, three = ({p.name: p.read_bytes() for p in m.folder.rglob("*.*")} for m in made)
    assert one == three
