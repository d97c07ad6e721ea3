"""The bundled model is used only if it is whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from hilum.errors import ModelError
from hilum.imaging.read import read_picture, to_uint8
from hilum.inference.bundled import read_bundled_model
from hilum.inference.expected import REFERENCE
from hilum.inference.model import BUNDLED_MODEL, read_model
from hilum.inference.preprocess import fit_to_network
from hilum.inference.runtime import (
    INSIDE,
    PREDICTED,
    RuntimeName,
    installed_runtimes,
    load_runtime,
)


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


@pytest.mark.parametrize("runtime", installed_runtimes())
def test_it_says_what_its_finding_is_made_of(runtime: RuntimeName) -> None:
    data = read_bundled_model().onnx
    weights = {
        one.name.removeprefix("network.finding_head.linear."): onnx.numpy_helper.to_array(one)
        for one in onnx.load_from_string(data).graph.initializer
        if "finding_head" in one.name
    }
    film = fit_to_network(to_uint8(read_picture(REFERENCE / "hannover.png").pixels), 256)
    network = load_runtime(data, name=runtime, f32=True, outputs=(*PREDICTED, *INSIDE))
    given = {name: values[0] for name, values in network.compute(film[None]).items()}

    assert given["activation"].shape == (3, 16, 16)
    np.testing.assert_allclose(given["local_features"].sum((1, 2)), given["features"], atol=1e-4)
    logits = weights["weight.f16"].astype(np.float32) @ given["features"] + weights["bias"]
    places = given["activation"].sum((1, 2)) + weights["bias"]
    np.testing.assert_allclose(places, logits, atol=1e-4)
    odds = np.exp(places)
    np.testing.assert_allclose(odds / odds.sum(), given["finding"], atol=1e-5)
