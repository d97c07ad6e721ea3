"""The whole audit, on drawn films: what is condemned, what is not, and what cannot be told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hilum.audit.audit import Audit, Audited, audit
from hilum.audit.check import Check, Judged, Outcome
from hilum.audit.contrast import contrasts
from hilum.audit.elsewhere import check_elsewhere, judge_held_out, outcome_of
from hilum.audit.figures import judge_area
from hilum.audit.films import Films, Part
from hilum.audit.measure import Measured
from hilum.audit.probe import held_out_scores
from hilum.audit.seeds import scores_by_seed
from hilum.audit.shortcuts import check_shortcuts
from hilum.audit.verdict import Verdict
from hilum.audit.write import audit_json
from hilum.evaluation.figures import Figure
from hilum.inference.model import read_model
from hilum.twins.find import TwinPair
from tests.fakes.audit import make_films, make_labels, make_pair
from tests.fakes.model import write_model

HALF = ["covid"] * 60 + ["normal"] * 60


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return read_model(write_model(tmp_path_factory.mktemp("model") / "fake.onnx"))


def run(films: Films, model: Any, pairs: tuple[TwinPair, ...] = (), *, asked: Any = None) -> Audit:
    lock = {"hilum": "0", "packages": {}}
    measured = Measured(films, model, {}, ())
    return audit(Audited("drawn", "0" * 64, lock, asked, measured, pairs))


def check_of(found: Audit, key: str) -> Check:
    return next(check for check in found.checks if check.key == key)


def signal(labels: list[dict[str, Any]], strength: float = 3) -> np.ndarray:
    return np.array([strength * (label["finding"] == "covid") for label in labels])


def test_a_clean_contrast_is_fine(model: Any) -> None:
    labels = make_labels(HALF)
    found = run(make_films(labels, told_by={"whole": signal(labels)}), model)
    assert found.outcome in (Outcome.FINE, Outcome.DOUBTFUL)
    assert not [j for c in found.checks for j in c.figures if j.outcome is Outcome.CONDEMNED]


def test_a_border_that_tells_the_class_condemns(model: Any) -> None:
    labels = make_labels(HALF)
    found = run(make_films(labels, told_by={"border": signal(labels)}), model)
    assert found.outcome is Outcome.CONDEMNED
    [verdict] = found.verdicts
    assert verdict.sentence.startswith(
        "The score of COVID-19 against normal cannot be told apart from recognising what lies"
        " around the lungs: the border of the film alone gives 0.9"
    )


def test_the_origin_is_named_only_where_classes_are_known_to_differ_in_it(model: Any) -> None:
    origins = [("A", "B")[(n % 5 == 0) == (name == "covid")] for n, name in enumerate(HALF)]
    labels = make_labels(HALF, origins=origins)
    found = run(make_films(labels, told_by={"border": signal(labels)}), model)
    by_origin = check_of(found, "origins").figures[0]
    assert by_origin.outcome is Outcome.DOUBTFUL
    assert "recognising the origin: the border" in found.verdicts[0].sentence
    assert by_origin.because in found.verdicts[0].sentence  # why the origin is named


def test_a_verdict_tells_the_clearest_first_and_how_many_more_there_are(model: Any) -> None:
    labels = make_labels(HALF)
    told = {"border": 2, "outside the lungs' box": 9, "background": 4, "file": 3}
    strong = {name: signal(labels, strength) for name, strength in told.items()}
    sentence = run(make_films(labels, told_by=strong), model).verdicts[0].sentence
    places = [sentence.index(words) for words in ("outside", "blacked out", "the properties")]
    assert places == sorted(places) and "and 1 more." in sentence


def test_what_sees_the_lungs_decides_nothing(model: Any) -> None:
    labels = make_labels(HALF)
    found = run(make_films(labels, told_by={"thumbnail": signal(labels)}), model)
    [thumbnail] = [
        judged
        for judged in check_of(found, "shortcuts").figures
        if judged.figure.name == "a thumbnail of 8×8 pixels"
    ]
    assert thumbnail.figure.value > 0.9 and thumbnail.outcome is Outcome.NOTED
    assert found.outcome is not Outcome.CONDEMNED


def test_classes_without_a_common_origin_are_condemned(model: Any) -> None:
    origins = ["Hannover" if name == "covid" else "Guangzhou" for name in HALF]
    found = run(make_films(make_labels(HALF, origins=origins)), model)
    assert found.outcome is Outcome.CONDEMNED
    assert "no origin has films of both classes" in found.verdicts[0].sentence


def test_one_film_among_the_others_does_not_save_a_contrast(model: Any) -> None:
    origins: list[str | None] = ["A" if name == "covid" else "B" for name in HALF]
    for stray in ("B", None):
        origins[0] = stray
        found = run(make_films(make_labels(HALF, origins=origins)), model)
        by_origin = check_of(found, "origins").figures[0]
        assert by_origin.outcome is Outcome.CONDEMNED and "hardly any film" in by_origin.because
    origins[:10] = [None] * 10  # all of B, for all that is known
    found = run(make_films(make_labels(HALF, origins=origins)), model)
    assert check_of(found, "origins").figures[0].outcome is Outcome.DOUBTFUL


def test_an_unknown_origin_is_never_clean(model: Any) -> None:
    origins: list[str | None] = ["one hospital"] * 119 + [None]
    labels = make_labels(HALF, origins=origins)
    found = run(make_films(labels, told_by={"whole": signal(labels)}), model)
    assert found.outcome in (Outcome.NOT_ESTIMABLE, Outcome.DOUBTFUL)
    assert check_of(found, "origins").figures[0].outcome is Outcome.NOT_ESTIMABLE


def test_rare_origins_of_one_class_each_are_not_fine(model: Any) -> None:
    """Ten of thirty, of a tenth of the films, have both classes; none has ten patients."""
    origins = [f"{name} {n // 6}" if n % 6 else f"both {n % 60}" for n, name in enumerate(HALF)]
    found = run(make_films(make_labels(HALF, origins=origins)), model)
    by_origin = check_of(found, "origins").figures[0]
    assert by_origin.figure.value is None  # taken together the rare ones are one
    assert by_origin.outcome is Outcome.DOUBTFUL and "few patients" in by_origin.because
    assert found.outcome in (Outcome.DOUBTFUL, Outcome.CONDEMNED)


def test_an_origin_of_its_own_for_each_film_cannot_be_compared(model: Any) -> None:
    # Two films share one; or no origin had both classes.
    origins = [f"hospital {n}" for n in [119, *range(1, 120)]]
    found = run(make_films(make_labels(HALF, origins=origins)), model)
    assert check_of(found, "origins").figures[0].outcome is Outcome.NOT_ESTIMABLE
    assert "only 2% of their films" in check_of(found, "origins").figures[0].because
    assert found.outcome is not Outcome.FINE


def test_age_that_tells_the_class_condemns(model: Any) -> None:
    ages = [50.0 + n % 10 if name == "covid" else 3.0 for n, name in enumerate(HALF)]
    found = run(make_films(make_labels(HALF, age=ages)), model)
    assert "recognising the patient’s age" in found.verdicts[0].sentence


def test_random_labels_raise_no_alarm() -> None:
    alarms = 0
    for seed in range(20):
        findings = np.random.default_rng(seed).permutation(HALF).tolist()
        films = make_films(make_labels(findings), seed=seed)
        [contrast] = contrasts(films.labels)
        whole = held_out_scores(films.features[Part.WHOLE], contrast.truth, contrast.groups)
        found = check_shortcuts(films, [contrast], {contrast.name: whole})
        alarms += found.outcome is Outcome.CONDEMNED
        assert found.figures[0].figure.value == pytest.approx(0.5, abs=0.2)
    assert alarms <= 1


def test_a_patient_of_many_films_hides_no_control() -> None:
    findings = ["covid"] * 100 + HALF
    labels = make_labels(findings)
    for label in labels[:100]:
        label["group_id"] = "one patient"
    films = make_films(labels, told_by={"border": signal(labels, 4)})
    [contrast] = contrasts(films.labels)
    seen = {contrast.name: scores_by_seed(films, contrast)[0]}
    figures = check_shortcuts(films, [contrast], seen).figures
    [border] = [one for one in figures if "border" in one.figure.name]
    assert border.figure.value > 0.97


def test_planted_twins_and_patients_are_caught(model: Any) -> None:
    patients: list[str | None] = [None] * 120
    patients[5] = patients[6] = "one person"  # in validation and train
    labels = make_labels(HALF, patient_id=patients)
    found = run(make_films(labels), model, (make_pair(10, 11), make_pair(1, 2)))
    splits = check_of(found, "splits")
    assert [judged.figure.value for judged in splits.figures] == [2, 2, 0]
    assert splits.outcome is Outcome.CONDEMNED
    assert [film.image_id for film in splits.films] == [labels[10]["image_id"]]
    assert found.verdicts[0].subject == "the splits"


def test_splits_are_not_called_clean_where_no_film_names_its_patient(model: Any) -> None:
    splits = check_of(run(make_films(make_labels(HALF)), model), "splits")
    assert (
        splits.outcome is Outcome.NOT_ESTIMABLE and "patients are known by their" in splits.answer
    )
    named = make_films(make_labels(HALF, patient_id=[f"{n}" for n in range(120)]))
    assert check_of(run(named, model), "splits").outcome is Outcome.FINE


def test_twins_that_the_dataset_tore_apart_are_held_out_and_drawn_together(model: Any) -> None:
    patients: list[str | None] = [None] * 120
    patients[5] = patients[6] = "one person"
    films = make_films(make_labels(HALF, patient_id=patients), classes=3)
    found = run(films, model, (make_pair(10, 11), make_pair(11, 12)), asked=model)
    for key in ("shortcuts", "elsewhere", "seeds"):
        figure = check_of(found, key).figures[0].figure
        assert (figure.n, figure.groups) == (120, 117), key
    assert found.patients == {"covid": 57, "normal": 60}


def test_films_that_no_network_was_asked_about(model: Any) -> None:
    films = make_films(make_labels(HALF), classes=3)
    for values in films.features.values():
        values[:] = np.nan
    found = run(films, model)
    assert check_of(found, "seeds").outcome is Outcome.NOT_ESTIMABLE
    assert "could be seen" in check_of(found, "labels").figures[1].figure.reason
    films.features[Part.WHOLE][:60] = 0  # of one class something is known
    assert check_of(run(films, model), "labels").figures[1].outcome is Outcome.NOT_ESTIMABLE


def test_wrong_labels_are_among_the_first_suspects(model: Any) -> None:
    labels = make_labels(["covid"] * 250 + ["normal"] * 250)
    truth = signal(labels, 4)
    rng = np.random.default_rng(7)
    wrong = rng.choice(500, 10, replace=False)
    for number in wrong.tolist():
        labels[number]["finding"] = "normal" if labels[number]["finding"] == "covid" else "covid"
    found = run(make_films(labels, told_by={"whole": truth}), model, (make_pair(0, 300),))
    first = [row[0] for row in check_of(found, "labels").tables[0].rows[:25]]
    assert sum(f"drawn: {number}.png" in first for number in wrong.tolist()) >= 8
    assert check_of(found, "labels").figures[0].figure.value == 2  # the contradicting twins


def test_doubts_of_a_classifier_that_cannot_tell_the_classes_mean_nothing(model: Any) -> None:
    noise = check_of(run(make_films(make_labels(HALF)), model), "labels")
    assert noise.outcome is Outcome.NOT_ESTIMABLE
    assert "0.75 is needed" in noise.answer


def test_labels_of_one_class_cannot_be_doubted(model: Any) -> None:
    noise = check_of(run(make_films(make_labels(["covid"] * 30)), model), "labels")
    assert noise.outcome is Outcome.NOT_ESTIMABLE


def test_a_model_that_tells_by_the_background_is_condemned(model: Any) -> None:
    labels = make_labels(HALF)
    told = 3 - signal(labels)  # the fake's first class is normal
    films = make_films(labels, told_by={f"model on {Part.BACKGROUND}": told}, classes=3)
    found = run(films, model, asked=model)
    [background] = [
        judged
        for judged in check_of(found, "model").figures
        if judged.figure.name == "all but the lungs"
    ]
    assert background.outcome is Outcome.CONDEMNED


def test_another_origin_is_asked(model: Any) -> None:
    origins = [("A", "B")[n % 2] for n in range(120)]
    labels = make_labels(HALF, origins=origins)
    at_a = np.array([origin == "A" for origin in origins])
    told = np.where(at_a, signal(labels, 4), 4 - signal(labels, 4))  # the reverse at B
    found = run(make_films(labels, told_by={"whole": told}), model)
    names = {j.figure.name: j for j in check_of(found, "elsewhere").figures}
    assert names["within the origin A"].figure.value > 0.9
    assert names["at the origin B, learned elsewhere"].figure.value < 0.2


def test_another_collection_is_no_other_origin_where_origins_are_unknown(model: Any) -> None:
    def asked(origin: str | None) -> Check:
        collections = [("one", "other")[n % 2] for n in range(120)]
        labels = make_labels(HALF, origins=[origin] * 120, collection=collections)
        films = make_films(labels, told_by={"whole": signal(labels, 9)})
        [contrast] = contrasts(films.labels)
        return check_elsewhere(films, [contrast], {contrast.name: signal(labels)})

    assert asked("one hospital").outcome is Outcome.FINE
    unknown = asked(None)
    assert unknown.outcome is Outcome.NOT_ESTIMABLE
    assert "unknown origin may come from there" in unknown.answer


@pytest.mark.parametrize(
    ("low", "value", "high", "outcome"),
    [
        (0.4, 0.5, 0.58, Outcome.CONDEMNED),
        (0.6, 0.65, 0.7, Outcome.DOUBTFUL),
        (0.5, 0.7, 0.9, Outcome.NOT_ESTIMABLE),
        (0.7, 0.8, 0.9, Outcome.FINE),
    ],
)
def test_few_films_elsewhere_do_not_show_that_a_score_holds(
    low: float, value: float, high: float, outcome: Outcome
) -> None:
    there = Figure("", "", "there", value, low, high, 40, 40)
    pooled = Figure("", "", "pooled", 0.8, 0.75, 0.85, 400, 400)
    assert judge_held_out(there, pooled, is_new=True).outcome is outcome


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        (["covid"] * 40, "the dataset has one finding only, covid"),
        ([None] * 40, "no film has a known finding"),
        (["covid", "normal", "normal"], "patients by finding: covid 1, normal 2"),
    ],
)
def test_what_cannot_be_told_is_said(model: Any, findings: list[Any], words: str) -> None:
    found = run(make_films(make_labels(findings)), model)
    assert found.outcome is Outcome.NOT_ESTIMABLE
    assert words in found.verdicts[0].sentence


def test_no_lungs_and_unknown_origins(model: Any) -> None:
    films = make_films(make_labels(HALF, origins=[None] * 120), classes=3)
    for part in (Part.LUNGS, Part.BACKGROUND):
        films.features[part][:] = np.nan
    films.controls["outside the lungs' box"][:] = np.nan
    films.lungs_found[:] = False
    found = run(films, model, asked=model)
    [verdict] = found.verdicts
    assert verdict.outcome in (Outcome.NOT_ESTIMABLE, Outcome.DOUBTFUL)
    assert check_of(found, "activation").answer == (
        "Cannot be estimated: no lungs were found on any film."
    )


def test_nothing_is_fine_where_what_lies_around_the_lungs_was_not_seen(model: Any) -> None:
    labels = make_labels(HALF)
    films = make_films(labels, told_by={"whole": signal(labels, 9)})
    films.controls["outside the lungs' box"][:] = np.nan
    found = run(films, model)
    [verdict] = found.verdicts
    assert verdict.outcome is found.outcome is not Outcome.FINE
    outside = next(
        one for one in check_of(found, "shortcuts").figures if "outside" in one.figure.name
    )
    assert outside.outcome is Outcome.NOT_ESTIMABLE
    assert "nothing can be said of the film outside the box" in outside.because


def test_a_model_of_other_classes(model: Any, tmp_path: Any) -> None:
    findings = ["tuberculosis"] * 60 + ["normal"] * 60
    found = run(make_films(make_labels(findings), classes=3), model, asked=model)
    assert "fake has no class for tuberculosis" in check_of(found, "model").answer


def test_a_model_that_was_asked_about_some_contrasts_only(model: Any) -> None:
    films = make_films(make_labels([*HALF, *["tuberculosis"] * 60] * 4), classes=3)
    asked = check_of(run(films, model, asked=model), "model")
    assert asked.outcome is not Outcome.FINE
    assert "for COVID-19 against normal; of the rest it cannot be estimated" in asked.answer


def test_a_background_that_tells_the_reverse_is_not_fine(model: Any) -> None:
    labels = make_labels(HALF)
    films = make_films(labels, told_by={f"model on {Part.BACKGROUND}": signal(labels)}, classes=3)
    asked = check_of(run(films, model, asked=model), "model")
    assert asked.outcome is Outcome.DOUBTFUL


def test_activation(model: Any) -> None:
    labels = make_labels(HALF)
    films = make_films(labels, told_by={"activation": np.linspace(0.6, 0.8, 120)}, classes=3)
    assert check_of(run(films, model, asked=model), "activation").outcome is Outcome.FINE
    films = make_films(labels, told_by={"activation": np.linspace(0.2, 0.4, 120)}, classes=3)
    found = run(films, model, asked=model)
    assert check_of(found, "activation").outcome is Outcome.CONDEMNED
    assert found.outcome is Outcome.CONDEMNED
    assert found.verdicts[0].subject == "the model"
    assert found.verdicts[0].sentence.startswith("The model’s finding is condemned: 0.30 (")


def test_a_model_that_heeds_corners_is_doubtful(model: Any) -> None:
    films = make_films(make_labels(HALF), classes=3)
    found = run(
        replace(films, occlusion={"corners": np.linspace(-0.3, -0.1, 120)}), model, asked=model
    )
    assert found.verdicts[0].subject == "the model"
    assert found.verdicts[0].outcome is Outcome.DOUBTFUL


def test_a_model_of_another_compilation_may_have_learned_what_is_held_out(model: Any) -> None:
    films = make_films(make_labels(HALF), classes=3)

    def caveat(*trained_on: str) -> str:
        described = replace(model.description, trained_on=trained_on, dataset_sha256="1" * 64)
        found = run(films, model, asked=replace(model, description=described))
        return check_of(found, "model").caveat

    assert "may have learned from some of those of drawn" in caveat("drawn", "other")
    assert "may have learned" not in caveat("other")


def test_a_model_may_know_films_of_a_collection_by_another_name(model: Any) -> None:
    labels = make_labels(HALF, collection=["kermany", "shenzhen"] * 60)
    described = replace(model.description, trained_on=("covid-qu-ex",), dataset_sha256="1" * 64)
    found = run(make_films(labels, classes=3), model, asked=replace(model, description=described))
    assert "may have learned from some of those of kermany." in check_of(found, "model").caveat


def test_findings_of_few_patients_are_named(model: Any) -> None:
    found = run(make_films(make_labels([*HALF, *["tuberculosis"] * 4])), model)
    assert found.remarks[-1].endswith("fewer than 10 patients: tuberculosis (4).")


def test_a_finding_that_may_be_the_other_is_told(model: Any) -> None:
    labels = make_labels(["pneumonia"] * 20 + ["pneumonia/viral"] * 20 + ["normal"] * 20)
    [remark] = run(make_films(labels), model).remarks
    assert "pneumonia/viral" not in remark and "viral pneumonia against pneumonia" in remark


def test_clipped_greys_are_judged_and_told_but_no_verdict_follows_from_them(model: Any) -> None:
    labels = make_labels(HALF)
    films = make_films(labels, told_by={"whole": signal(labels)})

    def verdict(name: str) -> Verdict:
        quality = {**films.quality, name: 1000 + signal(labels)}
        found = run(replace(films, quality=quality), model)
        assert check_of(found, "quality").outcome is Outcome.DOUBTFUL
        return found.verdicts[0]

    assert verdict("border").outcome is Outcome.DOUBTFUL
    assert "border" in verdict("border").sentence
    assert verdict("clipped").outcome is Outcome.FINE
    assert "Not counted" in verdict("clipped").sentence
    assert "brightest grey gives 1.00" in verdict("clipped").sentence


@pytest.mark.parametrize(
    ("low", "value", "high", "outcome", "reversed_outcome"),
    [
        (0.61, 0.7, 0.8, Outcome.CONDEMNED, Outcome.CONDEMNED),
        (0.55, 0.65, 0.74, Outcome.DOUBTFUL, Outcome.DOUBTFUL),
        (0.4, 0.5, 0.6, Outcome.FINE, Outcome.FINE),
        (0.31, 0.56, 0.79, Outcome.NOT_ESTIMABLE, Outcome.NOT_ESTIMABLE),
        (0.2, 0.45, 0.7, Outcome.FINE, Outcome.NOT_ESTIMABLE),
        (0.27, 0.35, 0.43, Outcome.FINE, Outcome.DOUBTFUL),
    ],
)
def test_what_an_area_means(
    low: float, value: float, high: float, outcome: Outcome, reversed_outcome: Outcome
) -> None:
    figure = Figure("", "", "", value, low, high, 40, 40)
    assert judge_area(figure, "it", "the origin").outcome is outcome
    judged = judge_area(figure, "it", "the origin", also_reversed=True)
    assert judged.outcome is reversed_outcome
    assert ("too few films" in judged.because) == (judged.outcome is Outcome.NOT_ESTIMABLE)


def test_a_place_that_was_asked_without_an_answer_keeps_its_contrast_from_being_fine() -> None:
    labels = make_labels(HALF)
    [contrast] = contrasts(labels)

    def judged(outcome: Outcome, value: float | None) -> Judged:
        return Judged(Figure("", contrast.name, "", value, None, None, 9, 9), outcome)

    holds, unsure = judged(Outcome.FINE, 0.9), judged(Outcome.NOT_ESTIMABLE, 0.6)
    without_value = judged(Outcome.NOT_ESTIMABLE, None)
    assert outcome_of([holds, without_value], [contrast]) is Outcome.FINE
    assert outcome_of([holds, unsure], [contrast]) is Outcome.NOT_ESTIMABLE
    assert outcome_of([without_value], [contrast]) is Outcome.NOT_ESTIMABLE
    assert outcome_of([], []) is Outcome.NOT_ESTIMABLE
    other = replace(contrast, positive="pneumonia")  # of another contrast nothing is known
    assert outcome_of([holds], [contrast, other]) is Outcome.NOT_ESTIMABLE


def test_json_tells_every_figure(model: Any) -> None:
    films = make_films(make_labels(HALF), classes=3)
    found = run(films, model, asked=model)
    document = json.loads(audit_json(found))
    assert [check["key"] for check in document["checks"]] == [
        *("splits", "origins", "shortcuts", "model", "elsewhere", "labels"),
        *("quality", "seeds", "activation", "reporting"),
    ]
    for check in document["checks"]:
        for figure in check["figures"]:
            assert figure["value"] is not None or figure["reason"]
            assert figure["outcome"] in list(Outcome)
    assert audit_json(run(films, model, asked=model)) == audit_json(found)
