from __future__ import annotations

import numpy as np
import pytest

from hilum.errors import HilumError
from hilum.twins.transform import Transform, warp_image
from tests.twins.changes import CHANGES


@pytest.mark.parametrize("name", CHANGES)
def test_the_inverse_leads_back(name: str) -> None:
    transform = CHANGES[name][2](300, 320)

    assert transform.inverse().of(transform.of((31.0, 77.0))) == pytest.approx((31.0, 77.0))
    assert transform.then(transform.inverse()).of((5.0, 6.0)) == pytest.approx((5.0, 6.0))


@pytest.mark.parametrize(
    "name", ("padded", "cropped", "mirrored", "rotated 90", "rotated 180", "rotated 270")
)
def test_warping_does_what_the_change_did(name: str) -> None:
    _, change, transform_for = CHANGES[name]
    pixels = np.random.default_rng(0).integers(0, 256, (120, 100)).astype(np.uint8)
    changed = change(pixels)

    warped = warp_image(pixels, transform_for(100, 120), (changed.shape[1], changed.shape[0]))

    assert np.array_equal(warped, changed)
    if "rotated" in name or name == "mirrored":
        assert transform_for(100, 120).orientation == name


def test_a_shear_is_refused() -> None:
    with pytest.raises(HilumError, match="no flip or turn"):
        Transform(((1.0, 0.2, 0.0), (0.0, 1.0, 0.0)))
