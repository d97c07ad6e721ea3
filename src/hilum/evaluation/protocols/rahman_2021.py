"""Rahman et al. 2021: three classes on plain films and on lungs alone, five enhancements.

Accuracy and sensitivity on plain films are both 0.9629, as they are where sensitivity is the mean
over classes weighted by their images.
"""

from __future__ import annotations

from hilum.evaluation.protocols.measures import class_figure, overlap
from hilum.evaluation.protocols.protocol import Missing, Protocol, Published, Setting
from hilum.imaging.enhance import Enhancement
from hilum.radiograph import Finding, Structure

CLASSES = ((Finding.COVID,), (Finding.LUNG_OPACITY, Finding.PNEUMONIA), (Finding.NORMAL,))

_PLAIN = "best of seven networks and six kinds of contrast, gamma-corrected whole films; weighted"
_LUNGS = "best of the same on films cut to their lungs; weighted"
_SEGMENTED = "their modified U-Net; data not known to us"


def _whole_films(setting: Setting) -> Missing | None:
    if setting.variant.lungs_only:
        return Missing("the model sees lungs alone; this figure is of whole films")
    return None


def _lungs_alone(setting: Setting) -> Missing | None:
    if not setting.variant.lungs_only:
        return Missing("the model sees whole films; this figure is of one trained on --lungs-only")
    return None


def _differs_here(setting: Setting) -> list[str]:
    told = []
    enhancement = setting.variant.enhancement
    if not setting.variant.lungs_only and enhancement is not Enhancement.GAMMA:
        told.append(
            f"Theirs is of gamma-corrected films; ours are {enhancement or 'not enhanced'}."
            f" All five ({', '.join(Enhancement)}) are had by training on 'compile --enhance'."
        )
    if setting.folds is None:
        told.append("The dataset has no folds ('compile --folds 5'): this is one model, one split.")
    else:
        told.append(f"One model on one split, not the mean over {setting.folds} folds.")
    if not any(case.truth == Finding.LUNG_OPACITY for case in setting.cases):
        told.append("The third class is pneumonia here, lung opacity of any cause there.")
    return told


PLAIN = ("0.9629", "0.9629", "0.9628", "0.9627")
SEGMENTED = ("0.9511", "0.9456", "0.9453", "0.9559")
_NAMES = ("accuracy", "sensitivity", "F1", "specificity")

RAHMAN_2021 = Protocol(
    name="rahman-2021",
    title="Exploring the effect of image enhancement techniques on COVID-19 detection",
    source="Rahman et al. 2021, doi 10.1016/j.compbiomed.2021.104319",
    data="COVID-19 Radiography Database: 3,616 COVID-19, 6,012 lung opacity, 8,851 normal",
    splits="five folds, each tested once",
    collections=frozenset({"radiography"}),
    published=(
        *(
            Published(
                f"{name}, whole films", printed, _PLAIN, class_figure(name, CLASSES, _whole_films)
            )
            for name, printed in zip(_NAMES, PLAIN, strict=True)
        ),
        *(
            Published(
                f"{name}, lungs alone", printed, _LUNGS, class_figure(name, CLASSES, _lungs_alone)
            )
            for name, printed in zip(_NAMES, SEGMENTED, strict=True)
        ),
        Published("lung IoU", "0.943", _SEGMENTED, overlap(Structure.LUNGS, "IoU")),
        Published("lung Dice", "0.9694", _SEGMENTED, overlap(Structure.LUNGS, "Dice")),
    ),
    differs=(
        "Which parameters the enhancements had there is not known to us.",
        "Theirs is the best of all networks and enhancements by these figures.",
        "The database names no patients: one may be learned from and tested on there.",
    ),
    differs_here=_differs_here,
)
