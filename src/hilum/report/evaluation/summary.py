"""The main figures as sentences that need no table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hilum.evaluation.detection import EVERY_FINDING
from hilum.evaluation.figures import EVERYTHING, Evaluation, Figure
from hilum.evaluation.segmentation import ALL_IMAGES, BASELINE, WITH_TARGET
from hilum.evaluation.severity import ALL_PERCENTS
from hilum.radiograph import Finding
from hilum.report.evaluation.words import counted, interval_of, value_of

_WITH, _ALL = f"Dice, {WITH_TARGET}", f"Dice, {ALL_IMAGES}"

MAIN = (
    (Finding.COVID.value, "sensitivity"),
    (Finding.COVID.value, "specificity"),
    (Finding.COVID.value, "AUROC"),
    (EVERY_FINDING, "accuracy"),
    ("infection", _WITH),
    ("lungs", _ALL),
    (ALL_PERCENTS, "mean absolute error"),
    ("images", "refused"),
)
"""Subject and name of what a reader asks for first; strata are drawn of these."""


def summary(evaluation: Evaluation) -> list[str]:
    """A sentence for each main figure there is, with n and interval."""
    figures = {(f.subject, f.name): f for f in evaluation.figures if f.stratum == EVERYTHING}
    return list(_sentences(figures))


def _sentences(figures: dict[tuple[str, str], Figure]) -> Iterator[str]:
    for key in MAIN:
        figure = figures.get(key)
        if figure is None or figure.value is None:
            continue
        yield _SAID[key](figure)
        baseline = figures.get((BASELINE, _WITH))
        if key == ("infection", _WITH) and baseline is not None and baseline.value is not None:
            yield (
                "For comparison, taking the whole lungs as outlined for infection, which needs no"
                f" knowledge of it, gives {_said(baseline)}."
            )


def _said(figure: Figure) -> str:
    return f"{value_of(figure)} {_from(figure)}"


def _percent(figure: Figure) -> str:
    assert figure.value is not None
    return f"{100 * figure.value:.1f}\xa0%"


def _from(figure: Figure) -> str:
    """Interval, images and patients, in brackets."""
    interval = interval_of(figure)
    if figure.low is not None and figure.high is not None:
        interval = f"95\xa0% interval {interval}"
        if figure.unit == "" and figure.name in ("sensitivity", "specificity", "accuracy"):
            interval = f"95\xa0% interval {100 * figure.low:.1f} to {100 * figure.high:.1f}\xa0%"
    whose = f"{counted(figure.n, 'image')} of {counted(figure.groups, 'patient')}"
    return f"({'; '.join(filter(None, [interval, whose]))})"


_SAID: dict[tuple[str, str], Callable[[Figure], str]] = {
    (Finding.COVID.value, "sensitivity"): lambda f: (
        f"Of the images with COVID-19, {_percent(f)} were called COVID-19 {_from(f)}."
    ),
    (Finding.COVID.value, "specificity"): lambda f: (
        f"Of the images without COVID-19, {_percent(f)} were judged and not called COVID-19"
        f" {_from(f)}."
    ),
    (Finding.COVID.value, "AUROC"): lambda f: (
        f"The probability of COVID-19 tells the two apart with an AUROC of {_said(f)}; 0.5 would"
        " be chance, 1 without error."
    ),
    (EVERY_FINDING, "accuracy"): lambda f: (
        f"{_percent(f)} of the images were called what they are {_from(f)}."
    ),
    ("infection", _WITH): lambda f: (
        f"On images that show infection, its outline has a mean Dice of {_said(f)}; 1 would be"
        " the readers’ outline exactly."
    ),
    ("lungs", _ALL): lambda f: f"Both lungs are outlined with a mean Dice of {_said(f)}.",
    (ALL_PERCENTS, "mean absolute error"): lambda f: (
        f"Where the model measured it, the infected percentage is off by {value_of(f)} of the"
        f" lungs’ area on average {_from(f)}."
    ),
    ("images", "refused"): lambda f: (
        f"{counted(round((f.value or 0) * f.n), 'image')} of {f.n:,} were not judged; they count"
        " as wrong."
        if f.value
        else f"All {counted(f.n, 'image')} were judged; none was refused."
    ),
}
