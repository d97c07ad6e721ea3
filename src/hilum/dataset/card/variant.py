"""The card's section on what was done to every film."""

from __future__ import annotations

from typing import Any


def variant(facts: dict[str, Any]) -> str:
    """What the lock's ``variant`` means for who uses the images."""
    text = ""
    enhance, lungs = facts["enhance"], facts["lungs_only"]
    if enhance is not None:
        values = ", ".join(f"{name} {value}" for name, value in enhance["parameters"].items())
        text += f"Every image was enhanced: `{enhance['name']}`{values and f' ({values})'}.\n"
    if lungs is not None:
        text += (
            f"Every image was cut to the box around its lungs and is black beside them, as the "
            f"model `{lungs['model']}` ({lungs['model_sha256'][:16]}) outlined them; masks are cut "
            f"by the same box. `crop_left` and `crop_top` tell where it lay in a film of "
            f"`source_width`×`source_height`.\n"
        )
    return text + (
        "\nA model that `hilum train` makes of these images changes films in the same way itself; "
        "to any other, images have to be given changed.\n"
    )
