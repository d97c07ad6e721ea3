"""What holds for every protocol."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from hilum.collections.registry import COLLECTIONS
from hilum.evaluation.cases import Case, MaskCase
from hilum.evaluation.protocols.protocol import UNKNOWN, Protocol, compare_with
from hilum.evaluation.protocols.registry import PROTOCOLS
from hilum.evaluation.protocols.table import (
    COLUMNS,
    comparison_table,
    comparison_values,
    told_interval,
    told_reasons,
    told_value,
)
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.radiograph import Finding, Structure
from tests.evaluation.cases import case
from tests.fakes.evaluation import make_setting

EVERY = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=list(PROTOCOLS))

TRUTHS = (Finding.COVID, Finding.NORMAL, Finding.PNEUMONIA, Finding.VIRAL_PNEUMONIA)


def cases_of_everything(count: int = 80) -> list[Case]:
    """Cases that every protocol can be served with, whole films or lungs alone."""
    random = np.random.default_rng(0)
    cases = []
    for number in range(count):
        truth = TRUTHS[number % len(TRUTHS)]
        right = bool(random.random() < 0.8)
        called = truth if right else TRUTHS[(number + 1) % len(TRUTHS)]
        percent = float(random.uniform(1, 90)) if truth == Finding.COVID else 0.0
        true = 100 if truth == Finding.COVID else 0
        found = 80 if called == Finding.COVID else 0
        lungs = MaskCase(900, 1000, 1000, 3.0, 0.9)
        infection = MaskCase(min(found, true), found, true)
        cases.append(
            case(
                number,
                truth=truth,
                predicted=Finding.PNEUMONIA if called.is_a(Finding.PNEUMONIA) else called,
                probabilities={Finding.COVID: 0.5, Finding.NORMAL: 0.3, Finding.PNEUMONIA: 0.2},
                masks={Structure.LUNGS: lungs, Structure.INFECTION: infection},
                whole_lungs_as_infection=MaskCase(true, 1000, true),
                infected_percent=percent + 5,
                true_infected_percent=percent,
                severity={
                    "geographic_extent_0_to_8": percent / 12,
                    "opacity_0_to_6": percent / 16 + float(random.normal(0, 0.1)),
                },
            )
        )
    return cases


@EVERY
def test_names_are_spelt_like_the_option_and_collections_are_known(protocol: Protocol) -> None:
    assert PROTOCOLS[protocol.name] is protocol
    assert protocol.collections <= {collection.facts.name for collection in COLLECTIONS}
    names = [published.name for published in protocol.published]
    assert len(set(names)) == len(names)
    assert all((protocol.title, protocol.source, protocol.data, protocol.splits))


@EVERY
@pytest.mark.parametrize("variant", [PLAIN, FilmVariant(lungs_only=True)], ids=str)
def test_it_measures_what_it_prints(protocol: Protocol, variant: FilmVariant) -> None:
    setting = make_setting(cases_of_everything(), variant=variant)
    comparison = compare_with(protocol, setting)
    assert [line.theirs for line in comparison.lines] == list(protocol.published)
    for line in comparison.lines:
        if line.ours.value is None:
            assert (
                "the model sees" in line.ours.reason
            )  # of rahman-2021: whole, or cut to the lungs
        else:
            assert line.ours.n and line.ours.groups and line.ours.definition
            assert line.ours.low is not None or line.ours.reason
    assert any(line.ours.value is not None for line in comparison.lines)
    assert comparison.differs and all(sentence.endswith(".") for sentence in comparison.differs)


@EVERY
@pytest.mark.parametrize(
    "cases",
    [
        cases_of_everything(),
        cases_of_everything(3),
        [replace(one, truth=None, masks={}, severity={}) for one in cases_of_everything()],
        [replace(one, refused=True, predicted=None) for one in cases_of_everything()],
        [replace(one, infected_percent=0.0) for one in cases_of_everything()],
    ],
    ids=["all", "few", "nothing known", "all refused", "never infected"],
)
def test_what_is_missing_is_a_reason_never_an_error(
    protocol: Protocol, cases: Sequence[Case]
) -> None:
    for findings, targets in (((), ()), ((Finding.NORMAL, Finding.COVID), (Structure.LUNGS,))):
        setting = make_setting(cases, findings=findings, targets=targets)
        for line in compare_with(protocol, setting).lines:
            assert line.ours.value is not None or line.ours.reason
    comparison = compare_with(protocol, make_setting(cases))
    for line in comparison.lines:
        assert (line.ours.value is None) <= bool(line.ours.reason)
    json.dumps(comparison_values(comparison), allow_nan=False)


@EVERY
def test_the_table_says_all_of_it_and_json_too(protocol: Protocol) -> None:
    comparison = compare_with(protocol, make_setting(cases_of_everything()))
    rows = list(csv.DictReader(io.StringIO(comparison_table(comparison))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["figure"] for row in rows] == [one.name for one in protocol.published]
    assert {(row["split"], row["model_sha256"]) for row in rows} == {("test", "a" * 64)}
    values = json.loads(json.dumps(comparison_values(comparison), allow_nan=False))
    assert values["name"] == protocol.name and len(values["figures"]) == len(rows)
    for line in comparison.lines:
        assert line.theirs.printed == UNKNOWN or line.theirs.printed[0] in ">0123456789"
        shown = told_value(line.ours), told_interval(line.ours)
        assert all(shown) and (shown == ("–", "–")) == (line.ours.value is None)
    missing = [line.ours.reason for line in comparison.lines if line.ours.value is None]
    assert len(told_reasons(comparison)) == len(set(missing))
