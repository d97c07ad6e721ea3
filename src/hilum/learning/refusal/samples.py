"""Collections → samples of films and of what is none, measured as prediction measures them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from hilum.collections.collection import NOT_A_RADIOGRAPH, Reading
from hilum.collections.registry import read_folder
from hilum.dataset.read import Dataset
from hilum.errors import HilumError, NotARadiographError
from hilum.imaging.formats import IMAGE_SUFFIXES
from hilum.imaging.read import read_picture, to_uint8
from hilum.inference.film_features import measure_features
from hilum.inference.model import Model
from hilum.inference.predictor import Predictor
from hilum.learning.refusal.learned import Learned, learned_from
from hilum.learning.refusal.not_films import DRAWN, FROM_A_FILM, Grey, varied
from hilum.learning.refusal.sample import FILM, LATERAL, REAL, SLICE, Sample
from hilum.learning.refusal.twins import thumbnail_of, unite_twins
from hilum.radiograph import View
from hilum.workers import Progress, map_threads, no_progress

_VARIANTS = 4
"""Of each real image that is no film; there are few of them."""


@dataclasses.dataclass(frozen=True)
class Amounts:
    """How many samples are taken at most."""

    films: int = 600
    """Of each collection, and of each official split of it."""
    changed: int = 8
    """Films of each collection that are made into every kind of :data:`FROM_A_FILM`."""
    drawn: int = 60
    """Of each kind of :data:`DRAWN`."""


def collect_samples(
    model: Model,
    folders: Sequence[Path],
    *,
    films: Mapping[Path, str] | None = None,
    dataset: Dataset | None = None,
    amounts: Amounts | None = None,
    threads: int = 1,
    progress: Progress = no_progress,
) -> list[Sample]:
    """Measure the radiographs of ``folders``, each a known collection, and what is drawn.

    Args:
        model: whose network and operating points are used.
        folders: downloaded collections; laterals and CT slices in them are no films.
        films: further frontal films, each with the name of its collection.
        dataset: what the model was trained on; see
            :func:`~hilum.learning.refusal.learned.learned_from`.
        amounts: how many samples are taken; always the same ones.
        threads: images worked on at once.
        progress: told of each image.

    Raises:
        CollectionError: a folder is no known collection.
        DatasetError: ``dataset`` is damaged, or the model was trained on another one.
        ImageError: an image cannot be read.
        HilumError: the model outlines no lungs, the films are of one collection only, the network
            learned from all of them, or there is no lateral view and no CT slice.
    """
    if not model.description.targets:
        raise HilumError(
            "films are told by their lungs, and this model outlines none",
            path=model.path,
            remedy="give a model that outlines lungs",
        )
    amounts, learned = amounts or Amounts(), learned_from(model.description, dataset)
    given = [Sample(FILM, name, str(path), path) for path, name in (films or {}).items()]
    found = _every([*_read(folders, learned), *map(learned.mark, given)])
    _require_enough(found)
    chosen = _choose(found, amounts)
    wanted = [*chosen, *_variants(chosen), *_changed(chosen, amounts), *_drawn(amounts)]
    wanted = [dataclasses.replace(sample, number=n) for n, sample in enumerate(wanted)]
    taken = {sample.path for sample in chosen}
    # Not measured, but what is sampled may be a copy of them.
    others = [sample for sample in found if sample.is_learned and sample.path not in taken]
    measure = _Measure(Predictor(model, threads=threads))
    seen = []
    for step, work, part in (
        ("comparing", measure.thumbnail, others),
        ("measuring", measure, wanted),
    ):
        advance = progress(step, len(part))
        for sample in map_threads(work, part, threads=threads):
            seen.append(sample)
            advance()
    return unite_twins(seen)[len(others) :]


def _read(folders: Sequence[Path], learned: Learned) -> Iterator[Sample]:
    for reading in map(read_folder, folders):
        for radiograph in reading.radiographs:
            kind = LATERAL if radiograph.view == View.LATERAL else FILM
            group = radiograph.patient_id or str(radiograph.path)
            split = radiograph.official_split
            sample = Sample(kind, reading.collection, group, radiograph.path, official_split=split)
            yield learned.mark(sample) if kind == FILM else sample  # nor do laterals teach
        yield from _slices(reading)


def _slices(reading: Reading) -> Iterator[Sample]:
    for problem in reading.problems:
        path = reading.root / problem.source_path
        if problem.kind == NOT_A_RADIOGRAPH and _is_picture(path):
            yield Sample(SLICE, reading.collection, problem.patient_id or str(path), path)


def _is_picture(path: Path) -> bool:
    """Not so for a volume, nor for an image that is named but absent."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def _every(samples: Sequence[Sample]) -> list[Sample]:
    """Each image once: annotation sets share images."""
    return list({sample.path: sample for sample in samples}.values())


def _require_enough(found: Sequence[Sample]) -> None:
    collections = sorted({sample.collection for sample in found if sample.kind == FILM})
    if len(collections) < 2:
        raise HilumError(
            "the refusal cannot be fitted",
            got=f"frontal films of {' and '.join(collections) or 'no collection'} only",
            expected="at least two collections, so that each can be judged without it",
            remedy="give more collections",
        )
    if all(sample.is_learned for sample in found if sample.kind == FILM):
        raise HilumError(
            "the refusal cannot be judged",
            got=f"only films of {', '.join(collections)} that the network learned from",
            expected="films that it did not learn from as well",
            remedy="give a collection that it was not trained on, or the dataset that it was"
            " trained on, which tells what was left out",
        )
    if all(sample.kind == FILM for sample in found):
        raise HilumError(
            "the refusal cannot be fitted",
            got=f"no lateral view and no CT slice in {', '.join(collections)}",
            expected="some of them",
            remedy="give a collection that has them, such as ieee8023",
        )


def _choose(found: Sequence[Sample], amounts: Amounts) -> list[Sample]:
    """All that is no film; of the films so many of each collection and official split."""
    parts = defaultdict(list)
    for sample in found:
        parts[sample.collection, sample.kind, sample.official_split].append(sample)
    chosen: list[Sample] = []
    for (_, kind, _), samples in parts.items():
        chosen += _evenly(samples, amounts.films) if kind == FILM else samples
    return chosen


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

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def __call__(self, sample: Sample) -> Sample:
        rng = np.random.default_rng(sample.number)
        try:
            pixels, width, height = self._pixels(sample, rng)
        except NotARadiographError:  # a DICOM that says so itself
            return sample
        if sample.kind in REAL and not sample.is_variant:
            sample = self._with_thumbnail(sample, pixels)
        look = self._predictor.look(pixels, width=width, height=height)
        if isinstance(look, str) or look.outlined is None or not look.outlined.lungs.any():
            return sample
        targets = self._predictor.model.description.targets
        features = measure_features(look.pixels, look.outlined, look.masks, targets)
        return dataclasses.replace(sample, features=features)

    def thumbnail(self, sample: Sample) -> Sample:
        """``sample`` of a file, unmeasured, with what copies of it are told by."""
        assert sample.path is not None
        picture = read_picture(sample.path, at_least=self._predictor.decoded_side)
        return self._with_thumbnail(sample, to_uint8(picture.pixels))

    def _with_thumbnail(self, sample: Sample, pixels: Grey) -> Sample:
        small = thumbnail_of(self._predictor.network_input(pixels))
        return dataclasses.replace(sample, thumbnail=small)

    def _pixels(self, sample: Sample, rng: np.random.Generator) -> tuple[Grey, int, int]:
        """(what is measured, width, height)."""
        if sample.path is None:
            pixels = DRAWN[sample.kind](rng)
        else:
            picture = read_picture(sample.path, at_least=self._predictor.decoded_side)
            pixels = to_uint8(picture.pixels)
            if sample.kind in FROM_A_FILM:
                pixels = FROM_A_FILM[sample.kind](pixels, rng)
            elif sample.is_variant:
                pixels = varied(pixels, rng)
            else:
                return pixels, picture.width, picture.height
        return pixels, pixels.shape[1], pixels.shape[0]
