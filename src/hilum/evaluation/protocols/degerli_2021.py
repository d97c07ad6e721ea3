"""Degerli et al. 2021: infection maps, and detection from them, on QaTa-COV19."""

from __future__ import annotations

from hilum.evaluation.protocols.measures import pooled_dice, seen_in_mask
from hilum.evaluation.protocols.protocol import Protocol, Published
from hilum.radiograph import Structure

_MASK = "an image is positive when its infection map is not empty, as far as known to us"

DEGERLI_2021 = Protocol(
    name="degerli-2021",
    title="COVID-19 infection map generation and detection from chest X-ray images",
    source="Degerli et al. 2021, doi 10.1007/s13755-021-00146-8",
    data="QaTa-COV19: 119,316 images, 2,951 of them COVID-19",
    splits="its own; not known to us",
    collections=frozenset({"qata-cov19"}),
    published=(
        Published(
            "infection F1",
            "0.8320",
            "of pixels, pooled over all images, as far as known to us",
            pooled_dice(Structure.INFECTION),
        ),
        Published("sensitivity", "0.9496", _MASK, seen_in_mask(sensitivity=True)),
        Published("specificity", "0.9988", _MASK, seen_in_mask(sensitivity=False)),
    ),
    differs=(
        "Of its images 116,365 are no COVID-19, 39 for each that is: a mix that is not had here.",
        "Theirs is the best of several networks by these figures.",
    ),
)
