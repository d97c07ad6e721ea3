"""An audit → ``audit.html``, one page that opens anywhere, offline, without script."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from markupsafe import Markup

import hilum
from hilum.audit.audit import Audit
from hilum.audit.check import Judged, Outcome
from hilum.audit.contrast import in_words, shown
from hilum.audit.figures import CHANCE, FAR_AREA, MOST_AREA
from hilum.evaluation.figures import Figure
from hilum.evaluation.intervals import DRAWS, LEAST_GROUPS
from hilum.output import write_whole
from hilum.report.audit.pictures import Pictures
from hilum.report.evaluation import words
from hilum.report.evaluation.plot import Axis
from hilum.report.evaluation.strata import STRIP_WIDTH
from hilum.report.page import templates, unwritable

PAGE_NAME = "audit.html"

_AXIS = Axis("", (0.0, 0.25, 0.5, 0.75, 1.0), 14, STRIP_WIDTH - 14)

_MARKS = {
    Outcome.FINE: "✓",
    Outcome.DOUBTFUL: "?",
    Outcome.CONDEMNED: "✗",
    Outcome.NOT_ESTIMABLE: "–",
    Outcome.NOTED: "·",
}


def write_audit_page(audit: Audit, folder: Path, pictures: Pictures) -> None:
    """Write ``audit.html`` to ``folder``; an earlier one is replaced.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / PAGE_NAME, audit_page(audit, pictures).encode(errors="replace"))
    except OSError as error:
        raise unwritable(folder, error) from None


def audit_page(audit: Audit, pictures: Pictures) -> str:
    """The page as text; the same audit and pictures give the same."""
    scale = templates().get_template("evaluation/scale.svg")
    return (
        templates()
        .get_template("audit/page.html")
        .render(
            words=words,
            version=hilum.__version__,
            audit=audit,
            pictures=pictures,
            marks=_MARKS,
            shown=shown,
            begun=partial(_begun, name=audit.model),
            subjects_of=_subjects_of,
            value_of=_value_of,
            interval_of=_interval_of,
            strip_of=_strip_of,
            scale=Markup(scale.render(axis=_AXIS, width=STRIP_WIDTH)),
            chance=CHANCE,
            most=MOST_AREA,
            far=FAR_AREA,
            draws=DRAWS,
            least=LEAST_GROUPS,
        )
    )


def _begun(text: str, *, name: str) -> str:
    """``text`` with a capital at its beginning, unless it begins with the ``name`` of the model."""
    return text if name and text.startswith(name) else text[:1].upper() + text[1:]


def _subjects_of(figures: Sequence[Judged]) -> dict[str, list[Judged]]:
    """What the figures are of, in words → these, in order."""
    subjects: dict[str, list[Judged]] = {}
    for judged in figures:
        said = in_words(judged.figure.subject)
        subjects.setdefault(said[:1].upper() + said[1:], []).append(judged)
    return subjects


def _value_of(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    return f"{figure.value:,.0f}" if figure.unit == "images" else f"{figure.value:.3f}"


def _interval_of(figure: Figure) -> str:
    if figure.low is not None and figure.high is not None:
        return f"{figure.low:.3f} to {figure.high:.3f}"
    return figure.reason or figure.definition


def _strip_of(judged: Judged) -> Markup:
    """The figure as a dot on a scale from 0 to 1, with its interval and threshold."""
    figure = judged.figure
    if figure.value is None or figure.unit != "AUROC":
        return Markup("")
    bounds = None
    if figure.low is not None and figure.high is not None:
        bounds = _AXIS.at(figure.low), _AXIS.at(figure.high)
    return Markup(
        templates()
        .get_template("evaluation/strip.svg")
        .render(
            title=f"{figure.name}: {_value_of(figure)}",
            description=f"{_interval_of(figure)}; scale from 0 to 1",
            axis=_AXIS,
            width=STRIP_WIDTH,
            value=_AXIS.at(figure.value),
            bounds=bounds,
            middle=_AXIS.at(judged.threshold or CHANCE),
            is_all=judged.outcome is Outcome.NOTED,
        )
    )
