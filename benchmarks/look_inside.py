"""Adds to a model file of before there was an audit what its finding is made of; nothing else.

    python benchmarks/look_inside.py MODEL -o OUTPUT

New files have these outputs from the start (``hilum.inference.runtime.INSIDE``). The network has
to be one that hilum trained with lungs and a finding. Every prediction stays as it was, to the bit:
the nodes that are there are not touched, and what is added is not computed unless asked for. The
file and the network get another hash, though: severity scales and stored outputs name the old.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hilum.inference.model import read_model
from hilum.inference.runtime import INSIDE, load_runtime
from hilum.output import write_whole

_PLACES = "hilum.inside"
"""What the names of new values begin with."""


def main() -> None:
    """Add the outputs, and check that predictions stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()

    old = read_model(arguments.model)
    model = onnx.load_from_string(old.onnx)
    add_inside(model, side=old.description.image_size)
    onnx.checker.check_model(model)
    data = model.SerializeToString(deterministic=True)
    refuse_other_predictions(old.onnx, data, side=old.description.image_size)
    write_whole(arguments.output, data)


def add_inside(model: onnx.ModelProto, *, side: int) -> None:
    """Add :data:`INSIDE` to ``model``, which takes images of ``side``×``side`` pixels."""
    graph = model.graph
    made_by = {output: node for node in graph.node for output in node.output}
    weigh = made_by[made_by["finding"].input[0]]
    average = made_by[weigh.input[0]]
    assert (weigh.op_type, average.op_type) == ("Gemm", "Concat"), "a head of another kind"
    shapes = _shapes(model)
    levels = [_level(made_by[name], made_by) for name in average.input]
    grids = [shapes[features] for features, _ in levels]
    finest = max(grids, key=lambda shape: shape[-1])
    nodes, constants = [], []

    def constant(name: str, values: object, dtype: type) -> str:
        constants.append(numpy_helper.from_array(np.asarray(values, dtype), f"{_PLACES}.{name}"))
        return f"{_PLACES}.{name}"

    def node(kind: str, inputs: list[str], name: str, **attributes: object) -> str:
        output = name if name in INSIDE else f"{_PLACES}.{name}"
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    over = constant("over", [2, 3], np.int64)
    parts = []
    for number, ((features, weights), grid) in enumerate(zip(levels, grids, strict=True)):
        whole = node("ReduceSum", [weights, over], f"whole.{number}", keepdims=1)
        share = node("Div", [weights, whole], f"share.{number}")
        part = node("Mul", [features, share], f"part.{number}")
        factor = finest[-1] // grid[-1]
        if factor > 1:
            scales = constant(f"scales.{number}", [1, 1, factor, factor], np.float32)
            options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
            raised = node(
                "Resize", [part, "", scales], f"raised.{number}", nearest_mode="floor", **options
            )
            area = constant(f"area.{number}", factor**2, np.float32)
            part = node("Div", [raised, area], f"spread.{number}")
        parts.append(part)
    local = node("Concat", parts, "local_features", axis=1)
    kernel = node("Unsqueeze", [weigh.input[1], over], "kernel")
    node("Conv", [local, kernel], "activation")

    width, classes = sum(grid[1] for grid in grids), shapes["finding"][1]
    _rename(graph, average.output[0], "features")
    graph.node.extend(nodes)
    graph.initializer.extend(constants)
    sides = {"features": (width,), "local_features": (width, *finest[2:])}
    sides["activation"] = (classes, *finest[2:])
    for name in INSIDE:
        shape = ("batch", *sides[name])
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))


def _level(mean: onnx.NodeProto, made_by: dict[str, onnx.NodeProto]) -> tuple[str, str]:
    """Features and weights of which ``mean`` is Σ features × weights ÷ Σ weights."""
    above, below = (made_by[name] for name in mean.input)
    kinds = mean.op_type, above.op_type, below.op_type
    assert kinds == ("Div", "ReduceSum", "ReduceSum"), "an average of another kind"
    features, weights = made_by[above.input[0]].input
    assert below.input[0] == weights, "an average of another kind"
    return features, weights


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    return {
        value.name: tuple(one.dim_value for one in value.type.tensor_type.shape.dim)
        for value in (*inferred.value_info, *inferred.output)
    }


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [new if name == old else name for name in names]
    for value in graph.value_info:
        if value.name == old:
            value.name = new


def refuse_other_predictions(old: bytes, new: bytes, *, side: int) -> None:
    """Compare every bit of what both files give for drawn images, in both runtimes."""
    images = np.random.default_rng(0).integers(0, 256, (8, side, side), np.uint8)
    for name, f32 in (("onnxruntime", True), ("openvino", True), ("openvino", False)):
        before, after = (load_runtime(data, name=name, f32=f32) for data in (old, new))
        for image in images:
            for one, other in zip(before(image[None]), after(image[None]), strict=True):
                np.testing.assert_array_equal(one, other)


if __name__ == "__main__":
    main()
