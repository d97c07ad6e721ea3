"""Real films with something planted in them, in the layout of their collection."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes.fake import write_image


def read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)


def paint_opacities(
    pixels: NDArray[np.uint8], lungs: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Hazy patches inside the lungs; the rest stays as it is."""
    haze = np.zeros(pixels.shape, np.float32)
    rows, columns = np.nonzero(lungs)
    for _ in range(int(rng.integers(3, 7))):
        place = int(rng.integers(len(rows)))
        radius = int(pixels.shape[1] * rng.uniform(0.05, 0.1))
        cv2.circle(haze, (int(columns[place]), int(rows[place])), radius, 1.0, -1)
    haze = cv2.GaussianBlur(haze, (0, 0), pixels.shape[1] / 40) * lungs
    return np.asarray(np.clip(pixels + haze * rng.uniform(40, 70), 0, 255), np.uint8)


def plant_in_shenzhen(source: Path, folder: Path, *, what: str, seed: int = 0) -> Path:
    """Shenzhen's normal films, of which a random half is named tuberculosis.

    ``what`` is done to that half: ``opacities``, ``marker`` (in a corner) or ``nothing``.
    """
    rng = np.random.default_rng(seed)
    films = sorted((source / "CXR_png").glob("*_0.png"))
    chosen = set(rng.permutation(len(films))[: len(films) // 2].tolist())
    for number, path in enumerate(films):
        pixels, mask = read(path), read(source / "masks" / f"{path.stem}_mask.png")
        stem = path.stem
        if number in chosen:
            stem = f"{path.stem[:-1]}1"
            if what == "opacities":
                pixels = paint_opacities(pixels, mask > 0, rng)
            elif what == "marker":
                pixels[6:22, 6:30] = 235
        write_image(folder / "CXR_png" / f"{stem}.png", pixels)
        write_image(folder / "masks" / f"{stem}_mask.png", mask)
    return folder


def copy_covid_qu_ex(
    source: Path, folder: Path, counts: dict[str, int], *, wrong: int = 0, twins: int = 0
) -> tuple[Path, list[str]]:
    """So many films of each ``split/class`` of COVID-QU-Ex, and the names of what was planted.

    ``wrong`` films of Train/COVID-19 and Train/Normal, half of each, lie in the other's folder;
    ``twins`` films of Train lie in Val too, brighter and saved anew.
    """
    inside = next(source.rglob("Train"))
    planted: list[str] = []
    for place, count in counts.items():
        found = sorted((inside.parent / place / "images").glob("*.png"))[:count]
        other = place.replace("COVID-19", "?").replace("Normal", "COVID-19").replace("?", "Normal")
        for number, path in enumerate(found):
            is_wrong = place.startswith("Train") and number < wrong // 2
            name = f"planted {path.name}" if is_wrong else path.name
            planted += [name] * is_wrong
            target = folder / (other if is_wrong else place)
            for kind in ("images", "lung masks", "infection masks"):
                file = target / kind / name
                file.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path.parent.parent / kind / path.name, file)
            if place.startswith("Train") and number < twins:
                copy = folder / place.replace("Train", "Val")
                bright = np.clip(read(path) * 1.1 + 8, 0, 255).astype(np.uint8)
                write_image(copy / "images" / f"twin {path.name}", bright)
                for kind in ("lung masks", "infection masks"):
                    (copy / kind).mkdir(parents=True, exist_ok=True)
                    shutil.copy(target / kind / name, copy / kind / f"twin {path.name}")
    return folder, planted
