"""Which scores a model file keeps when it is judged again."""

from __future__ import annotations

import dataclasses

from hilum.evaluation.evaluate import figures_of
from hilum.evaluation.figures import Evaluation
from hilum.evaluation.scored import with_scores_of
from hilum.evaluation.strata import Stratum
from hilum.radiograph import Finding
from tests.evaluation.cases import random_cases
from tests.fakes.model import describe


def test_scores_on_other_images_stay_and_those_on_the_same_are_replaced() -> None:
    model = describe(findings=[Finding.NORMAL, Finding.COVID])
    cases = random_cases(30)
    figures = tuple(figures_of(cases, model, [Stratum.COLLECTION]))
    here = Evaluation("m", "0" * 64, "here", "1" * 64, "test", tuple(cases), figures)
    there = dataclasses.replace(here, dataset="there", dataset_sha256="2" * 64)
    once = with_scores_of(model, here)
    both = with_scores_of(once, there)
    assert once.scores and len(both.scores) == len(model.scores) + 2 * len(once.scores)
    assert set(with_scores_of(both, here).scores) == set(both.scores)
