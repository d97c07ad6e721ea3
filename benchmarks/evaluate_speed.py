"""How long the figures of an evaluation take, beside a plain loop over scikit-learn.

    python benchmarks/evaluate_speed.py [--images 10000] [--loop-draws 20] [--strata]
    python benchmarks/evaluate_speed.py --dataset DATASET [--images 1166] [--split train]

The first draws cases at random (three findings, lungs and infection, readers' scores), computes
every figure of all of them with its interval of 2,000 draws, with ``--strata`` those of each
stratum too, and prints the seconds. The loop resamples patients and calls scikit-learn for the
AUROC and average precision of the three findings only, for so few draws that one can wait, and is
scaled to 2,000. Needs the extra ``peers``.

The second judges real images with the bundled model, twice: predicted only, and evaluated with all
strata. Seconds of the processor stand beside those of the clock, since other work slows both.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hilum.dataset.read import Dataset, Row, open_dataset
from hilum.evaluation.cases import Case, MaskCase
from hilum.evaluation.evaluate import evaluate, figures_of, predict_row
from hilum.evaluation.intervals import DRAWS
from hilum.evaluation.strata import Stratum
from hilum.inference.model import ModelDescription, OperatingPoints
from hilum.inference.predictor import Predictor
from hilum.radiograph import Finding, LungConvention, Split, Structure
from hilum.workers import available_cores, map_threads
from rounds import print_table

_FINDINGS = (Finding.NORMAL, Finding.COVID, Finding.PNEUMONIA)
_TARGETS = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)


def main() -> None:
    """Draw, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--loop-draws", type=int, default=20)
    parser.add_argument("--strata", action="store_true", help="the figures of all strata as well")
    parser.add_argument("--dataset", type=Path, help="a folder written by 'hilum compile'")
    parser.add_argument("--split", type=Split, default=Split.TRAIN, choices=list(Split))
    arguments = parser.parse_args()
    if arguments.dataset is not None:
        compare_with_predicting(open_dataset(arguments.dataset), arguments.split, arguments.images)
        return

    cases = draw_cases(arguments.images)
    start = time.perf_counter()
    figures = list(figures_of(cases, describe(), tuple(Stratum) if arguments.strata else ()))
    own = time.perf_counter() - start
    peer = time_loop(cases, arguments.loop_draws) * DRAWS
    print_table(
        ("of 2,000 draws", "figures", "seconds", "ratio"),
        (
            ("hilum, every figure", len(figures), f"{own:.1f}", "1"),
            (
                "scikit-learn in a loop, AUROC and average precision",
                2 * len(_FINDINGS),
                f"{peer:.0f}, from {arguments.loop_draws} draws",
                f"{peer / own:.0f}",
            ),
        ),
    )


def compare_with_predicting(dataset: Dataset, split: Split, images: int) -> None:
    """Print how long the first ``images`` of ``split`` take to predict, and to evaluate."""
    predictor = Predictor(threads=available_cores())
    part = FirstRows(dataset.folder, dataset.content_sha256, images=images)
    work = {
        "predicted": lambda: Counter(
            map_threads(
                lambda row: predict_row(predictor, row).status,
                part.rows(split),
                threads=predictor.threads,
            )
        ),
        "evaluated": lambda: evaluate(predictor, part, split),
    }
    rows = []
    for name, run in work.items():
        start, used = time.perf_counter(), time.process_time()
        run()
        clock, processor = time.perf_counter() - start, time.process_time() - used
        rows.append((name, images, f"{clock:.1f}", f"{processor:.1f}"))
    print_table(("", "images", "seconds", "of the processor"), rows)


@dataclass(frozen=True)
class FirstRows(Dataset):
    """A dataset that ends early."""

    images: int = 0

    def rows(self, split: Split, *, structures: Sequence[Structure] = ()) -> Iterator[Row]:
        """The first of them."""
        return itertools.islice(super().rows(split, structures=structures), self.images)


def time_loop(cases: list[Case], draws: int) -> float:
    """Seconds for a draw."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    random = np.random.default_rng(0)
    truths = np.array([str(case.truth) for case in cases])
    scores = np.array([[case.probabilities[finding] for finding in _FINDINGS] for case in cases])
    _, groups = np.unique([case.group for case in cases], return_inverse=True)
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    start = time.perf_counter()
    for _ in range(draws):
        chosen = random.integers(0, len(members), len(members))
        drawn = np.concatenate([members[group] for group in chosen])
        for column, finding in enumerate(_FINDINGS):
            roc_auc_score(truths[drawn] == finding, scores[drawn, column])
            average_precision_score(truths[drawn] == finding, scores[drawn, column])
    return (time.perf_counter() - start) / draws


def draw_cases(count: int) -> list[Case]:
    """Cases of which everything is known, one or two of a patient."""
    random = np.random.default_rng(0)
    structures = (Structure.LUNGS, Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)
    cases = []
    for number in range(count):
        truth = _FINDINGS[number % 3]
        probabilities = random.dirichlet(
            [3.0 if finding is truth else 1.0 for finding in _FINDINGS]
        )
        masks = {name: draw_mask(random) for name in structures}
        cases.append(
            Case(
                image_id=str(number),
                group=str(int(random.integers(0, max(1, count * 9 // 10)))),
                collection=f"collection {int(random.integers(3))}",
                origin=f"hospital {int(random.integers(6))}",
                sex=("F", "M", None)[int(random.integers(3))],
                age=float(random.integers(1, 95)),
                projection=("PA", "AP", None)[int(random.integers(3))],
                truth=truth,
                refused=False,
                predicted=_FINDINGS[int(probabilities.argmax())],
                probabilities=dict(zip(_FINDINGS, probabilities.tolist(), strict=True)),
                masks=masks,
                whole_lungs_as_infection=draw_mask(random),
                infected_percent=float(random.uniform(0, 100)),
                true_infected_percent=float(random.uniform(0, 100)),
                severity={"geographic_extent_0_to_8": float(random.integers(0, 9))},
            )
        )
    return cases


def draw_mask(random: np.random.Generator) -> MaskCase:
    """Any mask beside any other."""
    found, true = (int(n) for n in random.integers(1, 20_000, 2))
    return MaskCase(
        both=int(min(found, true) * random.uniform()),
        found=found,
        true=true,
        hausdorff95=float(random.uniform(0, 60)),
        surface_dice=float(random.uniform()),
    )


def describe() -> ModelDescription:
    """A model that outlines and names all of it."""
    return ModelDescription(
        name="drawn",
        image_size=256,
        targets=_TARGETS,
        findings=_FINDINGS,
        operating_points=OperatingPoints(dict.fromkeys(_TARGETS, 0.5), {Finding.COVID: 0.5}),
        lung_convention=LungConvention.AERATED,
        licence="",
        dataset_sha256="0" * 64,
        trained_on=(),
        recipe={},
    )


if __name__ == "__main__":
    main()
