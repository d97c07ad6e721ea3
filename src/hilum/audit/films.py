"""What an audit knows of every radiograph: labels from its row, numbers from one pass."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Part(enum.StrEnum):
    """Which pixels of a film the network was shown."""

    WHOLE = "whole"
    LUNGS = "lungs"
    """All outside the lungs black."""
    BACKGROUND = "background"
    """The dilated box around the lungs black."""


@dataclass(frozen=True)
class Films:
    """N radiographs in the order of the dataset. What is unknown is None, or NaN in arrays."""

    labels: tuple[Mapping[str, Any], ...]
    """The columns of each row (``image_id``, ``group_id``, ``finding``, ``origin``, ``collection``,
    ``view``, ``age``, ``sex``, …), the split among them."""
    features: Mapping[Part, NDArray[np.float32]]
    """N×F: what the network's last layer sees; a row of NaN where no lungs were found."""
    probabilities: Mapping[Part, NDArray[np.float32]]
    """N×K: of the classes of the model that was asked about; empty mapping without one."""
    controls: Mapping[str, NDArray[np.float32]]
    """N×M of what knows little or nothing of lungs: ``outside the lungs' box``, ``border``,
    ``thumbnail``, ``grey histogram``, ``file``; metadata come from the labels."""
    quality: Mapping[str, NDArray[np.float32]]
    """N each: ``width``, ``height``, ``bits``, ``border`` (share cut), ``compression``,
    ``clipped``."""
    lungs_found: NDArray[np.bool_]
    activation_in_lungs: NDArray[np.float32]
    """N: share of the positive class activation map of the called class within the lungs."""
    activation_by_chance: NDArray[np.float32]
    """The same with the head's weights drawn anew."""
    occlusion: Mapping[str, NDArray[np.float32]]
    """N each, ``corners`` and ``text``: change of P(COVID-19) when these are painted over."""
