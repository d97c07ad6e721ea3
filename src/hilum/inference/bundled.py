"""The bundled model file, checked to be the one that was bundled."""

from __future__ import annotations

import json
from pathlib import Path

from hilum.errors import ModelError
from hilum.inference.expected import OUTPUTS_NAME, REFERENCE
from hilum.inference.model import BUNDLED_MODEL, Model, read_model

_REMEDY = "install hilum again; in a clone with a new model, run: python docs/generate.py"


def read_bundled_model(path: Path = BUNDLED_MODEL, *, reference: Path = REFERENCE) -> Model:
    """Read the model at ``path``, whose hash lies beside its outputs in ``reference``.

    Raises:
        ModelError: one of the two is missing or damaged.
    """
    model = read_model(path)
    outputs = reference / OUTPUTS_NAME
    try:
        expected = str(json.loads(outputs.read_bytes())["model_sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            "the bundled model cannot be checked", path=outputs, got=repr(error), remedy=_REMEDY
        ) from None
    if model.sha256 != expected:
        raise ModelError(
            "the bundled model is damaged",
            path=path,
            got=f"a file with the hash {model.sha256[:16]}",
            expected=expected[:16],
            remedy=_REMEDY,
        )
    return model
