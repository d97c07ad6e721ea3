"""Chowdhury et al. 2020: COVID-19 against normal, and against normal and viral pneumonia."""

from __future__ import annotations

import numpy as np

from hilum.evaluation.protocols.measures import (
    class_figure,
    confusion_measure,
    no_class,
    place_of,
)
from hilum.evaluation.protocols.protocol import Measured, Protocol, Published, Setting
from hilum.radiograph import Finding

TWO = ((Finding.COVID,), (Finding.NORMAL,))
THREE = ((Finding.COVID,), (Finding.PNEUMONIA,), (Finding.NORMAL,))


def _two_classes(setting: Setting) -> Measured:
    """Decided between the two alone: by the greater of their probabilities."""
    if missing := no_class(setting, TWO):
        return missing
    truth = np.array([place_of(case.truth, TWO) for case in setting.cases])
    chosen = [
        -1
        if case.refused
        else int(case.probabilities[Finding.NORMAL] > case.probabilities[Finding.COVID])
        for case in setting.cases
    ]
    return confusion_measure("accuracy", TWO, truth, np.array(chosen))


def _differs_here(setting: Setting) -> list[str]:
    told = []
    if setting.folds is None:
        told.append("The dataset has no folds ('compile --folds 5'): this is one model, one split.")
    if any(case.truth == Finding.PNEUMONIA for case in setting.cases):
        told.append("The third class is pneumonia of any kind here, viral pneumonia there.")
    if Finding.PNEUMONIA in setting.findings:
        told.append("The model has one class for all pneumonia.")
    return told


CHOWDHURY_2020 = Protocol(
    name="chowdhury-2020",
    title="Can AI help in screening viral and COVID-19 pneumonia?",
    source="Chowdhury et al. 2020, doi 10.1109/ACCESS.2020.3010287",
    data="First Radiography Database: 423 COVID-19, 1,485 viral pneumonia, 1,579 normal",
    splits="five folds, each tested once",
    collections=frozenset({"radiography"}),
    published=(
        Published("accuracy, 2 classes", "0.997", "best network", _two_classes),
        Published("accuracy, 3 classes", "0.979", "best network", class_figure("accuracy", THREE)),
    ),
    differs=(
        "With two classes, a model of more is asked which of the two it holds likelier.",
        "Viral pneumonia is of children there, COVID-19 mostly of adults: age tells them apart.",
        "Theirs started from ImageNet weights and is the best of several networks.",
    ),
    differs_here=_differs_here,
)
