"""What a match of codes says of where two images lie in each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hilum.twins.fingerprint import Fingerprint
from hilum.twins.hashes import Orientation, windows
from hilum.twins.index import Candidate
from hilum.twins.register import Registration, content_pixels
from hilum.twins.transform import Transform


def content_guess(found: Candidate, a: Fingerprint, b: Fingerprint) -> NDArray[np.float64]:
    """2×3 from the unit square of a's content to that of b's, where ``found`` says they meet."""
    met = _turn(found.orientation) @ np.linalg.inv(_box(windows()[found.window]))
    # Where a picture was compared borders and all, its content is a part of what was met.
    before = _box(a.box) if found.a_has_borders else np.eye(3)
    after = np.linalg.inv(_box(b.box)) if found.b_has_borders else np.eye(3)
    return np.asarray((after @ met @ before)[:2], np.float64)


def whole_of(a: Fingerprint, b: Fingerprint, content: Registration) -> Transform:
    """The registration of two images' contents as a transform between the images."""
    unit = np.vstack([content.unit, (0.0, 0.0, 1.0)])
    (a_box, b_box) = (tuple(map(float, content_pixels(one))) for one in (a, b))
    (p, q, r), (s, t, u) = (_box(b_box) @ unit @ np.linalg.inv(_box(a_box)))[:2].tolist()
    return Transform(((p, q, r), (s, t, u)))


def _box(edges: tuple[float, ...]) -> NDArray[np.float64]:
    """From the unit square to the box."""
    left, top, right, bottom = edges
    return np.array([[right - left, 0, left], [0, bottom - top, top], [0, 0, 1.0]])


def _turn(orientation: Orientation) -> NDArray[np.float64]:
    """From a point of a picture to where it lies once transposed and mirrored."""
    transposed, mirror_x, mirror_y = orientation
    turn = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]]) if transposed else np.eye(3)
    if mirror_x:
        turn = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1.0]]) @ turn
    if mirror_y:
        turn = np.array([[1, 0, 0], [0, -1, 1], [0, 0, 1.0]]) @ turn
    return turn
