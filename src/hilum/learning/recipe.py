"""A training recipe: one YAML file, or one that extends another, says how a model is made."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hilum.collections.registry import COLLECTIONS
from hilum.radiograph import Finding, LungConvention, Structure

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NetworkRecipe(_Part):
    """The network. ``encoder`` is any of segmentation-models-pytorch (``tu-…`` for timm).

    A classifier outlines nothing; its encoder is any network of timm.
    """

    architecture: Literal[
        "unet", "unetplusplus", "fpn", "plain_unet", "subpixel_unet", "classifier"
    ]
    encoder: str | None = None
    pretrained: Literal["none", "imagenet"] = "none"
    """What the encoder begins with: random weights, or ImageNet's, which are downloaded."""
    decoder_channels: tuple[int, ...] | None = None
    """Width of each decoder stage, deepest first (the U-Nets, but for plain_unet)."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Before each pair of convolutions (plain_unet), or before the last layer (classifier)."""
    drop_path: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of residual blocks left out at random, of encoders that can (subpixel_unet only)."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        plain = self.architecture == "plain_unet"
        if plain == (self.encoder is not None):
            raise ValueError("an encoder is needed, except for plain_unet, which has its own")
        if plain and self.pretrained != "none":
            raise ValueError("plain_unet has no pretrained weights")
        if self.dropout and self.architecture not in ("plain_unet", "classifier"):
            raise ValueError("dropout is a setting of plain_unet and classifier only")
        if self.decoder_channels is not None and (
            self.architecture in ("plain_unet", "fpn", "classifier")
        ):
            raise ValueError("decoder_channels are a setting of the other U-Nets only")
        if self.drop_path and self.architecture != "subpixel_unet":
            raise ValueError("drop_path is a setting of subpixel_unet only")
        return self


class AugmentationRecipe(_Part):
    """How far a batch is changed at random; all zero leaves it as it is."""

    rotation_degrees: Annotated[float, Field(ge=0, le=180)] = 0.0
    scale: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Magnification between 1 - scale and 1 + scale."""
    stretch: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Up to so much more or less of width and of height, independently."""
    shift: Share = 0.0
    """Of the side length."""
    bend: Annotated[float, Field(ge=0, le=0.1)] = 0.0
    """Standard deviation of a smooth displacement, of the side length."""
    mirror: Share = 0.0
    """Probability; right and left lung change places."""
    join_halves: Share = 0.0
    """Probability that an image gets the right half of another one of the batch."""
    veil: Share = 0.0
    """Probability that clouds whiten the lungs; infection under them is not measured."""
    replace_background: Share = 0.0
    """Probability that all but the lungs and a rim around them gives way to flat grey, or to
    another film of the batch, blurred, so that the finding cannot be read there."""
    gamma: Annotated[float, Field(ge=0, lt=2)] = 0.0
    """Exponent between 1 / e^gamma and e^gamma."""
    contrast: Annotated[float, Field(ge=0, lt=1)] = 0.0
    shading: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Up to so much of the grey range is added or taken, smoothly over the image."""
    equalise: Share = 0.0
    """Probability of a histogram equalisation, mixed in by a random weight."""
    local_contrast: Share = 0.0
    """Probability of an adaptive equalisation, mixed in by a random weight."""
    blur: Share = 0.0
    """Probability that a batch loses resolution, by a factor of up to three."""
    noise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Largest standard deviation, of the full grey range."""
    jpeg: Share = 0.0
    """Probability of the marks that a strong JPEG compression leaves."""
    erase_border: Share = 0.0
    """Probability that borders, corners or a patch become flat grey: where markers sit."""


class LossRecipe(_Part):
    """Weights of the parts of the loss; unknown labels never count."""

    masks: Positive = 1.0
    dice: Annotated[float, Field(ge=0)] = 1.0
    """Of the per-image Dice loss beside the cross-entropy, on masks that are not empty."""
    finding: Annotated[float, Field(ge=0)] = 0.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    """Balanced: each class of the finding weighs the same in all, however many images it has."""
    other_opacity: Literal["empty", "unmeasured"] = "empty"
    """What an empty infection mask says of lungs with a finding other than COVID-19 and normal:
    that nothing is there, or, inside the lungs, nothing."""


class ScheduleRecipe(_Part):
    """Length and pace of the training."""

    epochs: Annotated[int, Field(ge=1)]
    small_epochs: Annotated[int, Field(ge=0)] = 0
    """So many epochs first at three quarters of the image size, which cost about half."""
    calm_epochs: Annotated[int, Field(ge=0)] = 0
    """So many epochs at the end with ``calm_augmentation``."""
    calm_learning_rate: Positive | None = None
    """From which the calm epochs begin anew, after a cosine to zero; none: one cosine for all."""
    batch_size: Annotated[int, Field(ge=1)] = 16
    learning_rate: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    """Linear; a cosine to zero follows."""
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Of the exponential moving average of the weights, which is what gets exported."""
    start_weight: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the weights that the training began with in those that are exported; the rest is
    what it made of them (Wortsman et al. 2022, arXiv 2109.01903). It needs a start."""
    keep: Literal["best", "last"] = "best"
    """The epoch that is exported: of the best validation score, or the last. Kept the last, no
    epoch is chosen by what the model is then measured on."""
    patience: Annotated[int, Field(ge=1)] = 20
    """Stop after so many epochs without a better validation score."""


class CollectionUse(_Part):
    """What is learned from the radiographs of a collection, beside the masks they have."""

    repeats: Annotated[int, Field(ge=1)] = 1
    """How often an epoch shows each of them: few with rare labels may come more often."""
    finding: bool = True
    """Whether their finding is learned. A collection of a single one teaches its source."""


class Recipe(_Part):
    """Everything that decides how a model is trained."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    description: str
    source: str
    """The paper or repository that is followed."""
    image_size: Annotated[int, Field(ge=32)] = 256
    """Side of the square the network sees; a multiple of 32, but for classifiers."""
    targets: Annotated[tuple[Structure, ...], Field(max_length=8)]
    """What is outlined: the lungs, by which all is measured, and more; nothing by a classifier."""
    lung_convention: LungConvention = LungConvention.AERATED
    """Lung masks that cannot be had in it are treated as unknown; see hilum.dataset.lungs."""
    findings: tuple[Finding, ...] = ()
    """Classes of the finding head, or of the classifier; none: no head."""
    network: NetworkRecipe
    augmentation: AugmentationRecipe = AugmentationRecipe()
    calm_augmentation: AugmentationRecipe = AugmentationRecipe()
    """In the last ``schedule.calm_epochs`` instead of ``augmentation``: films more as they are."""
    loss: LossRecipe = LossRecipe()
    collections: dict[str, CollectionUse] = {}
    """By name; those not named are used once and whole."""
    schedule: ScheduleRecipe
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @model_validator(mode="after")
    def _targets_fit(self) -> Self:
        if self.network.architecture == "classifier":
            if self.targets:
                raise ValueError("a classifier outlines nothing; leave targets empty: []")
            return self
        if self.image_size % 32:
            raise ValueError("image_size has to be a multiple of 32, but for classifiers")
        lungs = {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}
        if Structure.LUNGS in self.targets and lungs & set(self.targets):
            raise ValueError("targets name both lungs and a single lung; choose one way")
        if Structure.LUNGS not in self.targets and not lungs <= set(self.targets):
            raise ValueError(
                "targets need lungs, or right_lung and left_lung: all is measured by them"
            )
        if len(set(self.targets)) < len(self.targets):
            raise ValueError("a target is named twice")
        return self

    @model_validator(mode="after")
    def _findings_fit(self) -> Self:
        if len(self.findings) == 1 or bool(self.findings) != (self.loss.finding > 0):
            raise ValueError("name two or more findings and a loss.finding above 0, or neither")
        if any(a.is_a(b) for a, b in itertools.permutations(self.findings, 2)):
            raise ValueError("a finding is named twice, or is a kind of another one named")
        if self.network.architecture == "classifier" and not self.findings:
            raise ValueError("a classifier needs findings to tell apart")
        if self.findings and self.network.architecture == "plain_unet":
            raise ValueError("plain_unet has no finding head; leave findings empty")
        if self.loss.class_weights != "none" and not self.findings:
            raise ValueError("loss.class_weights are a setting of recipes with findings")
        return self

    @model_validator(mode="after")
    def _schedule_fits(self) -> Self:
        if self.schedule.small_epochs >= self.schedule.epochs:
            raise ValueError("small_epochs leave no epoch at the full image size")
        if self.image_size % 128 and self.schedule.small_epochs and self.targets:
            raise ValueError("small_epochs need an image_size that is a multiple of 128")
        for part in (self.augmentation, self.calm_augmentation):
            if part.scale + part.stretch >= 1:
                raise ValueError("scale and stretch of an augmentation would turn images over")
        if self.schedule.calm_epochs > self.schedule.epochs:
            raise ValueError("schedule has more calm_epochs than epochs")
        if self.loss.other_opacity != "empty" and Structure.INFECTION not in self.targets:
            raise ValueError("loss.other_opacity is a setting of recipes with infection")
        unknown = set(self.collections) - {c.facts.name for c in COLLECTIONS}
        if unknown:
            raise ValueError(f"collections has names nobody knows: {', '.join(sorted(unknown))}")
        return self
