"""A model file on one split of a dataset → its figures, through the code that users run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from hilum.dataset.lungs import LUNG_COLUMNS
from hilum.dataset.read import Dataset, Row
from hilum.errors import DatasetError, ImageError, ModelError
from hilum.evaluation.cases import Case
from hilum.evaluation.classes import refuse_strange_classes
from hilum.evaluation.confusion import confusion_figures
from hilum.evaluation.detection import detection_measures
from hilum.evaluation.figures import EVERYTHING, Evaluation, Figure
from hilum.evaluation.intervals import compute_figures
from hilum.evaluation.judge import NO_NUMBER, judge, outlined_structures
from hilum.evaluation.measure import Measure, Needed, mean_columns, quotient
from hilum.evaluation.notes import notes_on
from hilum.evaluation.segmentation import segmentation_measures
from hilum.evaluation.severity import severity_measures
from hilum.evaluation.strata import OF_EVERY_CASE, Stratum, strata
from hilum.imaging.read import decode_picture
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.inference.model import ModelDescription
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.radiograph import STORED_STRUCTURES, Finding, Split, Structure, View
from hilum.workers import map_threads

LATERAL = "lateral view"


def evaluate(
    predictor: Predictor,
    dataset: Dataset,
    split: Split,
    *,
    by: Sequence[Stratum] = OF_EVERY_CASE,
    classes: Mapping[Finding, Finding] | None = None,
    on_case: Callable[[], object] = lambda: None,
) -> Evaluation:
    """Every figure this model can have on ``split``, of all cases and of each stratum.

    Laterals are left out, and lung masks that cannot be had in the model's convention. A refused
    image counts as wrong: Dice 0, neither positive nor negative. What the model does not outline
    or name has no figure.

    Args:
        predictor: runs the model file; its ``threads`` images are worked on at once.
        dataset: what to judge it on.
        split: the part of it.
        by: what to part the cases by.
        classes: finding of the dataset → the model's class that means it.
        on_case: called after each radiograph.

    Raises:
        DatasetError: the split has no frontal radiograph, or no finding that the model knows; or
            films were changed, and not as the model asks for.
        ModelError: the model gave no number for any image.
    """
    description = predictor.model.description
    refuse_unfit(predictor, dataset, split, classes or {})
    left_out: Counter[str] = Counter()
    cases = tuple(judge_all(predictor, dataset, split, left_out, classes or {}, on_case))
    if not cases:
        raise _nothing_to_judge(dataset, split, left_out)
    if all(case.reason.startswith(NO_NUMBER) for case in cases):
        raise ModelError(
            f"{NO_NUMBER} for any image",
            path=predictor.model.path,
            got="NaN or infinite",
            remedy="train or fetch it again",
        )
    return Evaluation(
        model=description.name,
        model_sha256=predictor.model.sha256,
        dataset=dataset.folder.resolve().name,
        dataset_sha256=dataset.content_sha256,
        split=split.value,
        cases=cases,
        figures=tuple(figures_of(cases, description, by)),
        left_out=dict(left_out),
        notes=notes_on(cases, description, dataset, split, classes or {}),
    )


def refuse_unfit(
    predictor: Predictor, dataset: Dataset, split: Split, classes: Mapping[Finding, Finding]
) -> None:
    """Refuse a model that cannot be judged on ``split``, before any image is.

    Raises:
        DatasetError: it was made for films changed in another way, or its classes do not fit.
    """
    refuse_other_variant(predictor, dataset.variant, path=dataset.folder)
    model = predictor.model
    refuse_strange_classes(model.path.name, model.description.findings, dataset, split, classes)


def judge_all(
    predictor: Predictor,
    dataset: Dataset,
    split: Split,
    left_out: Counter[str],
    classes: Mapping[Finding, Finding],
    on_case: Callable[[], object],
) -> Iterator[Case]:
    """Each frontal radiograph as a case, in stored order; ``left_out`` counts the others."""
    description = predictor.model.description
    stored = set(outlined_structures(description)) & set(STORED_STRUCTURES)
    columns = sorted({*stored, *LUNG_COLUMNS})

    def judge_row(row: Row) -> Case | None:
        if row.labels["view"] == View.LATERAL:
            return None
        try:
            prediction = predict_row(predictor, row)
        except ImageError as error:
            prediction = Prediction(row.image_id, Status.FAILED, error.reason)
        return judge(prediction, row, description, classes)

    rows = dataset.rows(split, structures=columns)
    with closing(map_threads(judge_row, rows, threads=predictor.threads)) as cases:
        for case in cases:
            on_case()
            if case is None:
                left_out[LATERAL] += 1
            else:
                yield case


def predict_row(predictor: Predictor, row: Row) -> Prediction:
    """Predict a radiograph of a dataset as if it were a file.

    Plain films are changed as the model asks for; those of a dataset that was changed so are not
    changed again.

    Raises:
        DatasetError: the dataset's films were changed in another way.
    """
    refuse_other_variant(predictor, row.variant, path=row.image_id)
    picture = decode_picture(row.image, path=row.image_id, at_least=predictor.decoded_side)
    is_varied = row.variant != PLAIN
    return predictor.predict_picture(picture, row.image_id, is_varied=is_varied)


def refuse_other_variant(predictor: Predictor, found: FilmVariant, *, path: str | Path) -> None:
    """Refuse films that were changed (``found``) in another way than the model was made for.

    Raises:
        DatasetError: they were; ``path`` names them.
    """
    wanted = predictor.model.description.variant
    if found not in (PLAIN, wanted):
        raise DatasetError(
            "the images were changed in another way than those the model was made for",
            path=path,
            got=str(found),
            expected=str(PLAIN) if wanted == PLAIN else f"{wanted}, or {PLAIN}",
            remedy="compile the dataset without --enhance and --lungs-only: the model makes its"
            " change itself",
        )


def measures_of(cases: Sequence[Case], description: ModelDescription) -> list[Measure]:
    """Every figure of ``cases`` that the model can have, before it is computed."""
    everything = Needed(np.ones(len(cases), np.bool_), "")
    refused = np.array([case.refused for case in cases], np.float64)
    return [
        Measure(
            "coverage",
            "images",
            "refused",
            (everything,),
            mean_columns(refused, everything.cases),
            quotient,
            definition="share of images that the model would not judge; they count as wrong",
            is_share=True,
        ),
        *segmentation_measures(cases, outlined_structures(description)),
        *detection_measures(cases, description.findings, description.operating_points.finding),
        *(severity_measures(cases) if Structure.INFECTION in description.targets else ()),
    ]


def figures_of(
    cases: Sequence[Case], description: ModelDescription, by: Iterable[Stratum]
) -> Iterator[Figure]:
    """The figures of all cases, then of each stratum."""
    everything = list(_figures(cases, description, EVERYTHING))
    yield from everything
    for kind in by:
        for name, part in strata(cases, kind).items():
            if len(part) == len(cases):
                yield from (replace(figure, stratum=name) for figure in everything)
            else:
                yield from _figures(part, description, name)


def _figures(
    cases: Sequence[Case], description: ModelDescription, stratum: str
) -> Iterator[Figure]:
    groups = [case.group for case in cases]
    yield from compute_figures(measures_of(cases, description), groups, stratum=stratum)
    yield from confusion_figures(cases, description.findings, stratum)


def _nothing_to_judge(dataset: Dataset, split: Split, left_out: Mapping[str, int]) -> DatasetError:
    others = [f"{other} ({dataset.count(other)})" for other in Split if dataset.count(other)]
    laterals = left_out.get(LATERAL, 0)
    return DatasetError(
        "the split has no frontal radiograph",
        path=dataset.folder,
        got=f"{laterals} laterals in {split}" if laterals else f"no image in {split}",
        expected=f"radiographs, as in {', '.join(others)}" if others else None,
        remedy="give another --split, or compile a dataset that has this one",
    )
