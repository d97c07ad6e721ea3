"""YAML → recipe. A file may extend another one in its folder and say only what it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from hilum.errors import RecipeError
from hilum.learning.recipe import Recipe
from hilum.plain_files import read_plain

_EXTENDS = "extends"


def read_recipe(path: Path) -> Recipe:
    """The recipe in the YAML file at ``path``.

    ``extends: OTHER.yaml`` takes all fields of that file, which lies in the same folder; those
    named beside it replace them, within ``network``, ``loss`` and other parts one by one.

    Raises:
        RecipeError: a file is missing, no YAML, or a field is wrong; every wrong field is
            named at once.
    """
    try:
        return Recipe.model_validate(_read_values(path, ()))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'recipe'}: {_said(e['msg'])}" for e in error.errors()
        )
        raise RecipeError("the recipe is wrong", path=path, got=wrong) from None


def _said(message: str) -> str:
    """What pydantic says, in words for people who write recipes."""
    if message.startswith("Extra inputs"):
        return "there is no such setting"
    return message.removeprefix("Value error, ")


def _read_values(path: Path, extended_by: tuple[Path, ...]) -> dict[str, Any]:
    """The fields of ``path`` and of what it extends."""
    values = _parse(path)
    if _EXTENDS not in values:
        return values
    name = values.pop(_EXTENDS)
    if not isinstance(name, str) or Path(name).name != name:
        raise RecipeError(
            "what the recipe extends cannot be found",
            path=path,
            got=f"extends: {name!r}",
            expected="the name of a YAML file in the same folder",
        )
    base = path.with_name(name)
    if base in (path, *extended_by):
        raise RecipeError(
            "the recipe extends itself",
            path=path,
            got=" extends ".join(one.name for one in (*extended_by, path, base)),
            remedy="let the last of them stand by itself",
        )
    return _merge(_read_values(base, (*extended_by, path)), values)


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in changes.items():
        old = base.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[name] = _merge(old, value)
        else:
            merged[name] = value
    return merged


def _parse(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(read_plain(path).decode("utf-8"))
    except OSError as error:
        raise RecipeError(
            "the recipe cannot be opened",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy="give the path of a YAML file; hilum's own are in recipes/",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError("this is no YAML", path=path, got=" ".join(str(error).split())) from None
    if not isinstance(values, dict):
        raise RecipeError("this is no recipe", path=path, expected="YAML with named fields")
    return values
