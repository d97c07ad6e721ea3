"""From annotated images to the files they mean."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from hilum.collections.annotated import AnnotatedImage
from hilum.collections.collection import Problem
from hilum.collections.image_search import ImageSearch, name_parts
from hilum.collections.words import split_of
from hilum.radiograph import Radiograph, Split


@dataclasses.dataclass(frozen=True)
class Entry:
    """What one annotation file says of an image that was found."""

    image: AnnotatedImage
    home: Path | Radiograph
    source_path: str
    split: Split | None


def find_homes(
    root: Path,
    source: str,
    images: Iterable[AnnotatedImage],
    search: ImageSearch,
    problems: list[Problem],
) -> dict[Path, list[Entry]]:
    """Each annotated image's file; what cannot be told, or is told twice, is a problem."""
    found: dict[Path, list[Entry]] = defaultdict(list)
    for image in sorted(images, key=lambda image: image.name):
        home, trouble = search.find(image.name, near=(root / source).parent)
        name = "/".join(name_parts(image.name)) or source
        problems += [Problem(name, kind, detail) for kind, detail in trouble]
        if home is not None:
            path = home if isinstance(home, Path) else home.path
            found[path].append(Entry(image, home, name, split_of(source)))
    for path, entries in list(found.items()):
        if len(entries) > 1:
            names = ", ".join(repr(entry.image.name[:80]) for entry in entries[:5])
            detail = f"{len(entries)} annotated images mean this file: {names}"
            problems.append(Problem(entries[0].source_path, "ambiguous image", detail))
            del found[path]
    return found
