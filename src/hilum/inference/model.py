"""The model file: an ONNX network and, in its metadata, all that is needed to use it right."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.errors import ModelError
from hilum.imaging.enhance import Enhancement
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.inference.film_check import FilmCheck, Term
from hilum.inference.onnx_metadata import read_onnx_metadata, replace_onnx_metadata
from hilum.output import write_whole
from hilum.plain_files import read_plain
from hilum.radiograph import Finding, LungConvention, Structure

METADATA_KEY = "hilum"
"""The entry of the ONNX metadata under which the description lies, as JSON."""

MODEL_FORMAT = 1

BUNDLED_MODEL = Path(__file__).with_name("weights") / "hilum-default.onnx"


_LEAST_N = 10
"""Fewer images give an interval that is as good as made up; resampling one gives none at all."""


@dataclass(frozen=True)
class Score:
    """One measured figure with its uncertainty and its protocol."""

    name: str
    value: float
    low: float | None
    high: float | None
    """Bounds of the 95 % interval; None where there is none."""
    n: int
    protocol: str

    @property
    def interval(self) -> str:
        """The 95 % interval; words where it would mean nothing, and where there is none.

        >>> Score("sensitivity", 0.5, 0.25, 0.75, 40, "").interval
        '0.250 – 0.750'
        >>> Score("sensitivity", 0.0, 0.0, 0.0, 1, "").interval
        'n too small'
        """
        if self.n < _LEAST_N:
            return "n too small"
        if self.low is None or self.high is None:
            return "none"
        # Plus zero, or what rounds to it from below is "-0.000".
        return f"{round(self.low, 3) + 0:.3f} – {round(self.high, 3) + 0:.3f}"


@dataclass(frozen=True)
class OperatingPoints:
    """From which probability on something counts as seen; chosen on validation data only."""

    masks: dict[Structure, float]
    finding: dict[Finding, float]
    """A finding with a point here is called from that probability on, before all others."""


@dataclass(frozen=True)
class ModelDescription:
    """What a model file says about itself."""

    name: str
    image_size: int
    """Side of the square the network sees, in pixels."""
    targets: tuple[Structure, ...]
    """What it outlines; nothing if it is a classifier, and then there is no output of masks."""
    findings: tuple[Finding, ...]
    operating_points: OperatingPoints
    lung_convention: LungConvention | None
    licence: str
    dataset_sha256: str
    """Content hash of the dataset it was trained on."""
    trained_on: tuple[str, ...]
    """Names of the collections."""
    recipe: dict[str, Any]
    started_from: dict[str, Any] | None = None
    """Recipe and dataset of an earlier training whose weights this one began with, and what that
    one was started from."""
    scores: tuple[Score, ...] = ()
    film_check: FilmCheck | None = None
    """Fitted for this network by ``hilum fit-refusal``."""
    variant: FilmVariant = PLAIN
    """What was done to the films it learned from, and is done to each one before the network."""
    fold: int | None = None
    """Of the dataset, one that it neither learned from nor was chosen by; None: there is none."""
    finding_caution: str = ""
    """What an audit found against its finding, a plain sentence; empty where no audit was written
    into the file, or nothing was found."""

    def __post_init__(self) -> None:
        points = self.operating_points
        if self.image_size < 1:
            raise ValueError(f"image_size {self.image_size} is less than 1")
        if set(points.masks) != set(self.targets):
            raise ValueError("operating points are not those of the targets")
        if not set(points.finding) <= set(self.findings):
            raise ValueError("operating points are not those of the findings")
        numbers = [*points.masks.values(), *points.finding.values()]
        if not all(0 <= number <= 1 for number in numbers):  # nor is a NaN
            raise ValueError(f"operating points {numbers} are not all probabilities, 0 to 1")
        if not self.targets and not self.findings:
            raise ValueError("it has neither targets nor findings")
        if len(self.findings) == 1:
            raise ValueError("a single finding cannot be told from anything")
        if not isinstance(self.finding_caution, str):
            raise ValueError(f"finding_caution {self.finding_caution!r} is no text")

    def to_json(self) -> str:
        """The description as it lies in the file."""
        return json.dumps({"format": MODEL_FORMAT, **dataclasses.asdict(self)}, sort_keys=True)


@dataclass(frozen=True)
class Model:
    """A model file that was read: its bytes, their hash, its description."""

    path: Path
    onnx: bytes
    sha256: str
    description: ModelDescription


def read_model(path: Path = BUNDLED_MODEL) -> Model:
    """Read the model file at ``path``; by default the bundled one.

    Raises:
        ModelError: no such file, no ONNX, or an ONNX that hilum did not write.
    """
    try:
        data = read_plain(path)
    except OSError as error:
        raise ModelError(
            "the model cannot be opened",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy="give a file written by 'hilum train'",
        ) from None
    text = read_onnx_metadata(data, path=path).get(METADATA_KEY)
    if text is None:
        raise ModelError(
            "this ONNX file does not say how to use it",
            path=path,
            expected=f"metadata '{METADATA_KEY}', as 'hilum train' writes it",
            remedy="export it with hilum",
        )
    return Model(path, data, hashlib.sha256(data).hexdigest(), _parse(text, path))


def rewrite_description(
    path: Path, description: ModelDescription, *, output: Path | None = None
) -> None:
    """Replace what the model file at ``path`` says about itself; the network stays byte for byte.

    The file appears at ``output``, by default in the place of the old one, once it is complete.

    Raises:
        ModelError: the file at ``path`` is missing or damaged.
    """
    data = replace_onnx_metadata(
        read_model(path).onnx, METADATA_KEY, description.to_json(), path=path
    )
    write_whole(output or path, data)


def answers_hash(model: Model) -> str:
    """SHA-256 of all that the answers of ``model`` follow from.

    Scores and a caution may be written into its file without changing it.
    """
    bare = dataclasses.replace(model.description, scores=(), finding_caution="")
    data = replace_onnx_metadata(model.onnx, METADATA_KEY, bare.to_json(), path=model.path)
    return hashlib.sha256(data).hexdigest()


def _parse(text: str, path: Path) -> ModelDescription:
    try:
        values = json.loads(text)
        found = values.pop("format")
        if found != MODEL_FORMAT:
            raise ModelError(
                "the model is of another format",
                path=path,
                got=f"format {found}",
                expected=f"format {MODEL_FORMAT}",
                remedy="use the version of hilum that wrote it",
            )
        points = values.pop("operating_points")
        convention = values.pop("lung_convention")
        check = values.pop("film_check", None)  # files from before there was one
        variant = values.pop("variant", None)  # likewise
        return ModelDescription(
            targets=tuple(map(Structure, values.pop("targets"))),
            findings=tuple(map(Finding, values.pop("findings"))),
            operating_points=OperatingPoints(
                {Structure(name): value for name, value in points["masks"].items()},
                {Finding(name): value for name, value in points["finding"].items()},
            ),
            lung_convention=convention and LungConvention(convention),
            trained_on=tuple(values.pop("trained_on")),
            scores=tuple(Score(**score) for score in values.pop("scores")),
            film_check=None if check is None else _film_check(check),
            variant=PLAIN if variant is None else _variant(variant),
            **values,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            "the model's description is damaged",
            path=path,
            got=f"no {error}" if isinstance(error, KeyError) else str(error),
            remedy="train it again",
        ) from None


def _film_check(values: dict[str, Any]) -> FilmCheck:
    terms = {name: Term(**term) for name, term in values["terms"].items()}
    return FilmCheck(terms, values["limit"])


def _variant(values: dict[str, Any]) -> FilmVariant:
    enhancement, lungs_only = values["enhancement"], values["lungs_only"]
    if not isinstance(lungs_only, bool):
        raise TypeError(f"lungs_only is {lungs_only!r}")
    return FilmVariant(None if enhancement is None else Enhancement(enhancement), lungs_only)
