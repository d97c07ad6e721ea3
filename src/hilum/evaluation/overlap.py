"""How far two masks overlap: Dice and IoU of each image.

Papers print one of three means of them under one name; they differ by 0.1 and more where many
images lack the target. :mod:`hilum.evaluation.segmentation` names them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def overlap_counts(
    predicted: NDArray[np.bool_], truth: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per image of two bool N×H×W stacks: pixels in both, pixels predicted, pixels true."""
    axes = (1, 2)
    return (
        np.count_nonzero(predicted & truth, axis=axes),
        np.count_nonzero(predicted, axis=axes),
        np.count_nonzero(truth, axis=axes),
    )


def dice_per_image(
    both: NDArray[np.int64], predicted: NDArray[np.int64], truth: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Dice = 2·|A∩B| ÷ (|A| + |B|) of each image; two empty masks agree, so 1.

    >>> dice_per_image(np.array([2, 0]), np.array([4, 0]), np.array([4, 0]))
    array([0.5, 1. ])
    """
    total = predicted + truth
    return np.where(total == 0, 1.0, 2 * both / np.maximum(total, 1))


def iou_per_image(
    both: NDArray[np.int64], predicted: NDArray[np.int64], truth: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Intersection over union, |A∩B| ÷ |A∪B|, of each image; two empty masks agree, so 1.

    >>> iou_per_image(np.array([2, 0]), np.array([4, 0]), np.array([4, 0])).round(3)
    array([0.333, 1.   ])
    """
    united = predicted + truth - both
    return np.where(united == 0, 1.0, both / np.maximum(united, 1))
