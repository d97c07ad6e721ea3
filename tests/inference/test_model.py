"""The model file: read whole, refused with a sentence otherwise."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

from hilum.errors import ModelError
from hilum.inference import Predictor
from hilum.inference.model import (
    METADATA_KEY,
    ModelDescription,
    OperatingPoints,
    Score,
    answers_hash,
    read_model,
    rewrite_description,
)
from hilum.inference.onnx_metadata import read_onnx_metadata
from hilum.inference.runtime import RuntimeName, load_runtime
from hilum.radiograph import Finding, Structure
from tests.fakes.model import SIZE, TARGETS, describe, write_model


def with_metadata(model_file: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    model = onnx.load_model(model_file)
    for entry in model.metadata_props:
        values = json.loads(entry.value)
        change(values)
        entry.value = json.dumps(values)
    target.write_bytes(model.SerializeToString())
    return target


def test_a_description_survives_the_file(tmp_path: Path) -> None:
    description = dataclasses.replace(
        describe(),
        recipe={"name": "x", "list": [1, 2]},
        scores=(Score("lungs Dice", 0.9, 0.8, 0.95, 7, "on nothing"),),
        lung_convention=None,
        finding_caution="An audit condemned it.",
    )
    path = write_model(tmp_path / "model.onnx", described=description)
    model = read_model(path)
    assert model.description == description
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_metadata_is_what_the_onnx_package_reads(model_file: Path) -> None:
    model = onnx.load_model(model_file)
    expected = {entry.key: entry.value for entry in model.metadata_props}
    assert read_onnx_metadata(model_file.read_bytes(), path=model_file) == expected


def test_a_truncated_file_is_refused_wherever_it_ends(model_file: Path, tmp_path: Path) -> None:
    data, path = model_file.read_bytes(), tmp_path / "cut.onnx"
    for end in [*range(0, len(data), 61), len(data) - 1]:
        path.write_bytes(data[:end])
        with pytest.raises(ModelError, match=r"cut\.onnx: "):
            Predictor(path)


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(range(256)) * 4, b"\xff" * 99])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx: "):
        read_model(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(ModelError, match="cannot be opened"):
            read_model(path)


def test_an_onnx_of_someone_else_is_refused(model_file: Path, tmp_path: Path) -> None:
    model = onnx.load_model(model_file)
    del model.metadata_props[:]
    path = tmp_path / "foreign.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=f"expected metadata '{METADATA_KEY}'"):
        read_model(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.pop("targets"),
        lambda values: values.update(surprise=1),
        lambda values: values.update(image_size=0),
        lambda values: values.update(targets=["spleen"]),
        lambda values: values["operating_points"].update(masks={}),
        lambda values: values["operating_points"].update(finding={"tuberculosis": 0.5}),
        lambda values: values.update(findings=["covid"]),
        lambda values: values.update(operating_points=None),
        lambda values: values["operating_points"]["masks"].update(infection=1.5),
        lambda values: values["operating_points"]["masks"].update(infection=-0.1),
        lambda values: values["operating_points"]["masks"].update(infection="0.5"),
        lambda values: values["operating_points"]["finding"].update(covid=float("nan")),
        lambda values: values.update(finding_caution=float("nan")),
        lambda values: values.update(finding_caution=None),
        lambda values: values.update(finding_caution=["a", "b"]),
    ],
)
def test_a_damaged_description_is_refused(
    change: Callable[[dict[str, Any]], None], model_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="description is damaged"):
        read_model(with_metadata(model_file, tmp_path / "model.onnx", change))


def test_damage_is_told_without_names_of_exceptions(model_file: Path, tmp_path: Path) -> None:
    lacking = with_metadata(model_file, tmp_path / "m.onnx", lambda values: values.pop("targets"))
    with pytest.raises(ModelError, match="damaged; got no 'targets'"):
        read_model(lacking)
    wrong = with_metadata(
        model_file, tmp_path / "m.onnx", lambda values: values.update(image_size=0)
    )
    with pytest.raises(ModelError, match="damaged; got image_size 0 is less than 1"):
        read_model(wrong)


def test_scores_and_caution_change_no_answer(model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(model_file.read_bytes())
    before = read_model(path)
    rewrite_description(path, dataclasses.replace(before.description, finding_caution="Condemned."))
    after = read_model(path)
    assert after.sha256 != before.sha256 and answers_hash(after) == answers_hash(before)
    rewrite_description(path, dataclasses.replace(before.description, image_size=32))
    assert answers_hash(read_model(path)) != answers_hash(before)


def test_a_file_from_before_there_were_cautions_has_none(model_file: Path, tmp_path: Path) -> None:
    path = with_metadata(
        model_file, tmp_path / "m.onnx", lambda values: values.pop("finding_caution")
    )
    assert read_model(path).description.finding_caution == ""


def test_a_description_is_replaced_and_nothing_else(model_file: Path, tmp_path: Path) -> None:
    path, output = tmp_path / "model.onnx", tmp_path / "other.onnx"
    path.write_bytes(model_file.read_bytes())
    model = onnx.load_model(path)
    more = model.metadata_props.add()
    more.key, more.value = "author", "someone"
    path.write_bytes(model.SerializeToString())
    renamed = dataclasses.replace(read_model(path).description, name="x" * 300)

    rewrite_description(path, renamed, output=output)
    assert read_model(path).description.name == "fake"
    assert read_model(output).description == renamed
    rewrite_description(path, renamed)
    assert path.read_bytes() == output.read_bytes()
    assert {one.name for one in tmp_path.iterdir()} == {"model.onnx", "other.onnx"}
    rewritten = onnx.load_model(path)
    assert {entry.key for entry in rewritten.metadata_props} == {METADATA_KEY, "author"}
    assert len(rewritten.metadata_props) == 2
    del model.metadata_props[:], rewritten.metadata_props[:]
    assert rewritten.SerializeToString() == model.SerializeToString()


def test_a_model_whose_rewriting_breaks_off_stays_as_it_was(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(model_file.read_bytes())
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError()))
    with pytest.raises(OSError):
        rewrite_description(path, describe())
    assert path.read_bytes() == model_file.read_bytes()


def test_a_later_format_is_refused(model_file: Path, tmp_path: Path) -> None:
    path = with_metadata(model_file, tmp_path / "m.onnx", lambda values: values.update(format=9))
    with pytest.raises(ModelError, match="got format 9; expected format 1"):
        read_model(path)


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_a_network_that_is_not_as_described_is_refused(
    runtime: RuntimeName, tmp_path: Path
) -> None:
    wrong: list[ModelDescription] = [
        describe(targets=[*TARGETS, Structure.AIRWAYS]),
        describe(findings=[Finding.NORMAL, Finding.COVID]),
        dataclasses.replace(describe(), image_size=2 * SIZE),
    ]
    for number, description in enumerate(wrong):
        path = write_model(tmp_path / f"{number}.onnx", described=description)
        with pytest.raises(ModelError, match="not what its description says"):
            Predictor(path, runtime=runtime)


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_a_runtime_that_cannot_load_says_so(runtime: RuntimeName) -> None:
    with pytest.raises(ModelError, match=f"{runtime} cannot load the model"):
        load_runtime(b"nonsense", name=runtime)
    with pytest.raises(ModelError, match=f"reinstall {runtime}, or say --runtime "):
        load_runtime(b"nonsense", name=runtime)


def test_points_that_fit_no_target_are_no_description() -> None:
    with pytest.raises(ValueError, match="targets"):
        dataclasses.replace(describe(), operating_points=OperatingPoints({}, {}))
