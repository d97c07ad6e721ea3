"""A recipe says all or is refused, with every wrong field named at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hilum.errors import RecipeError
from hilum.learning.networks import build_network
from hilum.learning.recipe_file import read_recipe
from tests.learning.recipes import tiny_recipe


def write(path: Path, **changes: Any) -> Path:
    values = {**tiny_recipe().model_dump(mode="json"), **changes}
    path.write_text(yaml.safe_dump({k: v for k, v in values.items() if v is not None}))
    return path


def test_a_recipe_survives_being_written_and_read(tmp_path: Path) -> None:
    assert read_recipe(write(tmp_path / "a.yaml")) == tiny_recipe()


def test_every_wrong_field_is_named(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.yaml",
        image_size=10,
        targets=["spleen"],
        colour="red",
        schedule={"epochs": 0, "batch_size": "many"},
    )
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    for field in ("image_size", "targets.0", "colour", "schedule.epochs", "schedule.batch_size"):
        assert f"{field}: " in str(caught.value)
    assert str(path) in str(caught.value)


ENCODER = {"architecture": "unet", "encoder": "resnet18"}
CLASSIFIER = {"architecture": "classifier", "encoder": "resnet18"}
CLASSES = {"targets": [], "findings": ["covid", "normal"], "loss": {"finding": 1}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": ["lungs", "right_lung"]}, "both lungs and a single lung"),
        ({"targets": ["lungs", "lungs"]}, "a target is named twice"),
        ({"targets": []}, "targets need lungs"),
        ({"image_size": 100}, "a multiple of 32"),
        ({"network": CLASSIFIER}, "outlines nothing; leave targets empty"),
        ({"network": CLASSIFIER, "targets": []}, "needs findings"),
        (
            {**CLASSES, "network": {**CLASSIFIER, "decoder_channels": [8]}},
            "decoder_channels are a setting of the other",
        ),
        ({"network": {"architecture": "plain_unet", "pretrained": "imagenet"}}, "no pretrained"),
        ({"loss": {"class_weights": "balanced"}}, "recipes with findings"),
        ({"findings": ["covid"], "loss": {"finding": 1}, "network": ENCODER}, "two or more"),
        ({"findings": ["covid", "normal"], "network": ENCODER}, "loss.finding above 0"),
        ({"loss": {"finding": 1}}, "loss.finding above 0"),
        (
            {
                "findings": ["pneumonia", "pneumonia/viral"],
                "loss": {"finding": 1},
                "network": ENCODER,
            },
            "is a kind of another",
        ),
        ({"findings": ["covid", "normal"], "loss": {"finding": 1}}, "plain_unet has no finding"),
        ({"network": {"architecture": "unet"}}, "network: an encoder is needed"),
        ({"network": {"architecture": "plain_unet", "encoder": "x"}}, "network: an encoder"),
        ({"network": {**ENCODER, "dropout": 0.5}}, "dropout is a setting of plain_unet"),
        (
            {"network": {"architecture": "fpn", "encoder": "x", "decoder_channels": [8]}},
            "decoder_channels",
        ),
        ({"network": {**ENCODER, "drop_path": 0.1}}, "drop_path is a setting of subpixel_unet"),
        ({"schedule": {"epochs": 3, "small_epochs": 1}}, "multiple of 128"),
        ({"schedule": {"epochs": 3, "small_epochs": 3}}, "no epoch at the full image size"),
        ({"augmentation": {"scale": 0.6, "stretch": 0.5}}, "turn images over"),
        ({"schedule": {"epochs": 3, "calm_epochs": 4}}, "more calm_epochs than epochs"),
        ({"loss": {"other_opacity": "unmeasured"}}, "recipes with infection"),
        ({"collections": {"kermany": {"repeats": 0}}}, "collections.kermany.repeats"),
        ({"collections": {"general_blockchain": {}}}, "nobody knows: general_blockchain"),
        ({"seed": -1}, "seed"),
        ({"name": "Mine!"}, "name"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        read_recipe(write(tmp_path / "a.yaml", **changes))


@pytest.mark.parametrize(
    ("text", "message"),
    [(b"a: [", "no YAML"), (b"\xff\xfe\x00", "no YAML"), (b"- a\n", "no recipe"), (b"", "no rec")],
)
def test_what_is_no_recipe_is_said(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(text)
    with pytest.raises(RecipeError, match=message):
        read_recipe(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be opened; got No such file"):
        read_recipe(tmp_path / "a.yaml")


def test_an_unknown_encoder_is_said() -> None:
    with pytest.raises(RecipeError, match="encoder nosuchnet"):
        build_network(tiny_recipe(network={"architecture": "unet", "encoder": "nosuchnet"}))


@pytest.mark.parametrize("targets", [["infection"], ["right_lung"], ["left_lung", "infection"]])
def test_a_model_must_outline_both_lungs(targets: list[str]) -> None:
    with pytest.raises(ValueError, match="lungs, or right_lung and left_lung"):
        tiny_recipe(targets=targets)


def test_a_recipe_takes_from_the_one_it_extends_what_it_does_not_say(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", targets=["lungs", "infection"])
    (tmp_path / "b.yaml").write_text("extends: a.yaml\nname: b\ntargets: [lungs]\n")
    (tmp_path / "c.yaml").write_text("extends: b.yaml\nseed: 7\nschedule: {batch_size: 9}\n")
    base, recipe = read_recipe(tmp_path / "a.yaml"), read_recipe(tmp_path / "c.yaml")
    assert (recipe.name, recipe.targets, recipe.seed) == ("b", ("lungs",), 7)
    assert recipe.schedule == base.schedule.model_copy(update={"batch_size": 9})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: a.yaml", "extends itself; got a.yaml extends a.yaml"),
        ("extends: b.yaml", "extends itself; got a.yaml extends b.yaml extends a.yaml"),
        ("extends: ../a.yaml", "a YAML file in the same folder"),
        ("extends: 3", "a YAML file in the same folder"),
        ("extends: none.yaml", "none.yaml: the recipe cannot be opened"),
    ],
)
def test_an_extended_recipe_that_cannot_be_had_is_said(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text("extends: a.yaml")
    with pytest.raises(RecipeError, match=message):
        read_recipe(tmp_path / "a.yaml")


def test_a_classifier_takes_images_of_any_size_that_its_network_takes() -> None:
    changes = {**CLASSES, "network": {**CLASSIFIER, "encoder": "inception_v3"}}
    assert build_network(tiny_recipe(image_size=99, **changes)).training
    with pytest.raises(RecipeError, match="images of 64×64 are too small"):
        build_network(tiny_recipe(image_size=64, **changes))
