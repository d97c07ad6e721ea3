"""An evaluation → one HTML page that opens anywhere, offline, without script."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import hilum
from hilum.evaluation.figures import EVERYTHING, Evaluation
from hilum.output import write_whole
from hilum.report.evaluation import words
from hilum.report.evaluation.choose import example_galleries, miss_galleries, structures_of
from hilum.report.evaluation.curves import (
    class_curves,
    draw_calibration,
    draw_precision_recall,
    draw_roc,
    operating_words,
)
from hilum.report.evaluation.pictures import Pictures
from hilum.report.evaluation.severity import agreements, draw_bland_altman, draw_scatter
from hilum.report.evaluation.strata import forests, kinds_of_strata, strata_tables
from hilum.report.evaluation.summary import summary
from hilum.report.evaluation.tables import collections_of, confusion, tables_of, wrongly_called
from hilum.report.page import templates, unwritable

PAGE_NAME = "report.html"


def write_evaluation_page(evaluation: Evaluation, folder: Path, pictures: Pictures) -> None:
    """Write ``report.html`` to ``folder``; an earlier one is replaced.

    Args:
        evaluation: what to show.
        folder: where the scores lie.
        pictures: what :func:`hilum.report.evaluation.pictures.draw_pictures` drew.

    Raises:
        OutputError: it cannot be written.
    """
    page = evaluation_page(evaluation, pictures)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / PAGE_NAME, page.encode(errors="replace"))
    except OSError as error:
        raise unwritable(folder, error) from None


def evaluation_page(evaluation: Evaluation, pictures: Pictures) -> str:
    """The page as text; the same evaluation and pictures give the same."""
    cases, figures = evaluation.cases, evaluation.figures
    curves = class_curves(cases)
    plots = []
    if curves:
        plots = [draw_roc(curves, figures), draw_precision_recall(curves, figures)]
        plots += [draw_calibration(curve, figures) for curve in curves]
    scales = agreements(cases)
    refused = [case for case in cases if case.refused]
    classes = sorted({name for case in cases for name in case.probabilities})
    tasks = [task for task in dict.fromkeys(f.task for f in figures) if task != "coverage"]
    return (
        templates()
        .get_template("evaluation/page.html")
        .render(
            words=words,
            version=hilum.__version__,
            evaluation=evaluation,
            patients=len({case.group for case in cases}),
            everything=EVERYTHING,
            summary=summary(evaluation),
            collections=collections_of(cases),
            tasks={task: tables_of(figures, task) for task in tasks},
            coverage=tables_of(figures, "coverage"),
            confusion=confusion(figures),
            curves=[plot.draw() for plot in plots],
            operating=operating_words(curves, figures),
            agreement=[
                plot.draw()
                for scale in scales
                for plot in (draw_scatter(scale), draw_bland_altman(scale, figures))
            ],
            examples=[(s.value, example_galleries(cases, s)) for s in structures_of(cases)],
            misses=miss_galleries(cases),
            pictures=pictures,
            forests=forests(figures),
            strata=strata_tables(figures),
            undivided={k: v[0] for k, v in kinds_of_strata(figures).items() if len(v) == 1},
            refused=refused,
            reasons=Counter(case.reason or "no reason was given" for case in refused),
            wrong=wrongly_called(cases, classes),
        )
    )
