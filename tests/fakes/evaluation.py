"""An evaluation and its setting, spelt out."""

from __future__ import annotations

from collections.abc import Sequence

from hilum.evaluation.cases import Case
from hilum.evaluation.figures import Evaluation
from hilum.evaluation.protocols.protocol import Setting
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.radiograph import Finding, Structure

FINDINGS = (Finding.NORMAL, Finding.COVID, Finding.PNEUMONIA)
TARGETS = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)


def make_setting(
    cases: Sequence[Case],
    *,
    findings: tuple[Finding, ...] = FINDINGS,
    targets: tuple[Structure, ...] = TARGETS,
    split: str = "test",
    variant: FilmVariant = PLAIN,
    folds: int | None = None,
) -> Setting:
    evaluation = Evaluation(
        model="fake",
        model_sha256="a" * 64,
        dataset="dataset",
        dataset_sha256="b" * 64,
        split=split,
        cases=tuple(cases),
        figures=(),
    )
    return Setting(evaluation, findings, targets, variant, folds)
