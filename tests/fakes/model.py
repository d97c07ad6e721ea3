"""A tiny model file whose answers follow from the pixels by a rule that tests can compute.

Infection is mid-grey, lung is dark or infected, each lung lies in its half of the image, anything
else lies where infection does, and the finding is told by the grey of the upper left corner, or is
always the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from hilum.inference.model import METADATA_KEY, ModelDescription, OperatingPoints
from hilum.radiograph import Finding, LungConvention, Structure

SIZE = 64
BACKGROUND, LUNG, INFECTED = 220, 40, 120
"""Greys of an image that :func:`draw_pixels` draws."""

_LUNG_BELOW = 80
_INFECTED = (100, 140)
_CORNER = {Finding.COVID: 250, Finding.NORMAL: 235, Finding.PNEUMONIA: 205}
"""Grey of the upper left corner by finding."""

FINDINGS = (Finding.NORMAL, Finding.COVID, Finding.PNEUMONIA)
TARGETS = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)


def draw_pixels(
    finding: Finding = Finding.COVID,
    *,
    size: tuple[int, int] = (SIZE, SIZE),
    lungs: str = "both",
    infected: bool = True,
) -> NDArray[np.uint8]:
    """A drawing of height × width ``size`` that the model answers with ``finding``.

    ``lungs`` is ``both``, ``right``, ``left`` or ``none``; the lower half of the (patient's)
    right lung is infected, or where it is missing of the left one.
    """
    height, width = size
    pixels = np.full(size, BACKGROUND, np.uint8)
    pixels[: height // 8, : width // 8] = _CORNER[finding]
    pixels[-height // 8 :, -width // 8 :] = BACKGROUND - 20  # or all below were a border
    top, middle, bottom = height // 4, height // 2, height * 3 // 4
    columns = {
        "right": slice(width // 8, width * 3 // 8),
        "left": slice(width * 5 // 8, width * 7 // 8),
    }
    drawn = [side for side in columns if lungs in (side, "both")]
    for side in drawn:
        pixels[top:bottom, columns[side]] = LUNG
    if infected and drawn:
        pixels[middle:bottom, columns[drawn[0]]] = INFECTED
    return pixels


def write_model(
    path: Path,
    *,
    targets: Sequence[Structure] = TARGETS,
    findings: Sequence[Finding] = FINDINGS,
    always: Finding | None = None,
    described: ModelDescription | None = None,
) -> Path:
    """Write the model to ``path``.

    ``always`` makes it give that finding whatever the image; ``described`` puts another
    description, which may be wrong, into the file.
    """
    nodes, constants = _graph(tuple(targets), tuple(findings), always)
    side = ("N", 1, SIZE, SIZE)
    outputs = {"finding": ("N", len(findings))}
    if targets:
        outputs = {"masks": ("N", len(targets), SIZE, SIZE), **outputs}
    graph = helper.make_graph(
        nodes,
        "fake",
        [helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, side)],
        [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
            for name, shape in outputs.items()
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    entry = model.metadata_props.add()
    entry.key = METADATA_KEY
    entry.value = (described or describe(targets, findings)).to_json()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


def describe(
    targets: Sequence[Structure] = TARGETS,
    findings: Sequence[Finding] = FINDINGS,
    *,
    caution: str = "",
) -> ModelDescription:
    """What the model says about itself."""
    points = {Finding.COVID: 0.5} if Finding.COVID in findings else {}
    return ModelDescription(
        name="fake",
        image_size=SIZE,
        targets=tuple(targets),
        findings=tuple(findings),
        operating_points=OperatingPoints(dict.fromkeys(targets, 0.5), points),
        lung_convention=LungConvention.AERATED if targets else None,
        licence="Apache-2.0",
        dataset_sha256="0" * 64,
        trained_on=("nothing",),
        recipe={},
        finding_caution=caution,
    )


def _graph(
    targets: tuple[Structure, ...], findings: tuple[Finding, ...], always: Finding | None
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    constants: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def constant(name: str, value: object, dtype: type = np.float32) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(kind: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    right = np.zeros((1, 1, 1, SIZE), np.float32)
    right[..., : SIZE // 2] = 1
    grey = node("Cast", ["image"], "grey", to=onnx.TensorProto.FLOAT)
    low, high = (constant(name, v) for name, v in zip(("low", "high"), _INFECTED, strict=True))
    above, below = node("Greater", [grey, low], "above"), node("Less", [grey, high], "below")
    infected = node("And", [above, below], "infected")
    dark = node("Less", [grey, constant("dark_below", _LUNG_BELOW)], "dark")
    lung = node("Or", [dark, infected], "lung")
    planes = {
        Structure.INFECTION: node("Cast", [infected], "p_infection", to=onnx.TensorProto.FLOAT),
        Structure.LUNGS: node("Cast", [lung], "p_lungs", to=onnx.TensorProto.FLOAT),
    }
    planes[Structure.WHOLE_LUNGS] = planes[Structure.LUNGS]
    halves = {Structure.RIGHT_LUNG: right, Structure.LEFT_LUNG: 1 - right}
    for target, half in halves.items():
        inputs = ["p_lungs", constant(f"half_{target}", half)]
        planes[target] = node("Mul", inputs, f"p_{target}")
    if targets:
        node("Concat", [planes.get(target, "p_infection") for target in targets], "masks", axis=1)

    # One logit per class: how near the mean grey of the corner is to that class's.
    corner = node(
        "Slice",
        [
            grey,
            constant("starts", [0, 0], np.int64),
            constant("ends", [4, 4], np.int64),
            constant("axes", [2, 3], np.int64),
        ],
        "corner",
    )
    mean = node("ReduceMean", [corner, constant("over", [1, 2, 3], np.int64)], "mean", keepdims=0)
    column = node("Unsqueeze", [mean, constant("last", [1], np.int64)], "column")
    if always is None:
        places = [_CORNER.get(finding, -1000) for finding in findings]
    else:
        places = [0 if finding == always else 100_000 for finding in findings]
    away = node("Sub", [column, constant("places", np.reshape(places, (1, -1)))], "away")
    distance = node("Abs", [away], "distance")
    node("Softmax", [node("Neg", [distance], "logits")], "finding", axis=1)
    return nodes, constants
