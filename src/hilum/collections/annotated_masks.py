"""From outlines by category to masks by structure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from hilum.collections.annotated import AnnotatedImage
from hilum.collections.image_search import Trouble
from hilum.collections.words import convention_of, structure_of
from hilum.radiograph import LUNG_TARGETS, EmptyMask, LungConvention, Mask, MaskPolygons, Structure

_SIDES = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)

Masks = Mapping[Structure, tuple[Mask, ...]]


def masks_of(
    images: Sequence[AnnotatedImage],
) -> tuple[Masks, LungConvention | None, Trouble]:
    """Masks of one image by structure, the convention of its lungs, and what is wrong.

    ``images`` are what several annotation files say of one image: the first that outlines a
    structure counts. A structure with a damaged outline is left out, and all are where nobody
    can say of which structure a damaged one is. Words that are no structure are left out.
    """
    masks: dict[Structure, tuple[Mask, ...]] = {}
    conventions: set[LungConvention | None] = set()
    trouble: Trouble = []
    for image in images:
        trouble += [("damaged annotation", detail) for detail in image.damage.values()]
        if "" in image.damage:
            continue
        damaged = {structure_of(category) for category in image.damage}
        drawn: dict[Structure, list[Mask]] = defaultdict(list)
        named: dict[Structure, set[LungConvention | None]] = defaultdict(set)
        for category, outlines in image.outlines.items():
            structure = structure_of(category)
            if structure is not None and structure not in damaged:
                drawn[structure] += outlines
                named[structure].add(convention_of(category))
        for category in image.absent - image.outlines.keys():
            structure = structure_of(category)
            if structure is not None and structure not in damaged and structure not in drawn:
                drawn[structure] = [EmptyMask()]
                named[structure].add(convention_of(category))
        for structure, outlines_of_it in drawn.items():
            if structure in masks:
                trouble.append(("unused annotation", f"a second file's {structure}"))
                continue
            masks[structure] = tuple(outlines_of_it)
            if structure in LUNG_TARGETS:
                conventions |= named[structure]
    if Structure.LUNGS in masks and any(side in masks for side in _SIDES):
        del masks[Structure.LUNGS]
        trouble.append(("unused annotation", "both lungs beside each lung"))
    both = each_lung(masks.get(Structure.LUNGS, ()))
    if both is not None:
        del masks[Structure.LUNGS]
        masks |= both
    if not masks.keys() & set(LUNG_TARGETS) or len(conventions) != 1:
        return masks, None, trouble
    return masks, conventions.pop(), trouble


def each_lung(outlines: Sequence[Mask]) -> dict[Structure, tuple[Mask, ...]] | None:
    """Two polygon outlines that lie side by side are the lungs, image-left the right one."""
    if len(outlines) != 2:
        return None
    spans = []
    for outline in outlines:
        if not isinstance(outline, MaskPolygons):
            return None
        columns = [x for polygon in outline.polygons for x in polygon[0::2]]
        spans.append((min(columns), max(columns), outline))
    (low, high, right), (next_low, next_high, left) = sorted(spans, key=lambda s: s[0] + s[1])
    if high >= (next_low + next_high) / 2 or next_low <= (low + high) / 2:
        return None
    return {Structure.RIGHT_LUNG: (right,), Structure.LEFT_LUNG: (left,)}
