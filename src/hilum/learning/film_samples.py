"""Collections → samples of films and of what is none, measured as prediction measures them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.collections.chestxray_metadata import patient_of, read_metadata
from hilum.collections.collection import Reading
from hilum.collections.registry import read_folder
from hilum.errors import NotARadiographError
from hilum.imaging.formats import IMAGE_SUFFIXES
from hilum.imaging.read import read_picture, to_uint8
from hilum.inference.film_features import measure_features
from hilum.inference.model import Model
from hilum.inference.postprocess import outline
from hilum.inference.preprocess import fit_to_network
from hilum.inference.refusal import refuse_before
from hilum.inference.runtime import load_runtime
from hilum.learning.not_films import DRAWN, FROM_A_FILM, Grey, varied
from hilum.radiograph import View
from hilum.workers import Progress, map_threads, no_progress

FILM, LATERAL, SLICE = "film", "lateral view", "CT slice"

_VARIANTS = 4
"""Of each real image that is no film; there are few of them."""

_TWINS_FROM = 0.985
"""Correlation of two images on 32×32 pixels from which on they are taken for copies."""


@dataclass(frozen=True)
class Amounts:
    """How many samples are taken at most."""

    films: int = 600
    """Of each collection, and of each official split of it."""
    changed: int = 8
    """Films of each collection that are made into every kind of :data:`FROM_A_FILM`."""
    drawn: int = 60
    """Of each kind of :data:`DRAWN`."""


@dataclass(frozen=True)
class Sample:
    """One image and what was measured on it."""

    kind: str
    """:data:`FILM`, :data:`LATERAL`, :data:`SLICE`, or one of :mod:`hilum.learning.not_films`."""
    collection: str
    """Whence it, or the film it was made from, comes; empty if drawn from nothing."""
    group: str
    """Images of one patient and copies of one image share it."""
    path: Path | None = None
    number: int = 0
    """Seeds what is drawn."""
    is_variant: bool = False
    """For fitting, never for judging."""
    features: Mapping[str, float] | None = None
    """None: refused before the check is asked."""
    thumbnail: NDArray[np.float32] | None = field(default=None, compare=False)
    """Of a real image: 1,024 standardised greys whose squares add up to 1."""


def collect_samples(
    model: Model,
    folders: Sequence[Path],
    *,
    films: Mapping[Path, str] | None = None,
    amounts: Amounts | None = None,
    threads: int = 1,
    progress: Progress = no_progress,
) -> list[Sample]:
    """Measure the radiographs of ``folders``, each a known collection, and what is drawn.

    Args:
        model: whose network and operating points are used.
        folders: downloaded collections; laterals and CT slices in them are no films.
        films: further frontal films, each with the name of its collection.
        amounts: how many samples are taken; always the same ones.
        threads: images worked on at once.
        progress: told of each image.

    Raises:
        CollectionError: a folder is no known collection.
        ImageError: an image cannot be read.
    """
    amounts = amounts or Amounts()
    found = [sample for folder in folders for sample in _of_reading(read_folder(folder), amounts)]
    found += [Sample(FILM, name, str(path), path) for path, name in (films or {}).items()]
    real = list({sample.path: sample for sample in found}.values())  # annotation sets share images
    wanted = [*real, *_variants(real), *_changed(real, amounts), *_drawn(amounts)]
    wanted = [dataclasses.replace(sample, number=n) for n, sample in enumerate(wanted)]
    measure = _Measure(model, threads)
    advance = progress("measuring", len(wanted))
    measured = []
    for sample in map_threads(measure, wanted, threads=threads):
        measured.append(sample)
        advance()
    return _unite_twins(measured)


def _of_reading(reading: Reading, amounts: Amounts) -> Iterator[Sample]:
    parts = defaultdict(list)
    for radiograph in reading.radiographs:
        kind = LATERAL if radiograph.view == View.LATERAL else FILM
        group = radiograph.patient_id or str(radiograph.path)
        sample = Sample(kind, reading.collection, group, radiograph.path)
        parts[kind, radiograph.official_split].append(sample)
    for (kind, _), samples in parts.items():
        yield from _evenly(samples, amounts.films) if kind == FILM else samples
    slices = [p.source_path for p in reading.problems if p.kind == "not a radiograph"]
    paths = [path for name in slices if _is_picture(path := reading.root / name)]
    table = reading.root / "metadata.csv"
    rows = read_metadata(table).rows if paths and table.is_file() else {}
    for path in paths:
        patient = patient_of(rows[path.name]["patientid"]) if path.name in rows else None
        yield Sample(SLICE, reading.collection, patient or str(path), path)


def _is_picture(path: Path) -> bool:
    """Not so for a volume, nor for an image that is named but absent."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def _variants(real: Sequence[Sample]) -> list[Sample]:
    others = [sample for sample in real if sample.kind != FILM]
    return [dataclasses.replace(s, is_variant=True) for s in others for _ in range(_VARIANTS)]


def _changed(real: Sequence[Sample], amounts: Amounts) -> Iterator[Sample]:
    by_collection = defaultdict(list)
    for sample in real:
        if sample.kind == FILM:
            by_collection[sample.collection].append(sample)
    for kind in FROM_A_FILM:
        for films in by_collection.values():
            for film in _evenly(films, amounts.changed):
                yield dataclasses.replace(film, kind=kind)


def _drawn(amounts: Amounts) -> list[Sample]:
    return [Sample(kind, "", f"{kind} {n}") for kind in DRAWN for n in range(amounts.drawn)]


def _evenly(samples: Sequence[Sample], count: int) -> list[Sample]:
    places = np.linspace(0, len(samples) - 1, min(count, len(samples))).astype(int)
    return [samples[place] for place in places]


class _Measure:
    """Measures samples as prediction does; from several threads."""

    def __init__(self, model: Model, threads: int) -> None:
        self._description = model.description
        self._network = load_runtime(model.onnx, streams=threads)

    def __call__(self, sample: Sample) -> Sample:
        rng = np.random.default_rng(sample.number)
        try:
            pixels, width, height = self._pixels(sample, rng)
        except NotARadiographError:  # a DICOM that says so itself
            return sample
        description = self._description
        seen = fit_to_network(pixels, description.image_size)
        is_real = sample.kind in (FILM, LATERAL, SLICE) and not sample.is_variant
        thumbnail = _thumbnail(seen) if is_real else None
        if refuse_before(seen, width=width, height=height) is not None:
            return dataclasses.replace(sample, thumbnail=thumbnail)
        planes = self._network(seen[None])[0][0]
        points = description.operating_points.masks
        outlined = outline(planes, description.targets, points, width=width, height=height)
        features = None
        if outlined.lungs.any():
            features = measure_features(seen, outlined, planes, description.targets)
        return dataclasses.replace(sample, features=features, thumbnail=thumbnail)

    def _pixels(self, sample: Sample, rng: np.random.Generator) -> tuple[Grey, int, int]:
        """(what is measured, width, height)."""
        if sample.path is None:
            pixels = DRAWN[sample.kind](rng)
        else:
            picture = read_picture(sample.path, at_least=2 * self._description.image_size)
            pixels = to_uint8(picture.pixels)
            if sample.kind in FROM_A_FILM:
                pixels = FROM_A_FILM[sample.kind](pixels, rng)
            elif sample.is_variant:
                pixels = varied(pixels, rng)
            else:
                return pixels, picture.width, picture.height
        return pixels, pixels.shape[1], pixels.shape[0]


def _thumbnail(seen: Grey) -> NDArray[np.float32]:
    small = cv2.resize(seen, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    scaled: NDArray[np.float32] = small / (np.linalg.norm(small) + np.float32(1e-3))
    return scaled


def _unite_twins(samples: Sequence[Sample]) -> list[Sample]:
    """One group for all groups that hold copies of one image."""
    parent = {sample.group: sample.group for sample in samples}

    def find(group: str) -> str:
        while parent[group] != group:
            parent[group] = group = parent[parent[group]]
        return group

    real = [(s.group, s.thumbnail) for s in samples if s.thumbnail is not None]
    if real:
        pictures = np.stack([thumbnail for _, thumbnail in real])
        for one, other in np.argwhere(np.triu(pictures @ pictures.T > _TWINS_FROM, 1)):
            low, high = sorted((find(real[one][0]), find(real[other][0])))
            parent[high] = low
    return [dataclasses.replace(s, group=find(s.group), thumbnail=None) for s in samples]
