"""Cohen et al. 2020: readers' extent and opacity by regression, 50 patient-grouped halves.

Theirs regresses on the outputs of a network that saw no COVID-19; ours on the infected percent.
In each of the 50 draws a line is fitted on the patients of one half and judged on the other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.figures import Figure
from hilum.evaluation.protocols.protocol import (
    UNKNOWN,
    Measured,
    Missing,
    Protocol,
    Published,
    Setting,
)
from hilum.evaluation.severity import TASK
from hilum.radiograph import Structure
from hilum.scales import GEOGRAPHIC_EXTENT, OPACITY, Scale

HALVES = 50

_LEAST_PATIENTS = 10
_NAMES = ("Pearson r", "mean absolute error")


def by_halves(scale: Scale, name: str) -> Callable[[Setting], Measured]:
    """``name`` of the infected percent, turned into ``scale``, over :data:`HALVES` draws."""

    def measure(setting: Setting) -> Measured:
        if Structure.INFECTION not in setting.targets:
            return Missing("the model does not outline infection")
        scored = [
            (case.group, case.infected_percent, case.severity[scale.column])
            for case in setting.cases
            if scale.column in case.severity and case.infected_percent is not None
        ]
        groups = np.array([group for group, _, _ in scored], np.str_)
        patients = np.unique(groups)
        if len(patients) < _LEAST_PATIENTS:
            return Missing(
                f"{scale.name} was scored by readers, and measured, on films of {len(patients)} "
                f"patients; halves need at least {_LEAST_PATIENTS}"
            )
        percent, truth = np.array([one[1:] for one in scored], np.float64).T
        drawn = [_half(groups, patients, percent, truth, scale, seed) for seed in range(HALVES)]
        values = np.array(drawn)[:, _NAMES.index(name)]
        if np.isnan(values).any():
            return Missing(
                "in some half, all infected percents or all readers' scores are equal, so that"
                f" there is no {name}"
            )
        return Figure(
            task=TASK,
            subject=scale.name,
            name=name,
            value=float(values.mean()),
            low=None,
            high=None,
            n=len(scored),
            groups=len(patients),
            unit="" if name == "Pearson r" else scale.unit,
            definition=f"a line fitted on the infected percents of half the patients, judged on the"
            f" other half; mean over {HALVES} draws",
            reason=f"± {values.std():.2f} (standard deviation)",
        )

    return measure


def _half(
    groups: NDArray[np.str_],
    patients: NDArray[np.str_],
    percent: NDArray[np.float64],
    truth: NDArray[np.float64],
    scale: Scale,
    seed: int,
) -> tuple[float, float]:
    """(r, mean absolute error) on the half that the line was not fitted on."""
    order = np.random.default_rng(seed).permutation(patients)
    is_fitted = np.isin(groups, order[: len(order) // 2])
    inputs = np.column_stack([np.ones(len(percent)), percent])
    line = np.linalg.lstsq(inputs[is_fitted], truth[is_fitted])[0]
    told, true = np.clip(inputs @ line, 0, scale.maximum)[~is_fitted], truth[~is_fitted]
    varies = np.ptp(told) > 0 and np.ptp(true) > 0
    r = float(np.corrcoef(told, true)[0, 1]) if varies else float("nan")
    return r, float(np.abs(told - true).mean())


def _differs_here(setting: Setting) -> list[str]:
    scored = [case for case in setting.cases if GEOGRAPHIC_EXTENT.column in case.severity]
    unmeasured = sum(case.infected_percent is None for case in scored)
    told = [f"{len(scored)} scored films here, 94 there."]
    if unmeasured:
        told.append(f"{unmeasured} of them have no infected percent and are left out.")
    return told


COHEN_2020 = Protocol(
    name="cohen-2020",
    title="Predicting COVID-19 pneumonia severity on chest X-ray with deep learning",
    source="Cohen et al. 2020, arXiv 2005.11856",
    data="ieee8023: 94 PA films scored by three readers",
    splits="50 draws, half of the patients each",
    collections=frozenset({"ieee8023"}),
    published=(
        Published(
            "geographic extent, r",
            "0.81 ± 0.04",
            "Pearson's, mean ± standard deviation over 50 halves",
            by_halves(GEOGRAPHIC_EXTENT, "Pearson r"),
        ),
        Published(
            "geographic extent, mean absolute error",
            "1.16 ± 0.10",
            "points of 8; its abstract prints 1.14",
            by_halves(GEOGRAPHIC_EXTENT, "mean absolute error"),
        ),
        Published("opacity, r", UNKNOWN, "not known to us", by_halves(OPACITY, "Pearson r")),
        Published(
            "opacity, mean absolute error",
            "0.78",
            "points of 6; its abstract",
            by_halves(OPACITY, "mean absolute error"),
        ),
    ),
    differs=(
        "Their network saw no COVID-19. A model that learned on COVID-QU-Ex has seen copies of most"
        " of these films, though none of their scores.",
    ),
    differs_here=_differs_here,
)
