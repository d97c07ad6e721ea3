"""The real thing: the network itself trained without each origin, and asked there.

Each training is ``hilum train`` in a process of its own, so that this room needs no torch; what is
finished is kept, and one that was interrupted goes on.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from hilum.audit.check import Check, Judged, Outcome
from hilum.audit.contrast import Contrast, Label, in_words
from hilum.audit.elsewhere import judge_held_out, origins_known, outcome_of
from hilum.audit.figures import areas, listed, noted, reasons_of, without
from hilum.audit.given_model import Asked, class_score
from hilum.audit.left_out import leave_out
from hilum.dataset.read import Dataset, open_dataset
from hilum.errors import HilumError
from hilum.evaluation.cases import Case
from hilum.evaluation.evaluate import judge_all
from hilum.evaluation.figures import Figure
from hilum.inference.model import read_model
from hilum.inference.predictor import Predictor
from hilum.radiograph import Finding, Split

KEY = "retrained"
"""Of the check, and the name of the folder of trainings below the output."""

_REFUSED = 2
"""The exit status of a command that could not do what was asked, with a sentence on why."""


Train = Callable[[Path, Path, Path], Path | str]
"""Recipe, dataset and where to keep the training → the model file, or why there is none."""


def train_apart(recipe: Path, dataset: Path, folder: Path) -> Path | str:
    """A :data:`Train`: ``hilum train``, in a process of its own.

    Raises:
        HilumError: it was stopped.
    """
    model = folder / "model.onnx"
    command = [sys.executable, "-m", "hilum", "train", str(recipe), "--dataset", str(dataset)]
    done = subprocess.run(
        [*command, "-o", str(model)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    if done.returncode == 0:
        return model
    reason = _said_last(done.stderr)
    if done.returncode == _REFUSED:
        return f"it could not be trained: {reason}"
    raise HilumError(
        "a training was stopped", path=folder, got=reason, remedy="the same command goes on"
    )


def _said_last(stderr: str) -> str:
    """The last line of what a process said, without the name of an exception.

    >>> _said_last("Traceback:\\ntorch.OutOfMemoryError: out of memory\\n"), _said_last("")
    ('out of memory', 'no reason was given')
    """
    last = (stderr.strip().splitlines() or ["no reason was given"])[-1]
    return re.sub(r"^[\w.]+(Error|Exception): ", "", last)


def check_retrained(
    dataset: Dataset,
    labels: Sequence[Label],
    contrasts: Sequence[Contrast],
    recipe: Path,
    folder: Path,
    *,
    followed: str,
    united: Mapping[str, str],
    train: Train = train_apart,
    threads: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> Check:
    """Train ``recipe`` as the dataset is split, and without each origin that holds both classes.

    Args:
        dataset: what to learn from.
        labels: the films that the ``contrasts`` number.
        contrasts: what is to be told apart.
        recipe: followed each time.
        folder: where trainings are kept.
        followed: all that the recipe says, also by others that it extends.
        united: group of the dataset → that with which it is held out; those of ``labels``.
        train: trains it.
        threads: how many films are judged at once.
        tell: called with each training that is begun or gone on with.

    Raises:
        HilumError: a training was stopped.
    """
    judged = partial(_figures, contrasts=contrasts, united=united, threads=threads)
    kept = folder / _key(followed, dataset, united)
    figures: list[Judged] = []
    column, places = _places(labels, contrasts)
    is_new = {one.name: column == "origin" or origins_known(labels, one) for one in contrasts}
    pooled: dict[str, Figure] = {}
    if not places:
        reason = "no origin and no collection holds both classes with patients enough"
        figures += [without(KEY, contrast.name, "at a new place", reason) for contrast in contrasts]
    else:
        split = Split.TEST if dataset.count(Split.TEST) else Split.VALIDATION
        begin = partial(tell, "training on the dataset as it is split")
        told = _kept(train, recipe, dataset.folder, kept / "as it is split", begin)
        for one in judged(told, dataset, split, name=f"pooled, {split} films"):
            figures += noted([one])
            pooled[one.subject] = one
    for place in places:
        where = kept / _folder_name(place)
        if not (where / "dataset").exists():
            leave_out(dataset, column, place, where / "dataset", united=united)
        begin = partial(tell, f"training without the {column} {place}")
        told = _kept(train, recipe, where / "dataset", where, begin)
        name = f"at the {column} {place}, trained elsewhere"
        rest = open_dataset(where / "dataset")
        figures += [
            judge_held_out(one, pooled[one.subject], is_new=is_new[one.subject])
            for one in judged(told, rest, Split.TEST, name=name)
        ]
    asked = [one for one in figures if one.outcome is not Outcome.NOTED]
    return Check(
        KEY,
        "Elsewhere, trained anew",
        "Does a network hold at an origin that it learned nothing from?",
        outcome_of(figures, contrasts),
        _answer(asked),
        tuple(figures),
        caveat="One training each: part of a difference is the draw. Films that the model would not"
        " judge are left out. Where the dataset has no test films, the pooled figure is of those of"
        " validation, by which the network was chosen, and flattered.",
    )


def _answer(asked: Sequence[Judged]) -> str:
    bad = [one for one in asked if one.outcome in (Outcome.CONDEMNED, Outcome.DOUBTFUL)]
    if bad:
        told = [f"{one.because} ({in_words(one.figure.subject)})" for one in bad]
        return f"No. {listed(told)}."
    if any(one.outcome is Outcome.FINE for one in asked):
        return "No drop was found, as far as could be estimated."
    return f"Cannot be estimated: {listed(reasons_of(asked))}."


def _places(labels: Sequence[Label], contrasts: Sequence[Contrast]) -> tuple[str, list[str]]:
    """The origins, else the collections, that hold both sides of a contrast, largest first."""
    for column in ("origin", "collection"):
        found: Counter[str] = Counter()
        for contrast in contrasts:
            of_each = np.array([labels[n][column] or "" for n in contrast.index.tolist()])
            for place in set(of_each.tolist()) - {""}:
                elsewhere = (of_each != place) & (of_each != "")
                if not contrast.too_few(of_each == place) and not contrast.too_few(elsewhere):
                    found[place] = int((of_each == place).sum())
        if found:
            return column, sorted(found, key=lambda place: (-found[place], place))
    return "origin", []


def _key(followed: str, dataset: Dataset, united: Mapping[str, str]) -> str:
    """By what trainings of other recipes, datasets and groups are told from these."""
    told = json.dumps([followed, dataset.content_sha256, sorted(united.items())])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _folder_name(place: str) -> str:
    """Of its own for each place, whatever letters it is written with."""
    letters = re.sub(r"[^A-Za-z0-9]+", "-", place).strip("-")
    return f"{letters[:40]}-{hashlib.sha256(place.encode()).hexdigest()[:8]}"


def _kept(
    train: Train, recipe: Path, dataset: Path, folder: Path, begin: Callable[[], None]
) -> Path | str:
    """The model file of an earlier run, or, after ``begin``, a new one; or why there is none."""
    model = folder / "model.onnx"
    if model.exists():
        return model
    begin()
    folder.mkdir(parents=True, exist_ok=True)
    return train(recipe, dataset, folder)


def _figures(
    model: Path | str,
    dataset: Dataset,
    split: Split,
    *,
    name: str,
    contrasts: Sequence[Contrast],
    united: Mapping[str, str],
    threads: int,
) -> list[Figure]:
    """The AUROC of each contrast; without a value where there is none."""
    if isinstance(model, str):
        return [without(KEY, contrast.name, name, model).figure for contrast in contrasts]
    predictor = Predictor(read_model(model), threads=threads)
    description = predictor.model.description
    cases = list(judge_all(predictor, dataset, split, Counter(), {}, lambda: None))
    asked = Asked(description.name, description.findings)
    return [_figure(cases, asked, contrast, name, united) for contrast in contrasts]


def _figure(
    cases: Sequence[Case], asked: Asked, contrast: Contrast, name: str, united: Mapping[str, str]
) -> Figure:
    sides = (contrast.positive, contrast.negative)
    chosen = [case for case in cases if case.truth in sides]
    given = np.array(
        [[case.probabilities.get(f, np.nan) for f in asked.findings] for case in chosen]
    ).reshape(len(chosen), len(asked.findings))
    score = class_score(given, asked, contrast)
    if isinstance(score, str):
        return without(KEY, contrast.name, name, score).figure
    truth = np.array([case.truth == Finding(contrast.positive) for case in chosen], np.bool_)
    groups = np.array([united.get(case.group, case.group) for case in chosen], np.str_)
    return areas(KEY, contrast.name, {name: score}, truth, groups)[0]
