"""What a report of a fault needs to know: versions of packages and the kind of processor."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

import numpy as np

import hilum

_PACKAGES = {
    "openvino": ("openvino", "openvino"),
    "onnxruntime": ("onnxruntime", "onnxruntime"),
    "opencv": ("cv2", "opencv-python-headless"),
    "numpy": ("numpy", "numpy"),
    "pillow": ("PIL", "pillow"),
    "pydicom": ("pydicom", "pydicom"),
    "gdcm": ("gdcm", "python-gdcm"),
}
"""Each with the module it is imported as and the distribution it is installed by."""

NOT_INSTALLED = "not installed"


def package_versions() -> dict[str, str]:
    """The version of hilum and of each package that has a part in a prediction."""
    return {
        "hilum": hilum.__version__,
        **{name: _version(*names) for name, names in _PACKAGES.items()},
    }


def describe_environment() -> dict[str, str]:
    """Versions, system and processor, by name."""
    return {
        **package_versions(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "instructions": ", ".join([platform.machine(), *_instruction_sets()]),
    }


def _version(module: str, distribution: str) -> str:
    """Of what was imported, for that may come from another distribution; else as installed."""
    imported = getattr(sys.modules.get(module), "__version__", None)
    if isinstance(imported, str):
        return imported.partition("-")[0]  # OpenVINO appends its build and branch
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return NOT_INSTALLED


def _instruction_sets() -> list[str]:
    """The vector instructions that numpy finds in this processor, by its names for them."""
    found = (np.show_config(mode="dicts") or {}).get("SIMD Extensions", {})
    return [*found.get("baseline", []), *found.get("found", [])]
