"""Trained network → one ONNX file, checked against the network it came from."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hilum.errors import ModelError
from hilum.inference.model import METADATA_KEY, ModelDescription
from hilum.inference.runtime import INSIDE, PREDICTED, load_runtime
from hilum.learning.networks import Classifier, RadiographNetwork
from hilum.output import write_whole

_HALF_FROM = 256
"""Tensors of fewer numbers stay f32: nothing is gained on them."""

TOLERANCE = 0.02
"""Largest difference of any probability between the file and the f32 network."""


class ServedNetwork(nn.Module):
    """The network as it is served: grey bytes in, probabilities out, and what they are made of."""

    def __init__(self, network: RadiographNetwork | Classifier) -> None:
        super().__init__()
        self.network = network.eval()
        outlines = not isinstance(network, Classifier)
        self.predicted = PREDICTED if outlines else PREDICTED[1:]
        """A classifier has no masks, since not every runtime takes an output of no planes."""
        self.inside = INSIDE if network.can_be_seen_inside() else ()
        self.outputs = [*self.predicted, *self.inside]

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """uint8 N×1×S×S → mask probabilities N×T×S×S, finding probabilities N×C; and
        :class:`~hilum.learning.networks.Inside`, where there is such a thing."""
        masks, finding, *inside = (
            self.network.look_inside(image.float()) if self.inside else self.network(image.float())
        )
        predicted = (masks.sigmoid(), finding.softmax(1))[-len(self.predicted) :]
        return (*predicted, *(inside[0] if inside else ()))


def export_onnx(
    network: RadiographNetwork | Classifier,
    description: ModelDescription,
    path: Path,
    *,
    check_on: NDArray[np.uint8],
) -> None:
    """Write ``network`` with ``description`` to ``path``, weights in f16 where that costs nothing.

    The file is run on the images ``check_on`` (uint8 N×S×S) and must give the probabilities
    of the f32 network within :data:`TOLERANCE`. Where f16 does not, weights stay f32; where
    those do not either, nothing is written.

    Raises:
        ModelError: the file does not agree with the network.
    """
    served = ServedNetwork(network)
    images = torch.from_numpy(check_on)[:, None]
    model = _to_onnx(served, images[:1].repeat(2, 1, 1, 1))
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, description.to_json()
    with torch.inference_mode():
        outputs = served(images)[: len(served.predicted)]
        expected = [output.numpy() for output in outputs]
    halved = onnx.ModelProto()
    halved.CopyFrom(model)
    halve_weights(halved)
    for candidate in (halved, model):
        onnx.checker.check_model(candidate)
        data = candidate.SerializeToString(deterministic=True)
        difference = _difference(data, check_on, expected)
        if difference <= TOLERANCE:
            break
    else:
        raise ModelError(
            "the exported file does not agree with the trained network",
            path=path,
            got=f"probabilities that differ by up to {difference:.3f}",
            expected=f"at most {TOLERANCE}",
            remedy="report this; the checkpoints in the run folder are intact",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)


def _difference(
    data: bytes, images: NDArray[np.uint8], expected: Sequence[NDArray[np.float32]]
) -> float:
    """The largest difference of a probability that the file ``data`` gives; NaN stays NaN."""
    reference = load_runtime(data, name="onnxruntime")  # computes in f32, as the network did
    outputs = zip(reference(images)[-len(expected) :], expected, strict=True)
    return float(np.max([np.abs(got - wanted).max() for got, wanted in outputs if wanted.size]))


def _to_onnx(served: ServedNetwork, example: Tensor) -> onnx.ModelProto:
    quiet = logging.getLogger("torch.onnx")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # The exporter's own libraries warn about one another's future; nothing a user can do.
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                served,
                (example,),
                dynamo=True,
                verbose=False,
                input_names=["image"],
                output_names=served.outputs,
                dynamic_shapes={"image": {0: torch.export.Dim("batch")}},
            )
    finally:
        quiet.setLevel(level)
    assert program is not None  # it is, with dynamo
    model = program.model_proto
    for (
        node
    ) in model.graph.node:  # each node carries the stack trace of its origin: paths, kilobytes
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    for initializer in model.graph.initializer:
        del initializer.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    return model


def halve_weights(model: onnx.ModelProto) -> None:
    """Store large f32 weights as f16 with a cast back, which every runtime folds away."""
    casts = []
    for initializer in model.graph.initializer:
        if initializer.data_type != onnx.TensorProto.FLOAT:
            continue
        values = onnx.numpy_helper.to_array(initializer)
        if values.size < _HALF_FROM or np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name = initializer.name
        half = onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.f16")
        initializer.CopyFrom(half)
        casts.append(
            onnx.helper.make_node(
                "Cast", [half.name], [name], name=f"{name}.cast", to=onnx.TensorProto.FLOAT
            )
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
