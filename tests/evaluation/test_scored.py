"""Which scores a model file keeps when it is judged again."""

from __future__ import annotations

import dataclasses
import json

from hilum.evaluation.evaluate import figures_of
from hilum.evaluation.figures import Evaluation, Figure
from hilum.evaluation.protocols.table import told_interval, told_value
from hilum.evaluation.scored import model_scores, with_scores_of
from hilum.evaluation.strata import Stratum
from hilum.evaluation.write import scores_json
from hilum.radiograph import Finding
from hilum.report.evaluation import words
from tests.evaluation.cases import random_cases
from tests.fakes.model import describe


def test_a_score_reads_the_same_wherever_it_stands() -> None:
    """0.9504968 was 0.9505 in the model file, and 0.951 on its card."""
    figure = Figure("detection", "covid", "sensitivity", *(0.9504968, 0.8504968, 0.9674953), 50, 50)
    here = Evaluation("m", "0" * 64, "here", "1" * 64, "test", (), (figure,))
    (score,) = model_scores(here)
    assert f"{score.value:.3f}" == told_value(figure) == words.value_of(figure) == "0.950"
    assert score.interval == told_interval(figure) == "0.850 – 0.967"
    assert score.value == json.loads(scores_json(here))["figures"][0]["value"]
    at_the_edge = dataclasses.replace(figure, value=0.95049996)
    (score,) = model_scores(dataclasses.replace(here, figures=(at_the_edge,)))
    assert f"{score.value:.3f}" == told_value(at_the_edge) == words.value_of(at_the_edge)


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
