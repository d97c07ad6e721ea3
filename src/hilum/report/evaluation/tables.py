"""Figures and cases → the tables of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hilum.evaluation.cases import Case
from hilum.evaluation.confusion import CALLED, REFUSED
from hilum.evaluation.figures import EVERYTHING, Figure
from hilum.evaluation.segmentation import BASELINE
from hilum.radiograph import Finding


@dataclass(frozen=True)
class SubjectTable:
    """The figures of one subject, each beside the baseline's where there is one."""

    subject: str
    lines: tuple[tuple[Figure, Figure | None], ...]

    @property
    def reason(self) -> str:
        """Why there is none of these figures; empty where there is one."""
        figures = [figure for figure, _ in self.lines]
        return figures[0].reason if all(f.value is None for f in figures) else ""

    @property
    def has_baseline(self) -> bool:
        """Whether there is a baseline at all."""
        return any(baseline is not None for _, baseline in self.lines)


@dataclass(frozen=True)
class Confusion:
    """How often each true finding was called what."""

    calls: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[int, ...]], ...]
    """Truth, images, and how many of them were called each."""


@dataclass(frozen=True)
class CollectionRow:
    """What a collection brought."""

    name: str
    images: int
    patients: int
    refused: int
    findings: tuple[tuple[str, int], ...]
    masks: tuple[tuple[str, int], ...]


def tables_of(figures: Sequence[Figure], task: str) -> list[SubjectTable]:
    """The figures of ``task`` over all images by subject, the infection's beside the baseline's."""
    chosen = [f for f in figures if f.task == task and f.stratum == EVERYTHING and not _is_cell(f)]
    baseline = {f.name: f for f in chosen if f.subject == BASELINE}
    subjects = dict.fromkeys(f.subject for f in chosen if f.subject != BASELINE)
    return [
        SubjectTable(
            subject,
            tuple(
                (f, baseline.get(f.name) if subject == "infection" else None)
                for f in chosen
                if f.subject == subject
            ),
        )
        for subject in subjects
    ]


def confusion(figures: Sequence[Figure]) -> Confusion | None:
    """The matrix over all images; None where the model names no finding."""
    cells = {(f.subject, f.name): f for f in figures if f.stratum == EVERYTHING and _is_cell(f)}
    if not cells:
        return None
    calls = tuple(dict.fromkeys(name for _, name in cells))
    truths = dict.fromkeys(truth for truth, _ in cells)
    rows = []
    for truth in truths:
        figures_of_it = [cells.get((truth, name)) for name in calls]
        n = next(f.n for f in figures_of_it if f is not None)
        rows.append((truth, n, tuple(int((f and f.value) or 0) for f in figures_of_it)))
    return Confusion(tuple(map(call_name, calls)), tuple(rows))


def call_name(cell: str) -> str:
    """What a cell's name says was called.

    >>> call_name("called covid"), call_name(REFUSED)
    ('covid', 'not judged')
    """
    return "not judged" if cell == REFUSED else cell.removeprefix(CALLED)


def collections_of(cases: Sequence[Case]) -> list[CollectionRow]:
    """A row for each collection, the largest first."""
    rows = []
    for name, count in Counter(case.collection for case in cases).items():
        of_it = [case for case in cases if case.collection == name]
        findings = Counter(case.truth.value if case.truth else "unknown" for case in of_it)
        masks = Counter(structure.value for case in of_it for structure in case.masks)
        rows.append(
            CollectionRow(
                name=name,
                images=count,
                patients=len({case.group for case in of_it}),
                refused=sum(case.refused for case in of_it),
                findings=tuple(sorted(findings.items())),
                masks=tuple(sorted(masks.items())),
            )
        )
    return sorted(rows, key=lambda row: (-row.images, row.name))


def wrongly_called(cases: Sequence[Case], classes: Sequence[Finding]) -> list[Case]:
    """Judged images whose finding has a class and that were called another, the surest first."""
    wrong = [
        case
        for case in cases
        if case.truth is not None
        and case.predicted is not None
        and not case.truth.is_a(case.predicted)
        and any(case.truth.is_a(finding) for finding in classes)
    ]
    return sorted(
        wrong,
        key=lambda case: (
            case.truth or "",
            -case.probabilities.get(case.predicted or Finding.OTHER, 0.0),
            case.image_id,
        ),
    )


def _is_cell(figure: Figure) -> bool:
    return figure.unit == "images" and (figure.name == REFUSED or figure.name.startswith(CALLED))
