"""What an audit knows of films, drawn: features and controls that hold as much as a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.audit.films import Films, Part
from hilum.twins.find import TwinPair
from hilum.twins.transform import Transform

CONTROLS = ("outside the lungs' box", "border", "thumbnail", "grey histogram", "file")
QUALITY = ("width", "height", "bits", "border", "compression", "clipped")


def make_labels(
    findings: Sequence[str | None],
    *,
    origins: Sequence[str | None] | None = None,
    **columns: Sequence[Any],
) -> list[dict[str, Any]]:
    """A row for each of ``findings``, every fifth in validation; each a patient of its own."""
    labels = []
    for number, finding in enumerate(findings):
        label = {
            "image_id": f"{number:064x}",
            "group_id": f"group {number}",
            "patient_id": None,
            "finding": finding,
            "collection": "drawn",
            "origin": origins[number] if origins else "one hospital",
            "source_path": f"{number}.png",
            "official_split": None,
            "split": "validation" if number % 5 == 0 else "train",
            "view": "PA",
            "age": None,
            "sex": None,
            "label_source": "drawn",
        }
        labels.append({**label, **{name: values[number] for name, values in columns.items()}})
    return labels


def make_films(
    labels: Sequence[dict[str, Any]],
    *,
    told_by: dict[str, NDArray[np.floating]] | None = None,
    classes: int = 0,
    seed: int = 0,
) -> Films:
    """Noise, but where ``told_by`` (name of a part or control → N) puts a signal.

    ``classes`` is how many the model has that was given; 0: none was.
    """
    rng = np.random.default_rng(seed)
    n = len(labels)
    signals = told_by or {}

    def drawn(name: str, width: int) -> NDArray[np.float32]:
        values = rng.normal(size=(n, width)).astype(np.float32)
        values[:, 0] += signals.get(name, np.zeros(n)).astype(np.float32)
        return values

    def given(part: Part) -> NDArray[np.float32]:
        exponentials = np.exp(drawn(f"model on {part}", classes))
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))

    unknown = np.full(n, np.nan, np.float32)
    return Films(
        labels=tuple(labels),
        features={part: drawn(part, 20) for part in Part},
        probabilities={part: given(part) for part in Part} if classes else {},
        controls={name: drawn(name, 20) for name in CONTROLS},
        quality={name: np.full(n, 256, np.float32) for name in QUALITY},
        lungs_found=np.ones(n, np.bool_),
        activation_in_lungs=signals.get("activation", unknown),
        activation_by_chance=np.full(n, 0.4, np.float32) if "activation" in signals else unknown,
        occlusion={},
    )


def make_pair(a: int, b: int) -> TwinPair:
    return TwinPair(a, b, "re-encoded", 0.95, Transform.resizing((8, 8), (8, 8)))
