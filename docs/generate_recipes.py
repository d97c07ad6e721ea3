"""``recipes/`` → ``docs/recipes.md``, a part of ``docs/generate.py``; needs the extra ``train``.

All follows from the recipes but two things that were measured: ``recipe-files.csv``, which
``benchmarks/recipe_files.py --write`` writes, and ``recipe-runs.yaml``, which people do.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

import torch
import yaml
from generate import FOLDER

from hilum.collections.collection import Facts
from hilum.collections.registry import COLLECTIONS
from hilum.evaluation.card import markdown_table
from hilum.learning.networks import build_network
from hilum.learning.recipe import Recipe
from hilum.learning.recipe_file import read_recipe
from hilum.radiograph import LUNG_TARGETS, LungConvention, Structure

PAGE = FOLDER / "recipes.md"
RECIPES = FOLDER.parent / "recipes"
RUNS, FILES = FOLDER / "recipe-runs.yaml", FOLDER / "recipe-files.csv"

_NOT_RUN = "not yet run at full size"
_ANYTHING = ("coco", "cvat", "label-studio", "plain-folder")
"""Formats, in which a collection may hold any label."""

_HEAD = """\
# Recipes

<!-- Written by docs/generate.py; change recipes/ and docs/recipe-runs.yaml instead. -->

`hilum train recipes/NAME.yaml --dataset dataset/ -o NAME.onnx` trains each of these systems, and
the model file goes into `hilum predict --model`. The first line below each heading names the
collections that have all labels it needs; several may be compiled together.

- **Plain films, lungs only, enhanced**: the dataset decides that, not the recipe; see
  [variants](variants.md).
- **Random weights.** The published networks began with ImageNet's, so scores are not to be expected
  to reach theirs. Where a machine is online, a file in `recipes/` begins with them too:

  ```yaml
  extends: infection_unet_resnet18.yaml
  name: infection_unet_resnet18_imagenet
  network: {pretrained: imagenet}
  ```

- **A recipe may extend another one** in its folder, and says only what it changes.
- **Classifiers outline no lungs.** What they say of a film is a finding; every percentage is empty,
  and an image that is no chest film is not refused unless it is blank, noise or too small.
- **Rare classes** weigh more in the classifiers' loss (`class_weights: balanced`), where the papers
  drew more augmented images of them.
- **File** is the size with weights in f16; where those change the answers, weights stay f32 and the
  file is twice as large. **Minutes an epoch** and **scores** are of trainings on all the data named
  with them.
"""


def write_recipes() -> None:
    """Write the page."""
    PAGE.write_text(recipes_page(), encoding="utf-8")


def recipes_page() -> str:
    """The text of ``recipes.md``."""
    recipes = [read_recipe(path) for path in sorted(RECIPES.glob("*.yaml"))]
    runs = yaml.safe_load(RUNS.read_text(encoding="utf-8")) or {}
    if unknown := set(runs) - {recipe.name for recipe in recipes}:
        raise ValueError(f"{RUNS} has runs of recipes nobody knows: {', '.join(sorted(unknown))}")
    with FILES.open(newline="", encoding="utf-8") as file:
        megabytes = {row["network"]: row["megabytes"] for row in csv.DictReader(file)}
    parts = [_HEAD]
    for group in _groups(recipes):
        parts += [*_introduce(group[0]), _table(group, megabytes, runs)]
    return "\n".join(parts)


def _groups(recipes: Iterable[Recipe]) -> Iterator[list[Recipe]]:
    """Recipes of one task and source, in the order of their targets and classes."""
    groups: dict[tuple[object, ...], list[Recipe]] = {}
    for recipe in recipes:
        key = (recipe.source, recipe.targets, recipe.findings)
        groups.setdefault(key, []).append(recipe)
    yield from sorted(groups.values(), key=lambda g: (not g[0].targets, g[0].source == "hilum"))


def _introduce(recipe: Recipe) -> Iterator[str]:
    outlined = ", ".join(target.replace("_", " ") for target in recipe.targets)
    named = ", ".join(recipe.findings)
    yield f"## {': '.join(filter(None, [outlined, named])).capitalize()}\n"
    enough = [facts.name for facts in _published() if _has_all(facts, recipe)]
    links = ", ".join(f"[`{name}`](collections/{name}.md)" for name in enough)
    yield f"- Data: {links or 'no collection has all labels by itself; compile several'}"
    if recipe.targets:
        yield f"- [Lung convention](glossary.md): {recipe.lung_convention}"
    yield f"- Source: {recipe.source}\n"


def _published() -> list[Facts]:
    return [c.facts for c in COLLECTIONS if c.facts.name not in _ANYTHING]


def _has_all(facts: Facts, recipe: Recipe) -> bool:
    """Whether a collection has masks and findings of every target and class of ``recipe``."""
    has_lungs = set(facts.structures) >= {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}
    for target in recipe.targets:
        convention = recipe.lung_convention
        if target is Structure.WHOLE_LUNGS:
            convention = LungConvention.PARTLY_BEHIND_HEART
        if target in (*LUNG_TARGETS, Structure.WHOLE_LUNGS):
            if not has_lungs or facts.lung_convention != convention:
                return False
        elif target not in facts.structures:
            return False
    return all(any(one.is_a(wanted) for one in facts.findings) for wanted in recipe.findings)


def _table(recipes: Iterable[Recipe], megabytes: dict[str, str], runs: dict[str, Any]) -> str:
    head = ("recipe", "what", "image", "parameters (M)", "file (MB)", "minutes an epoch", "scores")
    return markdown_table(
        head, (_row(recipe, megabytes, runs.get(recipe.name, [])) for recipe in recipes)
    )


def _row(recipe: Recipe, megabytes: dict[str, str], runs: list[dict[str, Any]]) -> list[object]:
    network = f"{recipe.network.architecture} {recipe.network.encoder or ''}".strip()
    times = [f"{run['minutes_per_epoch']} ({run['machine']})" for run in runs]
    scores = [f"{run['data']}, {run['epochs']} epochs: {'; '.join(run['scores'])}" for run in runs]
    return [
        f"[`{recipe.name}`](../recipes/{recipe.name}.yaml)",
        recipe.description,
        f"{recipe.image_size}×{recipe.image_size}",
        f"{_count_parameters(recipe) / 1e6:.1f}",
        megabytes.get(network, "–"),
        "<br>".join(times) or "–",
        "<br>".join(scores) or _NOT_RUN,
    ]


def _count_parameters(recipe: Recipe) -> int:
    """Of its network, built without memory for the weights."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in build_network(recipe).parameters())
