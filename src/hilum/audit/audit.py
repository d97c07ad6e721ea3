"""What is known of the films of a dataset → every check, and the verdict."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hilum.audit.activation import check_activation
from hilum.audit.check import Check, Outcome
from hilum.audit.contrast import Contrast, Label, contrasts, patients_by_finding, shown
from hilum.audit.elsewhere import check_elsewhere
from hilum.audit.given_model import Asked, check_model
from hilum.audit.groups import unite_groups, with_groups
from hilum.audit.measure import Measured
from hilum.audit.noise import check_labels, find_suspects
from hilum.audit.origins import check_origins
from hilum.audit.quality import check_quality
from hilum.audit.reporting import check_reporting
from hilum.audit.seeds import check_seeds, scores_by_seed
from hilum.audit.shortcuts import check_shortcuts
from hilum.audit.splits import check_splits
from hilum.audit.verdict import Verdict, give_verdicts, overall
from hilum.collections.registry import sharing
from hilum.evaluation.intervals import LEAST_GROUPS
from hilum.inference.model import Model
from hilum.radiograph import Finding
from hilum.twins.find import TwinPair
from hilum.workers import Progress, no_progress


@dataclass(frozen=True)
class Audit:
    """A dataset, and perhaps a model, audited."""

    dataset: str
    """The folder's name."""
    dataset_sha256: str
    model: str
    """Its name; empty where none was given."""
    model_sha256: str
    features_of: str
    """Name and hash of the model whose last layer the classifiers learned from."""
    images: int
    patients: Mapping[str, int]
    """Finding → patients (with their copies)."""
    verdicts: tuple[Verdict, ...]
    checks: tuple[Check, ...]
    lost: Mapping[str, str]
    """Image → what could not be measured of it, and why."""
    remarks: tuple[str, ...] = ()
    """What could not be measured of any, a sentence each."""

    @property
    def outcome(self) -> Outcome:
        """The worst of the verdicts."""
        return overall(self.verdicts)


@dataclass(frozen=True)
class Audited:
    """What is audited, and what is known of its films."""

    dataset: str
    dataset_sha256: str
    lock: Mapping[str, Any]
    model: Model | None
    """The model that was given."""
    measured: Measured
    pairs: Sequence[TwinPair]
    """The twins among the films, numbers as in ``measured``."""


def audit(
    audited: Audited, *, more: Sequence[Check] = (), progress: Progress = no_progress
) -> Audit:
    """Put every question.

    Args:
        audited: what to ask about.
        more: checks that were made elsewhere; they come before the reporting guidelines.
        progress: told of each check.
    """
    pairs, stored = audited.pairs, audited.measured.films.labels
    # Twins and patients whom the dataset tore apart are held out together all the same.
    labels = with_groups(stored, unite_groups(stored, pairs))
    films = replace(audited.measured.films, labels=labels)
    advance = progress("checking", 10)
    told = contrasts(films.labels)
    model = audited.model
    asked = None
    if model is not None:
        may_know = _may_know(model, audited.dataset_sha256, labels)
        asked = Asked(model.description.name, model.description.findings, may_know)
    checks: list[Check] = []

    def done(check: Check) -> None:
        checks.append(check)
        advance()

    by_seed = {contrast.name: scores_by_seed(films, contrast) for contrast in told}
    pooled = {name: scores[0] for name, scores in by_seed.items()}
    done(check_splits(stored, pairs))
    done(check_origins(films.labels, told))
    done(check_shortcuts(films, told, pooled))
    done(check_model(films, told, asked))
    done(check_elsewhere(films, told, pooled))
    done(check_labels(films, pairs, find_suspects(films)))
    done(check_quality(films, told))
    done(check_seeds(told, by_seed))
    done(check_activation(films, asked))
    checks += more
    done(check_reporting(films.labels, audited.lock, model, checks))
    patients = patients_by_finding(films.labels)
    features = audited.measured.features_of
    return Audit(
        audited.dataset,
        audited.dataset_sha256,
        "" if model is None else model.description.name,
        "" if model is None else model.sha256,
        f"{features.description.name}, SHA-256 {features.sha256[:16]}",
        len(films.labels),
        patients,
        give_verdicts(checks, told, patients),
        tuple(checks),
        dict(audited.measured.lost),
        (
            *audited.measured.remarks,
            *_learned_before(features, films.labels),
            *_not_told(patients, told),
        ),
    )


def _may_know(model: Model, dataset_sha256: str, labels: Sequence[Label]) -> str:
    """Why ``model`` may have learned from validation and test films; empty where it did not."""
    description = model.description
    shared = sharing({label["collection"] for label in labels}, description.trained_on)
    if description.dataset_sha256 == dataset_sha256 or not shared:
        return ""
    return (
        f"{description.name} was trained on another compilation, of"
        f" {', '.join(sorted(description.trained_on))}, and may have learned from some of those of"
        f" {', '.join(shared)}"
    )


def _not_told(patients: Mapping[str, int], told: Sequence[Contrast]) -> Iterator[str]:
    """Sentences on findings that are told from no other, or not from each other."""
    few = [f"{shown(name)} ({n})" for name, n in patients.items() if n < LEAST_GROUPS]
    if told and few:
        yield (
            f"Nothing was asked of findings of fewer than {LEAST_GROUPS} patients:"
            f" {', '.join(few)}."
        )
    enough = [name for name, n in patients.items() if n >= LEAST_GROUPS]
    for one, other in itertools.permutations(enough, 2):
        if Finding(one).is_a(Finding(other)):
            yield (
                f"Nothing was asked of {shown(one)} against {shown(other)}, which may be either:"
                " compile with labels of one detail, or leave one out."
            )


def _learned_before(features: Model, labels: Sequence[Label]) -> Iterator[str]:
    """A sentence where the features were learned from films such as these."""
    trained_on = features.description.trained_on
    if sharing({label["collection"] for label in labels}, trained_on):
        yield (
            f"{features.description.name} was trained on {', '.join(sorted(trained_on))}: what"
            " classifiers reach on its features of the whole film or the lungs is flattered where"
            " it has seen the film before. Controls that need no network are not."
        )
