"""What the words of an annotation file say of an image, and which of them hilum does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hilum.collections.annotated import AnnotatedImage
from hilum.collections.collection import Problem
from hilum.collections.words import finding_of, plain_words, structure_of
from hilum.radiograph import Finding


def words_of(image: AnnotatedImage) -> set[str]:
    """All tags and categories of an image."""
    return {*image.tags, *image.outlines, *image.boxes, *filter(None, image.damage)}


def narrowest(findings: set[Finding]) -> Finding | None:
    """The finding that all others are wider names of; None where there is none."""
    return next((f for f in sorted(findings) if all(f.is_a(other) for other in findings)), None)


def unread_words(source: str, images: Sequence[AnnotatedImage]) -> Iterator[Problem]:
    """Words that hilum does not know, and shapes that it does not use, each with its number."""
    unknown: Counter[tuple[str, str]] = Counter()
    for image in images:
        outlined = {*image.outlines, *filter(None, image.damage)}
        for word in outlined:
            if structure_of(word) is None:
                kind = "unused annotation" if finding_of(word) else "unknown structure"
                unknown[kind, word] += 1
        for word in image.tags - outlined:
            if finding_of(word) is None and plain_words(word):
                unknown["unknown finding", word] += 1
        for word, count in image.boxes.items():
            unknown["unused annotation", f"{word} (boxes, lines or points)"] += count
    for (kind, word), count in sorted(unknown.items()):
        yield Problem(source, kind, f"{word[:80]!r}, {count} times")
