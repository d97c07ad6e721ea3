"""OpenVINO is imported without the part of it that opens a network connection."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hilum.inference.runtime import default_runtime

SCRIPT = """
import sys
from hilum.inference import Predictor
Predictor()
assert "openvino" in sys.modules
assert not [name for name in sys.modules if "telemetry" in name]
assert "openvino.tools.ovc" not in sys.modules  # so that whoever needs it can still import it
"""


@pytest.mark.skipif(default_runtime() != "openvino", reason="OpenVINO is not what runs here")
def test_prediction_loads_nothing_that_reports_its_use() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
