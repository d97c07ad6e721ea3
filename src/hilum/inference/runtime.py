"""Runs a model file: OpenVINO on x86-64, ONNX Runtime elsewhere."""

from __future__ import annotations

import importlib.util
import platform
import sys
import threading
from collections.abc import Collection
from types import ModuleType
from typing import Any, Literal, Protocol, cast, get_args

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ModelError

Outputs = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Mask probabilities N×T×S×S and finding probabilities N×C; T = 0 of a file without masks."""

PREDICTED = ("masks", "finding")
"""The outputs that every prediction needs; a classifier has no masks."""

INSIDE = ("features", "local_features", "activation")
"""What a finding is made of, where it is a linear layer on features averaged over places: N×F, the
averages; N×F×h×w, what each place adds to them; N×C×h×w, what each place adds to each class before
the softmax, less the layer's bias. Files of before there was an audit have none."""

RuntimeName = Literal["openvino", "onnxruntime"]


class Runtime(Protocol):
    """A network ready to run, from several threads at once."""

    @property
    def precision(self) -> str:
        """In what numbers it computes and where: ``bf16 on CPU``."""
        ...

    def __call__(self, images: NDArray[np.uint8]) -> Outputs:
        """``images`` uint8 N×S×S → probabilities."""
        ...

    def compute(self, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """``images`` uint8 N×S×S → every output that was asked for and is in the file."""
        ...


def default_runtime() -> RuntimeName:
    """OpenVINO on x86-64, where it was measured fastest; ONNX Runtime elsewhere."""
    return "openvino" if platform.machine().lower() in ("x86_64", "amd64") else "onnxruntime"


def installed_runtimes() -> tuple[RuntimeName, ...]:
    """The runtimes to be found here, the default one first; that one always."""
    default = default_runtime()
    names: tuple[RuntimeName, ...] = get_args(RuntimeName)
    others = (name for name in names if name != default)
    return (default, *filter(_is_installed, others))


def load_runtime(
    onnx: bytes,
    *,
    streams: int = 1,
    name: RuntimeName | None = None,
    f32: bool = False,
    outputs: Collection[str] = PREDICTED,
) -> Runtime:
    """Make the ONNX bytes ``onnx`` ready for ``streams`` threads, each on a core of its own.

    ``f32`` computes on the processor in 32 bits, where another precision might be faster. Of the
    file's outputs only ``outputs`` are computed.

    Raises:
        ModelError: the runtime does not take the file.
    """
    name = name or default_runtime()
    try:
        return (
            _OpenVino(onnx, streams, f32, outputs)
            if name == "openvino"
            else _OnnxRuntime(onnx, f32, outputs)
        )
    except ModuleNotFoundError as error:
        if error.name not in (name, None):  # it lies there, but lacks a part
            raise _broken(name, error) from None
        raise ModelError(
            f"{name} is not installed",
            remedy=f"install it: pip install {name}" + _or_another(name),
        ) from None
    except (ImportError, OSError) as error:
        raise _broken(name, error) from None
    except Exception as error:  # each runtime has its own family of exceptions
        raise ModelError(
            f"{name} cannot load the model",
            got=_last_line(error),
            remedy=f"run 'hilum verify': where it fails too, reinstall {name}{_or_another(name)};"
            " else train or fetch the model again",
        ) from None


def _broken(name: RuntimeName, error: Exception) -> ModelError:
    return ModelError(
        f"{name} is installed, but does not start",
        got=_last_line(error),
        remedy=f"reinstall it: pip install --force-reinstall {name}{_or_another(name)}",
    )


def _last_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1]


def _or_another(name: RuntimeName) -> str:
    """The way around a runtime that does not run."""
    names: tuple[RuntimeName, ...] = get_args(RuntimeName)
    others = [f"--runtime {other}" for other in names if other != name and _is_installed(other)]
    return f", or say {' or '.join(others)}" if others else ""


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # of a module whose import was forbidden
        return False


def _import_openvino() -> ModuleType:
    """OpenVINO without its model converter, which nothing here needs.

    Merely importing the converter sends a note of use over the network, from a forked process,
    and takes half of the time of the import. Whoever imported OpenVINO before keeps it as it is.
    """
    modules = cast(dict[str, Any], sys.modules)
    converter = "openvino.tools.ovc"
    modules.setdefault(converter, None)  # makes its import fail, which OpenVINO expects
    try:
        import openvino
    finally:
        if modules.get(converter) is None:
            modules.pop(converter, None)
    return cast(ModuleType, openvino)


class _OpenVino:
    def __init__(self, onnx: bytes, streams: int, f32: bool, outputs: Collection[str]) -> None:
        openvino = _import_openvino()
        core = openvino.Core()
        options: dict[str, Any] = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
        if f32:
            options["INFERENCE_PRECISION_HINT"] = "f32"
        model = core.read_model(onnx, b"")
        self._outputs = [one.get_any_name() for one in model.outputs]
        self._outputs = [name for name in self._outputs if name in outputs]
        if len(self._outputs) < len(model.outputs):  # what nobody asks for is not computed
            wanted = [model.output(name) for name in self._outputs]
            model = openvino.Model(wanted, model.get_parameters(), model.get_friendly_name())
        self._network = core.compile_model(model, "CPU", options)
        hint = self._network.get_property("INFERENCE_PRECISION_HINT")
        self.precision = f"{hint.get_type_name()} on CPU"
        self._per_thread = threading.local()
        # The binding initialises itself with the first call; two threads that make it at once
        # wait for each other for ever (seen with OpenVINO 2026.4). So it is made here.
        size = self._network.input(0).partial_shape[3].get_length()
        self(np.zeros((1, size, size), np.uint8))

    def __call__(self, images: NDArray[np.uint8]) -> Outputs:
        return _predicted(self.compute(images), images)

    def compute(self, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        if not hasattr(self._per_thread, "request"):
            self._per_thread.request = self._network.create_infer_request()
        result = self._per_thread.request.infer([images[:, None]])
        return {name: result[name] for name in self._outputs}


def _predicted(given: dict[str, NDArray[np.float32]], images: NDArray[np.uint8]) -> Outputs:
    masks = given["masks"] if "masks" in given else _no_masks(images)
    return masks, given["finding"]


def _no_masks(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.empty((len(images), 0, *images.shape[1:]), np.float32)


class _OnnxRuntime:
    def __init__(self, onnx: bytes, f32: bool, outputs: Collection[str]) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        # A GPU computes in tf32.
        wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")[f32:]
        available = onnxruntime.get_available_providers()
        providers = [name for name in wanted if name in available]
        self._session = onnxruntime.InferenceSession(onnx, options, providers=providers)
        names = [output.name for output in self._session.get_outputs()]
        self._outputs = [name for name in names if name in outputs]
        # Fewer than asked for, where a GPU's libraries are missing.
        on_gpu = "CUDAExecutionProvider" in self._session.get_providers()
        self.precision = "tf32 on CUDA" if on_gpu else "f32 on CPU"

    def __call__(self, images: NDArray[np.uint8]) -> Outputs:
        return _predicted(self.compute(images), images)

    def compute(self, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        given = self._session.run(self._outputs, {"image": images[:, None]})
        return dict(zip(self._outputs, given, strict=True))
