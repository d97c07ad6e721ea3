"""What is said of a finding that another one is likelier than."""

from __future__ import annotations

from hilum.inference.judge import decide_finding, doubt
from hilum.radiograph import Finding

POINTS = {Finding.COVID: 0.1}


def test_an_early_call_is_said_to_be_one() -> None:
    unsure = {Finding.NORMAL: 0.05, Finding.COVID: 0.15, Finding.PNEUMONIA: 0.8}
    finding = decide_finding(unsure, POINTS)
    assert finding is Finding.COVID
    assert doubt(finding, unsure, POINTS) == "covid is called early, pneumonia is likelier"


def test_a_late_call_is_said_to_be_one() -> None:
    unsure, points = {Finding.NORMAL: 0.4, Finding.COVID: 0.6}, {Finding.COVID: 0.8}
    finding = decide_finding(unsure, points)
    assert finding is Finding.NORMAL
    assert doubt(finding, unsure, points) == "covid is likelier, but below its operating point"


def test_nothing_is_said_where_the_likeliest_is_called_or_nothing_is() -> None:
    for sure in (Finding.NORMAL, Finding.COVID, Finding.PNEUMONIA):
        probabilities = dict.fromkeys((Finding.NORMAL, Finding.COVID, Finding.PNEUMONIA), 0.05)
        probabilities[sure] = 0.9
        assert doubt(decide_finding(probabilities, POINTS), probabilities, POINTS) == ""
    assert doubt(None, {}, {}) == ""
