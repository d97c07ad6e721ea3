"""The fake model, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.inference import Predictor
from tests.fakes.model import write_model


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "fake.onnx")


@pytest.fixture(scope="session")
def predictor(model_file: Path) -> Predictor:
    return Predictor(model_file)
