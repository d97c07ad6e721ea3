"""Collections to fit a refusal on: films, a lateral and a CT slice, large enough to be measured."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes.chest import draw_chest
from tests.fakes.every import FAKES
from tests.fakes.fake import write_image

SIZE = (96, 80)


def draw_two_collections(folder: Path) -> list[Path]:
    """``ieee8023``, which has a lateral and a CT slice, and ``kermany``, no image like another."""
    found = []
    for name in ("ieee8023", "kermany"):
        fake = FAKES[name](folder / name, np.random.default_rng(3))
        images = sorted(p for p in fake.folder.rglob("*") if p.suffix in (".jpeg", ".jpg", ".png"))
        for number, path in enumerate(images):
            write_image(path, cloudy_chest(np.random.default_rng([number, *name.encode()])))
        found.append(fake.folder)
    return found


def cloudy_chest(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Drawn chests differ too little to be told from copies."""
    chest = draw_chest(rng, size=SIZE).pixels
    clouds = cv2.resize(rng.integers(0, 256, (6, 5), np.uint8), SIZE[::-1])
    return cv2.addWeighted(chest, 0.6, clouds, 0.4, 0).astype(np.uint8)
