"""The bundled model is used only if it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.errors import ModelError
from hilum.inference.bundled import read_bundled_model
from hilum.inference.model import BUNDLED_MODEL, read_model


def test_the_bundled_model_is_the_one_its_outputs_are_of() -> None:
    assert read_bundled_model().sha256 == read_model().sha256


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    data = bytearray(BUNDLED_MODEL.read_bytes())
    data[len(data) // 2] ^= 1
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"is damaged; got .* Install hilum again"):
        read_bundled_model(path)


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}"])
def test_without_its_hash_it_is_not_used(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "outputs.json").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be checked"):
        read_bundled_model(reference=tmp_path)
