"""Cases drawn at random or spelt out, for tests of figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hilum.evaluation.cases import Case, MaskCase
from hilum.radiograph import Finding, Structure

BASE = Case(
    image_id="0",
    group="0",
    collection="one",
    origin=None,
    sex=None,
    age=None,
    projection=None,
    dataset_finding=Finding.NORMAL,
    truth=Finding.NORMAL,
    refused=False,
    predicted=Finding.NORMAL,
)


def case(number: int, **changes: object) -> Case:
    """A case of its own patient."""
    return replace(BASE, image_id=str(number), group=f"patient {number}", **changes)  # type: ignore[arg-type]


def random_cases(count: int, *, seed: int = 0, per_group: int = 1) -> list[Case]:
    """Cases with everything known, ``per_group`` of each patient; probabilities come in ties."""
    random = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        is_covid = number % 2 == 0
        p = round(float(np.clip(random.normal(0.6 if is_covid else 0.4, 0.2), 0, 1)), 2)
        true = int(random.integers(100, 1000)) if is_covid else 0
        found = int(random.integers(0, 1000))
        percent = float(random.uniform(1, 90)) if is_covid else 0.0
        mask = MaskCase(
            both=int(min(true, found) * random.uniform(0.5, 1)),
            found=found,
            true=true,
            hausdorff95=float(random.uniform(1, 50)) if true and found else None,
            surface_dice=float(random.uniform(0, 1)) if true or found else None,
        )
        cases.append(
            replace(
                BASE,
                image_id=str(number),
                group=f"patient {number // per_group}",
                collection=("one", "two")[number % 3 == 0],
                sex=("F", "M", None)[int(random.integers(3))],
                age=float(random.integers(1, 95)),
                truth=Finding.COVID if is_covid else Finding.NORMAL,
                predicted=Finding.COVID if p >= 0.5 else Finding.NORMAL,
                probabilities={Finding.COVID: p, Finding.NORMAL: 1 - p},
                masks={Structure.INFECTION: mask},
                whole_lungs_as_infection=replace(mask, found=2000, both=true),
                infected_percent=percent + float(random.normal(0, 10)),
                true_infected_percent=percent,
                severity={"geographic_extent_0_to_8": round(percent / 12.5)},
            )
        )
    return cases
