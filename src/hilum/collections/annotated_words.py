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
    return next((f for f in sorted(findings) if all(agree(f, other) for other in findings)), None)


def agree(finding: Finding, wider: Finding) -> bool:
    """Whether ``wider`` may be said of the same image as well: COVID-19 is a viral pneumonia."""
    covid = finding is Finding.COVID and Finding.VIRAL_PNEUMONIA.is_a(wider)
    return covid or finding.is_a(wider)


def unread_words(source: str, images: Sequence[AnnotatedImage]) -> Iterator[Problem]:
    """Words that hilum does not know, and shapes that it does not use, each with its number.

    Tags may be hundreds, an age or a place each: they are one problem that names the first.
    """
    unknown: Counter[tuple[str, str]] = Counter()
    tags: Counter[str] = Counter()
    for image in images:
        outlined = {*image.outlines, *filter(None, image.damage)}
        for word in outlined:
            if structure_of(word) is None:
                kind = "unused annotation" if finding_of(word) else "unknown structure"
                unknown[kind, word] += 1
        for word in image.tags - outlined:
            if finding_of(word) is None and plain_words(word):
                tags[word] += 1
        for word, count in image.boxes.items():
            unknown["unused annotation", f"{word} (boxes, lines or points)"] += count
    for (kind, word), count in sorted(unknown.items()):
        yield Problem(source, kind, f"{count} × {word[:80]!r}")
    if tags:
        named = ", ".join(f"{count} × {word[:40]!r}" for word, count in sorted(tags.items())[:20])
        more = f" and {len(tags) - 20} other words" if len(tags) > 20 else ""
        yield Problem(source, "unknown finding", f"images are said to be {named}{more}")
