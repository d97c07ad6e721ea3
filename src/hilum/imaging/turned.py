"""Do lung masks lie as their image does, or turned by 90, 180 or 270° against it?

Lungs are darker than what surrounds them, and stand side by side, narrower above. Each of the eight
ways to lay a mask onto its image gets a score from both: the mean grey of a ring around the mask
less that inside it, in standard deviations, and the correlation with where lungs mostly are.
The thresholds were chosen on 4,128 masks of COVID-QU-Ex and 200 of Shenzhen, and are known to hold
for these only.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 64
"""Images and masks are compared at this size, squeezed to a square."""
_RING = 6
"""Width of the ring around a mask, in pixels of the reduced image."""
_PLACE_WEIGHT = 2.0
_LEAST_AREA = 0.02
"""Of the image: a smaller mask is no pair of lungs to judge by."""
_SUSPICIOUS = 1.0
"""By so much a quarter turn must score better than the mask as it is for it to be mistrusted. Of
4,128 sound masks the most was 0.73; of 1,032 turned by a quarter 2 to 3 % gained less."""
_SUSPICIOUS_HALF = 1.4
"""The same of a half turn, which lungs show less: 1.15 at most in sound masks; of 1,032 turned ones
25 % gained less, and stay as they are."""
_CLEAR = 0.15
"""By so much the best way must lead each other one that it could be mistaken for."""
_LEAST_SCORE = 0.6
"""What the best way must reach: below, the image does not show where its lungs are."""

_USUAL = (
    "0000000000000000",
    "0000122112210000",
    "0001455225642000",
    "0013687327863100",
    "0025898326985200",
    "0137997215997310",
    "0148996214897410",
    "0148995112688410",
    "0258984101478520",
    "0257873101257520",
    "0256652000135520",
    "0244431000024420",
    "0122210000012320",
    "0111100000001110",
    "0000000000000100",
    "0000000000000000",
)
"""How often each part of a film is lung, from 0 never to 9, in 1,000 masks of those."""


@dataclass(frozen=True)
class Turn:
    """How to lay a mask onto its image: first mirrored left to right, then turned."""

    quarters: int
    """Quarter turns counter-clockwise, 0 to 3."""
    mirrored: bool = False

    def apply(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``mask`` (H×W bool) as it belongs; a quarter turn swaps width and height."""
        laid = np.rot90(mask[:, ::-1] if self.mirrored else mask, self.quarters)
        return np.ascontiguousarray(laid)

    def __str__(self) -> str:
        turned = f"{90 * self.quarters}° counter-clockwise" if self.quarters else ""
        return " and ".join(part for part in ("mirrored" * self.mirrored, turned) if part)


AS_IT_IS = Turn(0)
_WAYS = tuple(Turn(quarters, mirrored) for mirrored in (False, True) for quarters in range(4))


def find_turn(
    pixels: NDArray[np.uint8], lungs: NDArray[np.bool_], *, lies_across: bool = False
) -> Turn | None:
    """How ``lungs`` must be turned to fit; :data:`AS_IT_IS` where nothing clearly says otherwise.

    None: they do not lie as the image does, and it does not show how they should. Whether lungs
    are mirrored alone cannot be told, since they are nearly symmetric.

    Args:
        pixels: the image, H×W grey of any size, bright = dense.
        lungs: both lungs, bool of any size.
        lies_across: the mask has the image's width and height exchanged.
    """
    ways = _WAYS
    height, width = pixels.shape
    if not lies_across and abs(height - width) > 0.04 * max(height, width):
        ways = tuple(way for way in _WAYS if way.quarters % 2 == 0)
    if lies_across:
        ways = tuple(way for way in _WAYS if way.quarters % 2 == 1)
    if lungs.mean() < _LEAST_AREA:
        return None if lies_across else AS_IT_IS
    scores = _score_ways(pixels, lungs, ways)
    best = max(scores, key=lambda way: scores[way])
    if not lies_across:
        gain = scores[best] - scores[AS_IT_IS]
        needed = _SUSPICIOUS if best.quarters % 2 else _SUSPICIOUS_HALF
        # A mirrored one is never told from the plain one, so that either speaks for the half turn.
        if best.quarters == 0 or gain < needed:
            return AS_IT_IS
    second = max(score for way, score in scores.items() if way != best)
    is_clear = scores[best] >= _LEAST_SCORE and scores[best] - second >= _CLEAR
    # A mirrored way that scores best is more often the plain one, misjudged, than the truth.
    return best if is_clear and not best.mirrored else None


def _score_ways(
    pixels: NDArray[np.uint8], lungs: NDArray[np.bool_], ways: tuple[Turn, ...]
) -> dict[Turn, float]:
    size = (_SIDE, _SIDE)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    image = np.asarray(cv2.GaussianBlur(small.astype(np.float32), (0, 0), 1.5), np.float32)
    reduced = cv2.resize(lungs.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    return {way: _score(image, way.apply(reduced)) for way in ways}


def _score(image: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    kernel = np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8)
    ring = (cv2.dilate(mask.view(np.uint8), kernel) > 0) & ~mask
    inside, around = image[mask], image[ring]
    if inside.size < 2 or around.size < 2:
        return -1.0
    spread = np.sqrt(
        (inside.var() * inside.size + around.var() * around.size) / (inside.size + around.size)
    )
    contrast = float((around.mean() - inside.mean()) / (spread + 1e-3))
    place = float(np.corrcoef(mask.ravel(), _usual_lungs().ravel())[0, 1])
    return contrast + _PLACE_WEIGHT * place


@functools.cache
def _usual_lungs() -> NDArray[np.float32]:
    ninths = np.array([[int(digit) for digit in row] for row in _USUAL], np.float32)
    return np.asarray(cv2.resize(ninths, (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR))
