"""``hilum verify``."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from hilum.cli.options import AnyRuntime, AsJson, known_runtime
from hilum.cli.terminal import EXIT_SOME_FAILED, say, say_title, show_table

if TYPE_CHECKING:
    from hilum.inference.verify import ImageCheck, RuntimeCheck, Verification

_STEPS = (
    "pixels",
    "network input",
    "lungs Dice",
    "infection Dice",
    "Δ probability",
    "Δ infected %",
    "finding",
    "verdict",
)


def verify_installation(runtime: AnyRuntime = None, as_json: AsJson = False) -> None:
    """Check that the bundled model gives here what it gave where it was made.

    Predicts bundled images in every installed runtime and compares decoded pixels, the network's
    input and the results with stored ones; a drawing that is no chest film has to be refused.
    Exit status: 0 when all agree, 1 when not.
    """
    name = known_runtime(runtime)
    from hilum.inference import verify as checks
    from hilum.inference.environment import describe_environment

    verification = checks.verify(None if name is None else [name])
    environment = describe_environment()
    if as_json:
        told = without_nan(_as_dict(verification, environment))
        typer.echo(json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        _show(verification, environment)
    if not verification.passed:
        raise typer.Exit(EXIT_SOME_FAILED)


def _show(verification: Verification, environment: dict[str, str]) -> None:
    from hilum.inference.advice import advise

    for one in verification.runtimes:
        _show_runtime(one, environment[one.runtime])
    say(f"Model: {verification.expected.model_sha256}")
    for name, value in environment.items():
        say(f"  {name:12} {value}")
    say(f"{advise(verification)} Research use only.")


def _show_runtime(one: RuntimeCheck, version: str) -> None:
    """A column per image, a row per step, and the limit of each."""
    from hilum.inference import verify as checks

    say_title(f"{one.runtime} {version}, {one.precision or 'does not run'}")
    if not one.images:
        return
    columns = [_column(image) for image in one.images]
    limits = [
        "same",
        "same",
        f"≥ {checks.LEAST_LUNG_DICE}",
        f"≥ {checks.LEAST_INFECTION_DICE}",
        f"≤ {checks.MOST_PROBABILITY_DIFFERENCE}",
        f"≤ {checks.MOST_PERCENT_DIFFERENCE:g}",
        "same",
        "",
    ]
    head = ["", *(image.image for image in one.images), "limit"]
    show_table(head, zip(_STEPS, *columns, limits, strict=True))
    refused = "refused, as it should be" if one.refuses_drawing else "not refused, which is wrong"
    say(f"A drawing that is no chest film: {refused}.")
    for image in one.images:
        if image.reason:
            say(f"{image.image}: {image.reason}")


def _column(one: ImageCheck) -> Sequence[str]:
    steps = ["same" if same else "other" for same in (one.same_pixels, one.same_input)]
    verdict = "ok" if one.verdict == "ok" else "fails"
    agreement = one.agreement
    if agreement is None:
        return [*steps, *"–––––", verdict]
    finding = agreement.finding or "none"
    return [
        *steps,
        f"{agreement.lung_dice:.4f}",
        f"{agreement.infection_dice:.4f}",
        f"{agreement.probability_difference:.4f}",
        f"{agreement.percent_difference:.2f}",
        finding if agreement.same_finding else f"other: {finding}",
        verdict,
    ]


def without_nan(value: Any) -> Any:
    """``value`` as JSON can say it: a number that is none becomes null.

    >>> without_nan({"a": [1.5, float("nan")]})
    {'a': [1.5, None]}
    """
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _as_dict(verification: Verification, environment: dict[str, str]) -> dict[str, Any]:
    from hilum.inference import verify as checks
    from hilum.inference.advice import advise

    return {
        "passed": verification.passed,
        "conclusion": advise(verification),
        "model": verification.expected.model_sha256,
        "environment": environment,
        "stored_with": verification.expected.made_with,
        "limits": {
            "least_lung_dice": checks.LEAST_LUNG_DICE,
            "least_infection_dice": checks.LEAST_INFECTION_DICE,
            "most_probability_difference": checks.MOST_PROBABILITY_DIFFERENCE,
            "most_percent_difference": checks.MOST_PERCENT_DIFFERENCE,
        },
        "runtimes": [
            {
                **dataclasses.asdict(one),
                "passed": one.passed,
                "images": [
                    {**dataclasses.asdict(image), "verdict": image.verdict} for image in one.images
                ],
            }
            for one in verification.runtimes
        ],
    }
