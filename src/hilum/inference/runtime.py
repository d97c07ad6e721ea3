"""Runs a model file: OpenVINO on x86-64, ONNX Runtime elsewhere."""

from __future__ import annotations

import platform
import threading
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ModelError

Outputs = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Mask probabilities N×T×S×S and finding probabilities N×C."""

RuntimeName = Literal["openvino", "onnxruntime"]


class Runtime(Protocol):
    """A network ready to run, from several threads at once."""

    def __call__(self, images: NDArray[np.uint8]) -> Outputs:
        """``images`` uint8 N×S×S → probabilities."""
        ...


def default_runtime() -> RuntimeName:
    """OpenVINO on x86-64, where it was measured fastest; ONNX Runtime elsewhere."""
    return "openvino" if platform.machine().lower() in ("x86_64", "amd64") else "onnxruntime"


def load_runtime(onnx: bytes, *, streams: int = 1, name: RuntimeName | None = None) -> Runtime:
    """Make the ONNX bytes ``onnx`` ready for ``streams`` threads, each on a core of its own.

    Raises:
        ModelError: the runtime does not take the file.
    """
    name = name or default_runtime()
    try:
        return _OpenVino(onnx, streams) if name == "openvino" else _OnnxRuntime(onnx)
    except Exception as error:  # each runtime has its own family of exceptions
        raise ModelError(
            f"{name} cannot load the model",
            got=(str(error).strip() or type(error).__name__).splitlines()[-1],
            remedy="train or fetch the model again",
        ) from None


class _OpenVino:
    def __init__(self, onnx: bytes, streams: int) -> None:
        import openvino

        core = openvino.Core()
        options = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
        self._network = core.compile_model(core.read_model(onnx, b""), "CPU", options)
        self._per_thread = threading.local()

    def __call__(self, images: NDArray[np.uint8]) -> Outputs:
        if not hasattr(self._per_thread, "request"):
            self._per_thread.request = self._network.create_infer_request()
        result = self._per_thread.request.infer([images[:, None]])
        return result["masks"], result["finding"]


class _OnnxRuntime:
    def __init__(self, onnx: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
        available = onnxruntime.get_available_providers()
        providers = [name for name in wanted if name in available]
        self._session = onnxruntime.InferenceSession(onnx, options, providers=providers)

    def __call__(self, images: NDArray[np.uint8]) -> Outputs:
        masks, finding = self._session.run(["masks", "finding"], {"image": images[:, None]})
        return masks, finding
