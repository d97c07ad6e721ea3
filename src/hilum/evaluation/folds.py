"""Cross-validation: a model for each fold of a dataset, judged on the fold that it never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hilum.dataset.held_out import fold_count, hold_out
from hilum.dataset.read import Dataset
from hilum.errors import ModelError
from hilum.evaluation.evaluate import evaluate, figures_of
from hilum.evaluation.figures import HELD_OUT, Evaluation
from hilum.evaluation.notes import notes_on
from hilum.evaluation.strata import OF_EVERY_CASE, Stratum
from hilum.inference.model import Model
from hilum.inference.predictor import Predictor
from hilum.radiograph import Finding, Split

_NOTE = (
    "Cross-validation: of {count} models each judged the fold that it neither learned from nor was"
    " chosen by. Figures are of all folds' images together; each fold's own stand by stratum. The"
    " models share most of their training images, which intervals by drawing patients do not see;"
    " AUROC, AUPRC and curves rank probabilities of different models as if they were of one."
)


def evaluate_folds(
    models: Sequence[Model],
    dataset: Dataset,
    run: Callable[[Model], Predictor],
    *,
    by: Sequence[Stratum] = OF_EVERY_CASE,
    classes: Mapping[Finding, Finding] | None = None,
    on_case: Callable[[], object] = lambda: None,
) -> Evaluation:
    """Every figure of all images outside test, each judged by the model of its own fold.

    The figures are of the images of all folds together, and of each fold as a stratum.

    Args:
        models: one for each fold of ``dataset``.
        dataset: what they were trained on.
        run: makes a predictor of one of them.
        by: what else to part the cases by.
        classes: finding of the dataset → the models' class that means it.
        on_case: called after each radiograph.

    Raises:
        DatasetError: as of :func:`hilum.evaluation.evaluate.evaluate`.
        ModelError: the models are not of one recipe, or not one for each fold of this dataset; or
            one gave no number for any image.
    """
    judged = [
        evaluate(
            run(model), hold_out(dataset, fold), Split.TEST, by=(), classes=classes, on_case=on_case
        )
        for fold, model in enumerate(_in_fold_order(models, dataset))
    ]
    cases = tuple(replace(case, fold=fold) for fold, one in enumerate(judged) for case in one.cases)
    left_out: Counter[str] = Counter()
    for one in judged:
        left_out.update(one.left_out)
    first = models[0].description
    return Evaluation(
        model=f"{first.name}, {len(models)} folds",
        model_sha256=", ".join(one.model_sha256 for one in judged),
        dataset=dataset.folder.resolve().name,
        dataset_sha256=dataset.content_sha256,
        split=HELD_OUT,
        cases=cases,
        figures=tuple(figures_of(cases, first, dict.fromkeys((*by, Stratum.FOLD)))),
        left_out=dict(left_out),
        notes=(
            _NOTE.format(count=len(models)),
            *notes_on(cases, first, dataset, Split.TEST, classes or {}),
        ),
    )


def _in_fold_order(models: Sequence[Model], dataset: Dataset) -> list[Model]:
    """``models`` by their folds, which are those of ``dataset``, each once."""
    count = fold_count(dataset.folder) or 0
    for model in models:
        if model.description.fold is None:
            raise ModelError(
                "no fold was held out from this model",
                path=model.path,
                remedy="train one for each fold with 'hilum train --fold', or evaluate it alone",
            )
        if model.description.dataset_sha256 != dataset.content_sha256:
            raise ModelError(
                "the model was trained on another dataset, whose folds are others",
                path=model.path,
                got=f"dataset {model.description.dataset_sha256[:16]}",
                expected=f"{dataset.content_sha256[:16]}, which is {dataset.folder}",
                remedy="give --dataset the folder that 'hilum train' was given",
            )
        if model.description.recipe != models[0].description.recipe:
            raise ModelError(
                "the models of the folds are of different recipes",
                path=model.path,
                got=model.description.name,
                expected=f"the recipe of {models[0].path}",
                remedy="train every fold by one recipe",
            )
    folds = sorted(model.description.fold or 0 for model in models)
    if folds != list(range(count)):
        raise ModelError(
            "a model for each fold is needed, and only one",
            path=dataset.folder,
            got=f"models of folds {', '.join(map(str, folds))}",
            expected=", ".join(map(str, range(count))),
            remedy="train the missing ones with 'hilum train --fold', and leave out what is double",
        )
    return sorted(models, key=lambda model: model.description.fold or 0)
